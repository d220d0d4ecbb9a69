"""Sign in to the console by scanning a QR code with the phone, modelled on RFC 8628.

A ticket goes `created → scanned → confirmed → exchanged`, or is `denied`, or expires: `domain.QR_TRANSITIONS`. The PC
alone knows the poll secret, of which a fingerprint is kept. The first phone to scan owns the ticket, sees where the
request came from, and its person types the number that the PC shows; the PC's next poll is handed the session. For half
a minute it is handed it again, because an answer can be lost: the token is computed from the poll secret, never stored.

Only a phone whose person may use the console can scan. Until the exchange the ticket depends on the session and the
role that confirmed it: where either has ended, or the account is entered in another way meanwhile, it is denied.

What a phone does is an event of its user's audit trail, in the transaction that changes the ticket.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from pynamodb.expressions.update import Action

from functions.auth import store
from functions.auth.console_roles import ConsoleRole, console_role_of
from functions.auth.domain import (
    QR_TERMINAL,
    QR_TRANSITIONS,
    Origin,
    QrAction,
    QrStatus,
    browser_of,
    decide_poll,
    qr_status,
    same_network,
    sanitize_user_agent,
    system_of,
)
from functions.auth.errors import (
    ConsoleRoleRequired,
    QrDenied,
    QrExpired,
    QrLimit,
    QrNotScanned,
    QrTaken,
    QrUsed,
    SlowDown,
)
from functions.auth.networks import network_hash
from functions.auth.qr_answers import IssuedQrLogin, PolledQrLogin, RequestedFrom, ScannedQrLogin
from functions.auth.qr_pictures import mini_program_code, qr_svg, scan_link
from functions.auth.sessions import Confirmed, IssuedSession, sign_in
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.derived_keys import derived_mac
from functions.shared.errors import AppError, NotFound, Unauthenticated
from functions.shared.http import Caller
from functions.shared.limits import Limit, consume_in, counter_at, refund
from functions.shared.table import keys
from functions.shared.table.auth import QrLogin, User
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict
from functions.shared.vocabulary import QrDenial, StoredQrStatus

_TOKEN_PURPOSE = "console-session/1"  # noqa: S105 - the name of a key # nosec B105
_REFUSALS: dict[QrStatus, type[AppError]] = {
    "created": QrNotScanned,
    "exchanged": QrUsed,
    "denied": QrDenied,
    "expired": QrExpired,
}


class _Void(Exception):
    """What the confirmation of a ticket rested on has ended."""


def request_qr_login(address: str, user_agent: str) -> IssuedQrLogin:
    """A new ticket. One round trip, and one read and a brief call of WeChat for its picture. Raises `QrLimit`."""
    poll_secret = ids.new_token()
    qr_login_id = ids.new_id()
    ticket = QrLogin.new(
        keys.qr_login(qr_login_id),
        qr_login_id=qr_login_id,
        status="created",
        poll_secret_fingerprint=ids.fingerprint(poll_secret),
        match_number=str(secrets.choice(range(10, 100))),  # without a leading zero everybody reads it out the same
        address=address,
        user_agent=sanitize_user_agent(user_agent),
        requested_at=clock.now(),
        valid_until=clock.after(settings().qr_login_s),
        expires_at=clock.after(settings().qr_login_s),
        poll_interval_s=settings().qr_poll_interval_s,
    )
    _create(ticket)
    return IssuedQrLogin(
        qr_login_id=qr_login_id,
        poll_secret=poll_secret,
        match_number=ticket.match_number,
        scene=qr_login_id,
        qr_svg=qr_svg(scan_link(qr_login_id)),
        mini_program_code=mini_program_code(qr_login_id),
        expires_at=ticket.valid_until,
        poll_interval_s=settings().qr_poll_interval_s,
    )


@retry_on_conflict
def poll(qr_login_id: str, poll_secret: str) -> PolledQrLogin:
    """Status of a ticket, with the session after the confirmation. One read and one write, and one for the session.

    Raises `NotFound` without the right secret, `SlowDown`.
    """
    ticket = store.qr_login(qr_login_id)
    expected = "" if ticket is None else ticket.poll_secret_fingerprint
    if not ids.same_secret(ids.fingerprint(poll_secret), expected) or ticket is None:
        raise NotFound
    status = _status(ticket)
    if status == "exchanged":
        return _repeat_exchange(ticket, poll_secret)
    if status in QR_TERMINAL:
        return PolledQrLogin(status, denied_because=ticket.denied_because if status == "denied" else None)
    pace = decide_poll(ticket.polled_at, int(ticket.poll_interval_s), settings().qr_slow_down_s, clock.now())
    if pace.kept and status == "confirmed":
        return _exchange(ticket, poll_secret)
    if not store.count_qr_poll(ticket, pace.interval_s):
        raise VersionConflict
    if not pace.kept:
        raise SlowDown(pace.interval_s)
    return PolledQrLogin(status, expires_at=ticket.valid_until, scanned_by_masked=ticket.scanned_by_masked)


@retry_on_conflict
def scan(caller: Caller, qr_login_id: str, address: str) -> ScannedQrLogin:
    """What the phone at this address shows; the same again for the phone that owns the ticket.

    The ticket no longer counts as open. Raises `NotFound`, `QrExpired`, `QrTaken`, `QrDenied`, `QrUsed`, and
    `ConsoleRoleRequired`, which leaves the ticket to another phone.
    """
    ticket = _ticket_for(caller, qr_login_id)
    next_status = _next_status(ticket, "scan")
    if next_status != ticket.status:
        user = _account(caller)
        if console_role_of(user) is None:
            raise ConsoleRoleRequired
        masked = user.name_masked or user.phone_masked
        named = [QrLogin.scanned_by_masked.set(masked)] if masked is not None else []
        _advance(ticket, next_status, user, "console_sign_in_scanned", also=named)
        refund(counter_at(_unscanned(ticket), ticket.requested_at))
    return ScannedQrLogin(
        status=next_status,
        requested_from=RequestedFrom(
            address=ticket.address,
            user_agent=ticket.user_agent,
            browser=browser_of(ticket.user_agent),
            system=system_of(ticket.user_agent),
            requested_at=ticket.requested_at,
            same_network=same_network(address, ticket.address),
        ),
        expires_at=ticket.valid_until,
    )


@retry_on_conflict
def confirm(caller: Caller, qr_login_id: str, number: str) -> QrStatus:
    """Status of the ticket, once the scanner typed the number that the PC shows.

    A wrong number denies the ticket, and so does a user without a role, so that the PC does not wait for nothing.

    Raises `NotFound`, `QrExpired`, `QrTaken`, `QrNotScanned`, `QrDenied`, `QrUsed`, `ConsoleRoleRequired`.
    """
    ticket = _ticket_for(caller, qr_login_id)
    next_status = _next_status(ticket, "confirm")
    user = _account(caller)
    if not ids.same_secret(number, ticket.match_number):
        _deny(ticket, user, "console_sign_in_number_wrong", "number")
        raise QrDenied
    if next_status != ticket.status:
        role = console_role_of(user)
        if role is None:
            _deny(ticket, user, "console_sign_in_without_role", "role")
            raise ConsoleRoleRequired
        _confirm(ticket, user, role, caller.token_fingerprint)
    return next_status


@retry_on_conflict
def deny(caller: Caller, qr_login_id: str) -> QrStatus:
    """Where the ticket stands, once the scanner refused it.

    Raises `NotFound`, `QrExpired`, `QrTaken`, `QrNotScanned`, `QrUsed`.
    """
    ticket = _ticket_for(caller, qr_login_id)
    next_status = _next_status(ticket, "deny")
    if next_status != ticket.status:
        _deny(ticket, _account(caller), "console_sign_in_denied", "person")
    return next_status


@retry_on_conflict
def _create(ticket: QrLogin) -> None:
    tx = Transaction()
    tx.create(ticket)
    consume_in(tx, _unscanned(ticket), QrLimit)
    tx.commit()


def _unscanned(ticket: QrLogin) -> Limit:
    """Tickets of one network that no phone has scanned yet; the window is the life of a ticket.

    Scanning one gives it back and expiry frees it, so any number of people can sign in at an address, and a script
    there can keep them from it only as long as it keeps asking.
    """
    subject = network_hash(ticket.address)
    return Limit("qr_unscanned", subject, settings().qr_unscanned_per_network, settings().qr_login_s)


def _exchange(ticket: QrLogin, poll_secret: str) -> PolledQrLogin:
    """Hand out the session, if the session and the role that confirmed the ticket are still there.

    Raises `VersionConflict` for all but one of the polls that come together; the others are answered the same.
    """
    try:
        return PolledQrLogin("confirmed", _begin_console(ticket, poll_secret))
    except _Void:
        if not store.deny_qr_login(ticket, "session"):
            raise VersionConflict from None
        return PolledQrLogin("denied", denied_because="session")


def _repeat_exchange(ticket: QrLogin, poll_secret: str) -> PolledQrLogin:
    """Hand out the session again, for a while and if it has not ended: the first answer may have been lost."""
    again_until = (
        ticket.exchanged_at + timedelta(seconds=settings().qr_exchange_repeat_s) if ticket.exchanged_at else None
    )
    if again_until is None or again_until <= clock.now():
        return PolledQrLogin("exchanged")
    token = _console_token(ticket, poll_secret)
    session = store.session(ids.fingerprint(token))
    if session is None or session.valid_until <= clock.now():
        return PolledQrLogin("exchanged")
    return PolledQrLogin("confirmed", IssuedSession(token, session.client, "full", session.valid_until))


def _console_token(ticket: QrLogin, poll_secret: str) -> str:
    """The token of the session: 256 bits that only the functions can compute, and only with the PC's secret."""
    return ids.token_of(derived_mac(_TOKEN_PURPOSE, f"{ticket.qr_login_id}:{poll_secret}".encode()))


def _begin_console(ticket: QrLogin, poll_secret: str) -> IssuedSession:
    user = store.user(ticket.scanned_by)
    if user is None or user.entry_epoch != ticket.entry_epoch or ticket.confirmed_with is None:
        raise _Void
    role = ConsoleRole(ticket.business, ticket.institution_code)
    if user.merged_into is not None or not role.is_possible_for(user):
        raise _Void
    tx = Transaction()
    exchanged = [QrLogin.exchanged_at.set(clock.now())]
    store.advance_qr_login(tx, ticket, QR_TRANSITIONS["confirmed", "exchange"], user.user_id, exchanged)
    store.require_session_in(tx, user.user_id, ticket.confirmed_with, _Void)
    condition = role.require_in(tx, user.user_id, _Void)
    origin = Origin(ticket.address, ticket.user_agent)
    confirmed = Confirmed(_console_token(ticket, poll_secret), ticket.confirmed_at)
    session = sign_in(tx, user, "console", by="qr", origin=origin, condition=condition, confirmed=confirmed)
    tx.commit()
    return session


def _ticket_for(caller: Caller, qr_login_id: str) -> QrLogin:
    ticket = store.qr_login(qr_login_id)
    if ticket is None:
        raise NotFound
    if _status(ticket) == "expired":
        raise QrExpired
    if ticket.scanned_by not in (None, caller.user_id):
        raise QrTaken
    return ticket


def _account(caller: Caller) -> User:
    user = store.user(caller.user_id)
    if user is None:
        raise Unauthenticated
    return user


def _status(ticket: QrLogin) -> QrStatus:
    return qr_status(ticket.status, ticket.valid_until, clock.now())


def _next_status(ticket: QrLogin, act: QrAction) -> StoredQrStatus:
    status = _status(ticket)
    next_status = QR_TRANSITIONS.get((status, act))
    if next_status is None:
        raise _REFUSALS[status]
    return next_status


def _advance(
    ticket: QrLogin,
    next_status: StoredQrStatus,
    user: User,
    event: str,
    *,
    also: Sequence[Action] = (),
) -> None:
    """Move the ticket on, by an act of its scanner."""
    tx = Transaction()
    store.advance_qr_login(tx, ticket, next_status, user.user_id, also)
    audit.change(tx, user, [], event, actor=user.user_id, detail={"qr_login_id": ticket.qr_login_id})
    tx.commit()


def _deny(ticket: QrLogin, user: User, event: str, because: QrDenial) -> None:
    _advance(ticket, "denied", user, event, also=[QrLogin.denied_because.set(because)])


def _confirm(ticket: QrLogin, user: User, role: ConsoleRole, token_fingerprint: str) -> None:
    """Confirm a ticket with the session of its scanner, and keep what that rests on."""
    kept = [
        QrLogin.confirmed_with.set(token_fingerprint),
        QrLogin.confirmed_at.set(clock.now()),
        QrLogin.entry_epoch.set(user.entry_epoch),
    ]
    if role.business is not None and role.institution_code is not None:
        kept += [QrLogin.business.set(role.business), QrLogin.institution_code.set(role.institution_code)]
    tx = Transaction()
    store.advance_qr_login(tx, ticket, QR_TRANSITIONS["scanned", "confirm"], user.user_id, kept)
    condition = role.require_in(tx, user.user_id, VersionConflict)
    detail = {"qr_login_id": ticket.qr_login_id}
    audit.change(tx, user, [], "console_sign_in_confirmed", actor=user.user_id, detail=detail, condition=condition)
    tx.commit()
