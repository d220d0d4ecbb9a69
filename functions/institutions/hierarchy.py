"""Institutions and where they are: the path to the top, the children, and the administrators' list."""

from collections.abc import Iterable

from functions.institutions import store
from functions.institutions.domain.codes import NO_SUPERVISOR
from functions.institutions.domain.hierarchy import LEVELS
from functions.institutions.search import SearchedInstitution, Within, search
from functions.institutions.summaries import Supervisor, region_view, summaries, supervisor_of
from functions.institutions.views import AdminInstitution, AdminInstitutionPage, ChildrenPage, InstitutionView
from functions.shared import cursors
from functions.shared.table.institutions import Institution
from functions.shared.table.pages import PagePosition


def institution_view(institution: Institution) -> InstitutionView:
    """An institution with those above it. One read for each level above, at most five."""
    path = _path(institution)
    return InstitutionView(
        institution_code=institution.institution_code,
        name=institution.name,
        supervisor=path[-1] if path else None,
        category=institution.category,
        region=region_view(institution.region_code),
        path=path,
        children_count=_children_count(institution),
        closed_at=None,
        successor=None,
    )


def _path(institution: Institution) -> list[Supervisor]:
    """Those above an institution, the topmost first; a move meanwhile cannot make it endless."""
    above: list[Supervisor] = []
    code = institution.supervisor_code
    while code is not None and len(above) < LEVELS:
        found = store.institution(code)
        if found is None:
            break
        above.append(Supervisor(found.institution_code, found.name))
        code = found.supervisor_code
    return above[::-1]


def _children_count(institution: Institution) -> int:
    return sum(map(int, institution.children))


def children(institution_code: str, query: str | None, limit: int, cursor: str | None) -> ChildrenPage:
    """A page of the institutions directly below one. A Query and a read; with a query what a search costs.

    Raises `Invalid` for a query that is too short, and `CursorInvalid`.
    """
    if query is not None:
        return ChildrenPage(*search(query, limit, cursor, Within(institution_code)))
    found, next_cursor = _page(institution_code, limit, cursor)
    names = store.names([institution_code] if found else [])
    supervisor = supervisor_of(institution_code, names)
    items = [
        SearchedInstitution(one.institution_code, one.name, supervisor, one.category, region_view(one.region_code))
        for one in found
    ]
    return ChildrenPage(items, next_cursor)


def administrators_list(
    query: str | None, supervisor: str | None, category: str | None, limit: int, cursor: str | None
) -> AdminInstitutionPage:
    """A page of institutions; `supervisor` is a code, or `ROOT` for the top. Raises `Invalid`, `CursorInvalid`.

    A search and one BatchGetItem; without a query one Query and one BatchGetItem.
    """
    if query is not None:
        found = search(query, limit, cursor, Within(supervisor, category))
        read = store.institutions(one.institution_code for one in found.items)
        listed = [read[one.institution_code] for one in found.items if one.institution_code in read]
        return AdminInstitutionPage(_administrators_items(listed), found.next_cursor)
    below = None if supervisor in {None, NO_SUPERVISOR} else supervisor
    listed, next_cursor = _page(below, limit, cursor, category)
    return AdminInstitutionPage(_administrators_items(listed), next_cursor)


def _administrators_items(institutions: Iterable[Institution]) -> list[AdminInstitution]:
    listed = list(institutions)
    shown = summaries(listed)
    return [
        AdminInstitution(
            institution_code=one.institution_code,
            name=one.name,
            supervisor=shown[one.institution_code].supervisor,
            category=one.category,
            region=region_view(one.region_code),
            unified_social_credit_code=one.credit_code,
            children_count=_children_count(one),
            closed_at=None,
        )
        for one in listed
    ]


def _page(
    supervisor_code: str | None, limit: int, cursor: str | None, category: str | None = None
) -> tuple[list[Institution], str | None]:
    """A page of the children of one, by code; a category that is rare among them may give a short page."""
    list_name = f"children:{supervisor_code or NO_SUPERVISOR}:{category or ''}"
    after = PagePosition(*cursors.decode(list_name, cursor)) if cursor else None
    found, place = store.children(supervisor_code, limit, after, category)
    return found, cursors.encode(list_name, list(place)) if place is not None else None
