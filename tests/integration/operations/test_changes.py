"""Imports that change what is there: names that change hands, moves of whole subtrees, killed and repeated."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from functions.institutions import directory
from functions.shared.table.transactions import Transaction
from operations import rename_order
from operations.importing import carry_out
from operations.planning import plan_import
from operations.rows import Row
from tests.integration.institutions.builders import table_items
from tests.integration.institutions.test_directory import assert_consistent
from tests.integration.operations.directories import (
    by_code,
    credit_code,
    exported,
    imported,
    numbered,
    problems,
    row,
)

pytestmark = pytest.mark.usefixtures("aws", "clock")
replace = msgspec.structs.replace

TOP = row("TOP00", "省卫健委")
WRITES = 18  # transactions that `exchanged` takes


def family(count: int, *, name: str = "号医院") -> list[Row]:
    """A supervisor with this many below it."""
    return [TOP, *(row(f"H{number:04d}", f"{number}{name}", "TOP00") for number in range(count))]


def changed(rows: list[Row], **changes: dict[str, str | None]) -> list[Row]:
    """Rows of which some, by code, have other values."""
    return [replace(one, **changes.get(one.institution_code, {})) for one in rows]


def exchanged() -> tuple[list[Row], list[Row]]:
    """A directory, and one in which names and codes went round in every way, with moves and a new institution."""
    rows = [*family(12), row("CITY0", "市卫健委", "TOP00"), row("H0100", "0号医院", "CITY0")]
    names = {one.institution_code: one.name for one in rows}
    codes = {one.institution_code: one.unified_social_credit_code for one in rows}
    wanted = changed(
        rows,
        # Two exchange their names, three go round with their credit codes, of whom one also gets a name that is free.
        H0000={"name": names["H0001"]},
        H0001={"name": names["H0000"]},
        H0002={"unified_social_credit_code": codes["H0003"]},
        H0003={"unified_social_credit_code": codes["H0004"], "name": "自由医院"},
        H0004={"unified_social_credit_code": codes["H0002"]},
        # One takes a name, and gives its credit code for it.
        H0005={"name": names["H0006"]},
        H0006={"name": "另一医院", "unified_social_credit_code": codes["H0005"]},
        H0007={"name": names["H0005"]},
        # They change places and all.
        H0008={"supervisor_code": "CITY0", "name": "0号医院"},
        H0100={"supervisor_code": "TOP00", "name": names["H0008"]},
        # A chain of names.
        H0009={"name": names["H0010"]},
        H0010={"name": names["H0011"]},
        H0011={"name": "最后的医院"},
    )
    at = next(number for number, one in enumerate(wanted) if one.institution_code == "H0005")
    free = credit_code("H0005x")
    wanted[at] = replace(wanted[at], unified_social_credit_code=free)
    return rows, [*wanted, row("NEW00", names["H0009"], "TOP00")]


def test_names_and_codes_change_hands_in_one_run() -> None:
    """Exchanges, circles, and chains in any order of lines are done by one import, and nothing is left to do."""
    rows, wanted = exchanged()
    imported(rows)
    assert imported(wanted) == 14
    assert exported() == by_code(wanted)
    assert_consistent()
    assert imported(wanted) == 0


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_names_is_changed_in_order(monkeypatch: pytest.MonkeyPatch, *, backwards: bool) -> None:
    """Each of a chain takes its name once the one before it has given it up: every one is tried once."""
    rows = family(30)
    imported(rows)
    below = rows[1:]
    wanted = [replace(one, name=other.name) for one, other in itertools.pairwise(below)]
    wanted.append(replace(below[-1], name="最后的医院"))
    amend, tried = directory.amend, []
    monkeypatch.setattr(directory, "amend", lambda *one, **actor: [tried.append(1), amend(*one, **actor)][1])
    assert imported(wanted[::-1] if backwards else wanted) == 30
    assert len(tried) == 30
    assert exported() == by_code([TOP, *wanted])


def test_an_exchange_leaves_no_interim_name_and_the_least_events() -> None:
    """Of two that exchange their names, one has an interim name in between; nothing else does."""
    rows = family(2)
    imported(rows)
    plan = plan_import(numbered(changed(rows, H0000={"name": "1号医院"}, H0001={"name": "0号医院"})), workers=1)
    given_up, rounds = rename_order.in_order(plan.waits)
    assert len(given_up) == 1
    assert sorted(rounds.values()) == [0, 1]


def test_an_exchange_of_names_as_long_as_they_may_be() -> None:
    """It is no matter how long they are, nor that they move at the same time."""
    long = "甲" * 44, "乙" * 45
    rows = [TOP, row("CITY0", "市卫健委", "TOP00"), row("H0001", long[0], "TOP00"), row("H0002", long[1], "CITY0")]
    imported(rows)
    wanted = changed(
        rows,
        H0001={"name": long[1], "supervisor_code": "CITY0"},
        H0002={"name": long[0], "supervisor_code": "TOP00"},
    )
    imported(wanted)
    assert exported() == by_code(wanted)
    assert_consistent()


@pytest.mark.parametrize("taken", [False, True])
def test_a_long_name_and_a_move_are_two_changes(*, taken: bool) -> None:
    """What does not fit into one transaction is done in two, also where the new name is taken in the old place."""
    rows = [TOP, row("H0001", "甲" * 44)]
    rows += [row("H0002", "乙" * 45)] if taken else []
    imported(rows)
    wanted = changed(rows, H0001={"name": "乙" * 45, "supervisor_code": "TOP00"})
    assert imported(wanted) == 1
    assert exported() == by_code(wanted)
    assert_consistent()
    assert imported(wanted) == 0


def chain(count: int, prefix: str = "C") -> list[Row]:
    """Institutions one below the other."""
    return [row(f"{prefix}000{n}", f"{prefix}{n}级单位", f"{prefix}000{n - 1}" if n else None) for n in range(count)]


def test_what_is_below_a_moved_institution_counts() -> None:
    """A move that would push what is not in the file below level six is a problem; one that fits is none."""
    rows = [*chain(4), *chain(3, "D")]
    imported(rows)
    moved = replace(rows[4], supervisor_code="C0003")
    assert problems([moved]) == [(2, "supervisor_code", "TOO_DEEP")]
    assert problems([replace(moved, supervisor_code="C0002")]) == []
    # Its own supervisor moves, without it; and what is below it leaves it first.
    assert problems([replace(rows[0], supervisor_code="D0002")]) == [(2, "supervisor_code", "TOO_DEEP")]
    assert problems([moved, replace(rows[5], supervisor_code=None)]) == []
    assert problems([moved, replace(rows[3], supervisor_code=None)]) == []
    # A line between those above and those below that are not in the file.
    assert problems([moved, replace(rows[5], name="改名单位")]) == [(3, "supervisor_code", "TOO_DEEP")]


def test_moves_that_make_room_for_one_another() -> None:
    """What fits in the end is done, in whatever order the lines stand."""
    rows = [*chain(6), *chain(3, "D")]
    imported(rows)
    wanted = changed(
        rows,
        D0000={"supervisor_code": "C0003"},
        C0003={"supervisor_code": "C0000"},
        C0000={"supervisor_code": None},
        C0004={"supervisor_code": None},
    )
    assert imported(wanted) == 3
    assert exported() == by_code(wanted)
    assert_consistent()


def test_a_supervisor_and_one_below_it_change_places() -> None:
    """A chain turned upside down is one import."""
    rows = chain(3)
    imported(rows)
    wanted = changed(
        rows,
        C0000={"supervisor_code": "C0001"},
        C0001={"supervisor_code": "C0002"},
        C0002={"supervisor_code": None},
    )
    assert imported(wanted) == 3
    assert exported() == by_code(wanted)
    assert_consistent()


class Killed(BaseException):
    """The operator's machine is switched off."""


@contextmanager
def killed_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> Iterator[None]:
    """Within it this many writes are made; the next one raises `Killed`."""
    commit, left = Transaction.commit, [writes]

    def killed(self: Transaction) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        commit(self)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", killed)
        yield


def killed_before_each_write(monkeypatch: pytest.MonkeyPatch, rows: list[Row]) -> Iterator[int]:
    """Import, killed before the first write, then before the second one of what is left, and so on, to the end."""
    for writes in itertools.count():
        try:
            with killed_after(monkeypatch, writes):
                imported(rows)
        except Killed:
            yield writes
        else:
            return


def test_changes_that_were_killed_are_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed again and again, each time a write later, every state is consistent and the end is the file's."""
    rows, wanted = exchanged()
    imported(rows)
    kills = 0
    for _ in killed_before_each_write(monkeypatch, wanted):
        assert_consistent()
        kills += 1
    assert kills > 4
    assert exported() == by_code(wanted)
    assert_consistent()


@pytest.mark.parametrize("writes", range(WRITES))
def test_changes_that_were_killed_once_are_finished(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Killed before any of its writes, an import of changes is finished by the next run of the same file."""
    rows, wanted = exchanged()
    imported(rows)
    with pytest.raises(Killed), killed_after(monkeypatch, writes):
        imported(wanted)
    assert_consistent()
    assert exported() != by_code(wanted)
    imported(wanted)
    assert exported() == by_code(wanted)
    assert_consistent()


@pytest.mark.parametrize("writes", range(0, WRITES, 3))
def test_two_imports_of_the_same_file_at_once(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """While one import is about to write, another one does all of it: neither refuses a line, the end is the file's."""
    rows, wanted = exchanged()
    imported(rows)
    commit, left = Transaction.commit, [writes]

    def overtaken(self: Transaction) -> None:
        left[0] -= 1
        if left[0] == -1:
            imported(wanted)
        commit(self)

    monkeypatch.setattr(Transaction, "commit", overtaken)
    imported(wanted)
    assert left[0] < 0
    assert exported() == by_code(wanted)
    assert_consistent()


def test_a_plan_that_is_carried_out_late_changes_nothing_back() -> None:
    """Two that planned the same exchange before either wrote both end well, the second one without a write."""
    rows, wanted = exchanged()
    imported(rows)
    plan, late = (plan_import(numbered(wanted), workers=1) for _ in range(2))
    assert carry_out(plan, lambda _: None, workers=1) == []
    done = table_items()
    assert carry_out(late, lambda _: None, workers=1) == []
    assert table_items() == done
    assert exported() == by_code(wanted)
    assert_consistent()
