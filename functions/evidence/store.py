"""What the table says of a chain: its events, and the version and hash of the thing they are about."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.base import Item, connection
from functions.shared.table.keys import Key
from functions.shared.table.transactions import get_many


class Head(NamedTuple):
    """The version of a thing and the hash of its newest event."""

    version: int
    chain_hash: str


def head(key: Key) -> Head | None:
    """Return that of a thing of any kind, or None where there is none. One consistent read."""
    client: Any = connection().connection.client  # PynamoDB (6.1) types only what it calls itself
    answer = client.get_item(
        TableName=Item.Meta.table_name,
        Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        ProjectionExpression="version, chain_hash",
        ConsistentRead=True,
    )
    found = answer.get("Item", {})
    return Head(int(found["version"]["N"]), found["chain_hash"]["S"]) if "chain_hash" in found else None


def heads(wanted: Sequence[Key]) -> dict[Key, Head]:
    """Those of up to 100 things that are there. One BatchGetItem, one more for what it did not get to."""
    client: Any = connection().connection.client
    table = Item.Meta.table_name
    left: list[Any] = [{"pk": {"S": key.pk}, "sk": {"S": key.sk}} for key in wanted]
    found: dict[Key, Head] = {}
    while left:
        asked = {"Keys": left, "ProjectionExpression": "pk, sk, version, chain_hash", "ConsistentRead": True}
        answer = client.batch_get_item(RequestItems={table: asked})
        for item in answer["Responses"].get(table, []):
            if "chain_hash" in item:
                key = Key(item["pk"]["S"], item["sk"]["S"])
                found[key] = Head(int(item["version"]["N"]), item["chain_hash"]["S"])
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    return found


def events(key: Key) -> list[AuditEvent]:
    """Every event of a thing, oldest first. One Query for each MB."""
    prefix = keys.audit_prefix(key)
    return list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(prefix), consistent_read=True))


def events_at(wanted: Sequence[Key]) -> dict[Key, AuditEvent]:
    """Those of the events at these keys that are there. One BatchGetItem for each hundred."""
    return {key: item for key, item in get_many(*wanted).items() if isinstance(item, AuditEvent)}
