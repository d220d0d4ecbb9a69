"""Several writers at once: threads, or processes where there is enough to do that one core of ours would be the limit.

Readers too: anyone who plans or exports reads with several threads, and waits for the table in the same way.

Work comes in families. The parts of a family change one and the same item, and DynamoDB refuses transactions that do so
at once (what it refuses costs write units too): they are done one after the other, families side by side.

An interrupt or a failure ends everything within the part that is being written, whatever there is left to do.
"""

import multiprocessing
import os
import random
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from multiprocessing import connection
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from pynamodb.exceptions import PynamoDBException

from functions.shared.clients import is_transient
from functions.shared.errors import Unavailable
from functions.shared.table import base

PartT = TypeVar("PartT")
ResultT = TypeVar("ResultT")

WORKERS = 10  # threads, as many as the connection pool has connections
PAUSES_S = (0.5, 1, 2, 4, 8, *[15] * 20)  # five minutes and a bit


class TableUnavailable(Exception):
    """The table has not answered for minutes, or refuses for a reason of its own; the message is its answer."""


class Stopped(Exception):
    """Another writer has failed, or the operator has interrupted: nothing more is asked for."""


class _Event(Protocol):
    """Of threads or of processes."""

    def set(self) -> None: ...
    def is_set(self) -> bool: ...
    def wait(self, timeout: float) -> bool: ...


_stop: _Event = threading.Event()


class Writers:
    """This many processes, or with one process this many threads; they end with the `with` block, however that ends."""

    def __init__(self, *, processes: int, workers: int) -> None:
        self._at_once = 2 * (processes if processes > 1 else workers)  # no one waits for us to hand out the next part
        self._stop: _Event
        self._pool: Executor
        if processes > 1:
            # Spawned, not forked: connections must not be shared.
            context = multiprocessing.get_context("spawn")
            self._stop = context.Event()
            self._pool = ProcessPoolExecutor(processes, context, initializer=_begin_process, initargs=(self._stop,))
            _begin_all(self._pool, processes)
        else:
            self._stop = threading.Event()
            self._pool = ThreadPoolExecutor(workers)
            _listen_to(self._stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def run(
        self, work: Callable[[PartT], ResultT], families: Sequence[Sequence[PartT]]
    ) -> Iterator[tuple[PartT, ResultT]]:
        """Each part with what came of it, as it is done; parts of one family in their order.

        `work` is importable by name, where there are several processes. Raises what it raises.
        """
        # The largest first, and each to its end: the last ones are not left to a single writer.
        ready = deque(iter(family) for family in sorted(families, key=len, reverse=True))
        running: dict[Future[ResultT], tuple[PartT, Iterator[PartT]]] = {}
        while ready or running:
            while ready and len(running) < self._at_once:
                family = ready.popleft()
                for part in family:
                    running[self._pool.submit(work, part)] = part, family
                    break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                part, family = running.pop(future)
                yield part, future.result()
                ready.appendleft(family)


def waiting_for_the_table(ask: Callable[[], ResultT]) -> ResultT:
    """Write or read, and again as long as the table takes no more or does not answer; what comes of it.

    Raises what `ask` refuses, `TableUnavailable` in the end, and `Stopped`.
    """
    _never_hurry()
    for pause_s in PAUSES_S:
        if _stop.is_set():
            raise Stopped
        try:
            return ask()
        except (Unavailable, PynamoDBException) as error:
            if isinstance(error, PynamoDBException) and not is_transient(error):
                raise TableUnavailable(_told(error)) from error
            last = error
        _pause(pause_s * random.uniform(0.5, 1))  # noqa: S311 - spreads the writers # nosec B311
    raise TableUnavailable(_told(last))


def _told(error: Unavailable | PynamoDBException) -> str:
    """AWS's own words: PynamoDB's (6.1) message has them too, but for a transaction's, which is one fixed sentence."""
    return str(getattr(error, "cause", None) or error)


def _never_hurry() -> None:
    """Let every BatchGetItem that reads only a part of what it was asked for be followed by a pause.

    That is how a throttled table answers it, and PynamoDB (6.1) asks for the rest at once, again and again.
    """
    events = base.connection().connection.client.meta.events
    events.register("after-call.dynamodb.BatchGetItem", _pause_for_the_rest, unique_id="pause_for_the_rest")


def _pause_for_the_rest(parsed: Mapping[str, Any], **_: Any) -> None:
    if not parsed.get("UnprocessedKeys"):
        _parts.read = 0
        return
    if _stop.is_set():
        raise Stopped
    if _parts.read == len(PAUSES_S):
        _parts.read = 0
        raise TableUnavailable("It has been reading only a part of what it is asked for, for minutes.")
    _pause(PAUSES_S[_parts.read] * random.uniform(0.5, 1))  # noqa: S311 - as above # nosec B311
    _parts.read += 1


class _Parts(threading.local):
    """How many answers in a row have been parts, of this thread's reads."""

    read = 0


_parts = _Parts()


def _pause(seconds: float) -> None:
    _stop.wait(seconds)


def _begin_all(pool: Executor, processes: int) -> None:
    """Start this many processes, with interrupts blocked: the import deals with them."""
    was = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        for _ in range(processes):
            pool.submit(_is_there)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, was)


def _is_there() -> None:
    """What a process is started with."""


def _begin_process(stop: _Event) -> None:
    """A process of its own ends with the import, also when that is killed."""
    _listen_to(stop)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _listen_to(stop: _Event) -> None:
    global _stop  # noqa: PLW0603 - an event of processes can only be handed over when they begin
    _stop = stop


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
