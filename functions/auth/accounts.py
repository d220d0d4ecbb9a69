"""Accounts: one for each person, found by WeChat account or phone, made at the first sign-in, joined where they can be.

The owner item of a WeChat account or a phone is written in the transaction that makes the account, so two first
sign-ins at once make one account: the second one decides again and finds it.
"""

from collections.abc import Callable

from pynamodb.expressions.update import Action

from functions.auth import store
from functions.auth.domain import NO_ORIGIN, Account, Client, Origin, binding_of
from functions.auth.errors import PhoneTaken
from functions.auth.sessions import ENDED_TOGETHER, IssuedSession, begin_session, end_sessions, sign_in
from functions.shared import audit, clock, ids
from functions.shared.errors import Unauthenticated
from functions.shared.http import Caller
from functions.shared.personal_data import mask_phone, seal, unseal
from functions.shared.table import keys
from functions.shared.table.auth import Session, SignInMethod, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Stale, Transaction, get

# What a use case adds to the transaction that this module composes, such as the use of an SMS code.
Addition = Callable[[Transaction], None]


def sign_in_or_register(  # noqa: PLR0913 - a sign-in has these parts
    owner_key: keys.Key,
    account: dict[str, str],
    client: Client,
    *,
    by: SignInMethod,
    origin: Origin = NO_ORIGIN,
    also: Addition | None = None,
) -> tuple[IssuedSession, User, bool]:
    """The session, the user, and whether the account was made just now. Raises `Stale`: decide again.

    `account` are the attributes of a new account: its `wechat_openid`, or its `phone` with its `phone_hash`.
    """
    user_id = store.owner(owner_key)
    tx = Transaction()
    if also:
        also(tx)
    if user_id is not None:
        user = store.user(user_id)
        if user is None:
            raise Stale
        if by == "wechat":
            still_theirs = User.wechat_openid == account["wechat_openid"]
        else:
            still_theirs = User.phone_hash == account["phone_hash"]
        session = sign_in(tx, user, client, by=by, origin=origin, condition=still_theirs)
    else:
        user = _new_user(account)
        session = begin_session(tx, user.user_id, client, by=by, origin=origin)
        store.claim(tx, owner_key, user.user_id)
        audit.create(tx, user, "user_registered", actor=user.user_id, detail={"client": client, "by": by})
    tx.commit()
    return session, user, user_id is None


def bind_phone(caller: Caller, phone: str, phone_hash: str, *, also: Addition | None = None) -> str:
    """The id of the account that has the phone now: the caller's, or the other one's where the two were joined.

    Raises `PhoneTaken` where they cannot be joined, `Stale`: decide again.
    """
    me, owner_id = store.user_and_owner(caller.user_id, keys.phone_owner(phone_hash))
    # A request may still be under way for an account that another request has joined to another one.
    if me is None or me.merged_into is not None:
        raise Unauthenticated
    owner_is_me = owner_id == me.user_id
    owner = store.user(owner_id) if owner_id and not owner_is_me else None
    binding = binding_of(_facts(me, owner), _facts(owner, me) if owner else None, owner_is_me=owner_is_me)
    tx = Transaction()
    if also:
        also(tx)
    kept = me
    if binding == "refuse":
        raise PhoneTaken
    if binding == "claim":
        _claim_phone(tx, me, phone, phone_hash)
    elif binding == "nothing":
        audit.change(tx, me, [], "phone_confirmed", actor=me.user_id)
    elif owner is not None and binding == "join_into_owner":
        _join(tx, absorbed=me, kept=owner, caller=caller)
        kept = owner
    elif owner is not None:
        _join(tx, absorbed=owner, kept=me, caller=caller)
    tx.commit()
    return kept.user_id


def _facts(user: User, other: User | None) -> Account:
    """What binding depends on; whether the account is blank only matters, and is only looked up, beside another one."""
    return Account(
        has_wechat=user.wechat_openid is not None,
        has_phone=user.phone_hash is not None,
        blank=other is not None and not user.is_administrator and not store.holds_more_than_sign_in(user),
    )


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


def _claim_phone(tx: Transaction, me: User, phone: str, phone_hash: str) -> None:
    if me.phone_hash is not None:
        store.release(tx, keys.phone_owner(me.phone_hash), me.user_id)
    store.claim(tx, keys.phone_owner(phone_hash), me.user_id)
    actions = [
        User.phone_hash.set(phone_hash),
        User.phone_masked.set(mask_phone(phone)),
        User.phone_sealed.set(seal(phone.encode(), purpose="phone", user_id=me.user_id)),
    ]
    audit.change(tx, me, actions, "phone_bound", actor=me.user_id, detail={"changed": me.phone_hash is not None})


def _join(tx: Transaction, *, absorbed: User, kept: User, caller: Caller) -> None:
    """Move a blank account's way of signing in to the other account, and end the blank one.

    The caller's session goes on; other sessions of the absorbed account end. Raises `Stale` after ending them before
    the rest, where they are too many for one transaction.
    """
    others = [one for one in store.session_fingerprints(absorbed.user_id) if one != caller.token_fingerprint]
    if len(others) > ENDED_TOGETHER:
        end_sessions(absorbed.user_id, others, actor=caller.user_id)
        raise Stale
    # An identity may have begun since the account was found blank; it does not change the account itself.
    tx.check(Identity, keys.identity(absorbed.user_id), Identity.pk.does_not_exist())
    moved: list[Action] = []
    if absorbed.wechat_openid is not None:
        openid = absorbed.wechat_openid
        moved.append(User.wechat_openid.set(openid))
        store.reassign(tx, keys.wechat_owner(openid), from_user=absorbed.user_id, to_user=kept.user_id)
    if absorbed.phone_hash is not None:
        phone = unseal(absorbed.phone_sealed, purpose="phone", user_id=absorbed.user_id).decode()
        moved += [
            User.phone_hash.set(absorbed.phone_hash),
            User.phone_masked.set(mask_phone(phone)),
            User.phone_sealed.set(seal(phone.encode(), purpose="phone", user_id=kept.user_id)),
        ]
        store.reassign(tx, keys.phone_owner(absorbed.phone_hash), from_user=absorbed.user_id, to_user=kept.user_id)
    gone = [
        User.wechat_openid.remove(),
        User.phone_hash.remove(),
        User.phone_masked.remove(),
        User.phone_sealed.remove(),
    ]
    ended = [*gone, User.merged_into.set(kept.user_id)]
    audit.change(tx, absorbed, ended, "joined_into_other_account", actor=caller.user_id, detail={"kept": kept.user_id})
    audit.change(tx, kept, moved, "account_joined", actor=caller.user_id, detail={"absorbed": absorbed.user_id})
    for fingerprint in others:
        store.remove_session(tx, absorbed.user_id, fingerprint)
    if absorbed.user_id == caller.user_id:
        session = get(Session, keys.session(caller.token_fingerprint))
        if session is None:
            raise Unauthenticated
        if session.user_id != absorbed.user_id:
            raise Stale  # another request has joined the account since it was read
        store.move_session(tx, session, caller.token_fingerprint, kept.user_id)
