"""Reading a list page by page: of one partition, or of the index. One Query each."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from pynamodb.expressions.condition import Condition
from pynamodb.pagination import ResultIterator

from functions.shared.table.base import Item, connection

ItemT = TypeVar("ItemT", bound=Item)


class PagePosition(NamedTuple):
    """A place in a list on the index, after which a page begins."""

    pk: str
    sk: str
    gsi1sk: str


def partition(pk: str, sk: Condition | None = None) -> Iterator[Item]:
    """The items of a partition whatever their kind, by consistent reads, one for each megabyte.

    `Item.query` would send a filter that names every kind there is (PynamoDB 6.1): a seventh of the CPU of the call.
    """
    wanted = {"range_key_condition": sk, "consistent_read": True}
    return ResultIterator(connection().query, [pk], wanted, map_fn=Item.from_raw_data)


def index_page(
    item: type[ItemT], gsi1pk: str, limit: int, after: PagePosition | None, *, newest_first: bool = False
) -> tuple[list[ItemT], PagePosition | None]:
    """A page of what stands under one key of the index, in its order, and where the next page begins.

    The index follows the table within a moment.
    """
    start = None
    if after is not None:
        position = {"pk": after.pk, "sk": after.sk, "gsi1pk": gsi1pk, "gsi1sk": after.gsi1sk}
        start = {name: {"S": value} for name, value in position.items()}
    page = Item.gsi1.query(
        gsi1pk, limit=limit, page_size=limit, last_evaluated_key=start, scan_index_forward=not newest_first
    )
    items = [found for found in page if isinstance(found, item)]
    last: Any = page.last_evaluated_key
    return items, PagePosition(last["pk"]["S"], last["sk"]["S"], last["gsi1sk"]["S"]) if last else None


def filtered_page(
    item: type[ItemT], gsi1pk: str, condition: Condition, limit: int, after: PagePosition | None
) -> tuple[list[ItemT], PagePosition | None]:
    """A page of those under one key of the index that fulfil a condition, in its order. One Query.

    Up to a megabyte is read, so that the page is full where there are fewer than that; of more it may be short.
    """
    start = None
    if after is not None:
        position = {"pk": after.pk, "sk": after.sk, "gsi1pk": gsi1pk, "gsi1sk": after.gsi1sk}
        start = {name: {"S": value} for name, value in position.items()}
    page = connection().query(
        gsi1pk, filter_condition=condition, index_name=Item.gsi1.Meta.index_name, exclusive_start_key=start
    )
    read = (Item.from_raw_data(stored) for stored in page["Items"])
    items = [found for found in read if isinstance(found, item)]
    if len(items) > limit:
        last = items[limit - 1]
        return items[:limit], PagePosition(last.pk, last.sk, str(last.gsi1sk))
    end = page.get("LastEvaluatedKey")
    return items, PagePosition(end["pk"]["S"], end["sk"]["S"], end["gsi1sk"]["S"]) if end else None


def partition_page(  # noqa: PLR0913 - a page has these parts
    item: type[ItemT], pk: str, sk_prefix: str, limit: int, after: str | None, *, newest_first: bool = False
) -> tuple[list[ItemT], str | None]:
    """A page of a partition's items of one kind, by a consistent read, and the sort key after which the next begins."""
    page = item.query(
        pk,
        item.sk.startswith(sk_prefix),
        consistent_read=True,
        scan_index_forward=not newest_first,
        limit=limit,
        page_size=limit,
        last_evaluated_key={"pk": {"S": pk}, "sk": {"S": after}} if after is not None else None,
    )
    items = list(page)
    last: Any = page.last_evaluated_key
    return items, last["sk"]["S"] if last else None
