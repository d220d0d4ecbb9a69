"""Search over the whole generated province of 36,000 institutions, against a plain scan of all names.

The table is a fake in memory (`suffix_table`); `make province` does the same on an emulator, with the province really
imported.
"""

import random
from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.institutions import search
from functions.shared.errors import Invalid
from functions.shared.table.base import connection
from local.provision import provision
from operations.province import WHOLE_PROVINCE, generate_province
from operations.rows import Row
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
                following = {item.institution_code for item in search.search(query, PAGE, cursor)[0]}
                assert following <= wanted - first, query
            short += 1
    assert walked >= 150
    assert short >= 20


def test_one_query_and_one_read(province: tuple[list[Row], SuffixTable]) -> None:
    """A page of 20, of 2, 3, 4 or 6 characters, rare or common, is one Query and at most one BatchGetItem."""
    _, table = province
    for query in (
        "卫生",
        "卫生室",
        "村卫生室",
        "疾病预防控制",
        "血液",
        "妇幼保",
        "肿瘤医院",
        "江楚省人民医",
        "没有",
        "急救中心",
    ):
        before = (table.queries, table.reads)
        search.search(query, 20, None)
        assert table.queries - before[0] == 1
        assert table.reads - before[1] <= 1
