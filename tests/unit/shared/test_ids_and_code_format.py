"""Ids, tokens and codes that are made, and codes that are typed."""

import hashlib
import string

from hypothesis import given
from hypothesis import strategies as st

from functions.shared import ids
from functions.shared.code_format import normalize_code


def test_sizes_and_alphabets() -> None:
    """Ids are 32 hexadecimal characters, tokens 43 URL-safe ones, SMS codes six digits; none comes twice."""
    made = {ids.new_id() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 32 and set(one) <= set(string.hexdigits.lower()) for one in made)
    tokens = {ids.new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(len(one) == 43 and set(one) <= set(string.ascii_letters + string.digits + "-_") for one in tokens)
    codes = [ids.new_sms_code() for _ in range(3_000)]
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    assert any(code.startswith("0") for code in codes)


@given(st.text())
def test_fingerprint_is_sha256(secret: str) -> None:
    """A fingerprint is the SHA-256 of the secret's UTF-8."""
    assert ids.fingerprint(secret) == hashlib.sha256(secret.encode()).hexdigest()


@given(st.text(), st.text())
def test_same_secret_is_equality(one: str, other: str) -> None:
    """Two secrets are the same exactly when they are equal, whatever they consist of."""
    assert ids.same_secret(one, other) == (one == other)
    assert ids.same_secret(one, one)


@given(st.text(alphabet=string.ascii_letters + string.digits))
def test_folding_ignores_width_case_and_separators(code: str) -> None:
    """Full width, lower case, blanks and hyphens of every kind make no difference."""
    wide = code.translate({ord(c): ord(c) + 0xFEE0 for c in string.printable[:94]})
    for typed in (wide, code.lower(), "-".join(code), f"\u3000{code}\u00a0", "–".join(code)):
        assert normalize_code(typed) == code.upper()


def test_folding_lets_no_strangers_in() -> None:
    """Letters that upper-case into ASCII stay themselves, for the pattern to refuse."""
    assert normalize_code("ſı") == "ſı"
    assert normalize_code("aſ") == "aſ"
