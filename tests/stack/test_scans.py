"""Photos on the deployed platform: what happens to an event or to a worker changes nothing in the outcome."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.shared.table import keys
from local.client import Client, sample
from local.demo.walk import COLLINS
from local.rehearsal.stack import StackRun
from tests.stack.workers import function_name, kill_workers, wait_until

# A killed worker's claim lasts 75 seconds, and its message comes back every 30.
PATIENCE_S = 200


@pytest.fixture
def applicant(device: Callable[[], Client], request: pytest.FixtureRequest) -> Client:
    """A new person with a resident ID application in draft."""
    client = device()
    client.sign_in_by_wechat(request.node.name)
    client.consent()
    client.apply(**COLLINS)
    return client


def uploaded(client: Client, photo: bytes) -> str:
    """The id of a scan whose photo has just been sent."""
    wanted = {"side": "front", "content_type": "image/jpeg", "size": len(photo)}
    ticket = client.expect(201, "POST", "/identity/scans", wanted)
    assert client.upload(ticket["upload"], photo) == 204
    scan_id: str = ticket["scan_id"]
    return scan_id


def trail(stack: StackRun, user_id: str) -> list[str]:
    """What happened to the identity of a user, oldest first."""
    identity = keys.identity(user_id)
    found = stack.client("dynamodb").query(
        TableName=stack.outputs["TableName"],
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": identity.pk}, ":sk": {"S": keys.audit_prefix(identity)}},
    )
    return [item["event"]["S"] for item in found["Items"]]


def test_a_killed_worker_is_followed_by_another(stack: StackRun, applicant: Client) -> None:
    """Killed in the middle of a photo, its claim runs out, the event comes back, the scan is decided once."""
    scan_id = uploaded(applicant, sample("front_12mp.jpg"))

    def seen() -> Any:
        return applicant.expect(200, "GET", f"/identity/scans/{scan_id}")

    wait_until(seen, lambda scan: scan["status"] == "processing", 30)
    assert kill_workers(stack, "Scans") >= 1
    assert seen()["status"] == "processing"
    scan = applicant.decided_scan(scan_id, PATIENCE_S)
    assert (scan["status"], scan["attempts_left"]) == ("accepted", 5)
    user_id = applicant.expect(200, "GET", "/auth/me")["user"]["user_id"]
    assert trail(stack, user_id).count("scan_accepted") == 1


class Queue:
    """The scans queue and what takes from it."""

    def __init__(self, stack: StackRun) -> None:
        self._functions, self._sqs = stack.client("lambda"), stack.client("sqs")
        function = function_name(stack, "Scans")
        mappings = self._functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        (mapping,) = [one for one in mappings if "scans" in one["EventSourceArn"].rpartition(":")[2].lower()]
        self._mapping: str = mapping["UUID"]
        self._url: str = self._sqs.get_queue_url(QueueName=mapping["EventSourceArn"].rpartition(":")[2])["QueueUrl"]

    def hold_back(self, held: bool) -> None:
        """Let nothing be taken from it, or let it go."""
        self._functions.update_event_source_mapping(UUID=self._mapping, Enabled=not held)

    def repeat(self, times: int) -> None:
        """Put the one message that waits there so often."""
        (message,) = wait_until(self._take, lambda taken: len(taken) == 1, 10)
        for _ in range(times):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=message["Body"])
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def length(self) -> int:
        """How many messages wait or are being worked on."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        seen = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=counts)["Attributes"]
        return sum(int(seen[count]) for count in counts)

    def _take(self) -> list[Any]:
        messages: list[Any] = self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=1).get("Messages", [])
        return messages


@pytest.fixture
def queue(stack: StackRun) -> Iterator[Queue]:
    """The queue, from which nothing is taken until the test lets it go."""
    made = Queue(stack)
    made.hold_back(True)
    yield made
    made.hold_back(False)


def test_an_event_that_comes_three_times_is_one(stack: StackRun, applicant: Client, queue: Queue) -> None:
    """The same announcement of S3, three times at once: one decision, one attempt, and nothing left in the queue."""
    scan_id = uploaded(applicant, sample("front_blurred.jpg"))
    queue.repeat(3)
    queue.hold_back(False)
    scan = applicant.decided_scan(scan_id)
    assert (scan["status"], scan["attempts_left"]) == ("rejected", 4)
    assert wait_until(queue.length, lambda left: left == 0, PATIENCE_S) == 0
    user_id = applicant.expect(200, "GET", "/auth/me")["user"]["user_id"]
    assert trail(stack, user_id).count("scan_rejected") == 1
    assert applicant.expect(200, "GET", "/identity")["scan_attempts_left"] == 4


def test_withdrawing_the_consent_erases_the_images(stack: StackRun, applicant: Client) -> None:
    """What was kept of a person's photos is gone from the bucket, in every version, by the same queue."""
    applicant.scan("front", sample("front.jpg"))
    applicant.scan("back", sample("front_blurred.jpg"))
    user_id = applicant.expect(200, "GET", "/auth/me")["user"]["user_id"]
    s3 = stack.client("s3")

    def kept() -> list[str]:
        found = s3.list_object_versions(Bucket=stack.outputs["UploadBucketName"])
        versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return [version["Key"] for version in versions if user_id in version["Key"]]

    assert {key.partition("/")[0] for key in kept()} == {"documents", "rejected"}
    applicant.expect(204, "DELETE", "/identity/consent")
    wait_until(kept, lambda left: left == [], PATIENCE_S)
