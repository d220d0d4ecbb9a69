"""HTTP of signing in to the console by QR code: two calls of the PC, three of the phone."""

from typing import Annotated

import msgspec

from functions.auth import errors, qr_answers, qr_login
from functions.auth.domain import QrStatus
from functions.shared.admission import PHONE, PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.errors import NotFound
from functions.shared.guards import signed_in
from functions.shared.http import Request, public

routes = Blueprint("auth")

POLL_SECRET_HEADER = "X-Poll-Secret"  # noqa: S105 - the name of a header # nosec B105
TwoDigits = Annotated[str, msgspec.Meta(pattern="^[0-9]{2}$", max_length=2)]


class ChosenNumber(msgspec.Struct):
    """The number that the PC shows, as the person at the phone typed it."""

    number: TwoDigits


class QrLoginStatus(msgspec.Struct):
    """Status of a sign-in by QR code."""

    status: QrStatus


@routes.add(
    "POST",
    "/auth/qr-logins",
    guard=public,
    clients=PUBLIC,
    response_model=qr_answers.IssuedQrLogin,
    status=201,
    errors=(errors.QrLimit,),
)
def create_qr_login(request: Request) -> qr_answers.IssuedQrLogin:
    """Start a sign-in on a PC; returns the QR code, the number to show and the poll secret."""
    return qr_login.request_qr_login(request.address, request.headers.get("user-agent", ""))


@routes.add(
    "GET",
    "/auth/qr-logins/{qr_login_id}",
    guard=public,
    clients=PUBLIC,
    response_model=qr_answers.PolledQrLogin,
    errors=(NotFound, errors.SlowDown),
    headers={POLL_SECRET_HEADER: "The `poll_secret` that the sign-in began with; without it there is nothing here."},
)
def show_qr_login(request: Request) -> qr_answers.PolledQrLogin:
    """Poll a sign-in with `X-Poll-Secret`; returns the session after the confirmation.

    Wait `poll_interval_s` after each answer. A poll that comes sooner is answered 429 `SLOW_DOWN` and makes the
    interval five seconds longer, for this one and all that follow (RFC 8628, 3.5); `Retry-After` says how long it is.
    """
    return qr_login.poll(request.opaque_id("qr_login_id"), request.headers.get(POLL_SECRET_HEADER.lower(), ""))


@routes.add(
    "POST",
    "/auth/qr-logins/{qr_login_id}/scan",
    guard=signed_in,
    clients=PHONE,
    response_model=qr_answers.ScannedQrLogin,
    errors=(
        errors.ConsoleRoleRequired,
        NotFound,
        errors.QrTaken,
        errors.QrDenied,
        errors.QrUsed,
        errors.QrExpired,
    ),
)
def scan_qr_login(request: Request) -> qr_answers.ScannedQrLogin:
    """Scan the code; the first phone owns it. People without a console role cannot scan."""
    return qr_login.scan(request.caller, request.opaque_id("qr_login_id"), request.address)


@routes.add(
    "POST",
    "/auth/qr-logins/{qr_login_id}/confirmation",
    guard=signed_in,
    clients=PHONE,
    request_model=ChosenNumber,
    response_model=QrLoginStatus,
    errors=(
        errors.ConsoleRoleRequired,
        NotFound,
        errors.QrTaken,
        errors.QrNotScanned,
        errors.QrDenied,
        errors.QrUsed,
        errors.QrExpired,
    ),
)
def confirm_qr_login(request: Request, chosen: ChosenNumber) -> QrLoginStatus:
    """Confirm the sign-in with the number shown on the PC; a wrong number denies it."""
    return QrLoginStatus(qr_login.confirm(request.caller, request.opaque_id("qr_login_id"), chosen.number))


@routes.add(
    "POST",
    "/auth/qr-logins/{qr_login_id}/denial",
    guard=signed_in,
    clients=PHONE,
    response_model=QrLoginStatus,
    errors=(
        NotFound,
        errors.QrTaken,
        errors.QrNotScanned,
        errors.QrUsed,
        errors.QrExpired,
    ),
)
def deny_qr_login(request: Request) -> QrLoginStatus:
    """Deny the sign-in."""
    return QrLoginStatus(qr_login.deny(request.caller, request.opaque_id("qr_login_id")))
