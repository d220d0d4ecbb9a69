"""One grant on the console: for its superior, for its own manager and assistants, and for administrators."""

from typing import NamedTuple

from functions.grants import authority, authority_store, display_names, roster, store
from functions.grants.display_names import BusinessView
from functions.grants.domain import ChildAction, OpenInvitation, child_may
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared.errors import NotFound
from functions.shared.table.grants import Grant


class Details(NamedTuple):
    """A grant, where its institution is, and what the caller may do with it as its superior.

    `children_active` are the active grants directly below: their codes and the authority over them end with this one.
    """

    grant: Grant
    business: BusinessView
    institution: InstitutionSummary
    path: list[Supervisor]
    shows_code: bool
    children_active: int
    invitations: list[OpenInvitation]
    may: list[ChildAction]
    reason_required: bool


def grant_details(caller_id: str, business_code: str, institution_code: str) -> Details:
    """Return a grant in full. Three round trips, one less at the top; one for each name above not remembered.

    One more for a code that an administrator issued.

    Raises `NotFound` (business or institution), `Forbidden`.
    """
    context = store.grant_context(caller_id, business_code, institution_code)
    if context.business is None or context.institution is None:
        raise NotFound
    superior = authority_store.superior_of(context)
    authority.require_view(context, superior, caller_id)
    supervisor_code = context.institution.supervisor_code
    is_superior = authority.role_in(superior, caller_id) is not None
    is_administrator = context.caller is not None and context.caller.may_administer
    acts = is_superior or is_administrator
    sees_codes = is_superior or (is_administrator and supervisor_code is None)
    dismissed = authority_store.dismissed([context.grant]) if sees_codes else set()
    path = display_names.path_to(context.institution)
    above = Supervisor(path[-2].institution_code, path[-2].name) if len(path) > 1 else None
    run, place = context.business, context.institution
    return Details(
        grant=context.grant,
        business=display_names.business_view(run.business, run.name, run.entry_url, run.opens_on, run.closes_on),
        institution=InstitutionSummary(place.institution_code, place.name, above, place.category),
        path=path,
        shows_code=sees_codes and not context.grant.has_dead_code(supervisor_code, superior, dismissed),
        children_active=roster.active_below(business_code, institution_code),
        invitations=store.open_invitations(context.grant),
        may=child_may(context.grant.status, is_closed=run.is_closed) if acts else [],
        reason_required=acts and not is_superior and supervisor_code is not None,
    )
