"""Search over a whole small province, against a plain scan; and what one page of it weighs."""

import random
import urllib.parse
from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.institutions import search, store
from functions.institutions.domain.hierarchy import NO_CHILDREN
from functions.institutions.domain.names import normalize
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import Item, connection
from functions.shared.table.institutions import Institution, NameSuffix
from local.aws.provision import provision
from operations.rows import Row
from operations.sample_province import generate_province
from tests.conftest import TEMPLATE
from tests.integration.client import Http
from tests.integration.institutions.suffix_table import page_units, weight

SEED = random.Random(3)


def institution_of(row: Row) -> Institution:
    """The directory's item for a row of a file."""
    return Institution.new(
        keys.institution(row.institution_code),
        institution_code=row.institution_code,
        name=row.name,
        supervisor_code=row.supervisor_code,
        category=row.category,
        region_code=row.region_code,
        credit_code=row.unified_social_credit_code,
        children=list(NO_CHILDREN),
        confirmation_nonce="0" * 32,
        confirmation_code_rotated_at=clock.now(),
        created_at=clock.now(),
    )


@pytest.fixture(scope="module")
def province() -> Iterator[list[Row]]:
    """400 institutions, searchable; written as an import would leave them, and never changed."""
    rows = generate_province(400, seed=7)
    odd = ["甲医院甲医院分院", "Ａ+Ｂ 口腔（Dental）", "人民人民医院", "医医医医院", "东院院"]
    rows += [
        Row(f"ODD{number}", name, rows[0].institution_code, "口腔", "690000", f"{number}")
        for number, name in enumerate(odd)
    ]
    with mock_aws():
        connection().connection._client = None
        provision(TEMPLATE, None, retry_s=1)
        with Item.batch_write() as batch:
            for institution in map(institution_of, rows):
                batch.save(institution)
                for suffix in store.suffix_items(institution):
                    batch.save(suffix)
        yield rows
    connection().connection._client = None


def scan(rows: list[Row], query: str) -> set[str]:
    """The codes of the institutions whose normalized name holds every word."""
    wanted = [normalize(word) for word in query.split()]
    return {row.institution_code for row in rows if all(word in normalize(row.name) for word in wanted)}


def all_pages(query: str, limit: int) -> list[str]:
    """The codes on all pages of a search, one after the other."""
    found: list[str] = []
    cursor = None
    while True:
        page, cursor = search.search(query, limit, cursor)
        found += [item.institution_code for item in page]
        assert len(page) == limit or cursor is None
        if cursor is None:
            return found


def some_query(rows: list[Row]) -> str:
    """One or two parts of names, now and then of different names, with spaces and widths as people type."""
    name = normalize(SEED.choice(rows).name)
    other = normalize(SEED.choice(rows).name) if SEED.random() < 0.3 else name
    parts = []
    for whole in (name, other)[: SEED.choice((1, 1, 1, 2))]:
        start = SEED.randrange(len(whole) - 1)
        parts.append(whole[start : start + SEED.choice((2, 2, 3, 4, 6, 9))])
    query = " ".join(part for part in parts if len(part) > 1) or name[:2]
    return query.upper() if SEED.random() < 0.2 else query


def test_search_equals_a_scan(province: list[Row]) -> None:
    """For hundreds of queries every match is reached by paging, none twice, and nothing else."""
    queries = [some_query(province) for _ in range(250)]
    queries += ["医院", "卫生", "甲医院", "人民", "医医", "院院", "Ａ+ｂ口", "dental", "县 卫生", "没有这样的名字"]
    for query in queries:
        found = all_pages(query, 100)
        assert len(found) == len(set(found)), query
        assert set(found) == scan(province, query), query


def test_small_pages_fill_and_never_repeat(province: list[Row]) -> None:
    """Pages of one and three hold as many as they should, also where a name holds the word twice."""
    for query in ("甲医", "医医", "人民", "市 医院", "社区 东"):
        for limit in (1, 3):
            found = all_pages(query, limit)
            assert sorted(found) == sorted(scan(province, query))


def test_supervisors_and_names_are_shown(province: list[Row]) -> None:
    """Every result carries the name as it is written, its category and its supervisor's name."""
    by_code = {row.institution_code: row for row in province}
    page, _ = search.search("口腔", 100, None)
    assert {item.name for item in page} >= {"Ａ+Ｂ 口腔（Dental）"}
    for item in page:
        row = by_code[item.institution_code]
        assert (item.name, item.category) == (row.name, row.category)
        assert item.supervisor is not None
        assert item.supervisor.name == by_code[row.supervisor_code or ""].name


def test_a_page_is_half_a_read_unit(province: list[Row]) -> None:
    """A page of 20 results, rare or common and of any length, reads at most 4 KB by its one Query of 26 suffixes."""
    for query in [part for _ in range(60) for part in [some_query(province)] if " " not in part]:
        text = normalize(query)
        read = NameSuffix.query(keys.name_suffix_partition(text), NameSuffix.sk.startswith(text), limit=26)
        assert page_units(sum(weight(item.to_dynamodb_dict()) for item in read)) <= 0.5


def test_words_that_seldom_meet(province: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where very much has to be read for a page, the page is short and its cursor continues."""
    monkeypatch.setattr(search, "_MAX_READ", 40)
    monkeypatch.setattr(search, "_MAX_PAGE", 20)
    query = "卫生室 东"
    found, cursor = search.search(query, 5, None)
    pages = 1
    while cursor is not None:
        page, cursor = search.search(query, 5, cursor)
        found += page
        pages += 1
    assert {item.institution_code for item in found} == scan(province, query)
    assert pages > len(found) / 5


def test_nothing_found_is_told_on_the_last_page(province: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """After short pages without a match the last one says how to register; after pages with matches it does not."""
    from app import app

    monkeypatch.setattr(search, "_MAX_READ", 40)
    monkeypatch.setattr(search, "_MAX_PAGE", 20)
    http = Http(app)
    for query, told in (("卫生室 没", True), ("卫生室 东", False)):
        path = f"/institutions?query={urllib.parse.quote(query)}&limit=5"
        pages = [http.get(path).body]
        while cursor := pages[-1]["next_cursor"]:
            pages.append(http.get(f"{path}&cursor={cursor}").body)
        assert len(pages) > 1
        assert any(page["items"] for page in pages) != told
        assert ["registration" in page for page in pages] == [False] * (len(pages) - 1) + [told]


def test_a_name_written_with_spaces_is_found_so(province: list[Row]) -> None:
    """Single characters with spaces between them are looked for together, as the name that they are of is kept."""
    for query in ("甲 医 院", "医 院 甲", "A B 口 腔"):
        assert set(all_pages(query, 100)) == scan(province, query.replace(" ", ""))
    assert scan(province, "甲医院")


def test_no_key_is_too_long(province: list[Row]) -> None:
    """What is longer than any name, also by its compatibility forms, is in none; DynamoDB is not asked for it."""
    from app import app

    for text in ("医" * 46, "\ufdfa" * 40):
        query = urllib.parse.quote(text)
        found = Http(app).get(f"/institutions?query={query}").body
        assert (found["items"], "registration" in found) == ([], True)
        status = Http(app).get(f"/institutions/registration-status?supervisor_code=ODD1&name={query}").body
        assert status == {"status": "none", "submitted_on": None, "decided_on": None}


def test_searches_that_are_refused(province: list[Row]) -> None:
    """Too short a query, a forged cursor and one of another search are refused over HTTP."""
    from app import app

    http = Http(app)
    for query in ("", "%E9%99%A2", "%20", "%EF%BC%88%EF%BC%89", "a%20%EF%BC%89"):
        answer = http.get(f"/institutions?query={query}")
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, "query")
    assert http.get("/institutions").status == 422
    assert http.get("/institutions?query=%E5%8C%BB%E9%99%A2&limit=0").status == 422
    page = http.get("/institutions?query=%E5%8C%BB%E9%99%A2&limit=2").body
    assert "registration" not in page
    cursor = page["next_cursor"]
    assert http.get(f"/institutions?query=%E5%8C%BB%E9%99%A2&limit=2&cursor={cursor}").status == 200
    assert http.get(f"/institutions?query=%E5%8D%AB%E7%94%9F&cursor={cursor}").code == "CURSOR_INVALID"
    assert http.get("/institutions?query=%E5%8D%AB%E7%94%9F&cursor=x").code == "CURSOR_INVALID"
    nothing = http.get("/institutions?query=zzzz", **{"Accept-Language": "en"}).body
    assert nothing["items"] == []
    assert nothing["registration"]["agreement"].startswith("Agreement")
