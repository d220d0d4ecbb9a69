"""The one paginator: a cursor says where the next page of one list begins, and cannot be altered or taken elsewhere.

It is signed with a key that KMS derives once a process from the key of the keyed hashes.
"""

import base64
import binascii
import functools
import hashlib
import hmac

import msgspec

from functions.shared.errors import AppError, Text
from functions.shared.personal_data import keyed_hash

_MAC_BYTES = 16


class CursorInvalid(AppError):
    """The cursor was altered, or belongs to another list."""

    status = 422
    code = "CURSOR_INVALID"
    text = Text("分页位置无效，请从第一页重新开始。", "This page is not valid. Please start from the first page.")


def encode(list_name: str, place: list[str]) -> str:
    """An opaque cursor for a place in a list."""
    content = msgspec.json.encode(place)
    return _text(_mac(list_name, content) + content)


def decode(list_name: str, cursor: str) -> list[str]:
    """The place that `encode` was given for this list. Raises `CursorInvalid`."""
    try:
        signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid from error
    # Base64 has several spellings of the same bytes: another alphabet, padding, unused bits at the end.
    if _text(signed) != cursor:
        raise CursorInvalid
    mac, content = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(list_name, content)):
        raise CursorInvalid
    return msgspec.json.decode(content, type=list[str])


def _text(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def _mac(list_name: str, content: bytes) -> bytes:
    return hmac.digest(_key(), list_name.encode() + b"\0" + content, hashlib.sha256)[:_MAC_BYTES]


@functools.cache
def _key() -> bytes:
    return bytes.fromhex(keyed_hash("cursor-key", "1"))
