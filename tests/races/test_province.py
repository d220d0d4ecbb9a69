"""The whole province, imported by the operator's command, and searched: `make province`, which prints its figures."""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path

import pytest

from functions.institutions import search
from functions.shared.table.base import connection
from operations.exporting import export_rows
from operations.sample_province import WHOLE_PROVINCE, generate_province
from operations.sheets import write_sheet
from tests.integration.institutions.province_queries import PAGE, Scan, all_pages, typed
from tests.races.imports import Import, child, work_of

pytestmark = pytest.mark.province
SIZE = int(os.environ.get("SIZE", WHOLE_PROVINCE))
QUERIES = 100
WALKED = 1_000  # the emulator sorts a whole partition for each page
PATIENCE_S = 60  # which takes it seconds with 36,000 names that hold the same two characters
WRITTEN = 0.9  # the writing is looked at up to here: the last ones may be left to one writer
AT_WORK = 0.7  # of the time, at least, the emulator has something to do while we write; with one process half
MAX_CPU_RATIO = 1.5  # times the emulator's CPU: measured are 1.0 for the whole province, and processes have to begin


def test_the_whole_province(aws_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is imported and exported as it was, and search over it equals a plain scan, page by page."""
    rows = generate_province(SIZE)
    file = tmp_path / "province.xlsx"
    write_sheet(file, rows)
    _import(aws_endpoint, file, tmp_path / "messages")
    assert export_rows(lambda _: None) == sorted(rows, key=lambda row: row.institution_code)
    monkeypatch.setattr(connection().connection, "_read_timeout_seconds", PATIENCE_S)
    connection().connection._client = None
    scan, chance = Scan(rows), random.Random()
    queries = [query for query in (typed(chance, rows) for _ in range(QUERIES)) if scan.words(query)]
    walked = 0
    for query in queries:
        wanted = scan.codes(query)
        if len(scan.codes(max(scan.words(query), key=len))) <= WALKED:
            found = all_pages(query)
            assert len(found) == len(set(found)), query
            assert set(found) == wanted, query
            walked += 1
        else:
            page, _ = search.search(query, PAGE, None)
            assert {item.institution_code for item in page} <= wanted, query
    print(f"search: {len(queries)} queries, {walked} of them to the last page, all as the scan")  # noqa: T201
    assert walked > len(queries) // 2


def _import(endpoint: str, file: Path, messages: Path) -> None:
    """Import the file; what the import waits for is the emulator, which has one core as a table has its units."""
    emulator = child("local.rehearsal.ministack")
    began, ours, theirs = time.monotonic(), _cpu_s(), work_of(emulator)
    running = Import(endpoint, file, messages)
    assert running.reaches(1)
    writing, first = time.monotonic(), work_of(emulator)
    assert running.reaches(int(SIZE * WRITTEN))
    writing_s, last = time.monotonic() - writing, work_of(emulator)
    assert running.wait() == 0, running.messages()
    took, ours, theirs = time.monotonic() - began, _cpu_s() - ours, work_of(emulator) - theirs
    at_work = (last - first).cpu_s + (last - first).ready_s
    told = {
        "import": f"{SIZE} in {took:.0f} s, {SIZE / took:.0f} a second, {SIZE * WRITTEN / writing_s:.0f} while writing",
        "CPU for each": f"ours {1000 * ours / SIZE:.2f} ms, the emulator's {1000 * theirs.cpu_s / SIZE:.2f} ms",
        "the emulator while writing": f"on a core or in wait of one {at_work / writing_s:.0%} of the time, "
        f"on it {(last - first).cpu_s / writing_s:.0%}",
        "memory": f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB in our largest process",
    }
    print("", *(f"{what}: {figures}" for what, figures in told.items()), sep="\n")  # noqa: T201 - what is asked for
    assert at_work > AT_WORK * writing_s
    assert ours < MAX_CPU_RATIO * theirs.cpu_s


def _cpu_s() -> float:
    """What processes of ours that have ended took; MiniStack has not."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
