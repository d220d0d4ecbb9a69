"""Keys that KMS derives for the functions alone, once a process: what they protect needs no further call.

They come from the functions' key, whose policy denies `kms:GenerateMac` to everybody but the functions' roles. So
neither a backup of the table nor an operator's credentials are enough to compute what they compute.
"""

import functools
import hashlib
import hmac

from functions.shared.clients import kms
from functions.shared.config import settings
from functions.shared.personal_data import keyed_hash


@functools.cache
def derived_key(purpose: str) -> bytes:
    """The 32 bytes of a purpose, such as `grant-code/1`. One KMS round trip a process and purpose."""
    answer = kms().generate_mac(
        KeyId=settings().functions_key_id, MacAlgorithm="HMAC_SHA_256", Message=f"derived-key:{purpose}".encode()
    )
    return answer["Mac"]


@functools.cache
def chain_key(signer: str) -> bytes:
    """The key of the audit events that a signer writes: `functions`, or `operator` for the operator's commands.

    The operator's comes from the key of the keyed hashes, which the commands may use. Raises `ValueError`.
    """
    if signer == "functions":
        return derived_key("audit-chain/1")
    if signer == "operator":
        return bytes.fromhex(keyed_hash("audit-chain-key", "1"))
    raise ValueError(f"no one signs as {signer!r}")


def derived_mac(purpose: str, content: bytes) -> bytes:
    """The HMAC-SHA-256 of a content under the key of a purpose."""
    return hmac.digest(derived_key(purpose), content, hashlib.sha256)
