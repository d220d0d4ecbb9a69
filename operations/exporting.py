"""Export of the whole directory as rows that an import takes back: from the top down, level by level."""

from collections.abc import Callable
from functools import partial

from functions.institutions import bulk_reads
from functions.shared.table.institutions import Institution
from functions.shared.table.pages import PagePosition
from operations.rows import Row
from operations.writers import WORKERS, Writers, waiting_for_the_table

_PAGE = 100


def export_rows(progress: Callable[[int], object], *, workers: int = WORKERS) -> list[Row]:
    """All institutions, ordered by code; `progress` receives how many more were read.

    They are read from the index, which follows the directory within a moment. Raises `TableUnavailable`.
    """
    rows: list[Row] = []
    level: list[str | None] = [None]
    with Writers(processes=1, workers=workers) as readers:
        while level:
            above, level = level, []
            for _, below in readers.run(_children, [[code] for code in above]):
                rows += [_row(institution) for institution in below]
                progress(len(below))
                level += [institution.institution_code for institution in below if any(institution.children)]
    return sorted(rows, key=lambda row: row.institution_code)


def _children(supervisor_code: str | None) -> list[Institution]:
    found: list[Institution] = []
    after: PagePosition | None = None
    while True:
        page, after = waiting_for_the_table(partial(bulk_reads.children, supervisor_code, _PAGE, after))
        found += page
        if after is None:
            return found


def _row(institution: Institution) -> Row:
    return Row(
        institution_code=institution.institution_code,
        name=institution.name,
        supervisor_code=institution.supervisor_code,
        category=institution.category,
        region_code=institution.region_code,
        unified_social_credit_code=institution.credit_code,
    )
