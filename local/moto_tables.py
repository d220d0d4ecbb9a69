"""moto's tables (5.2) with more than a handful of items in them: a directory takes it minutes otherwise.

Before a transaction moto deep-copies the whole table, once for every item of the transaction: a snapshot of the items
is enough to go back to, since attributes are replaced and never changed in place. And a Query looks at every item of
the table, where those of its partition are enough.
"""

import copy
from collections import defaultdict
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

_query = Table.query
_INDEX_NAME = 6  # its place among the arguments after the partition
_transact = DynamoDBBackend.transact_write_items
_kept: dict[str, Table] = {}  # the snapshots of the transaction that is being written


def _transact_write_items(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
    _kept.clear()
    try:
        _transact(backend, items)
    finally:
        _kept.clear()


def _snapshot(table: Table, _: dict[int, Any]) -> Table:
    if table.name not in _kept:
        kept = copy.copy(table)
        kept.items = defaultdict(dict)
        for partition, items in table.items.items():
            kept.items[partition] = {place: _item(item) for place, item in items.items()}
        _kept[table.name] = kept
    return _kept[table.name]


def _item(item: Item, _: dict[int, Any] | None = None) -> Item:
    kept: Any = Item.__new__(Item)
    attributes: Any = type(item.attrs).__new__(type(item.attrs))
    dict.update(attributes, item.attrs)  # by itself it would weigh the whole item again for each attribute
    kept.__dict__ = {**item.__dict__, "attrs": attributes}
    copied: Item = kept
    return copied


def _query_partition(table: Table, hash_key: Any, *others: Any, **named: Any) -> Any:
    looked_at = table
    if others[_INDEX_NAME] is None:
        looked_at = copy.copy(table)
        looked_at.items = defaultdict(dict, {hash_key: table.items.get(hash_key, {})})
    return _query(looked_at, hash_key, *others, **named)


def hold_more_items() -> None:
    """Let moto in this process hold a directory. Transactions must come one after the other."""
    for kind, name, mended in (
        (Table, "__deepcopy__", _snapshot),
        (Item, "__deepcopy__", _item),
        (Table, "query", _query_partition),
        (DynamoDBBackend, "transact_write_items", _transact_write_items),
    ):
        setattr(kind, name, mended)
