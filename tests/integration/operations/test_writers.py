"""Writers side by side: what is told in which order, and that all of them end when one fails."""

import pickle
import threading
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PutError

from functions.shared.errors import Unavailable
from operations import writers
from operations.writers import Stopped, TableUnavailable, Writers, waiting_for_the_table

AT_ONCE_S = 2.0


@pytest.fixture(autouse=True)
def _listen_anew() -> Iterator[None]:
    """What one test has stopped is no matter of the next."""
    yield
    writers._listen_to(threading.Event())


def test_parts_of_a_family_come_one_after_the_other() -> None:
    """All parts are done, those of a family in their order and never two at once, families side by side."""
    families = [[(family, part) for part in range(family % 7)] for family in range(30)]
    busy: set[int] = set()
    together: list[int] = []

    def work(part: tuple[int, int]) -> str:
        assert part[0] not in busy
        busy.add(part[0])
        together.append(len(busy))
        time.sleep(0.001)
        busy.remove(part[0])
        return str(part)

    with Writers(processes=1, workers=4) as pool:
        done = list(pool.run(work, families))
    assert [result for _, result in done] == [str(part) for part, _ in done]
    for family in families:
        assert [part for part, _ in done if part in family] == family
    assert sum(map(len, families)) == len(done)
    assert max(together) > 1


def test_one_failure_ends_all_who_wait_for_the_table() -> None:
    """Where one writer fails, those who wait for a full table end at once and what was not started never is."""
    begun: list[str] = []

    def full() -> None:
        raise Unavailable

    def work(part: str) -> None:
        begun.append(part)
        if part == "bad":
            time.sleep(0.05)
            raise ValueError(part)
        waiting_for_the_table(full)

    started = time.monotonic()
    with pytest.raises(ValueError, match="bad"), Writers(processes=1, workers=3) as pool:
        list(pool.run(work, [["bad"], *[[str(number)] for number in range(20)]]))
    assert time.monotonic() - started < AT_ONCE_S
    assert 3 <= len(begun) < 20


def test_nothing_is_written_after_the_end() -> None:
    """Anyone who is about to write when all is over does not."""
    with pytest.raises(KeyboardInterrupt), Writers(processes=1, workers=1):
        raise KeyboardInterrupt
    written: list[int] = []
    with pytest.raises(Stopped):
        waiting_for_the_table(lambda: written.append(1))
    assert written == []


def test_a_refusal_of_the_table_is_told_at_once() -> None:
    """What waiting cannot fix, such as credentials that have run out, ends the import with the table's own words."""
    refusal = {"Error": {"Code": "ExpiredTokenException", "Message": "The security token is expired"}}

    def refused() -> None:
        cause = ClientError(refusal, "PutItem")  # type: ignore[arg-type]
        raise PutError(f"Failed to put item: {cause}", cause)  # as PynamoDB says it

    started = time.monotonic()
    with pytest.raises(TableUnavailable, match="security token is expired") as told:
        waiting_for_the_table(refused)
    assert time.monotonic() - started < AT_ONCE_S
    # From one process to another.
    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)
