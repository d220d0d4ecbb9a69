"""What a search costs on a whole province and on ten: `python -m bench.search_cost`.

Builds the items that search reads, as the product does, and weighs the pages that a Query would read: DynamoDB counts
the bytes of names and values. No emulator is asked, since none counts capacity as AWS does. Fails when a page costs
more than half a read unit, or when ten times more institutions make it more than a tenth heavier.
"""

import itertools
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from local.template import Template

os.environ.update(Template().environment())
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from functions.institutions import store
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.institutions import Institution
from operations.province import generate_province
from operations.rows import Row

QUERIES = ("卫生", "医院", "口腔", "卫生室", "中医院", "村卫生室", "妇幼保健", "社区卫生服务", "疾病预防控制")
PAGE = 21  # 20 results, and one to know whether there is another page
MOST_GROWTH = 1.1
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


def main() -> int:
    """Print the table; the exit code."""
    one = page_costs(generate_province(36_000))
    ten = page_costs(itertools.chain.from_iterable(generate_province(36_000, seed) for seed in range(1, 11)))
    held = True
    print("query, matches in one province and in ten, mean bytes of a page, their ratio, heaviest page, read units")
    for query in QUERIES:
        ratio = ten[query].mean / one[query].mean
        full = one[query].matches >= PAGE
        heaviest = max(one[query].heaviest, ten[query].heaviest)
        holds = heaviest <= HALF_UNIT and (ratio <= MOST_GROWTH or not full)
        held = held and holds
        matches = f"{one[query].matches:>7}{ten[query].matches:>8}"
        sizes = f"{one[query].mean:>7.0f}{ten[query].mean:>7.0f}{ratio:>6.2f}{heaviest:>6}"
        note = "" if full else "  fewer than a page in one province"
        print(f"{query:\u3000<8}{matches}{sizes}{'  0.5' if heaviest <= HALF_UNIT else '  MORE'}{note}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
