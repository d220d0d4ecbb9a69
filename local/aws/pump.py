"""The event pump: takes messages from the queues to the functions of `app.py`, as Lambda's event source mappings do.

Mappings come from the template. A function's `batchItemFailures` stay in the queue and come back after its visibility
timeout; after `maxReceiveCount` receives SQS itself moves them to the dead-letter queue. A batch whose function raises
stays whole. One batch at a time for each mapping.
"""

import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.child_process import exit_with_parent, once_all_are_ready, say_ready
from local.template import REGION, Template

Function = Callable[[dict[str, Any], Any], Any]
WAIT_S = 20


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about its invocation."""

    function_name: str
    timeout_s: float
    aws_request_id: str
    started: float

    memory_limit_in_mb: int = 1769
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """The function's address."""
        return f"arn:aws:lambda:{REGION}:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation."""
        return max(0, int((self.started + self.timeout_s - time.monotonic()) * 1000))


class Pump:
    """One event source mapping: one queue, one function."""

    def __init__(
        self, sqs: Any, queue_name: str, function: Function, *, batch_size: int, timeout_s: float = 60
    ) -> None:
        self._sqs, self._function = sqs, function
        self._batch_size, self._timeout_s = batch_size, timeout_s
        self._name = queue_name
        self._url: str = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self._arn: str = attributes["Attributes"]["QueueArn"]

    def run_once(self, wait_s: int = WAIT_S) -> int:
        """Take one batch to the function, waiting for it up to `wait_s` seconds; how many messages it had."""
        received = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=self._batch_size,
            WaitTimeSeconds=wait_s,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = received.get("Messages", [])
        if messages:
            failed = self._failed(messages)
            for message in messages:
                if message["MessageId"] not in failed:
                    self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def _failed(self, messages: Sequence[Mapping[str, Any]]) -> set[str]:
        """The ids of the messages that stay, by the rules of ReportBatchItemFailures."""
        everything = {message["MessageId"] for message in messages}
        context = Context(self._name, self._timeout_s, str(uuid.uuid4()), time.monotonic())
        # A copy through JSON: what is not JSON could not reach Lambda either.
        event = json.loads(json.dumps({"Records": [self._record(message) for message in messages]}))
        try:
            answer = self._function(event, context)
        except Exception:
            traceback.print_exc()
            return everything
        return _reported(answer, everything)

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": message.get("MessageAttributes", {}),
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }


def _reported(answer: Any, everything: set[str]) -> set[str]:
    """Which messages an answer reports as failed; an answer that Lambda would not understand fails them all."""
    if not answer:
        return set()
    try:
        failed = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return everything
    return everything if failed - everything else failed


class StreamPump:
    """The mapping of a table's stream to a function: each batch at least once, in order; one that fails comes again."""

    def __init__(self, dynamodb: Any, streams: Any, table_name: str, function: Function, *, batch_size: int) -> None:
        self._dynamodb, self._streams, self._table = dynamodb, streams, table_name
        self._function, self._batch_size = function, batch_size
        arn = dynamodb.describe_table(TableName=table_name)["Table"]["LatestStreamArn"]
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        at = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        self._place: str = streams.get_shard_iterator(**at)["ShardIterator"]

    def run_once(self, wait_s: float = 1) -> int:
        """Take one batch to the function, or wait; how many audit events it had."""
        answer = self._streams.get_records(ShardIterator=self._place, Limit=self._batch_size)
        records = [record for record in answer["Records"] if self._is_wanted(record)]
        if records:
            context = Context("evidence", 60, str(uuid.uuid4()), time.monotonic())
            self._function(json.loads(json.dumps({"Records": records}, default=str)), context)
        self._place = answer["NextShardIterator"]
        if not answer["Records"]:
            time.sleep(wait_s)
        return len(records)

    def _is_wanted(self, record: Mapping[str, Any]) -> bool:
        """The mapping's filter; moto (5.2) also tells of what a transaction wrote before it was rolled back."""
        key = record["dynamodb"]["Keys"]
        if not key["sk"]["S"].startswith("AUDIT#"):
            return False
        if record["eventName"] != "INSERT":
            return True
        return "Item" in self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)


def stream_pump(template: Template, dynamodb: Any, streams: Any, functions: Mapping[str, Function]) -> StreamPump:
    """The pump of the one mapping whose source is the table's stream."""
    table = template.name_of("Table")
    (mapping,) = [one for one in _mappings(template) if one["EventSourceArn"] == table]
    return StreamPump(dynamodb, streams, table, functions[mapping["FunctionName"]], batch_size=mapping["BatchSize"])


def _mappings(template: Template) -> list[dict[str, Any]]:
    return list(template.resources("AWS::Lambda::EventSourceMapping").values())


def pumps(template: Template, sqs: Any, functions: Mapping[str, Function]) -> list[Pump]:
    """A pump for each event source mapping of a queue; `functions` by their logical names."""
    names = {template.name_of(queue): queue for queue in template.resources("AWS::SQS::Queue")}
    made = []
    for mapping in _mappings(template):
        if mapping["EventSourceArn"] == template.name_of("Table"):
            continue
        queue = mapping["EventSourceArn"].rpartition(":")[2]
        if queue not in names:
            raise LookupError(f"the template has no queue {queue}")
        made.append(Pump(sqs, queue, functions[mapping["FunctionName"]], batch_size=mapping["BatchSize"]))
    return made


def _keep_pumping(pump: Pump | StreamPump) -> None:
    while True:
        try:
            pump.run_once()
        except Exception:  # a stream's batch comes again, whatever the function raised
            traceback.print_exc()
            time.sleep(1)


def _hourly(function: Function) -> None:
    """What the rule `EvidenceHourly` does."""
    while True:
        time.sleep(3_600)
        try:
            function({"command": "write_heads"}, Context("evidence", 60, str(uuid.uuid4()), time.monotonic()))
        except (ClientError, BotoCoreError):
            traceback.print_exc()


def _warm_up() -> None:
    """Load the imaging layer and its models, so that the first scan is as fast as the others."""
    from pathlib import Path

    from functions.identity.imaging.text_reader import text_reader
    from functions.shared.config import settings

    text_reader(Path(settings().text_models_dir))


def main() -> None:
    """Pump until the run ends, once AWS is provisioned."""
    exit_with_parent()
    import boto3
    from botocore.config import Config
    from chalice.utils import to_cfn_resource_name

    import app
    from local.wait_for_aws import wait_for_aws

    # By logical name in the template: functions that are not behind a path.
    functions = {to_cfn_resource_name(made.name): getattr(app, made.handler_string.rpartition(".")[2])
                 for made in app.app.pure_lambda_functions}  # fmt: skip
    wait_for_aws()
    sqs = boto3.client("sqs", config=Config(read_timeout=WAIT_S + 10))
    for pump in pumps(Template(), sqs, functions):
        threading.Thread(target=_keep_pumping, args=(pump,), daemon=True).start()
    stream = stream_pump(Template(), boto3.client("dynamodb"), boto3.client("dynamodbstreams"), functions)
    threading.Thread(target=_keep_pumping, args=(stream,), daemon=True).start()
    threading.Thread(target=_hourly, args=(functions["Evidence"],), daemon=True).start()
    say_ready()
    once_all_are_ready(_warm_up)
    threading.Event().wait()


if __name__ == "__main__":
    main()
