"""What DynamoDB does with a directory's suffixes, in memory: a whole province would take moto hours.

It stands where PynamoDB calls AWS, so that everything of the product above that runs as it is: conditions, places,
pages, items. It knows the two calls of a search and refuses everything else.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from functions.institutions import store
from functions.shared.table import keys
from functions.shared.table.base import Item
from operations.rows import Row

TABLE = Item.Meta.table_name
THE_SEARCH = {
    "TableName": TABLE,
    "KeyConditionExpression": "(#0 = :0 AND begins_with (#1, :1))",
    "ExpressionAttributeNames": {"#0": "pk", "#1": "sk"},
}
OF_A_PAGE = {"ExpressionAttributeValues", "Limit", "ExclusiveStartKey", "ReturnConsumedCapacity"}


HALF_UNIT = 4_096  # bytes


def weight(stored: dict[str, Any]) -> int:
    """The bytes that DynamoDB counts for an item of strings: the names and values of its attributes in UTF-8."""
    return sum(len(name.encode()) + len(value["S"].encode()) for name, value in stored.items())


def page_units(size: int) -> float:
    """The read capacity of one eventually consistent page of this many bytes."""
    return math.ceil(size / HALF_UNIT) / 2


class SuffixTable:
    """The suffixes of a file's institutions, as the product makes them, and the institutions' names.

    DynamoDB orders sort keys by their bytes in UTF-8, which is the order of Python's strings.
    """

    _request_signer = None  # PynamoDB looks whether its client has credentials

    def __init__(self, rows: Sequence[Row]) -> None:
        self.queries = self.reads = 0
        self.units = 0.0  # of the Queries, eventually consistent
        self._names = {keys.institution(row.institution_code): row for row in rows}
        filed: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        for row in rows:
            for suffix in store.suffix_items(row):  # type: ignore[arg-type]  # a row has what makes one findable
                stored = suffix.get_save_kwargs_from_instance()["Item"]
                filed[suffix.pk].append((suffix.sk, msgspec.msgpack.encode(stored)))
        self._partitions = {partition: sorted(items) for partition, items in filed.items()}

    def _make_api_call(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """What PynamoDB (6.1) calls."""
        return {"Query": self._query, "BatchGetItem": self._batch_get}[operation](asked)

    def _query(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.queries += 1
        assert {name: asked[name] for name in THE_SEARCH} == THE_SEARCH
        assert set(asked) - set(THE_SEARCH) <= OF_A_PAGE
        partition, text = (value["S"] for value in asked["ExpressionAttributeValues"].values())
        items = self._partitions.get(partition, [])
        after = asked.get("ExclusiveStartKey")
        if after is None:
            start = bisect.bisect_left(items, (text,))
        else:
            assert after["pk"]["S"] == partition
            start = bisect.bisect_right(items, after["sk"]["S"], key=lambda item: item[0])
        found: list[dict[str, Any]] = []
        for sort_key, stored in items[start : start + asked["Limit"]]:
            if not sort_key.startswith(text):
                break
            found.append(msgspec.msgpack.decode(stored))
        self.units += page_units(sum(map(weight, found)))
        answer: dict[str, Any] = {"Items": found, "Count": len(found), "ScannedCount": len(found)}
        if len(found) == asked["Limit"]:
            # DynamoDB says so whenever it stops at the limit, also where nothing follows.
            answer["LastEvaluatedKey"] = {"pk": {"S": partition}, "sk": found[-1]["sk"]}
        return answer

    def _batch_get(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.reads += 1
        wanted = asked["RequestItems"][TABLE]["Keys"]
        assert 0 < len(wanted) <= 100
        rows = [self._names[keys.Key(key["pk"]["S"], key["sk"]["S"])] for key in wanted]
        found = [
            {
                "pk": key["pk"],
                "sk": key["sk"],
                "kind": {"S": "institution"},
                "institution_code": {"S": row.institution_code},
                "name": {"S": row.name},
            }
            for key, row in zip(wanted, rows, strict=True)
        ]
        return {"Responses": {TABLE: found}, "UnprocessedKeys": {}}
