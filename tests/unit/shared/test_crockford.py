"""Codes people hand to each other: 80 bits, read as they were meant."""

import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared import crockford
from functions.shared.crockford import ALPHABET, format_code, new_code, parse_code

CODES = st.text(ALPHABET, min_size=16, max_size=16)
SPELLINGS = {"0": "0Oo", "1": "1IiLl"}


@given(st.binary(min_size=10, max_size=10))
def test_all_eighty_bits_are_in_the_code(random: bytes) -> None:
    """A code is its ten random bytes in base 32, so every code is equally likely."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", lambda size: random[:size])
        code = new_code()
    number = 0
    for character in code:
        number = number * 32 + ALPHABET.index(character)
    assert number.to_bytes(10) == random


@given(CODES, st.data())
def test_a_code_is_read_however_it_is_typed(code: str, data: st.DataObject) -> None:
    """In any case, full width, with O for 0 and I or L for 1, with hyphens and blanks anywhere."""
    spelled = [data.draw(st.sampled_from(SPELLINGS.get(one, one + one.lower()))) for one in code]
    typed = "".join(one + data.draw(st.sampled_from(["", "", "-", " ", "–"])) for one in spelled)
    assert parse_code(f" {typed} ") == code
    full_width = "".join(chr(ord(one) + 0xFEE0) for one in code)
    assert parse_code(full_width) == code
    assert parse_code(format_code(code)) == code


@given(st.text(max_size=80))
def test_what_is_no_code_is_none(typed: str) -> None:
    """Whatever is typed, the result is a code in canonical form or None."""
    code = parse_code(typed)
    assert code is None or (len(code) == 16 and set(code) <= set(ALPHABET))


@pytest.mark.parametrize("typed", ["", "0" * 15, "0" * 17, "U" * 16, "0" * 16 + " " * 60, "٠" * 16, "ı" * 16])
def test_codes_that_are_refused(typed: str) -> None:
    """Too short, too long, letters the alphabet lacks, digits of other scripts."""
    assert parse_code(typed) is None


def test_the_alphabet() -> None:
    """Crockford's: no I, L, O, U; 32 characters; shown in fours."""
    assert sorted(set(string.digits + string.ascii_uppercase) - set(ALPHABET)) == ["I", "L", "O", "U"]
    assert len(ALPHABET) == 32
    assert format_code("0123456789ABCDEF") == "0123-4567-89AB-CDEF"
    assert crockford.LENGTH * 5 == 80
    assert new_code() != new_code()
