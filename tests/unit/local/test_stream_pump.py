"""The stream's pump against moto: audit events alone, each once, and none of a transaction that was rolled back."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from local.aws.provision import provision
from local.aws.pump import StreamPump, stream_pump
from local.template import REGION, Template

TABLE = Template().name_of("Table")


class Recorder:
    """A function that keeps the keys it is called with, and raises as long as it is told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.fails = False

    def __call__(self, event: dict[str, Any], _: Any) -> None:
        """Stand in for the evidence function."""
        if self.fails:
            raise ZeroDivisionError
        self.seen += [(record["eventName"], record["dynamodb"]["Keys"]["sk"]["S"]) for record in event["Records"]]


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """Everything that the template describes, with the table's stream, in moto's server as in the local run.

    Streams are left out of moto (5.2) within a process: its stubs find no address of theirs.
    """
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    provision(Template(), endpoint, retry_s=0, streams=True)
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
    yield client
    client.close()
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    server.stop()


def _pump(dynamodb: Any, function: Recorder) -> StreamPump:
    streams = boto3.client("dynamodbstreams", region_name=REGION, endpoint_url=dynamodb.meta.endpoint_url)
    return stream_pump(Template(), dynamodb, streams, {"Evidence": function})


def _put(dynamodb: Any, sk: str, **more: Any) -> None:
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "USER#1"}, "sk": {"S": sk}, **more})


def test_audit_events_reach_the_function_of_the_template(dynamodb: Any) -> None:
    """Those that are written, changed and removed; other items are no news."""
    function = Recorder()
    pump = _pump(dynamodb, function)
    _put(dynamodb, "PROFILE")
    _put(dynamodb, "AUDIT#PROFILE#00000001")
    _put(dynamodb, "AUDIT#PROFILE#00000001", x={"S": "y"})
    assert pump.run_once(0) == 2
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "USER#1"}, "sk": {"S": "AUDIT#PROFILE#00000001"}})
    assert [pump.run_once(0), pump.run_once(0)] == [1, 0]
    assert [what for what, _ in function.seen] == ["INSERT", "MODIFY", "REMOVE"]


def test_a_batch_that_fails_comes_again(dynamodb: Any) -> None:
    """The place in the stream moves on with what the function has taken."""
    function = Recorder()
    pump = _pump(dynamodb, function)
    _put(dynamodb, "AUDIT#PROFILE#00000001")
    function.fails = True
    with pytest.raises(ZeroDivisionError):
        pump.run_once(0)
    function.fails = False
    assert pump.run_once(0) == 1
    assert function.seen == [("INSERT", "AUDIT#PROFILE#00000001")]


def test_what_was_rolled_back_is_no_news(dynamodb: Any) -> None:
    """Moto's stream also tells of writes of a transaction that failed."""
    function = Recorder()
    pump = _pump(dynamodb, function)
    _put(dynamodb, "AUDIT#PROFILE#00000001")
    dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "USER#1"}, "sk": {"S": "AUDIT#PROFILE#00000001"}})
    pump.run_once(0)
    assert function.seen == [("REMOVE", "AUDIT#PROFILE#00000001")]
