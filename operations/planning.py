"""What an import would do: a file compared with the directory, and everything that is wrong with it found first.

It reads only. What it cannot foresee is what somebody else changes meanwhile: that is refused when it is written.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from functions.institutions import bulk_reads
from functions.institutions.claims import claim_keys
from functions.institutions.details import Details
from functions.institutions.directory import details_of
from functions.institutions.domain.hierarchy import Node
from functions.shared.table.institutions import Claim, Institution
from functions.shared.table.keys import Key
from operations.hierarchy_check import check_shape
from operations.rows import Entry, Problem, Row, check_rows, codes_of
from operations.writers import WORKERS, Writers, waiting_for_the_table

K = TypeVar("K")
V = TypeVar("V")

READS_A_LINE = 3  # at most: the institution, its name's claim and its credit code's
CLAIMED = ("name", "unified_social_credit_code")


class Difference(NamedTuple):
    """One thing that a line changes of an institution that is there."""

    line: int
    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.before or '(none)'} → {self.after or '(none)'}"


@dataclass
class Plan:
    """What an import would do; with problems it does nothing."""

    lines: int = 0
    problems: list[Problem] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    unchanged: int = 0
    at_the_top: int = 0  # lines without a supervisor
    asked_for: int = 0  # lines that list what pending registrations ask for
    # Of those that change: as they are, and who of the others has what they take (`operations.rename_order`).
    standing: dict[str, Details] = field(default_factory=dict)
    waits: dict[str, dict[str, str]] = field(default_factory=dict)

    def differences(self) -> Iterator[Difference]:
        """Everything that changes of institutions that are there, by line."""
        for line, code, details in sorted(self.changed):
            before, after = (msgspec.structs.asdict(each) for each in (self.standing[code], without_code(details)))
            for name, value in after.items():
                if value != before[name]:
                    column = "unified_social_credit_code" if name == "credit_code" else name
                    yield Difference(line, column, before[name], value)

    def to_the_top(self) -> int:
        """How many institutions that have a supervisor would lose it."""
        return sum(change.field == "supervisor_code" and change.after is None for change in self.differences())


def plan_import(
    rows: Sequence[tuple[int, Row]],
    known: Sequence[Problem] = (),
    *,
    progress: Callable[[int], object] = lambda _: None,
    workers: int = WORKERS,
) -> Plan:
    """Compare a file, of which some problems may be `known`, with the directory; reads only.

    `progress` is called for up to `READS_A_LINE` reads for each line. Raises `TableUnavailable`.
    """
    entries, problems = check_rows(rows, known)
    with Writers(processes=1, workers=workers) as readers:
        standing = _read(readers, bulk_reads.institutions, [entry.code for entry in entries], progress)
        different = [entry for entry in entries if _is_different(entry, standing)]
        nodes = _nodes(readers, entries, standing)
        wanted = [key for entry in different for key in claim_keys(entry.details)]
        claims = _read(readers, bulk_reads.claims, wanted, progress)
    found = check_shape(entries, nodes, codes_of(rows)) + _taken(different, claims, _codes(entries))
    plan = Plan(len(rows), sorted(problems + found))
    plan.asked_for = sum(_is_asked_for(entry, claims) for entry in different)
    _compare(plan, entries, standing)
    plan.waits = _waits(plan.changed, claims)
    return plan


def without_code(details: Details) -> Details:
    """The details as those of an institution that is there."""
    return msgspec.structs.replace(details, institution_code=None)


def _compare(plan: Plan, entries: Iterable[Entry], standing: Mapping[str, Institution]) -> None:
    for entry in entries:
        plan.at_the_top += entry.details.supervisor_code is None
        now = standing.get(entry.code)
        if now is None:
            plan.new.append(entry)
        elif _is_different(entry, standing):
            plan.changed.append(entry)
            plan.standing[entry.code] = details_of(now)
        else:
            plan.unchanged += 1


def _is_different(entry: Entry, standing: Mapping[str, Institution]) -> bool:
    now = standing.get(entry.code)
    return now is None or details_of(now) != without_code(entry.details)


def _codes(entries: Iterable[Entry]) -> set[str]:
    return {entry.code for entry in entries}


def _nodes(readers: Writers, entries: Sequence[Entry], standing: Mapping[str, Institution]) -> dict[str, Node]:
    """The shape of everything in the directory that is, or is above, an institution of the file, before or after."""
    nodes = {code: _node(institution) for code, institution in standing.items()}
    in_file = _codes(entries)
    wanted = {entry.details.supervisor_code for entry in entries} | {node.supervisor for node in nodes.values()}
    while missing := sorted(code for code in wanted - nodes.keys() - in_file if code is not None):
        read = _read(readers, bulk_reads.institutions, missing, lambda _: None)
        nodes |= {code: _node(institution) for code, institution in read.items()}
        wanted = {node.supervisor for node in nodes.values()} if read else set()
    return nodes


def _node(institution: Institution) -> Node:
    return Node(institution.supervisor_code, tuple(map(int, institution.children)))


def _taken(entries: Iterable[Entry], claims: Mapping[Key, Claim], in_file: Collection[str]) -> list[Problem]:
    """Names and credit codes that somebody outside of the file has; those inside may be giving them up."""
    return [
        Problem(entry.line, name, "INSTITUTION_EXISTS", f"{claim.institution_code} has it.")
        for entry, name, claim in _claimed(entries, claims)
        if claim.institution_code not in in_file
    ]


def _is_asked_for(entry: Entry, claims: Mapping[Key, Claim]) -> bool:
    """Whether pending registrations ask for its name or credit code; they are rejected when it is written."""
    found = (claims.get(key) for key in claim_keys(entry.details))
    return any(claim is not None and (claim.waiting or claim.uncounted is not None) for claim in found)


def _waits(changed: Sequence[Entry], claims: Mapping[Key, Claim]) -> dict[str, dict[str, str]]:
    """Who of those that change takes what of whom of them."""
    waits: dict[str, dict[str, str]] = {entry.code: {} for entry in changed}
    for entry, name, claim in _claimed(changed, claims):
        if claim.institution_code in waits:
            waits[entry.code][name] = claim.institution_code
    return {code: taken for code, taken in waits.items() if taken}


def _claimed(entries: Iterable[Entry], claims: Mapping[Key, Claim]) -> Iterator[tuple[Entry, str, Claim]]:
    """The names and credit codes that these claim, and another institution has."""
    for entry in entries:
        for name, key in zip(CLAIMED, claim_keys(entry.details), strict=True):
            claim = claims.get(key)
            if claim is not None and claim.has_institution and claim.institution_code != entry.code:
                yield entry, name, claim


def _read(
    readers: Writers, read: Callable[[Sequence[K]], dict[K, V]], wanted: Sequence[K], progress: Callable[[int], object]
) -> dict[K, V]:
    """Many items, a hundred at once, several requests at a time."""
    found: dict[K, V] = {}

    def patiently(part: Sequence[K]) -> dict[K, V]:
        return waiting_for_the_table(partial(read, part))

    for part, items in readers.run(patiently, [[part] for part in _parts(wanted)]):
        found |= items
        progress(len(part))
    return found


def _parts(wanted: Iterable[K]) -> Iterator[list[K]]:
    left = iter(wanted)
    while part := list(islice(left, bulk_reads.AT_ONCE)):
        yield part
