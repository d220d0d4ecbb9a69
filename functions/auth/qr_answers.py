"""What the calls of a QR sign-in answer: two of the PC, three of the phone."""

from datetime import datetime

import msgspec

from functions.auth.domain import QrStatus
from functions.auth.sessions import IssuedSession
from functions.shared.vocabulary import QrDenial


class IssuedQrLogin(msgspec.Struct, frozen=True):
    """A new sign-in by QR code: what the PC shows, and the secret with which it polls, which is returned only once.

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
    """Status of a sign-in by QR code; with the session at the first poll after the confirmation.

    Polls of the next 30 seconds get the same session again, for a PC that lost the answer; then it is `exchanged`.
    `denied_because`: a wrong number was typed, the person denied it, they lost their role, or their session ended.
    `expires_at` is there until it has ended, `scanned_by_masked` from the scan on.
    """

    status: QrStatus
    session: IssuedSession | None = None
    denied_because: QrDenial | None = None
    expires_at: datetime | None = None
    scanned_by_masked: str | None = None


class RequestedFrom(msgspec.Struct, frozen=True):
    """Where and when the PC asked to sign in; `same_network`: whether the phone is there too. Warn where it is not.

    `browser` and `system` are what `user_agent` says, such as Firefox and Windows; null where that is not known.
    """

    address: str
    user_agent: str
    browser: str | None
    system: str | None
    requested_at: datetime
    same_network: bool


class ScannedQrLogin(msgspec.Struct, frozen=True):
    """What the phone shows: where the request came from. The person types the number that the PC shows."""

    status: QrStatus
    requested_from: RequestedFrom
    expires_at: datetime
