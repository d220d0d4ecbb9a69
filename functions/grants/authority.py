"""Who may hand a grant on or take it back: computed on every request, from the grants themselves.

Over the grant of an institution: the active manager and assistants of the same business at its direct supervisor, and
administrators. A change carries the same demand as a condition, so that who was revoked meanwhile changes nothing.
"""

from pynamodb.expressions.condition import Condition

from functions.grants import store
from functions.grants.domain import RoleName
from functions.grants.errors import NotManager
from functions.grants.job_store import Stand
from functions.grants.store import Scene
from functions.shared.errors import Forbidden
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Refusal, Stale, Transaction

IS_ADMINISTRATOR: Condition = User.is_administrator == True  # noqa: E712 - a condition, not a comparison


def role_in(grant: Grant | None, user_id: str) -> RoleName | None:
    """The place of a user in a grant, or None: an inactive grant gives none to anybody."""
    if grant is None or grant.status != "active":
        return None
    if grant.manager_id == user_id:
        return "manager"
    return "assistant" if user_id in grant.assistants else None


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


def require_over_children(stand: Stand, caller_id: str) -> None:
    """The caller must be a superior of the institutions that this stand is about. Raises `Forbidden`."""
    if role_in(stand.grant, caller_id) is None and (stand.caller is None or not stand.caller.is_administrator):
        raise Forbidden


def require_over(scene: Scene, caller_id: str) -> None:
    """The caller must be a superior of the institution, whatever is asked. At most one read. Raises `Forbidden`.

    For calls that change nothing, and before a refusal tells anything about the grant.
    """
    if is_administrator(scene):
        return
    supervisor_code = scene.institution.supervisor_code if scene.institution is not None else None
    if supervisor_code is None or role_in(store.grant(scene.grant.business, supervisor_code), caller_id) is None:
        raise Forbidden


def demand_over_children(tx: Transaction, stand: Stand, caller_id: str) -> None:
    """The same as `require_over_children`, as a condition of a change to some of them that was decided on this stand.

    Each child is to be demanded besides (`demand_below`, `demand_same_children`). Raises `Forbidden`; the commit raises
    `Stale` when the caller has lost this authority since: they may have another one, which only a new stand can tell.
    """
    if stand.grant is not None and role_in(stand.grant, caller_id) is not None:
        demand_member(tx, stand.grant.business, stand.grant.institution_code, caller_id, otherwise=Stale)
    elif stand.caller is not None and stand.caller.is_administrator:
        tx.check(User, keys.user(caller_id), IS_ADMINISTRATOR)
    else:
        raise Forbidden


def demand_same_children(tx: Transaction, supervisor: Institution) -> None:
    """No child may have come or gone since the supervisor was read, or the commit raises `Stale`; one condition."""
    same = Institution.children_changed == supervisor.children_changed
    if not supervisor.children_changed:
        same |= Institution.children_changed.does_not_exist()
    tx.check(Institution, supervisor.key, same)


def is_administrator(scene: Scene) -> bool:
    """Whether the caller came as an administrator."""
    return scene.caller is not None and bool(scene.caller.is_administrator)


def demand_over(tx: Transaction, scene: Scene, caller_id: str, *, check_caller: bool = True) -> None:
    """The same as `require_over`, as conditions of a change that was decided on this scene.

    `check_caller=False` leaves an administrator's own item out, for a transaction that changes it and demands
    `IS_ADMINISTRATOR` there. Raises `Forbidden`, at once or from the commit.
    """
    supervisor_code = scene.institution.supervisor_code if scene.institution is not None else None
    if is_administrator(scene):
        if check_caller:
            tx.check(User, keys.user(caller_id), IS_ADMINISTRATOR, otherwise=Forbidden)
    elif supervisor_code is None:
        raise Forbidden
    else:
        demand_member(tx, scene.grant.business, supervisor_code, caller_id)
    demand_below(tx, scene.grant.institution_code, supervisor_code)


def demand_below(tx: Transaction, institution_code: str, supervisor_code: str | None) -> None:
    """The institution must be directly below that one, or without a supervisor; or the commit raises `Stale`."""
    below = Institution.supervisor_code == supervisor_code
    top = Institution.pk.exists() & Institution.supervisor_code.does_not_exist()
    tx.check(Institution, keys.institution(institution_code), top if supervisor_code is None else below)


def demand_member(
    tx: Transaction, business_code: str, institution_code: str, user_id: str, *, otherwise: Refusal = Forbidden
) -> None:
    """The user must be active manager or assistant there, or the commit raises `otherwise`."""
    member = (Grant.manager_id == user_id) | Grant.assistants.contains(user_id)
    active = Grant.status == "active"
    tx.check(Grant, keys.grant(business_code, institution_code), active & member, otherwise=otherwise)
