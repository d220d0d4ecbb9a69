"""Bulk import: a file's institutions become the directory's, those that are there already are brought up to date.

Nothing is written before the whole file has been checked. New institutions are written in families, all below one
supervisor, as many in one transaction as fit; supervisors come before those below them. Every transaction is whole in
itself and what is done already is seen, so an import that was killed is simply run again.

Many families are written by several processes: what limits an import is then the table and not one core of ours. Where
the table takes no more for a moment (a new one takes 4,000 units a second), the import waits.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from typing import TypeVar

import msgspec
from pynamodb.exceptions import PynamoDBException

from functions.institutions import directory, store
from functions.institutions.details import Details
from functions.institutions.directory import details_of, writes_of
from functions.institutions.domain.hierarchy import LEVELS
from functions.shared.clients import is_transient
from functions.shared.errors import AppError, Invalid, Unavailable
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import MOST_WRITES, Transaction, decide_again
from operations.rows import Entry, Problem, Row, check_rows, check_shape, level_of

K = TypeVar("K")
V = TypeVar("V")
Refused = tuple[Entry, Problem]

ACTOR = "operations"
WORKERS = 10  # threads, as many as the connection pool has connections
WORTH_A_PROCESS = 500  # institutions; a process takes a second to begin
PROCESSES_A_CORE = 2  # each waits for the table about as long as it works
PAUSES_S = (0.5, 1, 2, 4, 8, *[15] * 20)  # five minutes and a bit
WRITES_ABOVE = LEVELS - 1  # the counts of children that new ones may change


class TableUnavailable(Exception):
    """The table has not taken a write for minutes; the message is what it said last."""


@dataclass
class Plan:
    """What an import would do; with problems it does nothing."""

    problems: list[Problem] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    unchanged: int = 0


def plan_import(rows: Sequence[tuple[int, Row]], *, workers: int = WORKERS) -> Plan:
    """Compare a file with the directory; reads only."""
    entries, problems = check_rows(rows)
    plan = Plan(problems)
    standing = _read(store.institutions, [entry.code for entry in entries], workers)
    plan.problems += check_shape(entries, _above(entries, standing))
    for entry in entries:
        now = standing.get(entry.code)
        if now is None:
            plan.new.append(entry)
        elif details_of(now) != _without_code(entry.details):
            plan.changed.append(entry)
        else:
            plan.unchanged += 1
    plan.problems += _taken([*plan.new, *plan.changed], {entry.code for entry in entries}, workers)
    plan.problems.sort()
    return plan


def carry_out(
    plan: Plan, progress: Callable[[int], object], *, workers: int = WORKERS, processes: int | None = None
) -> list[Problem]:
    """Write what was planned; `progress` is told how many more institutions are done.

    As many `processes` as are worth it, or so many; one is this one, with so many `workers`. The answer are the lines
    that were refused, because the directory changed meanwhile. Raises `TableUnavailable`: what is done is done.
    """
    refused: list[Refused] = []
    with _writers(processes or _worth(len(plan.new)), workers) as pool:
        for families in _by_level(plan.new):
            for family, failed in zip(families, pool.map(_write_family, families), strict=True):
                progress(len(family) - len(failed))
                refused += failed
    waiting = [*(entry for entry, _ in refused), *plan.changed]
    while waiting:
        refused = _one_by_one(waiting, progress)
        if len(refused) == len(waiting):
            break
        # One line may wait for another: a name is free once the other institution has its new one.
        waiting = [entry for entry, _ in refused]
    return sorted(problem for _, problem in refused)


def _worth(new: int) -> int:
    return max(1, min(PROCESSES_A_CORE * (os.cpu_count() or 1), new // WORTH_A_PROCESS))


def _writers(processes: int, workers: int) -> Executor:
    if processes == 1:
        return ThreadPoolExecutor(workers)
    # Spawned, not forked: connections must not be shared.
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_begin_process)


def _begin_process() -> None:
    """A process of its own ends with the import, however that ends; an interrupt is the import's to deal with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _by_level(new: Sequence[Entry]) -> Iterator[list[list[Entry]]]:
    """The new institutions from the top down; on each level one list for each supervisor."""
    by_code = {entry.code: entry for entry in new}
    levels: dict[int, dict[str | None, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for entry in new:
        levels[level_of(by_code, entry.code)][entry.details.supervisor_code].append(entry)
    for _, families in sorted(levels.items()):
        yield list(families.values())


def _write_family(family: Sequence[Entry]) -> list[Refused]:
    """Create institutions below one supervisor; where several do not fit together, each for itself."""
    refused: list[Refused] = []
    for together in _fitting(family):
        try:
            _waiting_for_the_table(partial(_create_together, together))
        except AppError as error:
            refused += [_refused(together[0], error)] if len(together) == 1 else _one_by_one(together, lambda _: None)
    return refused


def _fitting(family: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Groups whose writes fit into one transaction."""
    together: list[Entry] = []
    writes = WRITES_ABOVE
    for entry in family:
        if together and writes + writes_of(entry.details) > MOST_WRITES:
            yield together
            together, writes = [], WRITES_ABOVE
        together.append(entry)
        writes += writes_of(entry.details)
    yield together


@decide_again
def _create_together(entries: Sequence[Entry]) -> None:
    tx = Transaction()
    directory.create_in(tx, [entry.details for entry in entries], actor=ACTOR)
    tx.commit()


def _one_by_one(entries: Sequence[Entry], progress: Callable[[int], object]) -> list[Refused]:
    refused: list[Refused] = []
    for entry in entries:
        try:
            _waiting_for_the_table(partial(_create_or_amend, entry))
        except AppError as error:
            refused.append(_refused(entry, error))
        else:
            progress(1)
    return refused


def _create_or_amend(entry: Entry) -> None:
    if store.institution(entry.code) is None:
        directory.create(entry.details, actor=ACTOR)
    else:
        directory.amend(entry.code, entry.details, actor=ACTOR)


def _waiting_for_the_table(write: Callable[[], None]) -> None:
    """Write, and again as long as the table takes no more or does not answer. Raises `TableUnavailable` in the end."""
    for pause_s in PAUSES_S:
        try:
            return write()
        except (Unavailable, PynamoDBException) as error:
            if isinstance(error, PynamoDBException) and not is_transient(error):
                raise
            last = error
            time.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - spreads the writers # nosec B311
    raise TableUnavailable(str(last))


def _above(entries: Sequence[Entry], standing: Mapping[str, Institution]) -> dict[str, str | None]:
    """The supervisor of everything in the directory that is above an institution of the file."""
    above: dict[str, str | None] = {code: institution.supervisor_code for code, institution in standing.items()}
    wanted = {entry.details.supervisor_code for entry in entries} | set(above.values())
    while missing := wanted - above.keys() - {entry.code for entry in entries} - {None}:
        read = store.institutions(code for code in missing if code is not None)
        above |= {code: institution.supervisor_code for code, institution in read.items()}
        wanted = set(above.values()) if read else set()
    return above


def _taken(entries: Sequence[Entry], in_file: Set[str], workers: int) -> list[Problem]:
    """Names and credit codes that somebody outside of the file has; those inside may be giving them up."""
    wanted = {key: entry for entry in entries for key in directory.claim_keys(entry.details)}
    problems: list[Problem] = []
    for key, claim in _read(lambda part: store.claims(*part), list(wanted), workers).items():
        entry = wanted[key]
        field_name = "name" if key == directory.claim_keys(entry.details)[0] else "unified_social_credit_code"
        if claim.status == "pending":
            text = "A registration claims it; decide on that first."
            problems.append(Problem(entry.line, field_name, "REGISTRATION_PENDING", text))
        elif claim.status == "included" and claim.institution_code not in in_file:
            text = f"{claim.institution_code} has it."
            problems.append(Problem(entry.line, field_name, "INSTITUTION_EXISTS", text))
    return problems


def _read(read: Callable[[list[K]], dict[K, V]], wanted: Sequence[K], workers: int) -> dict[K, V]:
    """Many items, a hundred at once, several requests at a time."""
    parts = [list(wanted[start : start + store.AT_ONCE]) for start in range(0, len(wanted), store.AT_ONCE)]
    found: dict[K, V] = {}
    with ThreadPoolExecutor(workers) as pool:
        for part in pool.map(read, parts):
            found |= part
    return found


def _without_code(details: Details) -> Details:
    return msgspec.structs.replace(details, institution_code=None)


def _refused(entry: Entry, error: AppError) -> Refused:
    if isinstance(error, Invalid):
        first = error.errors[0]
        return entry, Problem(entry.line, first.field, first.code, first.detail.en)
    return entry, Problem(entry.line, "", error.code, error.text.en)
