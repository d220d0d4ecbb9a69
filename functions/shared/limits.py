"""The one rate limiter: conditional counters in fixed windows, counted before the thing they protect is tried."""

from typing import Any, NamedTuple

from pynamodb.attributes import NumberAttribute

from functions.shared import clock
from functions.shared.errors import TooManyRequests
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.transactions import Transaction, update_if


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


def take(limit: Limit, refusal: type[TooManyRequests]) -> Counter:
    """Count one, in one round trip; the counter, to give it back.

    Raises `refusal` when the limit is reached, with the seconds until it is not.
    """
    counter, actions, condition = _counting(limit)
    if not update_if(counter, actions, condition):
        raise refusal(_remaining(limit))
    return counter


def take_in(tx: Transaction, limit: Limit, refusal: type[TooManyRequests]) -> Counter:
    """Count one within a transaction, which then fails with `refusal` when the limit is reached; the counter."""
    counter, actions, condition = _counting(limit)
    tx.update(counter, actions, condition, otherwise=refusal(_remaining(limit)))
    return counter


def give_back_in(tx: Transaction, counter: Counter) -> None:
    """Uncount one where it was counted (the next window may have begun), for what failed through nobody's fault."""
    tx.update(counter, [Counter.taken.add(-1)], Counter.taken > 0)


def give_back(counter: Counter) -> None:
    """The same by itself, where nothing else is written; nothing where nothing is counted. One round trip."""
    update_if(counter, [Counter.taken.add(-1)], Counter.taken > 0)


def _counting(limit: Limit) -> tuple[Counter, list[Any], Any]:
    window = int(clock.now().timestamp()) // limit.window_s
    counter = Counter.new(keys.limit(limit.name, limit.subject, window))
    actions = [
        Counter.taken.add(1),
        Counter.kind.set(Counter),
        Counter.expires_at.set(clock.after(2 * limit.window_s)),
    ]
    return counter, actions, Counter.taken.does_not_exist() | (Counter.taken < limit.most)


def _remaining(limit: Limit) -> int:
    return limit.window_s - int(clock.now().timestamp()) % limit.window_s
