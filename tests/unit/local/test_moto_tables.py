"""moto's tables as the local run fixes them: an index and a transaction touch no more than their own items."""

from collections.abc import Iterator
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from local.aws.moto_tables import patch_moto_tables
from local.aws.provision import provision
from local.template import ACCOUNT, REGION, Template

NAME = Template().name_of("Table")

patch_moto_tables()


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """A client of a moto of its own, which holds the table."""
    with mock_aws():
        provision(Template(), None, retry_s=0)
        yield boto3.session.Session("x", "x", region_name=REGION).client("dynamodb")


def item(number: int, partition: str | None) -> dict[str, Any]:
    """An item, in a partition of the index or in none."""
    made = {"pk": {"S": f"THING#{number}"}, "sk": {"S": "x"}, "text": {"S": "old"}}
    return made if partition is None else {**made, "gsi1pk": {"S": partition}, "gsi1sk": {"S": f"{9 - number}"}}


def key(number: int) -> dict[str, Any]:
    """Where it is."""
    return {name: item(number, None)[name] for name in ("pk", "sk")}


def put(dynamodb: Any, number: int, partition: str | None) -> None:
    """Write it."""
    dynamodb.put_item(TableName=NAME, Item=item(number, partition))


def move(number: int, partition: str) -> dict[str, Any]:
    """An update that takes it to another partition."""
    values = {":to": {"S": partition}, ":place": {"S": "1"}}
    return {
        "TableName": NAME,
        "Key": key(number),
        "UpdateExpression": "SET gsi1pk = :to, gsi1sk = :place",
        "ExpressionAttributeValues": values,
    }


def found(dynamodb: Any, partition: str, **more: Any) -> list[str]:
    """What a Query of the index finds, in its order."""
    answer = dynamodb.query(
        TableName=NAME,
        IndexName="gsi1",
        KeyConditionExpression="gsi1pk = :p",
        ExpressionAttributeValues={":p": {"S": partition}},
        **more,
    )
    return [made["pk"]["S"].removeprefix("THING#") for made in answer["Items"]]


def test_index_follows_every_write(dynamodb: Any) -> None:
    """Items are found where they were put or moved last, in the index's order, and nowhere once they have left it."""
    for number in range(5):
        put(dynamodb, number, "A")
    put(dynamodb, 5, None)
    assert found(dynamodb, "A") == ["4", "3", "2", "1", "0"]
    assert found(dynamodb, "A", Limit=2, ScanIndexForward=False) == ["0", "1"]
    dynamodb.update_item(**move(1, "B"))
    dynamodb.update_item(**move(6, "B"))
    put(dynamodb, 2, "B")
    dynamodb.delete_item(TableName=NAME, Key=key(3))
    dynamodb.update_item(TableName=NAME, Key=key(4), UpdateExpression="REMOVE gsi1pk, gsi1sk")
    assert (found(dynamodb, "A"), found(dynamodb, "B"), found(dynamodb, "C")) == (["0"], ["1", "6", "2"], [])
    put(dynamodb, 3, "A")
    assert found(dynamodb, "A") == ["3", "0"]


def test_index_looks_at_its_partition_alone(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else is in the table costs a Query of the index nothing."""
    for number in range(9):
        put(dynamodb, number, "A" if number < 2 else "B")
    looked_at, all_items = [], Table.all_items
    monkeypatch.setattr(Table, "all_items", lambda table: looked_at.extend(all_items(table)) or all_items(table))
    assert found(dynamodb, "A") == ["1", "0"]
    assert len(looked_at) == 2


def test_refused_transaction_puts_back_what_it_wrote_and_copies_nothing_else(dynamodb: Any) -> None:
    """Its items and their places in the index are as before; the others are not even copied for it."""
    for number in range(4):
        put(dynamodb, number, "A")
    table = dynamodb_backends[ACCOUNT][REGION].tables[NAME]
    aside, before = table.all_items()[3], dynamodb.scan(TableName=NAME)["Items"]
    never = {"TableName": NAME, "Key": key(9), "ConditionExpression": "attribute_exists(pk)"}
    operations = [
        {"Put": {"TableName": NAME, "Item": {**item(0, "B"), "text": {"S": "new"}}}},
        {"Put": {"TableName": NAME, "Item": item(8, "B")}},
        {"Delete": {"TableName": NAME, "Key": key(1)}},
        {"Update": move(2, "B")},
        {"ConditionCheck": never},
    ]
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(TransactItems=operations)
    assert dynamodb.scan(TableName=NAME)["Items"] == before
    assert (found(dynamodb, "A"), found(dynamodb, "B")) == (["3", "2", "1", "0"], [])
    assert dynamodb_backends[ACCOUNT][REGION].tables[NAME].all_items()[3] is aside
    dynamodb.transact_write_items(TransactItems=operations[:-1])
    assert (found(dynamodb, "A"), found(dynamodb, "B")) == (["3"], ["2", "8", "0"])


def test_every_type_is_answered_as_it_was_written(dynamodb: Any) -> None:
    """At any depth, in each kind of answer."""
    inner = {"N": {"N": "1"}, "B": {"B": b"\x00\xff"}, "L": {"L": [{"S": "x"}, {"L": [{"BOOL": True}]}]}}
    types = {"s": {"S": ""}, "n": {"N": "-1.5"}, "b": {"B": b"\xe4\x00"}, "t": {"BOOL": False}, "x": {"NULL": True}}
    types |= {"ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": [b"1", b"\xff"]}, "l": {"L": []}}
    types |= {"e": {"M": {}}, "m": {"M": inner}, "gsi1pk": {"S": "A"}, "gsi1sk": {"S": "1"}}
    made = {**key(1), **types}
    dynamodb.put_item(TableName=NAME, Item=made)
    answers = [dynamodb.get_item(TableName=NAME, Key=key(1))["Item"], *dynamodb.scan(TableName=NAME)["Items"]]
    answers += dynamodb.batch_get_item(RequestItems={NAME: {"Keys": [key(1)]}})["Responses"][NAME]
    values = {":n": {"N": "-1.5"}}
    changed = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": values, "ReturnValues": "ALL_NEW"}
    answers.append(dynamodb.update_item(TableName=NAME, Key=key(1), **changed)["Attributes"])
    for answer in answers:
        assert {name: value for name, value in answer.items() if name not in {"ns", "ss", "bs"}} == {
            name: value for name, value in made.items() if name not in {"ns", "ss", "bs"}
        }
        for name in ("ns", "ss", "bs"):
            ((kind, content),) = answer[name].items()
            assert sorted(content) == sorted(made[name][kind])
