"""Cursors: they say where a page begins, and cannot be altered or taken to another list."""

import string

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from functions.shared import cursors
from functions.shared.cursors import CursorInvalid

ALPHABET = string.ascii_letters + string.digits + "-_+/= \n"
PLACES = st.lists(st.text(max_size=20), max_size=4)
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)


@quick
@given(name=st.text(alphabet=string.ascii_lowercase, max_size=10), place=PLACES)
def test_place_comes_back(aws: None, name: str, place: list[str]) -> None:
    """The place that was encoded is decoded, and the cursor fits into a URL as it is."""
    cursor = cursors.encode(name, place)
    assert cursors.decode(name, cursor) == place
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")


@quick
@given(place=PLACES, data=st.data())
def test_altered_cursor_is_refused(aws: None, place: list[str], data: st.DataObject) -> None:
    """Any other text is refused, even one that differs only in how its bytes are spelled."""
    cursor = cursors.encode("list", place)
    position = data.draw(st.integers(0, len(cursor)))
    cut = data.draw(st.integers(0, 2))
    altered = cursor[:position] + data.draw(st.text(alphabet=ALPHABET, max_size=2)) + cursor[position + cut :]
    assume(altered != cursor)
    with pytest.raises(CursorInvalid):
        cursors.decode("list", altered)


@quick
@given(place=PLACES, other=st.text(max_size=10))
def test_other_list_is_refused(aws: None, place: list[str], other: str) -> None:
    """A cursor of one list is refused by every other."""
    assume(other != "list")
    with pytest.raises(CursorInvalid):
        cursors.decode(other, cursors.encode("list", place))


@quick
@given(nonsense=st.text(max_size=200))
def test_nonsense_is_refused(aws: None, nonsense: str) -> None:
    """Anything a client can send instead of a cursor is refused."""
    with pytest.raises(CursorInvalid):
        cursors.decode("list", nonsense)
