"""The whole province, imported by the operator's command, and searched: `make province`, which prints its figures."""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path

import pytest

from functions.institutions import search
from operations.exporting import export_rows
from operations.province import WHOLE_PROVINCE, generate_province
from operations.sheets import write_sheet
from tests.integration.institutions.province_queries import PAGE, Scan, all_pages, typed
from tests.races.imports import Import

pytestmark = pytest.mark.province
SIZE = int(os.environ.get("SIZE", WHOLE_PROVINCE))
QUERIES = 200
WALKED = 1_000  # the emulator sorts a whole partition for each page


def test_the_whole_province(aws_endpoint: str, tmp_path: Path) -> None:
    """It is imported and exported as it was, and search over it equals a plain scan, page by page."""
    rows = generate_province(SIZE)
    file = tmp_path / "province.xlsx"
    write_sheet(file, rows)
    before, began = _cpu_s(), time.monotonic()
    running = Import(aws_endpoint, file, tmp_path / "messages")
    assert running.wait() == 0, running.messages()
    took, cpu = time.monotonic() - began, _cpu_s() - before
    print(f"\nimport: {SIZE} in {took:.0f} s, {SIZE / took:.0f} a second")  # noqa: T201 - what is asked for
    print(f"our CPU: {cpu:.0f} s, {1000 * cpu / SIZE:.1f} ms for each institution")  # noqa: T201
    assert export_rows(lambda _: None) == sorted(rows, key=lambda row: row.institution_code)
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


def _cpu_s() -> float:
    """What processes of ours that have ended took; MiniStack has not."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
