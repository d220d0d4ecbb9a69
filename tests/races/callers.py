"""Thirty-two callers that do something at the same moment: four processes of eight threads each.

Every process has its own clients, like every Lambda; threads inside it make the crowd. All of them wait for each other
before each race. What is called must be importable by name, and what it returns must be picklable.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

PROCESSES = 4
THREADS = 8
CALLERS = PROCESSES * THREADS
ROUNDS = int(os.environ.get("ROUNDS", "20"))
HALF_THE_ROUNDS = max(1, ROUNDS // 2)  # where a crowd that changes one thing takes seconds each time
FEW_ROUNDS = max(1, ROUNDS // 4)  # where each round has several crowds of its own
MAX_RACE_S = 60
MAX_RETRIES = 5

Call = functools.partial[Any]


class Outcome(NamedTuple):
    """What one caller got: a value, or the name of the refusal; and how often they had to come again."""

    value: Any
    refusal: str | None
    came_again: int = 0


class Outcomes(list[Outcome]):
    """What all callers got, in the order of the calls."""

    @property
    def values(self) -> list[Any]:
        """What those got who were not refused."""
        return [outcome.value for outcome in self if outcome.refusal is None]

    @property
    def refusals(self) -> Counter[str]:
        """How often each refusal was given."""
        return Counter(outcome.refusal for outcome in self if outcome.refusal is not None)


class Callers:
    """The crowd; it lives as long as the test session and is warm before the first race."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        together = context.Barrier(PROCESSES)
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(PROCESSES):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, together), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def race(self, calls: Sequence[Call]) -> Outcomes:
        """Make all calls at once, one for each caller."""
        assert len(calls) == CALLERS
        for at, pipe in enumerate(self._pipes):
            # Dealt like cards, so that neighbours in the list meet across processes.
            pipe.send(list(calls[at::PROCESSES]))
        outcomes: list[Outcome] = [Outcome(None, None)] * CALLERS
        for at, pipe in enumerate(self._pipes):
            assert pipe.poll(MAX_RACE_S), "a race does not end"
            outcomes[at::PROCESSES] = pipe.recv()
        return Outcomes(outcomes)

    def leave(self) -> None:
        """End all processes."""
        for pipe in self._pipes:
            pipe.send(None)
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            process.join(MAX_RACE_S)
            process.close()
            pipe.close()


def interleaved(*groups: Sequence[Call]) -> list[Call]:
    """The calls of equally large groups in turn, so that they start together: first of each, second of each ..."""
    return [call for together in zip(*groups, strict=True) for call in together]


def _work(pipe: Connection, together: Any) -> None:
    """One process: take eight calls, wait for everybody, make them, tell what came of them."""
    _warm_up()
    start = threading.Barrier(THREADS, action=together.wait)
    with ThreadPoolExecutor(THREADS) as threads:
        pipe.send("ready")
        while (calls := pipe.recv()) is not None:
            pipe.send(list(threads.map(functools.partial(_call, start), calls)))


def _call(start: threading.Barrier, call: Callable[[], Any]) -> Outcome:
    """One call, made again after a 503, as its `Retry-After` asks: a crowd on a slow machine outlasts ten tries."""
    start.wait()
    from functions.shared.errors import Unavailable

    for came_again in range(MAX_RETRIES):
        try:
            return Outcome(call(), None, came_again)
        except Unavailable:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says whether it may be
            return Outcome(None, _name_of(error), came_again)
    return Outcome(None, "Unavailable", MAX_RETRIES)


def _name_of(error: Exception) -> str:
    from functions.shared.errors import AppError

    return type(error).__name__ if isinstance(error, AppError) else f"{type(error).__name__}: {error}"


def _warm_up() -> None:
    """Make the clients before the threads are there: boto3's default session is not made for several at once."""
    from functions.shared import clients
    from functions.shared.table import keys
    from functions.shared.table.auth import User
    from functions.shared.table.transactions import get

    for client in (clients.s3, clients.kms, clients.rekognition):
        client()
    get(User, keys.user("nobody"))
