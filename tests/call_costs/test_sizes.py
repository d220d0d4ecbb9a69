"""Bytes and units as DynamoDB bills them, on the examples of its Developer Guide."""

import pytest

from tests.call_costs.sizes import Item, Sizes, index_units, number, read_units, write_units

KEYS = ("gsi1pk", "gsi1sk")
INDEXED: Item = {"pk": {"S": "a"}, "sk": {"S": "b"}, "gsi1pk": {"S": "c"}, "gsi1sk": {"S": "d"}}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}, 23),  # "Item sizes": names 21, values 2
        ({"name": {"S": "卫生"}}, 4 + 6),
        ({"b": {"B": b"\x00" * 10}}, 1 + 10),
        ({"n": {"NULL": True}, "t": {"BOOL": False}}, 2 + 2),
        ({"l": {"L": []}, "m": {"M": {}}}, 2 + 3 + 3),
        ({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}, 1 + 3 + 2 * 1 + 3),
        ({"m": {"M": {"key": {"S": "value"}}}}, 1 + 3 + 1 + 3 + 5),
        ({"s": {"SS": ["a", "bc"]}}, 1 + 3),
    ],
)
def test_an_item_is_its_names_and_values(item: Item, size: int) -> None:
    """Text by its UTF-8 bytes, binary by its own, lists and maps with three bytes and one for each element."""
    assert Sizes().item(item) == size


@pytest.mark.parametrize(("written", "size"), [("0", 1), ("7", 2), ("27", 2), ("-27", 3), ("461", 3), ("1000", 2)])
def test_a_number_is_as_long_as_its_digits(written: str, size: int) -> None:
    """A byte for two significant digits and one more; zeros at the ends do not count."""
    assert number(written) == size


def test_a_ciphertext_is_as_long_as_on_aws() -> None:
    """Emulators' ciphertexts are shorter; an empty register counts too, since it fills later."""
    lengths: dict[bytes, int] = {}
    sizes = Sizes(lengths)
    lengths[b"sealed"] = 184
    assert sizes.item({"a": {"B": b"sealed"}, "b": {"B": b"other"}}) == 1 + 184 + 1 + 5


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(0, True, 1), (4_096, True, 1), (4_097, True, 2), (8_192, False, 1), (0, False, 0.5)],
)
def test_a_read_is_four_kilobytes(size: int, consistent: bool, units: float) -> None:
    """Half of it where an older state will do; what is not there costs as much as the smallest."""
    assert read_units(size, consistent=consistent) == units


@pytest.mark.parametrize(
    ("size", "transactional", "units"), [(0, False, 1), (1_024, False, 1), (1_536, False, 2), (3_072, True, 6)]
)
def test_a_write_is_one_kilobyte(size: int, transactional: bool, units: float) -> None:
    """Twice in a transaction: 3 KB are six units there ("DynamoDB read and write operations")."""
    assert write_units(size, transactional=transactional) == units


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, {"pk": {"S": "a"}}, 0),
        (None, INDEXED, 1),
        (INDEXED, None, 1),
        (INDEXED, INDEXED, 0),
        (INDEXED, {**INDEXED, "x": {"S": "y"}}, 1),
        (INDEXED, {**INDEXED, "gsi1sk": {"S": "e"}}, 2),
        (INDEXED, {"pk": {"S": "a"}, "sk": {"S": "b"}}, 1),
        (None, {**INDEXED, "x": {"S": "y" * 1_100}}, 2),
    ],
)
def test_the_index_follows_at_a_price(before: Item | None, after: Item | None, units: float) -> None:
    """One write to come, go or change, two to move, none otherwise ("Using Global Secondary Indexes")."""
    assert index_units(Sizes(), before, after, KEYS) == units
