"""Search by any part of a name: what a page costs on a province and on ten.

It builds the items that search reads, as the product does, and weighs the pages that a Query would read: DynamoDB
counts the bytes of names and values, and no emulator counts them as AWS does. ADR 64 has what other indexes take.
"""

import heapq
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bench.counted import counted
from bench.environment import environment
from bench.figures import Figure

os.environ.update(environment())  # read by the product's modules at import

from functions.institutions import store
from functions.institutions.domain.names import normalize
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.institutions import Institution
from operations.rows import Row
from operations.sample_province import generate_province

QUERIES = ("卫生", "医院", "口腔", "卫生室", "中医院", "村卫生室", "妇幼保健", "社区卫生服务", "疾病预防控制")
RESULTS = 20
PAGE = 26  # what the first Query reads for them: one to know whether there is another page, five beside
PROVINCE = 36_000
HALF_UNIT = 4_096  # bytes of an eventually consistent read


def weight(item: Item) -> int:
    """The bytes DynamoDB counts for an item whose attributes are all text."""
    stored = item.to_dynamodb_dict()
    return sum(len(name.encode()) + len(value["S"].encode()) for name, value in stored.items())


class Cost(NamedTuple):
    """How many suffixes match, and the bytes of a page: on the average, and of the heaviest looked at."""

    matches: int
    mean: float
    heaviest: int


def page_costs(rows: Iterable[Row]) -> dict[str, Cost]:
    """For each query, up to 50 pages spread over all that match."""
    matching: dict[str, list[tuple[str, Row]]] = {query: [] for query in QUERIES}
    for row in rows:
        for query, found in matching.items():
            start = row.name.find(query)
            while start >= 0:
                found.append((f"{row.name[start:]}#{row.institution_code}", row))
                start = row.name.find(query, start + 1)
    costs = {}
    for query, found in matching.items():
        found.sort(key=lambda one: one[0].encode())
        starts = range(0, len(found), max(PAGE, len(found) // 50))
        pages = [sum(_weight_of(row, key) for key, row in found[start : start + PAGE]) for start in starts]
        full = [page for start, page in zip(starts, pages, strict=True) if start + PAGE <= len(found)] or pages
        costs[query] = Cost(len(found), sum(full) / len(full), max(pages))
    return costs


def _weight_of(row: Row, sort_key: str) -> int:
    institution = Institution.new(
        keys.institution(row.institution_code),
        institution_code=row.institution_code,
        name=row.name,
        supervisor_code=row.supervisor_code,
        category=row.category,
        created_at=clock.now(),
    )
    (item,) = [item for item in store.suffix_items(institution) if item.sk == sort_key]
    return weight(item)


def second_queries(names: Sequence[str]) -> tuple[int, int]:
    """How many pairs of characters need a second Query for their first page, and how many pairs there are.

    A pair that a name holds twice has suffixes that do not count, and such names may come one after another.
    """
    twice: set[str] = set()
    every: set[str] = set()
    for name in names:
        pairs = [name[start : start + 2] for start in range(len(name) - 1)]
        every.update(pairs)
        if len(set(pairs)) < len(pairs):
            twice.update(pair for pair in pairs if pairs.count(pair) > 1)
    filed: dict[str, list[tuple[bytes, bool]]] = {pair: [] for pair in twice}
    for name in names:
        for start in range(len(name) - 1):
            if (pair := name[start : start + 2]) in twice:
                filed[pair].append((name[start:].encode(), name.find(pair) == start))
    short = 0
    for suffixes in filed.values():
        first = heapq.nsmallest(PAGE, suffixes)
        short += len(suffixes) > PAGE and sum(counts for _, counts in first) <= RESULTS
    return short, len(every)


def measure() -> Iterator[Figure]:
    """Calls and bytes of a page."""
    one = page_costs(generate_province(PROVINCE))
    ten_provinces = list(itertools.chain.from_iterable(generate_province(PROVINCE, seed) for seed in range(1, 11)))
    ten = page_costs(ten_provinces)
    full = [query for query in QUERIES if one[query].matches >= PAGE]
    growth = max(ten[query].mean / one[query].mean for query in full)
    heaviest = max(max(one[query].heaviest, ten[query].heaviest) for query in QUERIES)
    note = f"{heaviest} bytes, the heaviest page of {len(QUERIES)} words in a province and in ten"
    yield Figure("search: read capacity of the Query", read_units(heaviest), note)
    yield Figure("search: bytes of a page in ten provinces / in one", growth, f"the word of {len(full)} where most")
    short, pairs = second_queries([normalize(row.name) for row in ten_provinces])
    named = "search: pairs of characters in ten provinces that need a second Query"
    yield Figure(named, short / pairs, f"{short} of {pairs}")
    calls = counted().rows["GET /institutions"].calls
    for operation in ("Query", "BatchGetItem"):
        yield Figure(f"search: calls of {operation}", calls.get(f"dynamodb.{operation}", 0), "on MiniStack, 20 results")
    yield Figure(
        "search: other calls", sum(calls.values()) - calls["dynamodb.Query"] - calls.get("dynamodb.BatchGetItem", 0)
    )


def read_units(weight_of_page: int) -> float:
    """Units of an eventually consistent read: half a one for each 4 KB started."""
    return 0.5 * -(-weight_of_page // HALF_UNIT)
