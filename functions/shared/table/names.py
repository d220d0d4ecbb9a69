"""The names of institutions and businesses by their keys, for areas that show them and know nothing else of them."""

from collections.abc import Iterable
from typing import Any

from functions.shared.table.base import Item, connection
from functions.shared.table.keys import Key

_BATCH_GET_LIMIT = 100


def names_of(wanted: Iterable[Key]) -> dict[Key, str]:
    """Return the `name` of each of these items that exists. One BatchGetItem for each hundred."""
    keys = list(dict.fromkeys(wanted))
    found: dict[Key, str] = {}
    for start in range(0, len(keys), _BATCH_GET_LIMIT):
        left: list[Any] = [{"pk": key.pk, "sk": key.sk} for key in keys[start : start + _BATCH_GET_LIMIT]]
        while left:
            page = connection().batch_get_item(left, attributes_to_get=["pk", "sk", "name"])
            table = Item.Meta.table_name
            for item in page.get("Responses", {}).get(table, ()):
                if "name" in item:
                    found[Key(item["pk"]["S"], item["sk"]["S"])] = item["name"]["S"]
            left = [
                {name: value["S"] for name, value in key.items()}
                for key in page.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
            ]
    return found
