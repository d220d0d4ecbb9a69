"""The client that does less for each call asks DynamoDB for the same as botocore's own."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session

from functions.institutions.details import Details
from functions.institutions.directory import create
from functions.institutions.errors import InstitutionExists
from functions.shared import clients
from functions.shared.table.base import connection
from operations.wire import shorten
from tests.integration.institutions.builders import credit_code
from tests.integration.institutions.test_directory import assert_consistent

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


class _Sent(Exception):
    """The request that would have gone out."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def _sent(operation: str, parameters: dict[str, Any], *, short: bool, endpoint: str | None) -> Any:
    session = get_session()
    if short:
        shorten(session)
    client = session.create_client(
        "dynamodb", "ap-southeast-1", endpoint_url=endpoint, config=Config(parameter_validation=False)
    )

    def catch(request: Any, **_: Any) -> None:
        raise _Sent(request)

    client.meta.events.register("before-send.dynamodb", catch)
    for _ in range(2):  # the second time it is known where to go
        with pytest.raises(_Sent) as sent:
            client._make_api_call(operation, parameters)
    return sent.value.request


def _kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers but for those that no two calls have the same."""
    of_each_call = {"Authorization", "Content-Length", "X-Amz-Date", "amz-sdk-invocation-id", "User-Agent"}
    return {name: value for name, value in headers.items() if name not in of_each_call}


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:5000"])
@pytest.mark.parametrize(("operation", "parameters"), CALLS, ids=[name for name, _ in CALLS])
def test_the_same_is_asked(operation: str, parameters: dict[str, Any], endpoint: str | None) -> None:
    """Address, headers and content of every kind of request that the product makes are botocore's."""
    plain = _sent(operation, parameters, short=False, endpoint=endpoint)
    short = _sent(operation, parameters, short=True, endpoint=endpoint)
    assert (short.method, short.url) == (plain.method, plain.url)
    assert json.loads(short.body) == json.loads(plain.body)
    assert _kept(short.headers) == _kept(plain.headers)


@pytest.fixture
def short_client(aws: None) -> Iterator[None]:
    """PynamoDB's client is such a one."""
    clients.session.cache_clear()
    shorten(clients.session())
    connection().connection._client = None
    yield
    clients.session.cache_clear()
    connection().connection._client = None


@pytest.mark.usefixtures("short_client", "clock")
def test_the_directory_works_with_it() -> None:
    """Institutions that are written through it are whole, and refusals are still understood."""
    top = create(Details("江楚省人民医院", None, "医院", credit_code(), "420000"), actor="operations")
    below = Details("分院", top.institution_code, "医院", credit_code(), "420000")
    create(below, actor="operations")
    with pytest.raises(InstitutionExists):
        create(below, actor="operations")
    assert_consistent()
    assert type(connection().connection.client).__mro__[1].__name__ == "_Short"
