"""The one maker of ids, tokens and codes; all randomness is the operating system's."""

import base64
import hashlib
import hmac
import secrets


def new_id() -> str:
    """An opaque id: 128 random bits as 32 hexadecimal characters, safe in paths, keys and QR scenes."""
    return secrets.token_hex(16)


def new_token() -> str:
    """A bearer secret: 256 random bits as 43 URL-safe characters. Store only its `fingerprint`."""
    return secrets.token_urlsafe(32)


def token_of(content: bytes) -> str:
    """A bearer secret made of these bytes, as text of the same form as `new_token`'s."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def new_sms_code() -> str:
    """Six decimal digits, every one of the million equally likely."""
    return f"{secrets.randbelow(1_000_000):06d}"


def fingerprint(secret: str) -> str:
    """SHA-256 of a secret, in hexadecimal: what is stored instead of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())
