"""One chunk of a bulk job that issues grant codes, as the worker does it, or the same items by boto3's BatchWriteItem.

`MEASURED` says which, or `count`: then the calls of 10,000 codes are printed.
"""

import json
import os
from collections import Counter
from typing import Any

import boto3
from botocore.config import Config

from bench.targets.job_items import LEASE, codes, job
from bench.timing import obey
from functions.grants.jobs import worker as job_worker
from functions.shared.table.base import Item, connection

CODES = 10_000
client = boto3.client("dynamodb", config=Config(parameter_validation=False))
run = job_worker.JobClaim(job, LEASE)


def ours() -> None:
    """The worker's chunk: what it stands on, the children, their codes, and one transaction."""
    assert job_worker._chunk(run) is False  # noqa: SLF001 - a whole job would never end on canned answers


def written() -> list[dict[str, Any]]:
    """The items that a chunk writes, taken from its own calls."""
    items: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent = json.loads(params["body"])
        items.extend(operation["Put"]["Item"] for operation in sent.get("TransactItems", []) if "Put" in operation)
        for requests in sent.get("RequestItems", {}).values():
            if isinstance(requests, list):
                items.extend(request["PutRequest"]["Item"] for request in requests)

    events = connection().connection.client.meta.events
    events.register("before-call", note)
    ours()
    events.unregister("before-call", note)
    assert len(items) == 3 * len(codes)
    return items


def count() -> None:
    """Print the calls of as many chunks as 10,000 codes take."""
    seen: Counter[str] = Counter()
    connection().connection.client.meta.events.register("before-call", lambda model, **_: seen.update([model.name]))
    for _ in range(-(-CODES // len(codes))):
        ours()
    print(json.dumps(seen))


match os.environ["MEASURED"]:
    case "ours":
        ours()
        obey(ours)
    case "boto3":
        items = written()

        def batch_write() -> None:
            """The same items, 25 at a time."""
            for start in range(0, len(items), 25):
                requests = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
                client.batch_write_item(RequestItems={Item.Meta.table_name: requests})

        obey(batch_write)
    case _:
        count()
