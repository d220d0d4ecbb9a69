"""Failures that are counted over the last this many seconds."""

from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.attempts import attempts_left, opens_at, recent

MOMENTS = st.lists(st.integers(0, 10_000))


def test_a_failure_counts_until_its_time_is_over() -> None:
    """Exactly a window later it does not count any more."""
    assert recent([100], 159, 60) == [100]
    assert recent([100], 160, 60) == []


@given(MOMENTS, st.integers(0, 10_000), st.integers(1, 5_000), st.integers(0, 10))
def test_attempts_are_between_none_and_all(moments: list[int], now: int, window_s: int, most: int) -> None:
    """Never negative, never more than there are."""
    assert 0 <= attempts_left(moments, now, window_s, most) <= most


@given(MOMENTS, st.integers(0, 10_000), st.integers(1, 5_000))
def test_waiting_takes_no_attempt_away(moments: list[int], now: int, window_s: int) -> None:
    """Time gives attempts back, and after a whole window all of them."""
    past = [moment for moment in moments if moment <= now]
    assert attempts_left(past, now, window_s, 5) <= attempts_left(past, now + 1, window_s, 5)
    assert attempts_left(past, now + window_s, window_s, 5) == 5


@given(MOMENTS, st.integers(0, 10_000))
def test_one_more_failure_costs_one_attempt(moments: list[int], now: int) -> None:
    """Until there is none left."""
    before = attempts_left(moments, now, 60, 5)
    assert attempts_left([*moments, now], now, 60, 5) == max(0, before - 1)


@given(MOMENTS, st.integers(0, 10_000), st.integers(1, 600))
def test_it_opens_again_when_it_says(moments: list[int], now: int, window_s: int) -> None:
    """At that second there is an attempt, and a second before there is none; open ones have no such moment."""
    again = opens_at(moments, now, window_s, 5)
    assert (again is None) == (attempts_left(moments, now, window_s, 5) > 0)
    if again is not None:
        assert attempts_left(moments, again, window_s, 5) > 0
        assert attempts_left(moments, again - 1, window_s, 5) == 0
