"""Codes that are computed, not stored: from their context and a nonce, under a key that only the functions can derive.

The table holds the nonce, so anyone who reads a backup of it learns no code, and a list of 100 codes needs no call. A
code that exists already is adopted: its *offset* says how far each of its characters is from the one that would be
computed, which says nothing without the key.
"""

from typing import NamedTuple

import msgspec

from functions.shared import crockford, ids
from functions.shared.derived_keys import derived_mac


class CodeKind(NamedTuple):
    """A kind of code: the purpose of its key, its alphabet and its length."""

    purpose: str
    alphabet: str
    length: int


class AdoptedCode(NamedTuple):
    """The nonce and offset with which `derive_code` gives a code that is older than them."""

    nonce: str
    offset: str


GRANT_CODE = CodeKind("grant-code/1", crockford.ALPHABET, crockford.LENGTH)
# No vowels and no Y: no words, and nothing that looks like a digit.
CONFIRMATION_CODE = CodeKind("confirmation-code/1", "BCDFGHJKLMNPQRSTVWXZ", 8)


def derive_code(kind: CodeKind, *context: str | int, nonce: str, offset: str | None = None) -> str:
    """The code of a context and nonce; 256 bits reduced to the kind's size, so that all codes are equally likely."""
    number = int.from_bytes(derived_mac(kind.purpose, msgspec.json.encode([*context, nonce])))
    base = len(kind.alphabet)
    steps = [kind.alphabet.index(character) for character in offset] if offset is not None else [0] * kind.length
    code = ""
    for step in steps:
        number, digit = divmod(number, base)
        code += kind.alphabet[(digit + step) % base]
    return code


def adopt_code(kind: CodeKind, code: str, *context: str | int) -> AdoptedCode:
    """What to store for a code that exists already. Raises `ValueError` for what is no code of the kind."""
    if len(code) != kind.length:
        raise ValueError(f"a code of this kind has {kind.length} characters")
    nonce = ids.new_id()
    derived = derive_code(kind, *context, nonce=nonce)
    place = kind.alphabet.index
    steps = ((place(wanted) - place(given)) % len(kind.alphabet) for wanted, given in zip(code, derived, strict=True))
    return AdoptedCode(nonce, "".join(kind.alphabet[step] for step in steps))
