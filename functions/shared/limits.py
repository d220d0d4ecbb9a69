"""The one rate limiter: conditional counters in fixed windows, counted before the thing they protect is tried."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from pynamodb.attributes import NumberAttribute
from pynamodb.exceptions import PynamoDBException

from functions.shared import clock
from functions.shared.errors import AppError, TooManyRequests, Unavailable
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.transactions import Transaction, get_many, retry_on_conflict, update_if

_AHEAD_S = 8 * 3_600  # of UTC, in Shanghai


class Counter(Item, discriminator="limit"):
    """How often something was done in one window.

    Key: `LIMIT#<name>#<subject> / <window number>`. Written by one conditional ADD, never read.
    """

    taken = NumberAttribute(default=0)


class Limit(NamedTuple):
    """At most `most` times in each window of `window_s` seconds for one subject; windows begin at multiples of it."""

    name: str
    subject: str
    most: int
    window_s: int


def consume(limit: Limit, refusal: type[TooManyRequests]) -> Counter:
    """Count one, in one round trip; the counter, to give it back.

    Raises `refusal` when the limit is reached, with the seconds until it is not.
    """
    counter, actions, condition = _counting(limit)
    if not update_if(counter, actions, condition):
        raise refusal(_remaining(limit))
    return counter


def consume_in(tx: Transaction, limit: Limit, refusal: type[TooManyRequests]) -> Counter:
    """Count one within a transaction, which then fails with `refusal` when the limit is reached; the counter."""
    counter, actions, condition = _counting(limit)
    tx.update(counter, actions, condition, on_failure=refusal(_remaining(limit)))
    return counter


def refund_in(tx: Transaction, counter: Counter) -> None:
    """Refund one attempt in the window where it was counted."""
    tx.update(counter, [Counter.taken.add(-1)], Counter.taken > 0)


def refund(counter: Counter) -> None:
    """Refund one attempt without a transaction; does nothing where none is counted. One round trip."""
    update_if(counter, [Counter.taken.add(-1)], Counter.taken > 0)


def counter_at(limit: Limit, moment: datetime) -> Counter:
    """The counter in which something was counted at that moment, to give it back later. Nothing is read."""
    return Counter.new(keys.limit(limit.name, limit.subject, _window(limit, moment)))


@contextmanager
def count_attempt(
    limits: Sequence[Limit], refusal: type[TooManyRequests], *, wrong: type[Exception], shows_left: bool = True
) -> Iterator[Sequence[Counter]]:
    """Count a guess before it is looked at; the counters, for a right one to give back with what it allows.

    What ends in anything but `wrong` is given back here: a fault of ours uses up no one's tries. With `shows_left` a
    wrong one is answered with the `attempts_left`. One round trip, and one for a wrong guess under several limits.
    Raises `refusal` when a limit is reached.
    """
    counters = _consume_all(limits, refusal)
    try:
        yield counters
    except wrong as error:
        if shows_left and isinstance(error, AppError):
            error.attempts_left = _attempts_left(limits, counters)
        raise
    except Exception:
        # Never hides the original error.
        try_to_refund([(counter, 1) for counter in counters])
        raise


def _attempts_left(limits: Sequence[Limit], counters: Sequence[Counter]) -> int | None:
    """How many more guesses the limits allow, or None where that cannot be read now."""
    taken = {counter.key: counter for counter in counters}
    if len(limits) > 1:  # a transaction does not return what it counted
        try:
            taken |= {key: item for key, item in get_many(*taken).items() if isinstance(item, Counter)}
        except (Unavailable, PynamoDBException) as error:
            logger.warning("attempts_left_unknown", reason=type(error).__name__)
            return None
    return min(
        max(0, limit.most - int(taken[counter.key].taken)) for limit, counter in zip(limits, counters, strict=True)
    )


@retry_on_conflict
def _consume_all(limits: Sequence[Limit], refusal: type[TooManyRequests]) -> Sequence[Counter]:
    if len(limits) == 1:
        return [consume(limits[0], refusal)]
    tx = Transaction()
    counters = [consume_in(tx, limit, refusal) for limit in limits]
    tx.commit()
    return counters


def try_to_refund(counters: Sequence[tuple[Counter, int]]) -> None:
    """Uncount this many in each, for what turned out well. A fault leaves them counted, and is logged."""
    try:
        for counter, times in counters:
            update_if(counter, [Counter.taken.add(-times)], Counter.taken >= times)
    except (Unavailable, PynamoDBException) as error:
        logger.warning("attempt_refund_failed", reason=type(error).__name__)


def window(limit: Limit) -> int:
    """The number of the window that it is now."""
    return _window(limit, clock.now())


def _window(limit: Limit, moment: datetime) -> int:
    return _local_s(moment) // limit.window_s


def _counting(limit: Limit) -> tuple[Counter, list[Any], Any]:
    counter = Counter.new(keys.limit(limit.name, limit.subject, window(limit)))
    actions = [
        Counter.taken.add(1),
        Counter.kind.set(Counter),
        Counter.expires_at.set(clock.after(2 * limit.window_s)),
    ]
    return counter, actions, Counter.taken.does_not_exist() | (Counter.taken < limit.most)


def _remaining(limit: Limit) -> int:
    return limit.window_s - _local_s(clock.now()) % limit.window_s


def _local_s(moment: datetime) -> int:
    """Seconds since 1970 on the clock of Shanghai: the day of a limit ends at midnight there, not at eight."""
    return int(moment.timestamp()) + _AHEAD_S
