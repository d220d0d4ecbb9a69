"""Codes that people hand to each other: 80 random bits as 16 characters of Crockford's base 32, shown in fours.

The alphabet has no I, L, O and U, so what is easily confused is read as what was meant (crockford.com/base32.html).
"""

import os
import re

from functions.shared.code_format import normalize_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_BITS = 5
_MEANT = str.maketrans("OIL", "011")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_MAX_INPUT = 64


def new_code() -> str:
    """A code in canonical form, all 2**80 equally likely."""
    number = int.from_bytes(os.urandom(LENGTH * _BITS // 8))
    return "".join(ALPHABET[number >> place & 0b11111] for place in range((LENGTH - 1) * _BITS, -1, -_BITS))


def parse_code(raw: str) -> str | None:
    """A typed code in canonical form, with or without hyphens and blanks, in any case; None when it cannot be one."""
    if len(raw) > _MAX_INPUT:
        return None
    code = normalize_code(raw).translate(_MEANT)
    return code if _CODE.fullmatch(code) else None


def format_code(code: str) -> str:
    """A code as it is shown: `7K3M-0ABC-DEFG-H1JK`."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
