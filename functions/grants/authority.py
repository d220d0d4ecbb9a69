"""Who may hand a grant on or take it back: computed on every request, from the grants themselves.

Over the grant of an institution: the active manager and assistants of the same business at its direct supervisor, and
administrators, below the top only with a reason. A change carries what was decided as a condition, so that a user who
was revoked meanwhile changes nothing; it is then decided again.
"""

from typing import Any, NamedTuple

from pynamodb.expressions.condition import Condition

from functions.grants.child_store import SupervisorContext
from functions.grants.errors import NotManager, ReasonRequired, RoleEnded
from functions.grants.store import GrantContext
from functions.shared.errors import Forbidden
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import CodeOrigin, Grant
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import DomainError, Transaction, VersionConflict
from functions.shared.vocabulary import RoleName

IS_ADMINISTRATOR: Condition = User.MAY_ADMINISTER


class Authority(NamedTuple):
    """By what a caller acts on the grants of institutions directly below one, or without a supervisor.

    `superior` is the supervisor's grant, in which they have a role; None: they act as an administrator, below the top
    in the place of those who have a role in `passed_over`.
    """

    caller_id: str
    supervisor_code: str | None
    superior: Grant | None
    reason: str | None = None  # an administrator's
    passed_over: Grant | None = None

    @property
    def role(self) -> RoleName | None:
        """The caller's role in the superior's grant; None for an administrator."""
        return role_in(self.superior, self.caller_id)

    @property
    def origin(self) -> CodeOrigin:
        """What the codes rest on that are issued by it."""
        if self.superior is None:
            return CodeOrigin(self.supervisor_code, None, self.caller_id)
        epoch, version = int(self.superior.epoch), int(self.superior.version)
        return CodeOrigin(self.supervisor_code, epoch, self.caller_id, version)

    @property
    def detail(self) -> dict[str, Any]:
        """What an event says of it: as what its actor acted, and why where an administrator acted below the top."""
        acted = {"by": "administrator" if self.superior is None else "superior", "supervisor": self.supervisor_code}
        return acted if self.reason is None else {**acted, "reason": self.reason}


def role_in(grant: Grant | None, user_id: str) -> RoleName | None:
    """The place of a user in a grant, or None: an inactive grant gives none to anybody."""
    return grant.role_of(user_id) if grant is not None else None


def require_member(grant: Grant | None, user_id: str) -> Grant:
    """The grant, in which the user is manager or assistant. Raises `Forbidden`, for grants that are not there too."""
    if grant is None or role_in(grant, user_id) is None:
        raise Forbidden
    return grant


def require_manager(grant: Grant | None, user_id: str) -> Grant:
    """The grant, of which the user is the manager. Raises `NotManager`, for grants that are not there too."""
    if grant is None or role_in(grant, user_id) != "manager":
        raise NotManager
    return grant


def forbidden(user_id: str, *grants: Grant | None) -> Forbidden:
    """Return what is answered to a user without a role in these grants: whether they had one in any of them."""
    return RoleEnded() if any(grant is not None and grant.had_member(user_id) for grant in grants) else Forbidden()


def over(context: GrantContext, superior: Grant | None, caller_id: str, reason: str | None) -> Authority:
    """The authority by which the caller may change the grant of the scene, or look somebody up for it.

    `superior` is the grant of the institution's supervisor, if there is one. Raises `Forbidden`, `RoleEnded`,
    `ReasonRequired`.
    """
    supervisor_code = context.institution.supervisor_code if context.institution is not None else None
    try:
        return _authority(context.caller, superior, caller_id, supervisor_code, reason)
    except Forbidden as error:
        raise forbidden(caller_id, superior) from error


def over_children(
    context: SupervisorContext, caller_id: str, supervisor_code: str | None, reason: str | None
) -> Authority:
    """The authority by which the caller may change grants directly below one. Raises `Forbidden`, `ReasonRequired`."""
    return _authority(context.caller, context.grant, caller_id, supervisor_code, reason)


def _authority(
    caller: User | None, superior: Grant | None, caller_id: str, supervisor_code: str | None, reason: str | None
) -> Authority:
    is_administrator = caller is not None and caller.may_administer
    is_member = role_in(superior, caller_id) is not None
    if is_administrator and (supervisor_code is None or (reason is not None and not is_member)):
        return Authority(caller_id, supervisor_code, None, reason, superior)
    if is_member:
        return Authority(caller_id, supervisor_code, superior)
    raise ReasonRequired if is_administrator else Forbidden


def require_view_of_children(context: SupervisorContext, caller_id: str) -> None:
    """The caller must be a superior of the institutions that this stand is about, to see their grants.

    Nothing changes, so an administrator needs no reason. Raises `Forbidden`.
    """
    if role_in(context.grant, caller_id) is None and (context.caller is None or not context.caller.may_administer):
        raise forbidden(caller_id, context.grant)


def require_view(context: GrantContext, superior: Grant | None, caller_id: str) -> None:
    """The caller must be manager or assistant of the grant or of the superior's, or an administrator, to see it.

    Raises `Forbidden`.
    """
    is_administrator = context.caller is not None and context.caller.may_administer
    if not is_administrator and role_in(context.grant, caller_id) is None and role_in(superior, caller_id) is None:
        raise forbidden(caller_id, context.grant, superior)


def require_authority_in(tx: Transaction, held: Authority, business_code: str) -> None:
    """The caller must still have this authority, or the commit raises `VersionConflict`: they may have another one.

    Each child is to be required besides (`require_below_in`, `require_same_children_in`).
    """
    if held.superior is None:
        tx.check(User, keys.user(held.caller_id), IS_ADMINISTRATOR)
    else:
        tx.check(Grant, keys.grant(business_code, str(held.supervisor_code)), still_acts(held))


def still_acts(held: Authority) -> Condition:
    """The condition that the superior's grant is as active as it was read, and the caller has the same role in it."""
    if held.role == "manager":
        same_role: Condition = Grant.manager_id == held.caller_id
    else:
        same_role = Grant.assistants.contains(held.caller_id)
    acts: Condition = Grant.is_active_in(held.origin.epoch) & same_role
    return acts


def require_same_children_in(tx: Transaction, supervisor: Institution) -> None:
    """Require that no child came or went since the supervisor was read, else `VersionConflict`; one condition."""
    same = Institution.children_changed == supervisor.children_changed
    if not supervisor.children_changed:
        same |= Institution.children_changed.does_not_exist()
    tx.check(Institution, supervisor.key, same)


def require_authority_over_in(tx: Transaction, context: GrantContext, held: Authority) -> None:
    """Require that the caller still has this authority over the institution, else `VersionConflict` at the commit."""
    require_authority_in(tx, held, context.grant.business)
    require_below_in(tx, context.grant.institution_code, held.supervisor_code)


def require_below_in(
    tx: Transaction, institution_code: str, supervisor_code: str | None, *, on_failure: DomainError = VersionConflict
) -> None:
    """The institution must be directly below that one, or without a supervisor; or the commit raises `on_failure`."""
    below = Institution.supervisor_code == supervisor_code
    top = Institution.pk.exists() & Institution.supervisor_code.does_not_exist()
    place = keys.institution(institution_code)
    tx.check(Institution, place, top if supervisor_code is None else below, on_failure=on_failure)


def require_member_in(
    tx: Transaction, business_code: str, institution_code: str, user_id: str, *, on_failure: DomainError = Forbidden
) -> None:
    """The user must be active manager or assistant there, or the commit raises `on_failure`."""
    member = (Grant.status == "active") & Grant.names_member(user_id)
    tx.check(Grant, keys.grant(business_code, institution_code), member, on_failure=on_failure)
