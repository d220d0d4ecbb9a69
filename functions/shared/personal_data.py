"""Personal data at rest: sealed with one KMS key, found through hashes keyed by another.

Sealed text is bound to its purpose and its user by the encryption context, so that it cannot be moved to another item.
Each call is one KMS round trip.
"""

from functions.shared.clients import kms
from functions.shared.config import settings


def seal(plain: bytes, *, purpose: str, user_id: str) -> bytes:
    """The ciphertext of up to 4,096 bytes."""
    answer = kms().encrypt(KeyId=settings().data_key_id, Plaintext=plain, EncryptionContext=_context(purpose, user_id))
    return answer["CiphertextBlob"]


def unseal(sealed: bytes, *, purpose: str, user_id: str) -> bytes:
    """The plain bytes. Raises botocore's `ClientError` when purpose or user are not those it was sealed for."""
    answer = kms().decrypt(
        KeyId=settings().data_key_id, CiphertextBlob=sealed, EncryptionContext=_context(purpose, user_id)
    )
    return answer["Plaintext"]


def keyed_hash(kind: str, value: str) -> str:
    """The HMAC-SHA-256 of a value of a kind (`phone`, `document` …), in hexadecimal: the key it is found under."""
    answer = kms().generate_mac(
        KeyId=settings().hash_key_id, MacAlgorithm="HMAC_SHA_256", Message=f"{kind}:{value}".encode()
    )
    return answer["Mac"].hex()


def mask_phone(phone: str) -> str:
    """The first three and last four digits: `138****8000`."""
    return f"{phone[:3]}****{phone[-4:]}"


def _context(purpose: str, user_id: str) -> dict[str, str]:
    return {"purpose": purpose, "user": user_id}
