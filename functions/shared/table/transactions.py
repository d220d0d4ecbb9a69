"""All-or-nothing writes, in which every operation says what its failed condition means.

PynamoDB 6.1 sends the operations as checks, deletes, puts and updates, and DynamoDB gives its reasons in that order;
this class keeps the same order, so that a reason is always translated into the refusal of its own operation.
"""

import functools
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from pynamodb.exceptions import DoesNotExist, PynamoDBException, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from functions.shared import ids
from functions.shared.errors import Unavailable
from functions.shared.observability import logger
from functions.shared.table.base import Item, connection
from functions.shared.table.keys import Key

P = ParamSpec("P")
R = TypeVar("R")
ItemT = TypeVar("ItemT", bound=Item)


class VersionConflict(Exception):
    """What the decision was based on has changed meanwhile: read again and decide again."""


DomainError = type[Exception] | Exception
MAX_TRIES = 10
MAX_WRITES = 100  # in one transaction, conditions included
_WAITS_S = (0.1, 0.2, 0.4, 0.8)
_THROTTLED = {"ThrottlingError", "ProvisionedThroughputExceeded"}


class Transaction:
    """Up to 100 writes that happen together or not at all.

    `events` counts the audit events among them by name. When the writes have happened, one log line for each name says
    so: the metrics of what people do are read from these lines (`infra/resources.json`).
    """

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self._write = TransactWrite(connection=connection().connection, client_request_token=ids.new_id())
        self._checks: list[DomainError] = []
        self._deletes: list[DomainError] = []
        self._puts: list[DomainError] = []
        self._updates: list[DomainError] = []

    def check(
        self, item: type[Item], key: Key, condition: Condition, *, on_failure: DomainError = VersionConflict
    ) -> None:
        """Require something of an item that is not written."""
        self._write.condition_check(item, key.pk, key.sk, condition=condition)
        self._checks.append(on_failure)

    def put(self, item: Item, condition: Condition | None = None, *, on_failure: DomainError = VersionConflict) -> None:
        """Write a whole item."""
        self._write.save(item, condition=condition)
        self._puts.append(on_failure)

    def create(self, item: Item, *, on_failure: DomainError = VersionConflict) -> None:
        """Write an item that must not be there yet."""
        self.put(item, Item.pk.does_not_exist(), on_failure=on_failure)

    def update(
        self, item: Item, actions: Sequence[Action], condition: Condition, *, on_failure: DomainError = VersionConflict
    ) -> None:
        """Change some attributes. The condition must imply that the item exists, or it would be created."""
        self._write.update(item, actions=list(actions), condition=condition)
        self._updates.append(on_failure)

    def delete(
        self, item: Item, condition: Condition | None = None, *, on_failure: DomainError = VersionConflict
    ) -> None:
        """Remove an item."""
        self._write.delete(item, condition=condition)
        self._deletes.append(on_failure)

    @property
    def size(self) -> int:
        """How many writes and conditions it has so far."""
        return sum(map(len, (self._checks, self._deletes, self._puts, self._updates)))

    def commit(self) -> None:
        """Send the transaction.

        Raises the refusal of the first operation whose condition failed, `VersionConflict` when another transaction was
        at work on the same items, or `Unavailable` when it is not known whether it will happen.
        """
        waits = iter(_WAITS_S)
        while not self._try_commit():
            # An earlier try of this very transaction is under way. Under a new token it could happen twice, so the same
            # one is sent until it is over.
            wait_s = next(waits, None)
            if wait_s is None:
                raise Unavailable
            time.sleep(wait_s)
        for event, count in self.events.items():
            logger.info("audit_event", event=event, count=count)

    def _try_commit(self) -> bool:
        """Send it; False where DynamoDB is still at an earlier try of it. Raises what `commit` raises."""
        try:
            with self._write:
                return True
        except TransactWriteError as error:
            if _code(error) == "TransactionInProgressException":
                return False
            refusal = self._refusal(error)
            if refusal is error:
                raise
            raise refusal from error

    def _refusal(self, error: TransactWriteError) -> Exception:
        refusals = [*self._checks, *self._deletes, *self._puts, *self._updates]
        codes = [reason.code if reason else "None" for reason in error.cancellation_reasons]
        for code, refusal in zip(codes, refusals, strict=False):
            if code == "ConditionalCheckFailed":
                return refusal() if isinstance(refusal, type) else refusal
        if "TransactionConflict" in codes:
            return VersionConflict()
        return Unavailable() if _THROTTLED.intersection(codes) else error


def _code(error: PynamoDBException) -> str | None:
    """AWS's code of a failure; None where there was no answer at all (PynamoDB 6.1 fails to say so itself)."""
    response = getattr(error.cause, "response", None) or {}
    code: str | None = response.get("Error", {}).get("Code")
    return code


def get(item: type[ItemT], key: Key) -> ItemT | None:
    """The item of this kind at a key by a consistent read, or None. One round trip."""
    try:
        found = Item.get(key.pk, key.sk, consistent_read=True)
    except DoesNotExist:
        return None
    return found if isinstance(found, item) else None


def get_many(*wanted: Key) -> dict[Key, Item]:
    """Those of the items that are there, by consistent reads. One round trip for each hundred."""
    found = Item.batch_get(list(wanted), consistent_read=True)
    return {item.key: item for item in found}


def retry_on_conflict(function: Callable[P, R]) -> Callable[P, R]:
    """Run a use case again, from its first read, when another change came between its reads and its write.

    Raises `Unavailable` after ten tries, three seconds at most: by then the caller can only wait it out. This many are
    needed where a crowd changes one thing, such as an account that thirty devices sign in to at once.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        for attempt in range(MAX_TRIES):
            if attempt:
                longest_s = min(0.01 * 2**attempt, 0.64)
                time.sleep(random.uniform(0, longest_s))  # noqa: S311 - spreads the callers # nosec B311
            try:
                return function(*args, **kwargs)
            except VersionConflict:
                continue
        raise Unavailable

    return run


@retry_on_conflict
def update_if(item: Item, actions: Sequence[Action], condition: Condition) -> bool:
    """Change one item where the condition holds; whether it did. One round trip; `item` holds the new state then."""
    try:
        item.update(actions=list(actions), condition=condition)
    except UpdateError as error:
        code = _code(error)
        if code == "ConditionalCheckFailedException":
            return False
        if code == "TransactionConflictException":
            raise VersionConflict from error
        raise
    return True
