"""The table's stream: the one seam for "after this happened". It carries keys only: no personal data leaves the table.

A function behind it is handed each change at least once, in the order of each item, and reads what it needs to know.
Nothing that a request promises depends on it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from functions.shared.table.keys import Key


class Change(NamedTuple):
    """Record that an item was written (`INSERT`), changed (`MODIFY`) or removed (`REMOVE`)."""

    key: Key
    what: str


def changes(event: Mapping[str, Any]) -> list[Change]:
    """The changes of a batch that Lambda hands to a function."""
    return [_change(record) for record in event["Records"]]


def _change(record: Mapping[str, Any]) -> Change:
    key = record["dynamodb"]["Keys"]
    return Change(Key(key["pk"]["S"], key["sk"]["S"]), record["eventName"])
