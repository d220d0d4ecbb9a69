"""Reads and writes of the auth area. Functions with `tx` only add their part; the use case commits."""

from datetime import datetime

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.auth import Owner, Session, SmsChallenge, User, UserSession, WechatAccessToken
from functions.shared.table.base import Item
from functions.shared.table.transactions import Transaction, get, update_if


def user(user_id: str) -> User | None:
    """The account. One read."""
    return get(User, keys.user(user_id))


def owner(key: keys.Key) -> str | None:
    """The id of the user to whom a WeChat account or a phone belongs. One read."""
    found = get(Owner, key)
    return found.user_id if found else None


def claim(tx: Transaction, key: keys.Key, user_id: str) -> None:
    """Make something unowned the user's."""
    tx.create(Owner.new(key, user_id=user_id))


def reassign(tx: Transaction, key: keys.Key, *, from_user: str, to_user: str) -> None:
    """Move something from one user to another."""
    tx.update(Owner.new(key), [Owner.user_id.set(to_user)], Owner.user_id == from_user)


def release(tx: Transaction, key: keys.Key, user_id: str) -> None:
    """Make something of the user's unowned."""
    tx.delete(Owner.new(key), Owner.user_id == user_id)


def add_session(tx: Transaction, session: Session, token_fingerprint: str) -> None:
    """Begin a session and list it under its user."""
    tx.create(session)
    tx.create(_listed(session.user_id, token_fingerprint, session))


def move_session(tx: Transaction, session: Session, token_fingerprint: str, to_user: str) -> None:
    """Let a session go on as another user's."""
    tx.update(session, [Session.user_id.set(to_user)], Session.user_id == session.user_id)
    tx.delete(UserSession.new(keys.user_session(session.user_id, token_fingerprint)))
    tx.create(_listed(to_user, token_fingerprint, session))


def remove_session(tx: Transaction, user_id: str, token_fingerprint: str) -> None:
    """End a session, if it has not ended."""
    tx.delete(Session.new(keys.session(token_fingerprint)))
    tx.delete(UserSession.new(keys.user_session(user_id, token_fingerprint)))


def session_fingerprints(user_id: str) -> list[str]:
    """The fingerprints of all sessions of a user. One Query, by a consistent read."""
    listed = UserSession.query(
        keys.user_partition(user_id), UserSession.sk.startswith(keys.USER_SESSION_PREFIX), consistent_read=True
    )
    return [item.token_fingerprint for item in listed]


def holds_more_than_sign_in(account: User) -> bool:
    """Whether anything is kept under the account beside itself, its sessions and its own audit trail. One Query."""
    own = ("PROFILE", keys.USER_SESSION_PREFIX, keys.audit_prefix(account.key))
    return any(not item.sk.startswith(own) for item in Item.query(account.pk, consistent_read=True))


def _listed(user_id: str, token_fingerprint: str, session: Session) -> UserSession:
    key = keys.user_session(user_id, token_fingerprint)
    return UserSession.new(key, token_fingerprint=token_fingerprint, expires_at=session.expires_at)


def count_sms_try(challenge: SmsChallenge, challenge_id: str, most_tries: int) -> bool:
    """Count a try at a code, before it is compared; whether it may be compared. `challenge` is then as it stands."""
    return update_if(
        challenge,
        [SmsChallenge.tries.add(1)],
        (SmsChallenge.challenge_id == challenge_id)
        & (SmsChallenge.used == False)  # noqa: E712 - a condition, not a comparison
        & (SmsChallenge.valid_until > clock.now())
        & (SmsChallenge.tries < most_tries),
    )


def use_sms_challenge(tx: Transaction, challenge: SmsChallenge, otherwise: type[Exception]) -> None:
    """Use up a code together with what it allows."""
    unused = (SmsChallenge.challenge_id == challenge.challenge_id) & (SmsChallenge.used == False)  # noqa: E712
    tx.update(challenge, [SmsChallenge.used.set(True)], unused, otherwise=otherwise)


def wechat_access_token(app_id: str) -> WechatAccessToken | None:
    """The access token that all functions share. One read."""
    return get(WechatAccessToken, keys.wechat_access_token(app_id))


def save_wechat_access_token(app_id: str, token: str, valid_until: datetime) -> None:
    """Share a fresh access token. The last writer wins: WeChat's stable token is the same for all of them."""
    key = keys.wechat_access_token(app_id)
    WechatAccessToken.new(key, token=token, valid_until=valid_until, expires_at=valid_until).save()
