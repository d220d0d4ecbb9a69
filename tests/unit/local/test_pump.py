"""The event pump against moto's queues: what stays, what goes, what ends in the dead-letter queue."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.aws.provision import provision
from local.aws.pump import Pump, pumps
from local.template import REGION, Template

QUEUE, DEAD_LETTERS = "scans", "scans-dead-letters"


class Recorder:
    """A function that keeps the events it is called with and answers, or raises, as it is told."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.events: list[dict[str, Any]] = []
        self.remaining_ms = 0

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        """Stand in for a function of `app.py`."""
        self.events.append(event)
        self.remaining_ms = context.get_remaining_time_in_millis()
        answer = self.answer(event) if callable(self.answer) else self.answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def bodies(self) -> list[str]:
        """The bodies of all messages it was given, in order."""
        return [record["body"] for event in self.events for record in event["Records"]]


def fail_bodies(*bodies: str) -> Any:
    """An answer that reports the messages with these bodies as failed."""

    def answer(event: dict[str, Any]) -> dict[str, Any]:
        failed = [record["messageId"] for record in event["Records"] if record["body"] in bodies]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return answer


@pytest.fixture
def sqs() -> Iterator[Any]:
    """Everything that the template describes, with messages that come back at once; the queue is empty."""
    with mock_aws():
        provision(Template(), None, retry_s=0)
        client = boto3.client("sqs", region_name=REGION)
        client.purge_queue(QueueUrl=url(client, QUEUE))  # S3's test event
        yield client


def url(sqs: Any, name: str) -> str:
    """The address of a queue."""
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def send(sqs: Any, *bodies: str) -> None:
    """Put messages into the queue that the pump empties."""
    for body in bodies:
        sqs.send_message(QueueUrl=url(sqs, QUEUE), MessageBody=body)


def waiting(sqs: Any, name: str) -> list[str]:
    """The bodies of all messages in a queue whose messages come back at once."""
    received = sqs.receive_message(
        QueueUrl=url(sqs, name), MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
    )
    return sorted(message["Body"] for message in received.get("Messages", []))


def test_event_has_the_shape_that_lambda_gives(sqs: Any) -> None:
    """One call for a batch, with records as in Lambda's SQS events, and a context that knows the time left."""
    function = Recorder()
    send(sqs, "a", "b")
    assert Pump(sqs, QUEUE, function, batch_size=5).run_once(0) == 2
    (event,) = function.events
    record = event["Records"][0]
    assert set(record) == {
        "messageId",
        "receiptHandle",
        "body",
        "attributes",
        "messageAttributes",
        "md5OfBody",
        "eventSource",
        "eventSourceARN",
        "awsRegion",
    }
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(":scans")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert 0 < function.remaining_ms <= 60_000


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_success_empties_the_queue(sqs: Any, answer: Any) -> None:
    """Lambda takes nothing, and an empty list of failures, for success."""
    send(sqs, "a", "b")
    Pump(sqs, QUEUE, Recorder(answer), batch_size=5).run_once(0)
    assert waiting(sqs, QUEUE) == []


def test_only_failed_messages_stay(sqs: Any) -> None:
    """Of a batch that failed in part, what succeeded is gone and the rest comes again."""
    function = Recorder(fail_bodies("b"))
    pump = Pump(sqs, QUEUE, function, batch_size=5)
    send(sqs, "a", "b", "c")
    pump.run_once(0)
    pump.run_once(0)
    assert function.bodies == ["a", "b", "c", "b"]
    assert waiting(sqs, QUEUE) == ["b"]


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("broken"),
        {"batchItemFailures": [{"itemIdentifier": "not one of them"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"id": "x"}]},
        ["what is this"],
    ],
)
def test_whole_batch_stays_when_the_answer_says_nothing_useful(sqs: Any, answer: Any) -> None:
    """A function that raises, or reports in a form that Lambda would not take, keeps the whole batch."""
    send(sqs, "a", "b")
    Pump(sqs, QUEUE, Recorder(answer), batch_size=5).run_once(0)
    assert waiting(sqs, QUEUE) == ["a", "b"]


def test_message_that_always_fails_ends_in_the_dead_letter_queue(sqs: Any) -> None:
    """After five receives it is not given to the function again, and others still are."""
    function = Recorder(fail_bodies("poison"))
    pump = Pump(sqs, QUEUE, function, batch_size=5)
    send(sqs, "poison")
    for _ in range(7):
        pump.run_once(0)
    send(sqs, "good")
    pump.run_once(0)
    assert function.bodies == ["poison"] * 5 + ["good"]
    assert [record["Records"][0]["attributes"]["ApproximateReceiveCount"] for record in function.events[:5]] == list(
        "12345"
    )
    assert waiting(sqs, DEAD_LETTERS) == ["poison"]
    assert waiting(sqs, QUEUE) == []


def test_failed_message_stays_hidden_until_its_timeout(sqs: Any) -> None:
    """With a visibility timeout, a failed message does not come back at once."""
    sqs.set_queue_attributes(QueueUrl=url(sqs, QUEUE), Attributes={"VisibilityTimeout": "60"})
    function = Recorder(RuntimeError("broken"))
    pump = Pump(sqs, QUEUE, function, batch_size=5)
    send(sqs, "a")
    assert [pump.run_once(0), pump.run_once(0)] == [1, 0]


def test_batches_are_no_larger_than_the_mapping_says(sqs: Any) -> None:
    """Six messages at a batch size of five are two batches."""
    function = Recorder()
    pump = Pump(sqs, QUEUE, function, batch_size=5)
    send(sqs, *"abcdef")
    assert [pump.run_once(0), pump.run_once(0), pump.run_once(0)] == [5, 1, 0]


def test_upload_is_announced_to_the_function_of_the_template(sqs: Any) -> None:
    """From an object under `uploads/` through notification, queue and mapping to the function; others are no news."""
    function = Recorder()
    pump, *_ = pumps(Template(), sqs, {"Scans": function, "Jobs": Recorder()})
    s3 = boto3.client("s3", region_name=REGION)
    bucket = Template().name_of("UploadBucket")
    s3.put_object(Bucket=bucket, Key="documents/u/1.jpg", Body=b"x")
    s3.put_object(Bucket=bucket, Key="uploads/scans/u/1", Body=b"x")
    assert pump.run_once(0) == 1
    (body,) = function.bodies
    assert json.loads(body)["Records"][0]["s3"]["object"]["key"] == "uploads%2Fscans%2Fu%2F1"
