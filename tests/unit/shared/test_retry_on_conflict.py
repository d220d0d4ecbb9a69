"""Deciding again, when another change came between reads and write."""

import pytest

from functions.shared.errors import Unavailable
from functions.shared.table.transactions import VersionConflict, retry_on_conflict


def test_decides_until_it_holds() -> None:
    """A decision is made again from its beginning until it holds, and its result comes back."""
    made: list[int] = []

    @retry_on_conflict
    def decide(number: int, *, more: int) -> int:
        made.append(number)
        if len(made) < 4:
            raise VersionConflict
        return number + more

    assert decide(1, more=2) == 3
    assert made == [1, 1, 1, 1]


def test_gives_up_after_ten() -> None:
    """What never holds is unavailable after ten tries."""
    made: list[int] = []

    @retry_on_conflict
    def decide() -> None:
        made.append(1)
        raise VersionConflict

    with pytest.raises(Unavailable):
        decide()
    assert len(made) == 10


def test_refusals_come_through_at_once() -> None:
    """Anything but `VersionConflict` is no reason to decide again."""
    made: list[int] = []

    @retry_on_conflict
    def decide() -> None:
        made.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        decide()
    assert len(made) == 1
