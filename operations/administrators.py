"""Administrators: appointed and dismissed by the operator, found by user id or by the phone they have bound."""

from functions.shared import audit
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.transactions import Transaction, decide_again, get

ACTOR = "operations"


class UserUnknown(LookupError):
    """There is no such user; they have to sign in once first."""


def user_id_of_phone(phone: str) -> str:
    """The user who has bound a phone. Raises `UserUnknown`."""
    owner = get(Owner, keys.phone_owner(keyed_hash("phone", phone)))
    if owner is None:
        raise UserUnknown
    return owner.user_id


@decide_again
def set_administrator(user_id: str, *, appointed: bool) -> bool:
    """Appoint or dismiss; whether that changed anything. Raises `UserUnknown`."""
    user = get(User, keys.user(user_id))
    if user is None or user.merged_into is not None:
        raise UserUnknown
    if bool(user.is_administrator) == appointed:
        return False
    tx = Transaction()
    event = "administrator_appointed" if appointed else "administrator_dismissed"
    audit.change(tx, user, [User.is_administrator.set(appointed)], event, actor=ACTOR)
    tx.commit()
    return True
