"""The messages that have images erased, in tests: what the API has put into the queue of the scan function."""

import json
from typing import Any

from moto.sqs.models import sqs_backends

from functions.shared import clients
from functions.shared.config import settings
from local.template import ACCOUNT, REGION
from tests.integration.identity.applicant import deliver, message


def asked(what: str = "erase") -> list[tuple[str, int]]:
    """Whose images are to be erased, and in how many seconds: the messages, those that wait for their time too."""
    queue = sqs_backends[ACCOUNT][REGION].queues["scans"]
    made = [(json.loads(one.body), round((one.delayed_until - one.sent_timestamp) / 1_000)) for one in queue._messages]
    return [(body[what], delay) for body, delay in made if what in body]


def leftovers_asked() -> list[tuple[str, int]]:
    """The same of leftovers."""
    return asked("leftovers")


def erase(user_id: str) -> list[str]:
    """Deliver such a message; the ids of those that come again."""
    return deliver(message(body=json.dumps({"erase": user_id})))


def erase_orphaned_copies(user_id: str) -> list[str]:
    """The same of leftovers."""
    return deliver(message(body=json.dumps({"leftovers": user_id})))


def versions(user_id: str) -> list[Any]:
    """Everything that the bucket has of a user: old versions and delete markers too."""
    found = clients.s3().list_object_versions(Bucket=settings().upload_bucket)
    every = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
    return [one["Key"] for one in every if f"/{user_id}/" in one["Key"]]
