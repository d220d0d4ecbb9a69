"""Hears every call to AWS that this thread makes, and what it would be billed.

Calls are heard through botocore's events on the product's own clients. A read is weighed by what came back; a write by
the item before and after it, which a client of the recorder's own looks up. A read that leaves attributes or items out
is billed for all that it looked at, so it is made once more, whole.
"""

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.session import get_session

from functions.shared import clients
from functions.shared.table.base import Item as TableItem
from functions.shared.table.base import connection
from tests.call_costs.sizes import Item, Sizes, index_units, read_units, write_units

INDEX = ("gsi1pk", "gsi1sk")
# A ciphertext of a symmetric KMS key is so much longer than what it holds; of 32 bytes it makes 184.
SEALED_BYTES = 152
Key = tuple[str, str]
_BATCH = 100
# What a query looks at; a filter, a projection or a count leaves something of it out afterwards.
_PAGE = (
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "ConsistentRead",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
)


@dataclass
class Cost:
    """What something takes: the calls by service and operation, and DynamoDB's units."""

    calls: Counter[str] = field(default_factory=Counter)  # `dynamodb.GetItem`, in the order of the first ones
    read_units: float = 0
    write_units: float = 0


class Recorder:
    """Hears until it is closed; `count` says what something took."""

    def __init__(self) -> None:
        self._cost: Cost | None = None  # while nothing is counted
        self._thread = threading.get_ident()
        self._sealed: dict[bytes, int] = {}
        self._sizes = Sizes(self._sealed)
        self._dynamodb = get_session().create_client("dynamodb")
        made = (clients.kms, clients.s3, clients.sns, clients.sqs, clients.ssm, clients.rekognition)
        self._events = [connection().connection.client.meta.events, *(make().meta.events for make in made)]

    @classmethod
    @contextmanager
    def hearing(cls) -> Iterator["Recorder"]:
        """A recorder that hears the product's clients meanwhile."""
        recorder = cls()
        for events in recorder._events:
            events.register_first("before-call", recorder._before)
            events.register_first("after-call", recorder._after)
        try:
            yield recorder
        finally:
            for events in recorder._events:
                events.unregister("before-call", recorder._before)
                events.unregister("after-call", recorder._after)
            recorder._dynamodb.close()

    def count(self, do: Callable[[], Any]) -> tuple[Cost, Any]:
        """What it takes, and what it gives."""
        cost = self._cost = Cost()
        try:
            return cost, do()
        finally:
            self._cost = None

    def _before(self, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if model.name == "Encrypt":
            context["plain"] = len(base64.b64decode(json.loads(params["body"])["Plaintext"]))
        if self._cost is None or threading.get_ident() != self._thread:
            return
        service = model.service_model.service_name
        self._cost.calls[f"{service}.{model.name}"] += 1
        if service == "dynamodb":
            asked = json.loads(params["body"])
            context["asked"] = asked
            context["written"] = _written(model.name, asked)
            context["before"] = self._images(context["written"])

    def _after(self, model: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if "plain" in context and "CiphertextBlob" in parsed:
            self._sealed[parsed["CiphertextBlob"]] = context["plain"] + SEALED_BYTES
        if self._cost is None or "asked" not in context:
            return
        if context["written"]:
            self._add_writes(context, transactional=model.name == "TransactWriteItems")
        else:
            self._cost.read_units += self._read(model.name, context["asked"], parsed)

    def _add_writes(self, context: Mapping[str, Any], *, transactional: bool) -> None:
        before, after = context["before"], self._images(context["written"])
        for key in context["written"]:
            old, new = before.get(key), after.get(key)
            heavier = max(self._sizes.item(old or {}), self._sizes.item(new or {}))
            self._cost.write_units += write_units(heavier, transactional=transactional)
            self._cost.write_units += index_units(self._sizes, old, new, INDEX)

    def _read(self, operation: str, asked: Mapping[str, Any], parsed: Mapping[str, Any]) -> float:
        if operation == "GetItem":
            size = self._sizes.item(parsed.get("Item", {}))
            return read_units(size, consistent=asked.get("ConsistentRead", False))
        if operation == "BatchGetItem":
            return self._read_batch(asked)
        if operation == "Query":
            items = self._dynamodb.query(**_whole(asked))["Items"]
            return read_units(sum(map(self._sizes.item, items)), consistent=asked.get("ConsistentRead", False))
        raise NotImplementedError(operation)

    def _read_batch(self, asked: Mapping[str, Any]) -> float:
        """Each item by itself, those that are not there too."""
        ((_, wanted),) = asked["RequestItems"].items()
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"]]
        found = self._images(keys)
        consistent = wanted.get("ConsistentRead", False)
        return sum(read_units(self._sizes.item(found.get(key, {})), consistent=consistent) for key in keys)

    def _images(self, keys: list[Key]) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        table = TableItem.Meta.table_name
        for start in range(0, len(keys), _BATCH):
            wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys[start : start + _BATCH]]
            asked = {table: {"Keys": wanted, "ConsistentRead": True}}
            while asked:
                answer = self._dynamodb.batch_get_item(RequestItems=asked)
                for item in answer["Responses"][table]:
                    found[item["pk"]["S"], item["sk"]["S"]] = item
                asked = answer.get("UnprocessedKeys") or {}
        return found


def _whole(query: Mapping[str, Any]) -> dict[str, Any]:
    """The query without what leaves out attributes or items that it looked at."""
    whole = {name: query[name] for name in _PAGE if name in query}
    used = set(re.findall(r"[#:]\w+", query["KeyConditionExpression"]))
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        whole[name] = {place: value for place, value in query.get(name, {}).items() if place in used}
    return whole


def _written(operation: str, asked: Mapping[str, Any]) -> list[Key]:
    """The keys of the items that a call writes or checks; none of a read."""
    match operation:
        case "PutItem":
            keys = [asked["Item"]]
        case "UpdateItem" | "DeleteItem":
            keys = [asked["Key"]]
        case "TransactWriteItems":
            parts = [part for made in asked["TransactItems"] for part in made.values()]
            keys = [part.get("Item") or part["Key"] for part in parts]
        case "BatchWriteItem":
            ((_, made),) = asked["RequestItems"].items()
            keys = [one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"] for one in made]
        case _:
            keys = []
    return [(key["pk"]["S"], key["sk"]["S"]) for key in keys]
