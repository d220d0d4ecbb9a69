"""Reads and writes of the auth area. Functions with `tx` only add their part; the use case commits."""

from collections.abc import Sequence
from typing import Any

from pynamodb.expressions.update import Action

from functions.shared import clock
from functions.shared.account_sessions import fingerprints_of
from functions.shared.config import settings
from functions.shared.roles import Role, roles_among
from functions.shared.table import keys
from functions.shared.table.auth import (
    Owner,
    QrLogin,
    Session,
    SignInMethod,
    SmsChallenge,
    SmsPhone,
    User,
    UserSession,
)
from functions.shared.table.pages import partition
from functions.shared.table.transactions import DomainError, Transaction, get, get_many, update_if
from functions.shared.vocabulary import QrDenial, StoredQrStatus


def user(user_id: str) -> User | None:
    """The account. One read."""
    return get(User, keys.user(user_id))


def user_with_roles(user_id: str) -> tuple[User | None, list[Role]]:
    """The account and its places in grants, which stand next to it. One Query, by consistent reads."""
    between = User.sk.between(keys.user(user_id).sk, f"{keys.ROLE_PREFIX}\uffff")
    found = list(partition(keys.user_partition(user_id), between))
    account = next((item for item in found if isinstance(item, User)), None)
    return account, roles_among(found)


def owner(key: keys.Key) -> str | None:
    """The id of the user to whom a WeChat account or a phone belongs. One read."""
    found = get(Owner, key)
    return found.user_id if found else None


def session(token_fingerprint: str) -> Session | None:
    """The session of a token, or None where it has ended. One read."""
    return get(Session, keys.session(token_fingerprint))


def user_and_owner(user_id: str, key: keys.Key) -> tuple[User | None, str | None]:
    """An account, and the id of the user to whom a phone belongs. One BatchGetItem."""
    found = get_many(keys.user(user_id), key)
    account, owned = found.get(keys.user(user_id)), found.get(key)
    return account if isinstance(account, User) else None, owned.user_id if isinstance(owned, Owner) else None


def add_session(tx: Transaction, session: Session, token_fingerprint: str) -> None:
    """Begin a session and list it under its user."""
    tx.create(session)
    tx.create(_listed(session.user_id, token_fingerprint, session))


def move_session(tx: Transaction, session: Session, token_fingerprint: str, to_user: str) -> None:
    """Let a session go on as another user's."""
    tx.update(session, [Session.user_id.set(to_user)], Session.user_id == session.user_id)
    tx.delete(UserSession.new(keys.user_session(session.user_id, token_fingerprint)))
    tx.create(_listed(to_user, token_fingerprint, session))


def mark_session_in(
    tx: Transaction, user_id: str, token_fingerprint: str, made_by: SignInMethod, on_failure: DomainError
) -> None:
    """Let a session count as started in this way, which its client has just proved; it must not have ended."""
    live = (Session.user_id == user_id) & (Session.valid_until > clock.now())
    session = Session.new(keys.session(token_fingerprint))
    tx.update(session, [Session.made_by.set(made_by)], live, on_failure=on_failure)
    listed = UserSession.new(keys.user_session(user_id, token_fingerprint))
    tx.update(listed, [UserSession.made_by.set(made_by)], UserSession.pk.exists(), on_failure=on_failure)


def sessions(user_id: str) -> dict[str, Session]:
    """All sessions of a user by their fingerprints, expired ones too. A Query, and a read for each hundred."""
    places = {keys.session(fingerprint): fingerprint for fingerprint in fingerprints_of(user_id)}
    return {places[key]: found for key, found in get_many(*places).items() if isinstance(found, Session)}


def holds_more_than_sign_in(account: User) -> bool:
    """Whether anything is kept under the account beside itself, its sessions and its own audit trail. One Query."""
    own = ("PROFILE", keys.USER_SESSION_PREFIX, keys.audit_prefix(account.key))
    return any(not item.sk.startswith(own) for item in partition(account.pk))


def _listed(user_id: str, token_fingerprint: str, session: Session) -> UserSession:
    key = keys.user_session(user_id, token_fingerprint)
    return UserSession.new(
        key, token_fingerprint=token_fingerprint, expires_at=session.expires_at, made_by=session.made_by
    )


def sms_phone(phone_hash: str) -> tuple[SmsPhone, bool]:
    """What the codes of a phone share, and whether an account has the phone. One BatchGetItem."""
    key, owned_by = keys.sms_phone(phone_hash), keys.phone_owner(phone_hash)
    found = get_many(key, owned_by)
    phone = found.get(key)
    return phone if isinstance(phone, SmsPhone) else SmsPhone.new(key), owned_by in found


def save_sms_phone(tx: Transaction, phone: SmsPhone, open_codes: dict[str, Any]) -> None:
    """Change the open codes of a phone, if nothing of it has changed since it was read."""
    same = (SmsPhone.version == phone.version) if phone.version else SmsPhone.pk.does_not_exist()
    changed = SmsPhone.new(
        phone.key,
        version=phone.version + 1,
        uses=phone.uses,
        networks=phone.networks,
        open_codes=open_codes,
        expires_at=clock.after(settings().sms_networks_kept_s),
    )
    tx.put(changed, same)


def use_sms_code(tx: Transaction, phone_hash: str, uses: int, networks: str, *, on_failure: type[Exception]) -> None:
    """Use up all codes of a phone that were sent since it had been used this many times; with the networks it knows."""
    actions = [
        SmsPhone.uses.add(1),
        SmsPhone.version.add(1),
        SmsPhone.networks.set(networks),
        SmsPhone.open_codes.set({}),
        SmsPhone.expires_at.set(clock.after(settings().sms_networks_kept_s)),
    ]
    tx.update(SmsPhone.new(keys.sms_phone(phone_hash)), actions, SmsPhone.uses == uses, on_failure=on_failure)


def count_sms_try(challenge: SmsChallenge) -> bool:
    """Count a try at a code, before it is compared; whether there is such a code. `challenge` is then as it is kept."""
    good = SmsChallenge.pk.exists() & SmsChallenge.superseded_by.does_not_exist()
    return update_if(challenge, [SmsChallenge.tries.add(1)], good)


def supersede(tx: Transaction, phone_hash: str, challenge_id: str, by: str) -> None:
    """End a code that is under way, as long as the newer one counts as sent."""
    challenge = SmsChallenge.new(keys.sms_challenge(phone_hash, challenge_id))
    tx.update(challenge, [SmsChallenge.superseded_by.set(by)], SmsChallenge.pk.exists())


def restore(tx: Transaction, phone_hash: str, challenge_id: str, superseded_by: str) -> None:
    """Make a code good again that was superseded by one that was never sent."""
    challenge = SmsChallenge.new(keys.sms_challenge(phone_hash, challenge_id))
    tx.update(challenge, [SmsChallenge.superseded_by.remove()], SmsChallenge.superseded_by == superseded_by)


def mark_roamed(challenge: SmsChallenge) -> None:
    """Note that a try came from another network than the request; `tries` stays as it was counted. One round trip."""
    update_if(SmsChallenge.new(challenge.key), [SmsChallenge.roamed.set(True)], SmsChallenge.pk.exists())
    challenge.roamed = True


def qr_login(qr_login_id: str) -> QrLogin | None:
    """The ticket. One read."""
    return get(QrLogin, keys.qr_login(qr_login_id))


def advance_qr_login(
    tx: Transaction, ticket: QrLogin, next_status: StoredQrStatus, scanner_id: str, also: Sequence[Action] = ()
) -> None:
    """Move a ticket of its scanner on from the status that was read, if its time is not over."""
    actions = [QrLogin.status.set(next_status), QrLogin.scanned_by.set(scanner_id), *also]
    in_time = (QrLogin.status == ticket.status) & (QrLogin.valid_until > clock.now())
    tx.update(ticket, actions, in_time)


def deny_qr_login(ticket: QrLogin, because: QrDenial) -> bool:
    """Deny a ticket that was confirmed, by what became of its user meanwhile; whether it was still confirmed."""
    actions = [QrLogin.status.set("denied"), QrLogin.denied_because.set(because)]
    return update_if(ticket, actions, QrLogin.status == "confirmed")


def count_qr_poll(ticket: QrLogin, interval_s: int) -> bool:
    """Count a poll as of now; whether no other one came since the ticket was read."""
    same = QrLogin.poll_interval_s == ticket.poll_interval_s
    same &= QrLogin.polled_at.does_not_exist() if ticket.polled_at is None else QrLogin.polled_at == ticket.polled_at
    return update_if(ticket, [QrLogin.polled_at.set(clock.now()), QrLogin.poll_interval_s.set(interval_s)], same)


def require_session_in(tx: Transaction, user_id: str, token_fingerprint: str, on_failure: DomainError) -> None:
    """Require that a session of the user has not ended."""
    live = (Session.user_id == user_id) & (Session.valid_until > clock.now())
    tx.check(Session, keys.session(token_fingerprint), live, on_failure=on_failure)
