"""Fields of a request: every wrong one is named."""

import enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.errors import Invalid
from functions.shared.parsing import parse_fields


class Wanted(msgspec.Struct):
    """What a call takes."""

    phone: Annotated[str, msgspec.Meta(pattern="^1[0-9]{10}$", max_length=11)]
    size: Annotated[int, msgspec.Meta(ge=1, le=100)]
    side: Literal["front", "back"] = "front"
    note: str | None = None


class Side(enum.StrEnum):
    """A choice."""

    LEFT = "left"
    RIGHT = "right"


GOOD = {"phone": "13800138000", "size": 7}


def codes(given: Any, *, strict: bool = True) -> dict[str, str]:
    """Field → code of what is wrong."""
    with pytest.raises(Invalid) as refused:
        parse_fields(given, Wanted, strict=strict)
    return {error.field: error.code for error in refused.value.errors}


def test_good_fields_with_defaults() -> None:
    """What is right comes back as the struct; what may be left out has its default."""
    assert parse_fields(GOOD, Wanted) == Wanted("13800138000", 7, "front", None)


def test_every_wrong_field_is_named_at_once() -> None:
    """Missing, unknown and ill-formed fields are all told in one answer."""
    assert codes({"size": "7", "side": "left", "other": 1, "": 2}) == {
        "phone": "MISSING",
        "size": "FORMAT",
        "side": "FORMAT",
        "other": "UNKNOWN",
        "": "UNKNOWN",
    }


def test_what_would_be_right_is_said() -> None:
    """Numbers, choices and lengths are named; of a pattern and of what has no limits nothing is said."""

    class More(Wanted):
        kind: Side | None = None
        text: Annotated[str, msgspec.Meta(max_length=500)] | None = None
        many: list[int] = []

    wrong = {**GOOD, "phone": "1", "size": 0, "side": "left", "note": 1, "kind": "x", "text": "x" * 501, "many": 1}
    with pytest.raises(Invalid) as refused:
        parse_fields(wrong, More)
    assert {error.field: error.detail.en for error in refused.value.errors} == {
        "phone": "The format is not valid.",
        "size": "This must be a whole number from 1 to 100.",
        "side": "This must be one of: back, front.",
        "note": "The format is not valid.",
        "kind": "This must be one of: left, right.",
        "text": "This must be text of 0 to 500 characters.",
        "many": "The format is not valid.",
    }
    assert next(error for error in refused.value.errors if error.field == "size").detail.zh == "应为 1 至 100 的整数。"


@pytest.mark.parametrize("size", [0, 101, 10**400, -1, 7.5, True, None, "7", [], {}])
def test_ill_formed_numbers(size: Any) -> None:
    """Numbers out of range, huge ones, and what is no number at all are FORMAT."""
    assert codes({**GOOD, "size": size}) == {"size": "FORMAT"}


@pytest.mark.parametrize(
    "phone", ["13800138000\n", "１３８００１３８０００", "1380013800", "138001380001", "\0" * 11, 1, None]
)
def test_ill_formed_text(phone: Any) -> None:
    """A trailing newline, full-width digits, other lengths and NUL are FORMAT."""
    assert codes({**GOOD, "phone": phone}) == {"phone": "FORMAT"}


def test_query_values_are_text() -> None:
    """A query's numbers come as text and are read; text that is no number is FORMAT."""
    assert parse_fields({"phone": "13800138000", "size": "7"}, Wanted, strict=False).size == 7
    assert codes({"phone": "13800138000", "size": "x"}, strict=False) == {"size": "FORMAT"}


@given(st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()))
def test_only_objects_hold_fields(given: Any) -> None:
    """A body that is JSON but no object is TYPE."""
    assert codes(given) == {"": "TYPE"}
