"""The one rate limiter: windows, and giving back."""

from contextlib import ExitStack

import pytest

from functions.shared.errors import TooManyRequests, Unavailable
from functions.shared.limits import Counter, Limit, consume, consume_in, count_attempt, refund, refund_in, window
from functions.shared.table import keys
from functions.shared.table.transactions import Transaction, VersionConflict, get
from tests.conftest import Clock
from tests.integration.shared.faults import dynamodb, timing_out
from tests.integration.shared.log_lines import LogLines

LIMIT = Limit("test", "somebody", 3, 3_600)


class Refused(TooManyRequests):
    """The limit is reached."""


class Wrong(Exception):
    """The guess was wrong."""


def taken(number: int) -> Counter | None:
    """The counter of a window."""
    return get(Counter, keys.limit("test", "somebody", number))


def test_window(aws: None, clock: Clock) -> None:
    """The limit holds until its window ends, says how long that is, and does not count what it refuses."""
    clock.forward(600)
    for _ in range(3):
        consume(LIMIT, Refused)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            consume(LIMIT, Refused)
        assert refused.value.retry_after_s == 3_000
    counter = taken(window(LIMIT))
    assert counter is not None
    assert counter.taken == 3
    assert counter.expires_at > clock.time
    clock.forward(2_999)
    with pytest.raises(Refused) as refused:
        consume(LIMIT, Refused)
    assert refused.value.retry_after_s == 1
    clock.forward(1)
    consume(LIMIT, Refused)


def test_a_day_ends_at_midnight_in_shanghai(aws: None, clock: Clock) -> None:
    """At 16:00 UTC, which is when "try again tomorrow" becomes true."""
    day = LIMIT._replace(window_s=86_400)
    assert clock.time.hour == 8
    for _ in range(3):
        consume(day, Refused)
    with pytest.raises(Refused) as refused:
        consume(day, Refused)
    assert refused.value.retry_after_s == 8 * 3_600
    clock.forward(8 * 3_600 - 1)
    with pytest.raises(Refused):
        consume(day, Refused)
    clock.forward(1)
    consume(day, Refused)


def test_subjects_and_names_are_apart(aws: None, clock: Clock) -> None:
    """Another subject, or another limit of the same subject, has its own count."""
    for limit in (LIMIT, LIMIT._replace(subject="other"), LIMIT._replace(name="other")):
        for _ in range(3):
            consume(limit, Refused)


def test_within_a_transaction(aws: None, clock: Clock) -> None:
    """A limit in a transaction refuses the whole of it."""
    for _ in range(3):
        tx = Transaction()
        consume_in(tx, LIMIT, Refused)
        tx.commit()
    tx = Transaction()
    consume_in(tx, LIMIT, Refused)
    with pytest.raises(Refused) as refused:
        tx.commit()
    assert refused.value.retry_after_s == 3_600


def test_giving_back(aws: None, clock: Clock) -> None:
    """What is given back can be taken again, in the window where it was taken, even after the next has started."""
    counters = [consume(LIMIT, Refused) for _ in range(3)]
    clock.forward(3_600)
    tx = Transaction()
    refund_in(tx, counters[0])
    tx.commit()
    clock.forward(-3_600)
    consume(LIMIT, Refused)
    with pytest.raises(Refused):
        consume(LIMIT, Refused)


@pytest.mark.parametrize("limits", [[LIMIT], [LIMIT, LIMIT._replace(name="other")]])
def test_only_what_is_wrong_stays_counted(aws: None, clock: Clock, limits: list[Limit]) -> None:
    """A fault of ours, or another refusal, uses up no try; where it cannot be given back the fault itself is heard."""
    for failure in (Unavailable, ZeroDivisionError):
        for _ in range(4):
            with pytest.raises(failure), count_attempt(limits, Refused, wrong=Wrong):
                raise failure
    for _ in range(3):
        with pytest.raises(Wrong), count_attempt(limits, Refused, wrong=Wrong):
            raise Wrong
    with pytest.raises(Refused), count_attempt(limits, Refused, wrong=Wrong):
        pytest.fail("not counted")
    clock.forward(3_600)

    def fail_when_nothing_can_be_written() -> None:
        with count_attempt(limits, Refused, wrong=Wrong):
            away.enter_context(timing_out(dynamodb(), "dynamodb.UpdateItem"))
            raise ZeroDivisionError

    with LogLines() as logs, ExitStack() as away, pytest.raises(ZeroDivisionError):
        fail_when_nothing_can_be_written()
    assert [line["reason"] for line in logs.named("attempt_refund_failed")] == ["UpdateError"]


def test_nothing_to_give_back(aws: None, clock: Clock) -> None:
    """A counter never falls below zero."""
    counter = consume(LIMIT, Refused)
    for expected in (None, VersionConflict):
        tx = Transaction()
        refund_in(tx, counter)
        if expected is None:
            tx.commit()
        else:
            with pytest.raises(expected):
                tx.commit()
    refund(counter)
    assert Counter.get(counter.pk, counter.sk).taken == 0
    consume(LIMIT, Refused)
    refund(counter)
    assert Counter.get(counter.pk, counter.sk).taken == 0
