"""Sign in to the console by scanning a QR code with the phone, modelled on RFC 8628.

A ticket goes `created → scanned → confirmed → exchanged`, or is `denied`, or expires: `domain.QR_TRANSITIONS`. The PC
alone knows the poll secret, of which a fingerprint is kept. The first phone to scan owns the ticket, sees where the
request came from, and chooses the number that the PC shows; the PC's next poll is handed the session, once.

What a phone does is an event of its user's audit trail, in the transaction that changes the ticket.
"""

import secrets
from datetime import datetime
from typing import Any

import msgspec

from functions.auth import store
from functions.auth.domain import (
    QR_ENDED,
    QR_TRANSITIONS,
    QrAct,
    QrKept,
    QrStatus,
    pace_of_poll,
    qr_status,
    shown_user_agent,
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
from functions.auth.qr_pictures import mini_program_code, qr_svg, scan_link
from functions.auth.sessions import IssuedSession, sign_in
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.errors import AppError, NotFound, Unauthenticated
from functions.shared.http import Caller
from functions.shared.limits import Limit, counter_at, give_back, take_in
from functions.shared.table import keys
from functions.shared.table.auth import QrLogin, User
from functions.shared.table.transactions import Stale, Transaction, decide_again

_REFUSALS: dict[QrStatus, type[AppError]] = {
    "created": QrNotScanned,
    "exchanged": QrUsed,
    "denied": QrDenied,
    "expired": QrExpired,
}


class IssuedQrLogin(msgspec.Struct, frozen=True):
    """A new sign-in by QR code: what the PC shows, and the secret with which it polls, the only time that it is seen.

    `qr_svg` is a QR code with a link that holds `scene`; `mini_program_code` is WeChat's own picture as a data URL, or
    null. Wait `poll_interval_s` after each answer before the next poll.
    """

    qr_login_id: str
    poll_secret: str
    match_number: str
    scene: str
    qr_svg: str
    mini_program_code: str | None
    expires_at: datetime
    poll_interval_s: int


class PolledQrLogin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a sign-in by QR code stands; with the session once, at the first poll after the confirmation."""

    status: QrStatus
    session: IssuedSession | None = None


class RequestedFrom(msgspec.Struct, frozen=True):
    """Where and when the PC asked to sign in."""

    address: str
    user_agent: str
    requested_at: datetime


class ScannedQrLogin(msgspec.Struct, frozen=True):
    """What the phone shows: where the request came from, and the numbers to choose from."""

    status: QrStatus
    requested_from: RequestedFrom
    numbers: list[str]


def request_qr_login(address: str, user_agent: str) -> IssuedQrLogin:
    """A new ticket. One round trip, and one read and a brief call of WeChat for its picture. Raises `QrLimit`."""
    poll_secret = ids.new_token()
    # Two digits without a leading zero are read out the same by everybody.
    numbers = [str(number) for number in secrets.SystemRandom().sample(range(10, 100), 3)]
    qr_login_id = ids.new_id()
    ticket = QrLogin.new(
        keys.qr_login(qr_login_id),
        qr_login_id=qr_login_id,
        status="created",
        poll_secret_fingerprint=ids.fingerprint(poll_secret),
        match_number=secrets.choice(numbers),
        numbers=" ".join(numbers),
        address=address,
        user_agent=shown_user_agent(user_agent),
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


@decide_again
def poll(qr_login_id: str, poll_secret: str) -> PolledQrLogin:
    """Where a ticket stands; the session once. One read and one write, and one read more for the session.

    Raises `NotFound` without the right secret, `SlowDown`.
    """
    ticket = store.qr_login(qr_login_id)
    expected = "" if ticket is None else ticket.poll_secret_fingerprint
    if not ids.same_secret(ids.fingerprint(poll_secret), expected) or ticket is None:
        raise NotFound
    status = _status(ticket)
    if status in QR_ENDED:
        return PolledQrLogin(status)
    pace = pace_of_poll(ticket.polled_at, int(ticket.poll_interval_s), settings().qr_slow_down_s, clock.now())
    if pace.kept and status == "confirmed":
        return _exchange(ticket)
    if not store.count_qr_poll(ticket, pace.interval_s):
        raise Stale
    if not pace.kept:
        raise SlowDown(pace.interval_s)
    return PolledQrLogin(status)


@decide_again
def scan(caller: Caller, qr_login_id: str) -> ScannedQrLogin:
    """What the phone shows; the same again for the phone that owns the ticket. The ticket no longer counts as open.

    Raises `NotFound`, `QrExpired`, `QrTaken`, `QrDenied`, `QrUsed`.
    """
    ticket = _ticket_for(caller, qr_login_id)
    following = _following(ticket, "scan")
    if following != ticket.status:
        _advance(ticket, following, _account(caller), "console_sign_in_scanned")
        give_back(counter_at(_unscanned(ticket), ticket.requested_at))
    return ScannedQrLogin(
        status=following,
        requested_from=RequestedFrom(ticket.address, ticket.user_agent, ticket.requested_at),
        numbers=ticket.numbers.split(),
    )


@decide_again
def confirm(caller: Caller, qr_login_id: str, number: str) -> QrStatus:
    """Where the ticket stands, once the scanner chose the number that the PC shows; a wrong one denies the ticket.

    Raises `NotFound`, `QrExpired`, `QrTaken`, `QrNotScanned`, `QrDenied`, `QrUsed`, `ConsoleRoleRequired`.
    """
    ticket = _ticket_for(caller, qr_login_id)
    following = _following(ticket, "confirm")
    user = _account(caller)
    if not ids.same_secret(number, ticket.match_number):
        _advance(ticket, "denied", user, "console_sign_in_number_wrong")
        raise QrDenied
    if following != ticket.status:
        _advance(ticket, following, user, "console_sign_in_confirmed", authority=True)
    return following


@decide_again
def deny(caller: Caller, qr_login_id: str) -> QrStatus:
    """Where the ticket stands, once the scanner refused it.

    Raises `NotFound`, `QrExpired`, `QrTaken`, `QrNotScanned`, `QrUsed`.
    """
    ticket = _ticket_for(caller, qr_login_id)
    following = _following(ticket, "deny")
    if following != ticket.status:
        _advance(ticket, following, _account(caller), "console_sign_in_denied")
    return following


@decide_again
def _create(ticket: QrLogin) -> None:
    tx = Transaction()
    tx.create(ticket)
    take_in(tx, _unscanned(ticket), QrLimit)
    tx.commit()


def _unscanned(ticket: QrLogin) -> Limit:
    """Tickets of one network that no phone has scanned yet; the window is the life of a ticket.

    Scanning one gives it back and expiry frees it, so any number of people can sign in at an address, and a script
    there can keep them from it only as long as it keeps asking.
    """
    subject = network_hash(ticket.address)
    return Limit("qr_unscanned", subject, settings().qr_unscanned_per_network, settings().qr_login_s)


def _exchange(ticket: QrLogin) -> PolledQrLogin:
    """Hand out the session. What its user may do with it is looked up by each request, not here.

    Raises `Stale` for all but one of the polls that come together.
    """
    user = store.user(ticket.scanned_by)
    if user is None or user.merged_into is not None:
        return PolledQrLogin("denied")
    tx = Transaction()
    store.advance_qr_login(tx, ticket, QR_TRANSITIONS["confirmed", "exchange"], user.user_id)
    session = sign_in(tx, user, "console", by="qr")
    tx.commit()
    return PolledQrLogin("confirmed", session)


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


def _following(ticket: QrLogin, act: QrAct) -> QrKept:
    status = _status(ticket)
    following = QR_TRANSITIONS.get((status, act))
    if following is None:
        raise _REFUSALS[status]
    return following


def _advance(ticket: QrLogin, following: QrKept, user: User, event: str, *, authority: bool = False) -> None:
    """Let the ticket go on, by an act of its scanner. Raises `ConsoleRoleRequired` where authority is needed."""
    tx = Transaction()
    store.advance_qr_login(tx, ticket, following, user.user_id)
    condition = _demand_authority(tx, user) if authority else None
    detail = {"qr_login_id": ticket.qr_login_id}
    audit.change(tx, user, [], event, actor=user.user_id, detail=detail, condition=condition)
    tx.commit()


def _demand_authority(tx: Transaction, user: User) -> Any:
    """Demand within the transaction what lets the user into the console; the part of it that their account says."""
    if user.is_administrator:
        return User.is_administrator == True  # noqa: E712 - a condition, not a comparison
    grant = store.active_grant(user.user_id) if user.is_verified else None
    if grant is None:
        raise ConsoleRoleRequired
    store.demand_place(tx, grant, user.user_id)
    return User.VERIFIED
