"""A bulk import that is switched off at any moment, and run again, ends in the directory that the file describes."""

from __future__ import annotations

import random
import time
from pathlib import Path

import msgspec

from functions.institutions import directory
from functions.institutions.domain.hierarchy import NO_CHILDREN
from operations.exporting import export_rows
from operations.rows import Row
from operations.sample_province import generate_province
from operations.sheets import write_sheet
from tests.integration.institutions.test_directory import assert_consistent
from tests.races.callers import ROUNDS
from tests.races.imports import Import

SIZE = 1_500  # enough for several processes at first, and for one at the end
FAMILY = 3_000
CHANGED = 1_000  # this many are worth two processes
AT_ONCE_S = 5  # seconds on a busy machine
MAX_BETWEEN_CRASHES = 2 * SIZE // ROUNDS  # institutions: about this many rounds are needed


def test_an_import_that_is_stopped_is_run_again(aws_endpoint: str, tmp_path: Path) -> None:
    """Interrupted and then killed again and again, wherever it is, it leaves nothing by halves and no process behind.

    In the end the directory is what the file says, as if it had never been stopped.
    """
    rows = generate_province(SIZE, seed=11)
    file, messages = tmp_path / "province.csv", tmp_path / "messages"
    write_sheet(file, rows)
    running = Import(aws_endpoint, file, messages)
    assert running.reaches(1)
    assert running.interrupt() == 130
    assert "run it again" in running.messages()
    assert "Traceback" not in running.messages()
    kills = 0
    while (running := Import(aws_endpoint, file, messages)).reaches(random.randrange(MAX_BETWEEN_CRASHES)):
        time.sleep(random.uniform(0, 0.2))
        running.kill()
        kills += 1
        if kills % 5 == 1:
            assert_consistent()
            _ours(rows)
    assert running.wait() == 0, running.messages()
    assert kills >= ROUNDS // 4
    assert_consistent()
    assert _ours(rows) == SIZE


def test_an_interrupted_import_ends_at_once(aws_endpoint: str, tmp_path: Path) -> None:
    """Ctrl-C ends an import within moments, also where one family is nearly all of it, and says how to go on."""
    family = _family(FAMILY)
    file, messages = tmp_path / "family.csv", tmp_path / "messages"
    write_sheet(file, family)
    for done in (1, 100, 500):
        running = Import(aws_endpoint, file, messages)
        assert running.reaches(done)
        began = time.monotonic()
        assert running.interrupt() == 130
        assert time.monotonic() - began < AT_ONCE_S
        assert "run it again to go on" in running.messages()
        assert "Traceback" not in running.messages()
        assert_consistent()
    assert 600 < _ours(family) < FAMILY


def test_a_writer_that_dies_ends_the_import(aws_endpoint: str, tmp_path: Path) -> None:
    """Where one of its processes is killed, the import ends, all of it, with a message; run again it continues."""
    rows = _family(CHANGED, prefix="D")
    write_sheet(tmp_path / "family.csv", rows)
    running = Import(aws_endpoint, tmp_path / "family.csv", tmp_path / "messages")
    assert running.reaches(100)
    assert running.kill_a_writer() == 1
    assert "run it again to go on" in running.messages()
    assert "Traceback" not in running.messages()
    assert_consistent()
    running = Import(aws_endpoint, tmp_path / "family.csv", tmp_path / "messages")
    assert running.wait() == 0, running.messages()
    assert _ours(rows) == CHANGED


def test_many_changes_at_once(aws_endpoint: str, tmp_path: Path) -> None:
    """A file that renames everything and moves many is carried out by several processes; nothing is left by halves."""
    rows = _family(CHANGED, prefix="C")
    top, second = rows[:2]
    changed = [
        msgspec.structs.replace(
            row,
            name=f"新{row.name}",
            supervisor_code=second.institution_code if number % 3 == 2 else row.supervisor_code,
        )
        for number, row in enumerate(rows)
    ]
    for wanted in (rows, changed):
        write_sheet(tmp_path / "family.csv", wanted)
        running = Import(aws_endpoint, tmp_path / "family.csv", tmp_path / "messages")
        assert running.wait() == 0, running.messages()
        assert _ours(wanted) == CHANGED
    assert_consistent()
    children = directory.find(second.institution_code).children
    assert list(map(int, children)) == [CHANGED // 3, *NO_CHILDREN[1:]]
    assert sum(map(int, directory.find(top.institution_code).children)) == CHANGED - 1 - CHANGED // 3


def _family(size: int, prefix: str = "F") -> list[Row]:
    """One supervisor with everything else directly below it."""
    first, *others = (
        msgspec.structs.replace(
            row, institution_code=f"{prefix}{row.institution_code}", name=f"{prefix}{number}{row.name}"
        )
        for number, row in enumerate(generate_province(size, seed=ord(prefix)))
    )
    supervisor = msgspec.structs.replace(first, supervisor_code=None)
    return [supervisor, *(msgspec.structs.replace(row, supervisor_code=supervisor.institution_code) for row in others)]


def _ours(rows: list[Row]) -> int:
    """How many of the file's institutions are in the directory, each exactly as the file has it."""
    wanted = {row.institution_code: row for row in rows}
    found = [row for row in export_rows(lambda _: None) if row.institution_code in wanted]
    assert all(row == wanted[row.institution_code] for row in found)
    return len(found)
