"""Networks, as limits know them: the address a request came from, as a keyed hash and never in clear.

The key is derived by KMS once a process, as that of the cursors.
"""

import functools
import hashlib
import hmac

from functions.auth.domain import network
from functions.shared.personal_data import keyed_hash

_HASH_BYTES = 16


def network_hash(address: str) -> str:
    """The network of an address as it may be kept in keys: 32 hexadecimal characters that only we can make."""
    return hmac.digest(_key(), network(address).encode(), hashlib.sha256)[:_HASH_BYTES].hex()


@functools.cache
def _key() -> bytes:
    return bytes.fromhex(keyed_hash("network-key", "1"))
