"""Bulk import and export: any order, all problems at once, killed anywhere and run again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from botocore.awsrequest import AWSResponse

from functions.institutions import search
from functions.institutions.directory import create
from functions.shared.errors import Unavailable
from functions.shared.table import keys
from functions.shared.table.institutions import Registration
from functions.shared.table.transactions import Transaction
from operations import writers
from operations.importing import carry_out
from operations.planning import READS_A_LINE, plan_import
from operations.sample_province import generate_province
from tests.integration.institutions.builders import credit_code
from tests.integration.institutions.test_directory import assert_consistent
from tests.integration.operations.directories import by_code, exported, imported, numbered, registered, row
from tests.integration.shared.faults import answering, dynamodb, dynamodb_error

pytestmark = pytest.mark.usefixtures("aws", "clock")


def test_a_province_comes_back_as_it_went_in() -> None:
    """An import in any order is exported the same, findable, consistent; a second run changes nothing."""
    rows = generate_province(60, seed=2)
    assert imported(rows) == 60
    assert exported() == by_code(rows)
    assert_consistent()
    assert search.search(rows[0].name, 5, None)[0][0].name == rows[0].name
    assert imported(rows) == 0


class Killed(BaseException):
    """The operator's machine is switched off."""


@pytest.mark.parametrize("commits", [0, 1, 4, 7])
def test_an_import_that_was_killed_is_run_again(monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Ended after any number of transactions, the directory is consistent, and a second run completes it."""
    rows = generate_province(40, seed=5)
    commit, done = Transaction.commit, []

    def killed(self: Transaction) -> None:
        if len(done) == commits:
            raise Killed
        commit(self)
        done.append(1)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", killed)
        with pytest.raises(Killed):
            imported(rows)
    assert_consistent()
    before = len(exported())
    assert (before > 0) == (commits > 0)
    assert imported(rows) == 40 - before
    assert exported() == by_code(rows)
    assert_consistent()


def test_changes_are_carried_out() -> None:
    """Renamed and moved institutions become what the file says, also where one takes another's name."""
    rows = by_code(generate_province(30, seed=3))
    imported(rows)
    top = next(row for row in rows if row.supervisor_code is None)
    below = [row for row in rows if row.supervisor_code == top.institution_code][:3]
    first, second, third = below
    changed = {
        first.institution_code: msgspec.structs.replace(first, name=second.name),
        second.institution_code: msgspec.structs.replace(second, name="全新的名字医院"),
        third.institution_code: msgspec.structs.replace(third, supervisor_code=second.institution_code),
    }
    wanted = [changed.get(row.institution_code, row) for row in rows]
    assert imported(wanted) == 3
    assert exported() == wanted
    assert_consistent()


def test_every_problem_is_told_with_its_line(aws: None) -> None:
    """All bad lines are found before anything is written, each with its field and a stable code."""
    base = generate_province(8, seed=4)
    plan = plan_import(numbered(base), workers=1)
    carry_out(plan, lambda _: None, workers=1)
    fresh = generate_province(14, seed=9)
    free = [msgspec.structs.replace(row, institution_code=f"N{n:04d}") for n, row in enumerate(fresh)]
    codes = [row.institution_code for row in free]
    top = next(row for row in base if row.supervisor_code is None)
    replace = msgspec.structs.replace
    rows = [
        replace(free[0], name="院", supervisor_code=None),
        replace(free[1], supervisor_code="X9999"),
        replace(free[2], supervisor_code=codes[3]),
        replace(free[3], supervisor_code=codes[2]),
        replace(free[4], supervisor_code=None, name=top.name),
        replace(free[5], supervisor_code=None, unified_social_credit_code=free[2].unified_social_credit_code),
        replace(free[6], supervisor_code=None, institution_code=codes[2], name="重复编码医院"),
    ]
    chain = [replace(free[7 + n], supervisor_code=codes[6 + n] if n else None, name=f"{n}级单位") for n in range(7)]
    plan = plan_import(numbered([*rows, *chain]), workers=1)
    found = {(problem.line, problem.field, problem.code) for problem in plan.problems}
    assert found == {
        (2, "name", "NAME_TOO_SHORT"),
        (3, "supervisor_code", "SUPERVISOR_UNKNOWN"),
        (4, "supervisor_code", "CIRCLE"),
        (5, "supervisor_code", "CIRCLE"),
        (6, "name", "INSTITUTION_EXISTS"),
        (7, "unified_social_credit_code", "REPEATED"),
        (8, "institution_code", "REPEATED"),
        (15, "supervisor_code", "TOO_DEEP"),
    }
    assert all(str(problem).startswith(f"line {problem.line}: ") for problem in plan.problems)


def test_what_changed_meanwhile_is_refused_alone() -> None:
    """A name that somebody takes between check and write is reported with its line; all other lines are done."""
    rows = generate_province(10, seed=6)
    plan = plan_import(numbered(rows), workers=1)
    top = next(entry for entry in plan.new if entry.details.supervisor_code is None)
    child = next(entry for entry in plan.new if entry.details.supervisor_code is not None)
    create(top.details, actor="somebody")
    plan.new.remove(top)
    same_name = msgspec.structs.replace(child.details, institution_code="OTHER2", credit_code=credit_code())
    create(same_name, actor="somebody")
    refused = carry_out(plan, lambda _: None, workers=1)
    assert [(problem.line, problem.code) for problem in refused] == [(child.line, "INSTITUTION_EXISTS")]
    assert len(exported()) == 10
    assert_consistent()


def _full(monkeypatch: pytest.MonkeyPatch, times: int) -> list[float]:
    """Let the table take no more this many times after the first write; the pauses that are made."""
    commit, left, pauses = Transaction.commit, [times], []

    def throttled(self: Transaction) -> None:
        if left[0]:
            left[0] -= 1
            raise Unavailable
        commit(self)

    monkeypatch.setattr(Transaction, "commit", throttled)
    monkeypatch.setattr(writers, "_pause", pauses.append)
    return pauses


def test_a_table_that_takes_no_more_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttled writes are made again after pauses that grow, and the import continues to its end."""
    rows = generate_province(12, seed=8)
    pauses = _full(monkeypatch, times=3)
    assert imported(rows) == 12
    assert [round(pause * 2) >= longest for pause, longest in zip(pauses, writers.PAUSES_S, strict=False)] == [True] * 3
    assert exported() == by_code(rows)
    assert_consistent()


def test_a_table_that_stays_full_ends_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """After five minutes of waiting the import says so and ends; no line is blamed."""
    rows = generate_province(1)
    pauses = _full(monkeypatch, times=10_000)
    plan = plan_import(numbered(rows), workers=1)
    with pytest.raises(writers.TableUnavailable, match="SERVICE_UNAVAILABLE"):
        carry_out(plan, lambda _: None, workers=1)
    assert 150 <= sum(pauses) <= 320
    assert exported() == []


def test_nobody_is_blamed_for_their_supervisors_line(aws: None) -> None:
    """Of a family whose supervisor has a wrong line, that line alone is told; of a thousand wrong lines, each is."""
    rows = generate_province(1_001, seed=3)
    top = next(row for row in rows if row.supervisor_code is None)
    bad_top = [msgspec.structs.replace(row, name="院") if row is top else row for row in rows]
    assert [(line, problem) for line, _, problem, _ in plan_import(numbered(bad_top), workers=1).problems] == [
        (rows.index(top) + 2, "NAME_TOO_SHORT")
    ]
    bad = [row if row is top else msgspec.structs.replace(row, region_code="x") for row in rows]
    lines = [problem.line for problem in plan_import(numbered(bad), workers=1).problems]
    assert lines == sorted(set(range(2, 1_003)) - {rows.index(top) + 2})


def test_the_same_seed_gives_the_same_province() -> None:
    """A province is made again from its size and seed, and another seed makes another."""
    assert generate_province(500, 1) == generate_province(500, 1)
    assert generate_province(500, 1) != generate_province(500, 2)
    names: dict[Any, int] = {}
    for made in generate_province(2_000, 1):
        names[made.supervisor_code, made.name] = names.get((made.supervisor_code, made.name), 0) + 1
    assert set(names.values()) == {1}


def test_registrations_do_not_stop_an_import() -> None:
    """What strangers ask for is listed all the same, in groups too; their registrations are rejected as listed."""
    rows = [row("TOP00", "省卫健委"), *(row(f"H000{n}", f"{n}号医院", "TOP00") for n in range(4))]
    imported(rows[:2])
    waiting = [registered(name, "TOP00") for name in ("2号医院", "改名医院", "2号医院")]
    other = registered("别的医院", "TOP00")
    wanted = [rows[0], msgspec.structs.replace(rows[1], name="改名医院"), *rows[2:]]
    plan = plan_import(numbered(wanted), workers=1)
    assert (plan.problems, plan.asked_for) == ([], 2)
    assert carry_out(plan, lambda _: None, workers=1) == []
    assert by_code(exported()) == by_code(wanted)
    kept = [Registration.get(*keys.registration(one)) for one in waiting]
    assert {(one.status, one.rejection["code"]) for one in kept} == {("rejected", "ALREADY_LISTED")}
    assert Registration.get(*keys.registration(other)).status == "pending"
    assert_consistent()


THROTTLED = dynamodb_error("ProvisionedThroughputExceededException")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited for the table each time, without waiting."""
    made: list[float] = []
    monkeypatch.setattr(writers, "_pause", made.append)
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore's own pauses
    return made


def test_throttled_reads_are_waited_for(pauses: list[float]) -> None:
    """An import that plans, and an export, ask a throttled table again after pauses, and go on."""
    rows = generate_province(12, seed=8)
    told: list[int] = []
    with answering(dynamodb(), "dynamodb.BatchGetItem", THROTTLED, THROTTLED):
        plan = plan_import(numbered(rows), progress=told.append, workers=1)
    assert len(pauses) == 2
    assert sum(told) == READS_A_LINE * 12
    carry_out(plan, lambda _: None, workers=1)
    with answering(dynamodb(), "dynamodb.Query", THROTTLED, THROTTLED, THROTTLED):
        assert exported() == by_code(rows)
    assert len(pauses) == 5


def test_a_table_that_cannot_be_read_ends_the_plan(pauses: list[float]) -> None:
    """After five minutes of waiting planning says so and ends."""
    with (
        answering(dynamodb(), "dynamodb.BatchGetItem", *[THROTTLED] * 1_000),
        pytest.raises(writers.TableUnavailable, match="ProvisionedThroughputExceeded"),
    ):
        plan_import(numbered(generate_province(3)), workers=1)
    assert 150 <= sum(pauses) <= 320


@contextmanager
def answering_partly(times: int) -> Iterator[list[int]]:
    """Let the next answers of BatchGetItem leave everything to be asked for again, as a throttled table does."""
    asked: list[int] = []

    def leave(params: Any, **_: Any) -> tuple[AWSResponse, Any] | None:
        asked.append(1)
        wanted = json.loads(params["body"])["RequestItems"]
        partly = {"Responses": {table: [] for table in wanted}, "UnprocessedKeys": wanted}
        return (AWSResponse("https://aws.test", 200, {}, None), partly) if len(asked) <= times else None

    events = dynamodb().meta.events
    events.register_first("before-call.dynamodb.BatchGetItem", leave)
    try:
        yield asked
    finally:
        events.unregister("before-call.dynamodb.BatchGetItem", leave)


def test_a_table_that_reads_a_part_is_not_hurried(pauses: list[float]) -> None:
    """Each answer that leaves keys over is followed by a longer pause, when planning and when writing alike."""
    rows = generate_province(12, seed=8)
    with answering_partly(4) as asked:
        plan = plan_import(numbered(rows), workers=1)
    assert len(asked) == 4 + 2
    assert pauses == sorted(pauses)
    assert len(pauses) == 4
    pauses.clear()
    with answering_partly(3):
        assert carry_out(plan, lambda _: None, workers=1) == []
    assert len(pauses) == 3
    assert exported() == by_code(rows)


def test_a_table_that_reads_nothing_for_minutes_ends_the_plan(pauses: list[float]) -> None:
    """After five minutes of answers that leave keys over planning ends."""
    with answering_partly(1_000), pytest.raises(writers.TableUnavailable, match="only a part"):
        plan_import(numbered(generate_province(3)), workers=1)
    assert 150 <= sum(pauses) <= 320
    imported(generate_province(3))
