"""Unified social credit codes, against GB 32100."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.institutions.domain.credit_code import ALPHABET, CreditCodeRefused, check_character, parse_credit_code

EXAMPLE = "91350100M000100Y43"  # GB 32100's own


def refusal(raw: str) -> CreditCodeRefused:
    """The error with which it is refused."""
    with pytest.raises(CreditCodeRefused) as caught:
        parse_credit_code(raw)
    return caught.value


characters = st.sampled_from(ALPHABET)
codes = st.builds(
    lambda head, region, tail: (body := f"{head}{region:06}{tail}") + check_character(body),
    st.text(characters, min_size=2, max_size=2),
    st.integers(0, 999999),
    st.text(characters, min_size=9, max_size=9),
)


@pytest.mark.parametrize(
    "raw",
    [
        EXAMPLE,
        "91350100m000100y43",
        "９１３５０１００Ｍ０００１００Ｙ４３",
        " 91 350100 M000100Y4 3\n",
        "91-350100-M000100Y4-3",
    ],
)
def test_ways_to_type_one_code(raw: str) -> None:
    """The standard's example is accepted however it is spaced, cased or widened."""
    assert parse_credit_code(raw) == EXAMPLE


@pytest.mark.parametrize(
    "raw",
    [
        "",
        EXAMPLE[:-1],
        EXAMPLE + "0",
        "9135010OM000100Y43",
        "91350100I000100Y43",
        "91350100M00010٠Y43",
        "91350100M000100Y4\u200b3",
        "91350100M000100Y43\x00",
        "9135A100M000100Y43",
        "ſ1350100M000100Y43",
        "9" * 100_000,
    ],
)
def test_what_is_no_code(raw: str) -> None:
    """Wrong lengths, letters the alphabet leaves out, letters in the region and other scripts are a wrong format."""
    refused = refusal(raw)
    assert refused.code == "CREDIT_CODE_FORMAT"
    assert all(refused.text)


@given(codes)
def test_every_valid_code_parses(code: str) -> None:
    """Any code with its MOD 31 check character is accepted, also where authority and kind are letters."""
    assert parse_credit_code(code) == code
    assert parse_credit_code(code.lower()) == code


@given(codes, st.integers(0, 17), characters)
def test_every_substitution_is_refused(code: str, place: int, other: str) -> None:
    """MOD 31 lets no single wrong character through."""
    assume(code[place] != other)
    refusal(code[:place] + other + code[place + 1 :])


@given(codes, st.integers(0, 16))
def test_every_adjacent_swap_is_refused(code: str, place: int) -> None:
    """MOD 31 lets no two neighbours change places."""
    assume(code[place] != code[place + 1])
    refusal(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


def test_a_wrong_check_character_is_named() -> None:
    """A code that is wrong only in its sum is told apart from one that is no code."""
    assert refusal(EXAMPLE[:-1] + "4").code == "CREDIT_CODE_CHECKSUM"


@given(st.text(max_size=80))
def test_any_text_is_answered(raw: str) -> None:
    """Whatever is typed is parsed or refused."""
    try:
        code = parse_credit_code(raw)
    except CreditCodeRefused:
        assert str(refusal(raw)).startswith("CREDIT_CODE_")
    else:
        assert parse_credit_code(code) == code
