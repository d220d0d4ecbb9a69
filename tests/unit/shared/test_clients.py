"""DynamoDB's client does less for each call, and asks for the same as botocore's own."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.session import Session, get_session

from functions.shared import clients

ITEM = {
    "pk": {"S": "INSTITUTION#420100000001"},
    "sk": {"S": "江楚省卫生健康委员会 “Ä” \\ \u2028 \U00020000"},
    "contact_sealed": {"B": b"\x00\xff\xfe sealed"},
    "children": {"L": [{"N": "1"}, {"N": "0"}]},
    "detail": {"M": {"before": {"NULL": True}, "again": {"BOOL": False}, "set": {"SS": ["a", "b"]}}},
}
KEY = {name: ITEM[name] for name in ("pk", "sk")}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("PutItem", {"TableName": "t", "Item": ITEM, "ReturnConsumedCapacity": "TOTAL"}),
    ("GetItem", {"TableName": "t", "Key": KEY, "ConsistentRead": True}),
    ("BatchGetItem", {"RequestItems": {"t": {"Keys": [KEY], "ConsistentRead": True}}}),
    ("Query", {"TableName": "t", "KeyConditionExpression": "#0 = :0", "Limit": 21, "ScanIndexForward": False}),
    (
        "TransactWriteItems",
        {
            "ClientRequestToken": "once",
            "TransactItems": [
                {"Put": {"TableName": "t", "Item": ITEM, "ConditionExpression": "attribute_not_exists (#0)"}},
                {"Update": {"TableName": "t", "Key": KEY, "UpdateExpression": "ADD #0 :0"}},
                {"ConditionCheck": {"TableName": "t", "Key": KEY, "ConditionExpression": "#0 = :0"}},
                {"Delete": {"TableName": "t", "Key": KEY}},
            ],
        },
    ),
]


class Sent(Exception):
    """The request that would have gone out."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def sent(session: Session, operation: str, parameters: dict[str, Any], endpoint: str | None) -> Any:
    """What a client of this session sends the second time, when it is known where to go."""
    config = Config(parameter_validation=False)
    client = session.create_client("dynamodb", "ap-southeast-1", endpoint_url=endpoint, config=config)

    def catch(request: Any, **_: Any) -> None:
        raise Sent(request)

    client.meta.events.register("before-send.dynamodb", catch)
    for _ in range(2):
        with pytest.raises(Sent) as caught:
            client._make_api_call(operation, parameters)
    client.close()
    return caught.value.request


def kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers but for those that no two calls have the same."""
    of_each_call = {"Authorization", "Content-Length", "X-Amz-Date", "amz-sdk-invocation-id", "User-Agent"}
    return {name: value for name, value in headers.items() if name not in of_each_call}


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:5000"])
@pytest.mark.parametrize(("operation", "parameters"), CALLS, ids=[name for name, _ in CALLS])
def test_the_same_is_asked(operation: str, parameters: dict[str, Any], endpoint: str | None) -> None:
    """Address, headers and content of every kind of request that the product makes are botocore's."""
    plain = sent(get_session(), operation, parameters, endpoint)
    ours = sent(clients.session(), operation, parameters, endpoint)
    assert (ours.method, ours.url) == (plain.method, plain.url)
    assert json.loads(ours.body) == json.loads(plain.body)
    assert kept(ours.headers) == kept(plain.headers)


class Body:
    """An empty answer as botocore reads it."""

    def read(self, *_: Any) -> bytes:
        return b"{}"

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [b"{}"]


def test_the_endpoint_is_found_once() -> None:
    """Every call goes to the region's DynamoDB, signed for it, while the rules are looked at once."""
    dynamodb = clients.session().create_client("dynamodb", region_name="us-west-2", config=clients._CONFIG)
    sent: list[Any] = []
    looked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Body())

    dynamodb.meta.events.register_first("before-send.dynamodb", answer)
    dynamodb.meta.events.register("before-endpoint-resolution.dynamodb", lambda **_: looked.append("rules"))
    dynamodb.get_item(TableName="one", Key={"pk": {"S": "a"}})
    dynamodb.query(TableName="other", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "a"}})
    assert [request.url for request in sent] == ["https://dynamodb.us-west-2.amazonaws.com/"] * 2
    assert all("/us-west-2/dynamodb/aws4_request" in str(request.headers["Authorization"]) for request in sent)
    assert looked == ["rules"]
    dynamodb.close()
