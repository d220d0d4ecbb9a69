"""The console's list: every institution directly below one, with the state of its grant, vacant ones too."""

from typing import NamedTuple

from functions.grants import authority, names, store
from functions.grants.domain import Status
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared import cursors
from functions.shared.errors import NotFound
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution

_MOST_PAGES = 10  # read for one answer when a state is seldom: 1,000 institutions, then a short page with a cursor


class Child(NamedTuple):
    """An institution and its grant."""

    institution: InstitutionSummary
    grant: Grant


def list_grants(  # noqa: PLR0913 - a page has these parts
    caller_id: str,
    business_code: str,
    supervisor_code: str | None,
    *,
    status: Status | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[Child], str | None]:
    """A page of the institutions directly below one, by code, and the cursor of the next page. None is the top.

    One Query and one BatchGetItem, beside the caller's authority and names that are not remembered; a filter reads on
    until the page is full. Raises `Forbidden`, `NotFound` (business or supervisor), `CursorInvalid`.
    """
    authority.require_over_children(caller_id, business_code, supervisor_code)
    supervisor = _supervisor(business_code, supervisor_code)
    list_name = f"console-grants:{business_code}:{supervisor_code}:{status}"
    after = cursors.decode(list_name, cursor)[0] if cursor else None
    listed: list[Child] = []
    at_once = limit if status is None else store.AT_ONCE
    for _ in range(_MOST_PAGES):
        institutions, following = store.children(supervisor_code, at_once, after)
        held = store.grants_of(business_code, [one.institution_code for one in institutions])
        for institution in institutions:
            code = institution.institution_code
            grant = held.get(code) or store.vacant_grant(business_code, code)
            if status is not None and grant.status != status:
                continue
            if len(listed) == limit:
                return listed, cursors.encode(list_name, [listed[-1].institution.institution_code])
            listed.append(Child(_summary(institution, supervisor), grant))
        after = following
        if after is None or status is None:
            break
    return listed, cursors.encode(list_name, [after]) if after is not None else None


def _supervisor(business_code: str, supervisor_code: str | None) -> Supervisor | None:
    found = names.find_names([business_code], [supervisor_code] if supervisor_code is not None else [])
    if not found.has_business(business_code):
        raise NotFound
    if supervisor_code is None:
        return None
    shown = found.institution(supervisor_code)
    return Supervisor(shown.institution_code, shown.name)


def _summary(institution: Institution, supervisor: Supervisor | None) -> InstitutionSummary:
    return InstitutionSummary(institution.institution_code, institution.name, supervisor, institution.category)
