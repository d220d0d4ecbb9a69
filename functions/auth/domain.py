"""Rules of signing in, as plain Python: who can be joined with whom, and which SMS code still counts."""

from datetime import datetime
from typing import Literal, NamedTuple

Client = Literal["mini_program", "portal", "console"]
SmsPurpose = Literal["sign_in", "bind_phone"]

# How a phone finds its place when a signed-in user proves that it is theirs.
Binding = Literal["claim", "nothing", "join_into_owner", "join_owner_into_me", "refuse"]


class Account(NamedTuple):
    """What joining looks at. `blank` accounts hold nothing but a way to sign in."""

    has_wechat: bool
    has_phone: bool
    blank: bool


def binding_of(me: Account, owner: Account | None, *, owner_is_me: bool) -> Binding:
    """What binding a phone to `me` does, when it belongs to `owner` or to nobody.

    Two accounts are joined when one of them is blank and neither way of signing in exists twice: the WeChat account of
    the one and the phone of the other then lead to the same user. Otherwise the phone stays where it is.
    """
    if owner_is_me:
        return "nothing"
    if owner is None:
        return "claim"
    if me.has_phone or owner.has_wechat:
        return "refuse"
    if me.blank:
        return "join_into_owner"
    if owner.blank:
        return "join_owner_into_me"
    return "refuse"


def sms_code_counts(*, tries: int, most_tries: int, used: bool, valid_until: datetime, now: datetime) -> bool:
    """Whether a code may still be compared: not used, not expired, tries left."""
    return not used and tries < most_tries and now < valid_until
