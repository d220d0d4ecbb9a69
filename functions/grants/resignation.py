"""Putting a role down: the manager resigns, an assistant leaves; withdrawing the consent ends every role first.

Each role is one transaction with its event, decided on the grant as it is: the list of roles only says where to look.
A resignation makes the grant vacant, as a revocation does, and the superior's manager is notified. `manager_resigned`
and `assistant_left` name the user and the supervisor.
"""

from functions.grants import authority, authority_store, store, superior_notices
from functions.grants.domain import next_status
from functions.grants.errors import NotManager
from functions.grants.managers import without_assistant
from functions.grants.revocation import revoke_in
from functions.identity import withdrawal
from functions.identity.errors import RoleStillHeld
from functions.shared import audit
from functions.shared.errors import Unavailable
from functions.shared.table.grants import Grant, Role
from functions.shared.table.transactions import Transaction, retry_on_conflict

_PAGE = 100
_TRIES = 5


@retry_on_conflict
def resign(user_id: str, business_code: str, institution_code: str) -> None:
    """End the role of a grant's manager: the grant becomes vacant, and the superior's manager is notified.

    Two round trips, up to four more for the message. Raises `NotManager`.
    """
    grant, user, supervisor_code = authority_store.held_role(user_id, business_code, institution_code)
    held = authority.require_manager(grant, user_id)
    tx = Transaction()
    revoke_in(tx, held, actor=user_id, step="resign", detail={"supervisor": supervisor_code})
    store.end_work_unit(tx, user, held, actor=user_id)
    concerned = superior_notices.manager_above(business_code, supervisor_code)
    tx.commit()
    superior_notices.notify(concerned, "manager_resigned", actor=user_id)


@retry_on_conflict
def leave(user_id: str, business_code: str, institution_code: str) -> None:
    """End the role of one of a grant's assistants. Two round trips. Raises `NotManager` for everyone else."""
    grant, _, supervisor_code = authority_store.held_role(user_id, business_code, institution_code)
    if grant is None or authority.role_in(grant, user_id) != "assistant":
        raise NotManager
    tx = Transaction()
    store.drop_role(tx, user_id, grant)
    actions = [Grant.status.set(next_status(grant.status, "leave")), *without_assistant(grant, user_id)]
    actions += grant.without_members(user_id)
    detail = {"epoch": int(grant.epoch), "assistant": user_id, "supervisor": supervisor_code}
    audit.change(tx, grant, actions, "assistant_left", actor=user_id, detail=detail)
    tx.commit()


def withdraw_consent(user_id: str, face_check_id: str | None = None, *, keep_session: str | None = None) -> None:
    """End every role of the user, then their verification, and erase (`identity.withdrawal`).

    On a verified account nothing ends without the person's face check of purpose `account`. Anyone who dies in between
    has fewer roles and their consent; the same call continues from there. Users without a role cost nothing more.
    Raises `FaceCheckRequired`, `TooManyRequests`, and `Unavailable` where roles keep coming.
    """
    for _ in range(_TRIES):
        try:
            withdrawal.withdraw_consent(user_id, face_check_id, keep_session=keep_session)
        except RoleStillHeld:
            end_roles(user_id)
        else:
            return
    raise Unavailable


def end_roles(user_id: str) -> None:
    """End every role of the user. One Query, and two round trips for each role."""
    after: str | None = None
    while True:
        roles, after = store.roles(user_id, _PAGE, after)
        for role in roles:
            _end(user_id, role)
        if after is None:
            return


def _end(user_id: str, role: Role) -> None:
    """End one role, whichever it is by now; nothing where it has ended meanwhile."""
    for put_down in (resign, leave):
        try:
            put_down(user_id, role.business, role.institution_code)
        except NotManager:
            continue
        return
