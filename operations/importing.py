"""Bulk import: a file's institutions become the directory's, those that are there already are brought up to date.

Nothing is written before the whole file has been checked. New institutions are written in groups, all below one
supervisor, as many in one transaction as fit; supervisors come before those below them. Every transaction is whole in
itself and what is done already is seen, so an import that was killed is simply run again.

Many are written by several processes (`operations.writers`): what limits an import is then the table and not one core
of ours. Where the table takes no more for a moment (a new one takes 4,000 units a second), the import waits.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import msgspec

from functions.institutions import directory, store
from functions.institutions.details import Details
from functions.institutions.directory import details_of, writes_of
from functions.institutions.domain.hierarchy import LEVELS
from functions.shared.errors import AppError, Invalid
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import MOST_WRITES, Transaction, decide_again
from operations.rows import Entry, Problem, Row, check_rows, check_shape, codes_of, level_of
from operations.writers import WORKERS, Writers, waiting_for_the_table

K = TypeVar("K")
V = TypeVar("V")
Part = Sequence[Entry]  # of a family: what one writer is given
Refused = tuple[Entry, Problem]

ACTOR = "operations"
WORTH_A_PROCESS = 500  # institutions; a process takes a second to begin
PROCESSES_A_CORE = 2  # each waits for the table about as long as it works
AT_ONCE = 20  # institutions that a writer is given: a few transactions
WRITES_ABOVE = LEVELS - 1  # the counts of children that new ones may change


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
    # A line with a problem of its own is no reason to blame those below it.
    plan.problems += check_shape(entries, {**dict.fromkeys(codes_of(rows)), **_above(entries, standing)})
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
    with Writers(processes=processes or _worth(plan), workers=workers) as writers:

        def write(work: Callable[[Part], list[Refused]], families: Sequence[Sequence[Part]]) -> list[Refused]:
            refused: list[Refused] = []
            for part, failed in writers.run(work, families):
                progress(len(part) - len(failed))
                refused += failed
            return refused

        refused: list[Refused] = []
        for families in _by_level(plan.new):
            refused += write(_create, [_parts(family, AT_ONCE) for family in families])
        waiting = [*(entry for entry, _ in refused), *plan.changed]
        while waiting:
            refused = write(_one_by_one, [_parts(family, 1) for family in _by_supervisor(waiting)])
            if len(refused) == len(waiting):
                break
            # One line may wait for another: a name is free once the other institution has its new one.
            waiting = [entry for entry, _ in refused]
    return sorted(problem for _, problem in refused)


def _worth(plan: Plan) -> int:
    writes = len(plan.new) + len(plan.changed)
    return max(1, min(PROCESSES_A_CORE * (os.cpu_count() or 1), writes // WORTH_A_PROCESS))


def _by_level(new: Sequence[Entry]) -> Iterator[list[list[Entry]]]:
    """The new institutions from the top down; on each level one list for each supervisor."""
    by_code = {entry.code: entry for entry in new}
    levels: dict[int, list[Entry]] = defaultdict(list)
    for entry in new:
        levels[level_of(by_code, entry.code)].append(entry)
    for _, entries in sorted(levels.items()):
        yield _by_supervisor(entries)


def _by_supervisor(entries: Iterable[Entry]) -> list[list[Entry]]:
    families: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        families[entry.details.supervisor_code].append(entry)
    return list(families.values())


def _parts(family: Part, size: int) -> list[Part]:
    return [family[start : start + size] for start in range(0, len(family), size)]


def _create(part: Part) -> list[Refused]:
    """Create institutions below one supervisor; where several do not fit together, each for itself."""
    refused: list[Refused] = []
    for together in _fitting(part):
        try:
            waiting_for_the_table(partial(_create_together, together))
        except AppError as error:
            refused += [_refused(together[0], error)] if len(together) == 1 else _one_by_one(together)
    return refused


def _fitting(part: Part) -> Iterator[list[Entry]]:
    """Groups whose writes fit into one transaction."""
    together: list[Entry] = []
    writes = WRITES_ABOVE
    for entry in part:
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


def _one_by_one(part: Part) -> list[Refused]:
    refused: list[Refused] = []
    for entry in part:
        try:
            waiting_for_the_table(partial(_create_or_amend, entry))
        except AppError as error:
            refused.append(_refused(entry, error))
    return refused


def _create_or_amend(entry: Entry) -> None:
    if store.institution(entry.code) is None:
        directory.create(entry.details, actor=ACTOR)
    else:
        directory.amend(entry.code, entry.details, actor=ACTOR)


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
