"""The console's list: every institution directly below one, with the state of its grant, vacant ones too."""

from typing import NamedTuple

from functions.grants import authority, authority_store, job_store, store
from functions.grants.domain import Status
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared import cursors
from functions.shared.errors import NotFound
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution


class Child(NamedTuple):
    """An institution, its grant, and whether its code is shown: it can be redeemed, and the caller may see it."""

    institution: InstitutionSummary
    grant: Grant
    shows_code: bool


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

    One BatchGetItem for the caller's authority and the supervisor's name, one Query, and one BatchGetItem, whatever the
    number of children; one more where administrators issued codes among them. With a `status` a page may be short, or
    empty, and have a cursor all the same: it holds what is in that state among the next hundred. Codes are the
    superior's own: an administrator below the top exports them, with a reason.

    Raises `Forbidden`, `NotFound` (business or supervisor), `CursorInvalid`.
    """
    stand = job_store.stand(caller_id, business_code, supervisor_code)
    sees_codes = supervisor_code is None or authority.role_in(stand.grant, caller_id) is not None
    authority.require_view_of_children(stand, caller_id)
    if stand.business is None or (supervisor_code is not None and stand.supervisor is None):
        raise NotFound
    above = stand.supervisor
    supervisor = Supervisor(above.institution_code, above.name) if above is not None else None
    list_name = f"console-grants:{business_code}:{supervisor_code}:{status}"
    after = cursors.decode(list_name, cursor)[0] if cursor else None
    institutions, following = store.children(supervisor_code, limit if status is None else store.AT_ONCE, after)
    held = store.grants_of(business_code, [one.institution_code for one in institutions])
    dismissed = authority_store.dismissed(held.values()) if sees_codes else set()
    listed: list[Child] = []
    for institution in institutions:
        code = institution.institution_code
        grant = held.get(code) or store.vacant_grant(business_code, code)
        if status is not None and grant.status != status:
            continue
        if len(listed) == limit:
            return listed, cursors.encode(list_name, [listed[-1].institution.institution_code])
        shows_code = sees_codes and not grant.has_dead_code(supervisor_code, stand.grant, dismissed)
        listed.append(Child(_summary(institution, supervisor), grant, shows_code))
    return listed, cursors.encode(list_name, [following]) if following is not None else None


def _summary(institution: Institution, supervisor: Supervisor | None) -> InstitutionSummary:
    return InstitutionSummary(institution.institution_code, institution.name, supervisor, institution.category)
