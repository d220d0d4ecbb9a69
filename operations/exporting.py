"""Export of the whole directory as rows that an import takes back: from the top down, level by level."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from functions.institutions import store
from functions.shared.table.institutions import Institution
from functions.shared.table.pages import Place
from operations.rows import Row
from operations.writers import WORKERS

_PAGE = 100


def export_rows(progress: Callable[[int], object], *, workers: int = WORKERS) -> list[Row]:
    """All institutions, ordered by code; `progress` is told how many more were read.

    They are read from the index, which follows the directory within a moment.
    """
    rows: list[Row] = []
    level: list[str | None] = [None]
    with ThreadPoolExecutor(workers) as pool:
        while level:
            below = [child for family in pool.map(_children, level) for child in family]
            rows += [_row(institution) for institution in below]
            progress(len(below))
            level = [institution.institution_code for institution in below if any(institution.children)]
    return sorted(rows, key=lambda row: row.institution_code)


def _children(supervisor_code: str | None) -> list[Institution]:
    found: list[Institution] = []
    after: Place | None = None
    while True:
        page, after = store.children(supervisor_code, _PAGE, after)
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
