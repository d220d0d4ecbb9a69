"""The table's stream, as Lambda hands it to the evidence function: moto keeps none in these tests."""

from collections.abc import Iterable
from typing import Any

import boto3

from functions.evidence.events import keep_evidence
from functions.shared.table.base import Item
from functions.shared.table.keys import Key


def audit_keys() -> list[Key]:
    """The keys of all audit events in the table."""
    client = boto3.client("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=Item.Meta.table_name)
    keys = [Key(item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"]]
    client.close()
    return sorted(key for key in keys if key.sk.startswith("AUDIT#"))


def batch(keys: Iterable[Key], what: str = "INSERT") -> dict[str, Any]:
    """A batch of the stream."""
    stored = [{"pk": {"S": key.pk}, "sk": {"S": key.sk}} for key in keys]
    return {"Records": [{"eventName": what, "dynamodb": {"Keys": one}} for one in stored]}


def record_everything() -> int:
    """Let the stream bring every event that is there; how many were recorded."""
    recorded: int = keep_evidence(batch(audit_keys()))["recorded"]
    return recorded


def kept() -> list[str]:
    """The names of all objects in the evidence bucket."""
    from functions.evidence.gateways import names

    return list(names(""))
