"""The end of a verified document: 90 days after its last day the account is unverified until there is a new one.

The person stays the same: the number, the portrait and the claim remain, and a new document is compared with them.
"""

from datetime import date

from functions.identity import store
from functions.identity.domain.expiry import roles_end_at
from functions.identity.errors import RoleHeld
from functions.shared import audit, clock
from functions.shared.roles import holds_role
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict

ACTOR = "person_steps"


def is_over(user_id: str) -> bool:
    """Whether the roles of a user end by now; a step that is left over from an earlier document is moved or removed."""
    identity = store.identity(user_id)
    if identity is not None and _ended(identity):
        return True
    _put_right(user_id, identity)
    return False


@retry_on_conflict
def end_verification(user_id: str) -> None:
    """Let an account be unverified, which has no roles any more. Raises `RoleHeld` where it has one again."""
    user, identity = store.account_and_identity(user_id)
    if user is None or identity is None or not _ended(identity):
        return
    if holds_role(user_id):
        raise RoleHeld
    tx = Transaction()
    detail = {"last_day": identity.verified_until}
    audit.change(tx, identity, [], "document_expired", actor=ACTOR, detail=detail)
    actions = [User.identity_status.set("unverified")]
    condition = store.no_role_since(user)
    audit.change(tx, user, actions, "document_expired", actor=ACTOR, detail=detail, condition=condition)
    store.drop_step(tx, user_id, "document_expiry")
    tx.commit()


def _ended(identity: Identity) -> bool:
    if not identity.is_in_force or identity.verified_until is None:
        return False
    return roles_end_at(date.fromisoformat(identity.verified_until)) <= clock.now()


def _put_right(user_id: str, identity: Identity | None) -> None:
    tx = Transaction()
    if identity is None or not identity.is_in_force or identity.verified_until is None:
        store.drop_step(tx, user_id, "document_expiry")
    else:
        ends = roles_end_at(date.fromisoformat(identity.verified_until))
        store.put_step(tx, user_id, "document_expiry", ends, str(identity.verified_until))
    tx.commit()
