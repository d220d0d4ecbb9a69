"""What a PC shows to be scanned: a QR code that is drawn here, and WeChat's mini-program code where WeChat gives one.

The QR code always works (WeChat opens the mini-program for links below `SCAN_PAGE` once the operator has registered
them there), so WeChat is asked briefly and is left alone for a minute after a failure.
"""

import base64
import io

import pybreaker
from botocore.exceptions import BotoCoreError, ClientError

from functions.auth.gateways import Picture, wechat
from functions.shared.config import settings
from functions.shared.errors import AppError
from functions.shared.observability import logger
from functions.shared.wechat import with_access_token

SCAN_PAGE = "/console-sign-in"  # of the web origin
_breaker = pybreaker.CircuitBreaker(
    fail_max=1, reset_timeout=60, throw_new_error_on_trip=False, name="mini_program_code"
)


def scan_link(scene: str) -> str:
    """The link that the QR code holds: `https://portal.example/console-sign-in?scene=6a1e…`."""
    return f"{settings().web_origin}{SCAN_PAGE}?scene={scene}"


def qr_svg(text: str) -> str:
    """A QR code (ISO/IEC 18004) as an SVG element, with its quiet zone; it fills whatever place it is given."""
    import segno  # noqa: PLC0415 - no other call needs it

    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind="svg", xmldecl=False, omitsize=True, light="#fff")
    return drawn.getvalue().decode().strip()


def mini_program_code(scene: str) -> str | None:
    """WeChat's picture as a data URL, or None when WeChat does not give it within a few seconds."""
    try:
        picture = _breaker.call(_drawn_by_wechat, scene)
    except pybreaker.CircuitBreakerError:
        return None
    except (AppError, ClientError, BotoCoreError) as error:
        logger.warning("mini_program_code_failed", reason=type(error).__name__)
        return None
    return data_url(picture)


def data_url(picture: Picture) -> str:
    """A picture as an address that a browser shows without a further request (RFC 2397)."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"


def _drawn_by_wechat(scene: str) -> Picture:
    brief = wechat(brief=True)
    return with_access_token(brief, lambda token: brief.mini_program_code(scene, token))
