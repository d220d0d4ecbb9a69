"""What a change of a person means for the grants they have a role in: a new name, or the end of every role.

Each grant is one transaction with its event, decided on the grant as it is: the list of roles only says where to look.
"""

from collections.abc import Callable
from typing import Any

from functions.grants import authority, store
from functions.grants.domain import next_status
from functions.grants.managers import without_assistant
from functions.grants.revocation import revoke_in
from functions.shared import audit, memberships
from functions.shared.table.grants import Grant, Role
from functions.shared.table.transactions import Transaction, retry_on_conflict

ACTOR = "person_steps"
_PAGE = 100


def rename(user_id: str) -> None:
    """Show the name that the account has now in every grant of the user, and to whom they work with.

    Where it is shown, nothing changes.
    """
    user = store.user(user_id)
    if user is not None and user.name_masked is not None:
        name = str(user.name_masked)
        _each_role(user_id, lambda role: _rename(user_id, name, role))
        memberships.rename(user, name)


def end_roles(user_id: str, *, reason: str) -> None:
    """End every role of a user: a grant of theirs becomes vacant, and they stop being an assistant of others."""
    _each_role(user_id, lambda role: _end_role(user_id, role, reason))


def _each_role(user_id: str, change: Callable[[Role], None]) -> None:
    after: str | None = None
    while True:
        roles, after = store.roles(user_id, _PAGE, after)
        for role in roles:
            change(role)
        if after is None:
            return


@retry_on_conflict
def _rename(user_id: str, name: str, role: Role) -> None:
    grant = store.grant(role.business, role.institution_code)
    held = authority.role_in(grant, user_id)
    if grant is None or held is None:
        return
    names: dict[str, Any] = dict(grant.assistant_names)
    if (grant.manager_name_masked if held == "manager" else names.get(user_id)) == name:
        return
    change = (
        Grant.manager_name_masked.set(name)
        if held == "manager"
        else Grant.assistant_names.set({**names, user_id: name})
    )
    tx = Transaction()
    detail = {"epoch": int(grant.epoch), "user": user_id, "role": held}
    audit.change(tx, grant, [change], "member_renamed", actor=ACTOR, detail=detail)
    tx.commit()


@retry_on_conflict
def _end_role(user_id: str, role: Role, reason: str) -> None:
    grant = store.grant(role.business, role.institution_code)
    held = authority.role_in(grant, user_id)
    tx = Transaction()
    if grant is None or held is None:
        store.drop_role(tx, user_id, store.vacant_grant(role.business, role.institution_code))
    elif held == "manager":
        ended = {"reason": reason, "supervisor": role.supervisor_code}
        revoke_in(tx, grant, actor=ACTOR, detail=ended)
        store.end_work_unit(tx, store.user(user_id), grant, actor=ACTOR)
    else:
        store.drop_role(tx, user_id, grant)
        actions = [Grant.status.set(next_status(grant.status, "remove")), *without_assistant(grant, user_id)]
        actions += grant.without_members(user_id)
        detail = {"epoch": int(grant.epoch), "assistant": user_id, "reason": reason}
        audit.change(tx, grant, actions, "assistant_removed", actor=ACTOR, detail=detail)
    tx.commit()
