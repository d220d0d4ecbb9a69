"""Networks, as limits know them: the address a request came from, as a keyed hash and never in clear."""

from functions.auth.domain import rate_limit_address
from functions.shared.derived_keys import derived_mac

_HASH_BYTES = 16


def network_hash(address: str) -> str:
    """The network of an address as keys may hold it: 32 hexadecimal characters that only the functions can make."""
    return derived_mac("network/1", rate_limit_address(address).encode())[:_HASH_BYTES].hex()
