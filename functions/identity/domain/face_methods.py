"""How a face check is done, for whom, and what WeChat's results mean.

`wechat` compares a live face with the public-security portrait of a name and number. `selfie` compares a picture with
the portrait on the scanned document: it proves neither liveness nor that the document is genuine.
"""

import base64
import hashlib

from functions.identity.domain.documents import DocumentType
from functions.shared.vocabulary import FaceMethod, VerificationPolicy

CERT_TYPE = "IDENTITY_CARD"
PASSED = 10_000
NOT_DONE = 10_005  # WeChat is still comparing

# Failures that count against the user: what was shown was looked at, and was not good enough. A provider's fault, a
# cancelled check or a phone that cannot do it never counts.
COUNTED_REASONS = frozenset({"FACE_COUNT", "FACE_QUALITY", "FACE_MISMATCH", "FACE_REPEATED"})

# WeChat's `verify_ret` (queryVerifyInfo) other than passed; what is not listed is a fault of the system.
_REASONS: dict[int, str] = {
    10_002: "FACE_QUALITY",
    10_003: "FACE_MISMATCH",
    10_004: "FACE_MISMATCH",
    90_001: "FACE_DEVICE_UNSUPPORTED",
    **dict.fromkeys(range(90_002, 90_007), "FACE_CANCELLED"),
    90_007: "FACE_NETWORK",
    **dict.fromkeys(range(90_008, 90_011), "FACE_PERMISSION"),
    90_011: "FACE_QUALITY",
    90_012: "FACE_NETWORK",
    90_013: "FACE_QUALITY",
    90_014: "FACE_QUALITY",
    90_017: "FACE_TIMEOUT",
    90_107: "FACE_TIMEOUT",
    90_109: "FACE_DEVICE_UNSUPPORTED",
}


def methods_for(
    document_type: DocumentType | None, *, wechat_available: bool, verified_by: FaceMethod | None
) -> list[FaceMethod]:
    """Return the methods that a person may use, best first.

    WeChat knows mainland resident IDs only. The person who was verified by `wechat` passes later checks by `wechat`,
    unless it is not available for the operator any more: no one is locked out.
    """
    if not wechat_available or document_type is not DocumentType.RESIDENT_ID:
        return ["selfie"]
    return ["wechat"] if verified_by == "wechat" else ["wechat", "selfie"]


def suffices(policy: VerificationPolicy, method: FaceMethod | None) -> bool:
    """Whether a machine may verify a person after a passed face check of this method."""
    return {"authoritative": method == "wechat", "photo": method is not None, "off": False}[policy]


def wechat_reason(verify_ret: int) -> str | None:
    """Return the reason why WeChat's check failed, or None when it passed."""
    return None if verify_ret == PASSED else _REASONS.get(verify_ret, "FACE_SYSTEM")


def cert_hash(name: str, number: str) -> str:
    """Return WeChat's digest of a person: SHA-256 over the fields in base64, in lower-case hexadecimal."""
    fields = (("cert_type", CERT_TYPE), ("cert_name", name), ("cert_no", number))
    text = "&".join(f"{field}={base64.b64encode(value.encode()).decode()}" for field, value in fields)
    return hashlib.sha256(text.encode()).hexdigest()
