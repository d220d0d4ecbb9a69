"""Codes of institutions and regions, and confirmation codes."""

import pytest

from functions.institutions.domain.codes import (
    fold_confirmation_code,
    new_institution_code,
    parse_institution_code,
    parse_region_code,
)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("420100000001", "420100000001"),
        (" ｈ-0001", "H0001"),
        ("abc", None),
        ("root", None),
        ("A" * 21, None),
        ("A" * 100, None),
        ("医院01", None),
        ("A#BC", None),
    ],
)
def test_institution_codes(raw: str, code: str | None) -> None:
    """4 to 20 digits and letters, folded; the word for no supervisor is no one's."""
    assert parse_institution_code(raw) == code


@pytest.mark.parametrize(("raw", "code"), [("４20100", "420100"), ("020100", None), ("42010", None), ("٤20100", None)])
def test_region_codes(raw: str, code: str | None) -> None:
    """Six digits, the first not 0."""
    assert parse_region_code(raw) == code


def test_a_made_up_code_is_a_code() -> None:
    """It begins with the region and has twelve digits."""
    code = new_institution_code("420100")
    assert (len(code), code[:6], parse_institution_code(code)) == (12, "420100", code)


def test_a_typed_confirmation_code_is_read_however_it_is_typed() -> None:
    """In any case, full width, with blanks and hyphens."""
    assert fold_confirmation_code(" bcdf-ｇhjk ") == "BCDFGHJK"
