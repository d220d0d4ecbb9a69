"""Clients: DynamoDB's endpoint is found once, and is the one that botocore would find each time."""

from typing import Any

from botocore.awsrequest import AWSResponse

from functions.shared import clients


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
