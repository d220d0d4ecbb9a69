"""Bulk import: a file's institutions become the directory's, those that are there already are brought up to date.

Nothing is written before the whole file has been checked (`operations.planning`). New institutions are written in
groups, all below one supervisor, as many in one transaction as fit; supervisors come before those below them. Every
transaction is whole in itself and what is done already is seen, so an import that was killed is simply run again.

Many are written by several processes (`operations.writers`): what limits an import is then the table and not one core
of ours. Where the table takes no more for a moment (a new one takes 4,000 units a second), the import waits.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import msgspec

from functions.institutions import bulk_reads, directory
from functions.institutions.details import Details
from functions.institutions.directory import details_of, write_count
from functions.institutions.domain.hierarchy import LEVELS
from functions.institutions.errors import ChangeTooLarge, InstitutionExists
from functions.shared.errors import AppError, Invalid
from functions.shared.table.transactions import MAX_WRITES, Transaction, retry_on_conflict
from operations.hierarchy_check import level_of
from operations.planning import Plan
from operations.rename_order import in_order, interim_name, without
from operations.rows import Entry, Problem
from operations.writers import WORKERS, Writers, waiting_for_the_table

Part = Sequence[Entry]  # of a family: what one writer is given
Refused = tuple[Entry, Problem]

ACTOR = "operations"
WORTH_A_PROCESS = 500  # institutions; a process takes a second to begin
PROCESSES_A_CORE = 2  # each waits for the table about as long as it works
BATCH_SIZE = 20  # institutions that a writer is given: a few transactions
WRITES_ABOVE = LEVELS - 1  # the counts of children that new ones may change


class _InterimChange(NamedTuple):
    """An institution that gives up its name or credit code to another one, before it can have its new one."""

    code: str
    before: Details
    meanwhile: Details


def carry_out(
    plan: Plan, progress: Callable[[int], object], *, workers: int = WORKERS, processes: int | None = None
) -> list[Problem]:
    """Write what was planned; `progress` receives how many more institutions are done.

    As many `processes` as are worth it, or this many; one is this one, with this many `workers`. The answer are the
    lines that were refused, because the directory changed meanwhile. Raises `TableUnavailable`: what is done is done.
    """
    rooms, rounds = _order(plan)
    with Writers(processes=processes or _worth(plan), workers=workers) as writers:

        def write(work: Callable[[Part], list[Refused]], families: Sequence[Sequence[Part]]) -> list[Refused]:
            refused: list[Refused] = []
            for part, failed in writers.run(work, families):
                progress(len(part) - len(failed))
                refused += failed
            return refused

        refused: list[Refused] = []
        for families in _by_level(plan.new):
            refused += write(_create, [_parts(family, BATCH_SIZE) for family in families])
        for _ in writers.run(_make_room, [[room] for room in rooms]):
            pass
        for together in rounds:
            refused += write(_one_by_one, [_parts(family, 1) for family in _by_supervisor(together)])
        waiting = [entry for entry, _ in refused]
        while waiting:
            refused = write(_one_by_one, [_parts(family, 1) for family in _by_supervisor(waiting)])
            if len(refused) == len(waiting):
                break
            # One line may wait for another: there is room below a supervisor once that has moved up.
            waiting = [entry for entry, _ in refused]
    return sorted(problem for _, problem in refused)


def _order(plan: Plan) -> tuple[list[_InterimChange], list[list[Entry]]]:
    """What has to be given up first, and the changes: anyone who waits for another one comes in a later round."""
    given_up, round_of = in_order(plan.waits)
    rooms = [
        _InterimChange(code, plan.standing[code], without(code, plan.standing[code], what))
        for code, what in given_up.items()
    ]
    rounds: dict[int, list[Entry]] = defaultdict(list)
    for entry in plan.changed:
        rounds[round_of.get(entry.code, 0)].append(entry)
    return rooms, [entries for _, entries in sorted(rounds.items())]


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
    """Create institutions below one supervisor; where several do not fit together, each for itself.

    So it is where registrations ask for some of them, which are rejected with the one they ask for.
    """
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
        if together and writes + write_count(entry.details) > MAX_WRITES:
            yield together
            together, writes = [], WRITES_ABOVE
        together.append(entry)
        writes += write_count(entry.details)
    yield together


@retry_on_conflict
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
    if entry.code not in bulk_reads.institutions([entry.code]):
        directory.create(entry.details, actor=ACTOR)
        return
    try:
        directory.amend(entry.code, entry.details, actor=ACTOR)
    except ChangeTooLarge:
        _rename(entry)
        directory.amend(entry.code, entry.details, actor=ACTOR)


def _rename(entry: Entry) -> None:
    """The new name before the move; an interim one where the new one is taken in the old place."""
    now = details_of(directory.find(entry.code))
    try:
        directory.amend(entry.code, msgspec.structs.replace(now, name=entry.details.name), actor=ACTOR)
    except InstitutionExists:
        directory.amend(entry.code, msgspec.structs.replace(now, name=interim_name(entry.code)), actor=ACTOR)


def _make_room(room: _InterimChange) -> None:
    """Give up what another one takes; whatever is in the way of it is told of the lines themselves."""

    def give_up() -> None:
        if details_of(directory.find(room.code)) == room.before:  # another run of the same file may be further
            directory.amend(room.code, room.meanwhile, actor=ACTOR)

    with suppress(AppError):
        waiting_for_the_table(give_up)


def _refused(entry: Entry, error: AppError) -> Refused:
    if isinstance(error, Invalid):
        first = error.errors[0]
        return entry, Problem(entry.line, first.field, first.code, first.detail.en)
    return entry, Problem(entry.line, "", error.code, error.text.en)
