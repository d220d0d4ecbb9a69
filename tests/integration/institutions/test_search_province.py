"""Search over the whole generated province of 36,000 institutions, against a plain scan of all names.

The table is a fake in memory (`suffix_table`); `make province` does the same on an emulator, with the province really
imported.
"""

import random
from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.institutions import search
from functions.institutions.domain.names import normalize
from functions.shared.errors import Invalid
from functions.shared.table.base import connection
from local.aws.provision import provision
from operations.rows import Row
from operations.sample_province import WHOLE_PROVINCE, generate_province
from tests.conftest import TEMPLATE
from tests.integration.institutions.province_queries import PAGE, Scan, all_pages, typed
from tests.integration.institutions.suffix_table import SuffixTable

QUERIES = 250
SEED = 20_261_124
WALKED = 2_000  # where the leading word is in more names, all pages of all such queries would take minutes
COMMON = ("村卫生室", "健康委员", "街道 社区卫生服务")  # walked to the end all the same


@pytest.fixture(scope="module")
def province() -> Iterator[tuple[list[Row], SuffixTable]]:
    """All institutions, and the table that holds what makes them findable."""
    rows = generate_province()
    assert len(rows) == WHOLE_PROVINCE
    with mock_aws():  # the key that cursors are signed with
        provision(TEMPLATE, None, retry_s=1)
        table = SuffixTable(rows)
        connection().connection._client = table
        yield rows, table
    connection().connection._client = None


def test_search_equals_a_scan_of_the_whole_province(province: tuple[list[Row], SuffixTable]) -> None:
    """For hundreds of random queries: all pages together are what the scan finds, nothing twice, nothing missing.

    Of those that begin with what thousands of names hold, the first pages are; some of them are walked to the end.
    """
    rows, _ = province
    scan, chance = Scan(rows), random.Random(SEED)
    walked = short = 0
    for query in [*(typed(chance, rows) for _ in range(QUERIES)), *COMMON]:
        words = scan.words(query)
        if not words:
            with pytest.raises(Invalid):
                search.search(query, PAGE, None)
            continue
        wanted = scan.codes(query)
        if query in COMMON or len(scan.codes(max(words, key=len))) <= WALKED:
            found = all_pages(query)
            assert len(found) == len(set(found)), query
            assert set(found) == wanted, query
            walked += 1
        else:
            page, cursor = search.search(query, PAGE, None)
            first = {item.institution_code for item in page}
            assert len(first) == len(page) == min(PAGE, len(wanted)) or cursor is not None, query
            assert first <= wanted, query
            if cursor is not None:
                next_key = {item.institution_code for item in search.search(query, PAGE, cursor)[0]}
                assert next_key <= wanted - first, query
            short += 1
    assert walked >= 150
    assert short >= 20


def parts(rows: list[Row], length: int) -> list[str]:
    """All texts of this many characters that some name holds."""
    names = {normalize(row.name) for row in rows}
    return sorted({name[start : start + length] for name in names for start in range(len(name) - length + 1)})


@pytest.mark.parametrize("length", [2, 3, 4, 6])
def test_one_query_of_half_a_unit_and_one_read(province: tuple[list[Row], SuffixTable], length: int) -> None:
    """A page of 20: for each pair of characters that there is, and for a thousand longer texts, rare and common."""
    rows, table = province
    queries = parts(rows, length)
    if length > 2:
        queries = random.Random(SEED).sample(queries, 1_000)
    wrong = []
    for query in queries:
        before = (table.queries, table.units, table.reads)
        search.search(query, 20, None)
        cost = (table.queries - before[0], table.units - before[1], table.reads - before[2])
        if cost > (1, 0.5, 1):
            wrong.append((query, cost))
    assert wrong == []
    assert len(queries) >= 1_000


@pytest.mark.parametrize(
    ("query", "most_queries", "most_units"),
    [
        ("卫生室 安昌", 2, 1.0),
        ("村卫生室 嘉州区", 3, 2.0),
        ("村卫生室 没有", 2, 1.0),
        ("没有 村卫生室", 2, 1.0),
        ("街道 社区 卫生 服务", 8, 30.0),
        ("医院 卫生院", 12, 30.0),
    ],
)
def test_what_several_words_cost(
    province: tuple[list[Row], SuffixTable], query: str, most_queries: int, most_units: float
) -> None:
    """The rarest word leads, and words that are all common end in a short page with a cursor, not in a long search."""
    _, table = province
    queries, units = table.queries, table.units
    search.search(query, 20, None)
    assert table.queries - queries <= most_queries
    assert table.units - units <= most_units


def test_a_name_that_is_full_of_one_word(province: tuple[list[Row], SuffixTable]) -> None:
    """A city that is called as its province: half of the suffixes of its name count for nothing, and pages fill."""
    rows, _ = province
    twice = [
        Row(f"J{number:04d}", f"吉林省吉林市第{number}医院", rows[0].institution_code, "医院", "220200", f"{number}")
        for number in range(300)
    ]
    before = connection().connection._client
    table = SuffixTable([*rows[:1], *twice])
    connection().connection._client = table
    try:
        page, cursor = search.search("吉林", 20, None)
        assert (len(page), table.queries) == (20, 4)
        assert table.units <= 8
        assert cursor is not None
        assert len(set(all_pages("吉林"))) == 300
        assert len(set(all_pages("吉林市"))) == 300
    finally:
        connection().connection._client = before
