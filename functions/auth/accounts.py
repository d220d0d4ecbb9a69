"""Accounts: one for each person, found by WeChat account or phone, made at the first sign-in.

The owner item of a WeChat account or a phone is written in the transaction that makes the account, so two first
sign-ins at once make one account: the second one decides again and finds it.
"""

from collections.abc import Callable

from functions.auth import store
from functions.auth.domain import NO_ORIGIN, Origin
from functions.auth.sessions import IssuedSession, begin_session, sign_in
from functions.shared import audit, clock, ids
from functions.shared.account_entries import claim_in
from functions.shared.admission import SessionClient
from functions.shared.personal_data import mask_phone, seal
from functions.shared.table import keys
from functions.shared.table.auth import SignInMethod, User
from functions.shared.table.transactions import Transaction, VersionConflict

# What a use case adds to the transaction that this module composes, such as the use of an SMS code.
Addition = Callable[[Transaction], None]


def sign_in_or_register(  # noqa: PLR0913 - a sign-in has these parts
    owner_key: keys.Key,
    account: dict[str, str],
    client: SessionClient,
    *,
    by: SignInMethod,
    origin: Origin = NO_ORIGIN,
    also: Addition | None = None,
) -> tuple[IssuedSession, User, bool]:
    """The session, the user, and whether the account was made just now. Raises `VersionConflict`: decide again.

    `account` are the attributes of a new account: its `wechat_openid`, or its `phone` with its `phone_hash`.
    """
    user_id = store.owner(owner_key)
    tx = Transaction()
    if also:
        also(tx)
    if user_id is not None:
        user = store.user(user_id)
        if user is None:
            raise VersionConflict
        if by == "wechat":
            still_theirs = User.wechat_openid == account["wechat_openid"]
        else:
            still_theirs = User.phone_hash == account["phone_hash"]
        session = sign_in(tx, user, client, by=by, origin=origin, condition=still_theirs)
    else:
        user = _new_user(account)
        session = begin_session(tx, user.user_id, client, by=by, origin=origin)
        claim_in(tx, owner_key, user.user_id)
        audit.create(tx, user, "user_registered", actor=user.user_id, detail={"client": client, "by": by})
    tx.commit()
    return session, user, user_id is None


def _new_user(account: dict[str, str]) -> User:
    user_id = ids.new_id()
    user = User.new(
        keys.user(user_id), user_id=user_id, created_at=clock.now(), wechat_openid=account.get("wechat_openid")
    )
    if "phone" in account:
        user.phone_hash = account["phone_hash"]
        user.phone_masked = mask_phone(account["phone"])
        user.phone_sealed = seal(account["phone"].encode(), purpose="phone", user_id=user_id)
    return user
