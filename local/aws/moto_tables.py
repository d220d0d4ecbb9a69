"""moto's tables (5.2) with more than a handful of items in them: a directory takes it minutes and gigabytes otherwise.

Before a transaction moto deep-copies the whole table, once for every item of the transaction: the items that it writes
are enough to go back to, since attributes are replaced and never changed in place. And a Query looks at every item of
the table, where those of its partition, or of the index's, are enough. All tables here have a sort key. An answer's
values are written out by all ten types that each could have; the one that it has is enough, in a fifth of the time.
"""

import base64
import copy
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

_query = Table.query
_INDEX_NAME = 6  # its place among the arguments after the partition
_put = Table.put_item
_update = DynamoDBBackend.update_item
_transact = DynamoDBBackend.transact_write_items
_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - there is no other way in

Place = tuple[DynamoType, DynamoType | None]


def _transact_write_items(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
    before = [was for operation in items for was in _before(backend, operation)]
    try:
        _transact(backend, items)
    except Exception:
        for table, (hash_key, range_key), item in before:
            if item is None:
                table.items[hash_key].pop(range_key, None)
            else:
                table.items[hash_key][range_key] = item
        raise


def _before(backend: DynamoDBBackend, operation: dict[str, Any]) -> Iterator[tuple[Table, Place, Item | None]]:
    """What an operation may write, as it is now; one without its table or key will be refused by moto."""
    for told in operation.values():
        table, key = backend.tables.get(told.get("TableName")), told.get("Key") or told.get("Item") or {}
        if table and key.keys() >= set(table.table_key_attrs):
            hash_key, range_key = (DynamoType(key[name]) for name in table.table_key_attrs)
            item = table.items.get(hash_key, {}).get(range_key)
            yield table, (hash_key, range_key), item and _item(item)


def _item(item: Item, _: dict[int, Any] | None = None) -> Item:
    kept: Any = Item.__new__(Item)
    attributes = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(attributes, item.attrs)  # setting them one by one would weigh the whole item each time
    kept.__dict__ = {**item.__dict__, "attrs": attributes}
    copied: Item = kept
    return copied


def _put_item(table: Table, *arguments: Any, **named: Any) -> Item:
    return _indexed(table, _put(table, *arguments, **named))


def _update_item(backend: DynamoDBBackend, table_name: str, *arguments: Any, **named: Any) -> Item:
    return _indexed(backend.get_table(table_name), _update(backend, table_name, *arguments, **named))


def _indexed(table: Table, item: Item) -> Item:
    for index in table.global_indexes:
        value = item.attrs.get(index.schema[0]["AttributeName"])
        if value is not None:
            _partitions(table)[index.name, value].add((item.hash_key, item.range_key))
    return item


def _partitions(table: Table) -> dict[tuple[str, DynamoType], set[Place]]:
    """Every place that ever held an item of an index's partition: those that it has left go when it is looked at."""
    found: dict[tuple[str, DynamoType], set[Place]] = vars(table).setdefault("partitions", defaultdict(set))
    return found


def _query_partition(table: Table, hash_key: Any, *others: Any, **named: Any) -> Any:
    looked_at = copy.copy(table)
    looked_at.items = defaultdict(dict, {hash_key: table.items.get(hash_key, {})})
    for index in table.global_indexes:
        if index.name == others[_INDEX_NAME]:
            looked_at.items = _of_index(table, index.name, index.schema[0]["AttributeName"], hash_key)
    return _query(looked_at, hash_key, *others, **named)


def _of_index(table: Table, name: str, attribute: str, value: DynamoType) -> Any:
    found: Any = defaultdict(dict)
    places = _partitions(table)[name, value]
    for place in list(places):
        hash_key, range_key = place
        item = table.items.get(hash_key, {}).get(range_key)
        now = item and item.attrs.get(attribute)
        if now is not None and now == value:  # DynamoType cannot be compared with None
            found[hash_key][range_key] = item
        else:
            places.discard(place)
    return found


def _serialize_structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name == "AttributeValue" and key and isinstance(value, dict) and len(value) == 1:
        serialized[key] = _on_the_wire(value)
    else:
        _structure(serializer, serialized, value, shape, key)


def _on_the_wire(value: dict[str, Any]) -> dict[str, Any]:
    """A value as JSON has it."""
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {kind: _text(content)}
        case "BS":
            return {kind: [_text(one) for one in content]}
        case "L":
            return {kind: [_on_the_wire(one) for one in content]}
        case "M":
            return {kind: {name: _on_the_wire(one) for name, one in content.items()}}
    return value


def _text(content: bytes | str) -> str:
    return base64.b64encode(content if isinstance(content, bytes) else content.encode()).decode()


def answer_faster() -> None:
    """Let moto in this process write DynamoDB's values out without trying all types."""
    setattr(BaseJSONSerializer, "_serialize_type_structure", _serialize_structure)  # noqa: B010 - mypy refuses it otherwise


def patch_moto_tables() -> None:
    """Let moto in this process hold a directory. Transactions must come one after the other."""
    answer_faster()
    for kind, name, mended in (
        (Table, "__deepcopy__", lambda table, _: table),  # moto's way back, which ours replaces
        (Item, "__deepcopy__", _item),
        (Table, "query", _query_partition),
        (Table, "put_item", _put_item),
        (DynamoDBBackend, "update_item", _update_item),
        (DynamoDBBackend, "transact_write_items", _transact_write_items),
    ):
        setattr(kind, name, mended)
