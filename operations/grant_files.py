"""Filing grants by the supervisor of their institution, which the console's lists of grants are read by.

It is needed once, after the update of December 2026, and is useful after many institutions have moved: until then the
grants of those that have moved are read one by one. It goes through the institutions and the businesses without reading
the table from end to end, and can be stopped and run again at any time: what is filed right is left alone.
"""

from collections.abc import Callable, Iterator

from functions.institutions import bulk_reads
from functions.shared.table import keys
from functions.shared.table.grants import Business, Grant
from functions.shared.table.institutions import Institution
from functions.shared.table.pages import PagePosition, index_page
from functions.shared.table.transactions import get_many, update_if

_AT_ONCE = 100


def file_grants(progress: Callable[[int], object]) -> int:
    """File every grant that is not vacant below its supervisor; how many were not. `progress` counts institutions.

    For each hundred institutions one read for each business, and one write for each grant and mark that is changed.
    """
    businesses, filed = [one.business for one in _businesses()], 0
    supervisors: list[str | None] = [None]
    while supervisors:
        for page in _children(supervisors.pop()):
            filed += sum(_file(business, page) for business in businesses)
            for institution in page:
                _unmark(institution)
            supervisors += [one.institution_code for one in page if any(map(int, one.children))]
            progress(len(page))
    return filed


def _businesses() -> Iterator[Business]:
    after: PagePosition | None = None
    while True:
        found, after = index_page(Business, keys.BUSINESSES, _AT_ONCE, after)
        yield from found
        if after is None:
            return


def _children(supervisor_code: str | None) -> Iterator[list[Institution]]:
    after: PagePosition | None = None
    while True:
        found, after = bulk_reads.children(supervisor_code, _AT_ONCE, after)
        if found:
            yield found
        if after is None:
            return


def _file(business: str, institutions: list[Institution]) -> int:
    supervisors = {one.institution_code: one.supervisor_code for one in institutions}
    found = get_many(*(keys.grant(business, code) for code in supervisors))
    wrong = [
        grant
        for grant in found.values()
        if isinstance(grant, Grant)
        and grant.status != "vacant"
        and grant.gsi1pk != keys.grants_below(business, supervisors[grant.institution_code])
    ]
    return sum(_replace_suffixes(grant, supervisors[grant.institution_code]) for grant in wrong)


def _replace_suffixes(grant: Grant, supervisor_code: str | None) -> bool:
    """File one grant, unless it has changed meanwhile: a change files it by itself, or it became vacant."""
    actions = [
        Grant.gsi1pk.set(keys.grants_below(grant.business, supervisor_code)),
        Grant.gsi1sk.set(grant.institution_code),
    ]
    return update_if(Grant.new(grant.key), actions, Grant.version == grant.version)


def _unmark(institution: Institution) -> None:
    """Say that nothing of an institution is filed elsewhere, unless it has moved again."""
    if institution.moved is not None:
        marked = Institution.moved == institution.moved
        update_if(Institution.new(institution.key), [Institution.moved.remove()], marked)
