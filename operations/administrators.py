"""Administrators: appointed and dismissed by the operator, found by user id or by the phone they have bound.

An administrator is a verified person, so that it can be seen who reviews whom. The office rests while the verification
does not hold, such as after a withdrawal of consent.
"""

from functions.identity import review
from functions.shared import audit
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Administrator, Owner, User
from functions.shared.table.base import Item
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, get, get_many, retry_on_conflict

ACTOR = "operations"


class UserUnknown(LookupError):
    """There is no such user; they have to sign in once first."""


class NotVerified(Exception):
    """The user's identity is not verified."""


def user_id_of_phone(phone: str) -> str:
    """The user who has bound a phone. Raises `UserUnknown`."""
    owner = get(Owner, keys.phone_owner(keyed_hash("phone", phone)))
    if owner is None:
        raise UserUnknown
    return owner.user_id


@retry_on_conflict
def set_administrator(user_id: str, *, appointed: bool) -> bool:
    """Appoint or dismiss; whether that changed anything. Raises `UserUnknown`, `NotVerified`.

    Those appointed before there was a list of administrators are put on it when they are appointed again.
    """
    found = get_many(keys.user(user_id), keys.administrator(user_id))
    user, listed = found.get(keys.user(user_id)), keys.administrator(user_id) in found
    if not isinstance(user, User) or user.merged_into is not None:
        raise UserUnknown
    if appointed and not user.is_verified:
        raise NotVerified
    if bool(user.is_administrator) == listed == appointed:
        return False
    entry = Administrator.new(keys.administrator(user_id), user_id=user_id)
    event = "administrator_appointed" if appointed else "administrator_dismissed"
    tx = Transaction()
    condition = User.VERIFIED if appointed else Item.pk.exists()
    audit.change(tx, user, [User.is_administrator.set(appointed)], event, actor=ACTOR, condition=condition)
    if appointed:
        tx.put(entry)
    else:
        tx.delete(entry)
    tx.commit()
    return True


class NotFirst(Exception):
    """There are administrators, who can review the application."""


def approve_first(user_id: str, reason: str) -> None:
    """Approve an application as the operator, for the first administrator, whom no one else could review.

    The reason stands with the approval. Raises `NotFirst`, `UserUnknown` without an application, and what a reviewer's
    approval raises.
    """
    if administrators():
        raise NotFirst
    identity = get(Identity, keys.identity(user_id))
    if identity is None:
        raise UserUnknown
    approval = review.Approval(int(identity.revision), comment=reason)
    review.approve(ACTOR, user_id, approval, by_operator=True)


def administrators() -> list[str]:
    """The ids of all who were appointed. One Query."""
    return sorted(item.user_id for item in Administrator.query(keys.ADMINISTRATORS, consistent_read=True))
