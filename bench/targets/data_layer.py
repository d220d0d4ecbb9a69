"""One call of the data layer, ours or boto3's, as `MEASURED` says: `ours Get`, `boto3 Query of 20` and so on."""

import os
from collections.abc import Callable

import boto3
from botocore.config import Config

from bench.answers import FINGERPRINT, SESSION, USER_ID
from bench.timing import obey
from functions.shared import clock, ids
from functions.shared.table import keys
from functions.shared.table.auth import Owner, Session, User, UserSession
from functions.shared.table.base import Item
from functions.shared.table.institutions import NameSuffix
from functions.shared.table.transactions import Transaction, get

TABLE = Item.Meta.table_name
client = boto3.client("dynamodb", config=Config(parameter_validation=False))
session_key, user_key = keys.session(FINGERPRINT), keys.user(USER_ID)
listed_key, owner_key = keys.user_session(USER_ID, FINGERPRINT), keys.wechat_owner("oX4f")


def key(of: keys.Key) -> dict[str, dict[str, str]]:
    """A key on the wire."""
    return {"pk": {"S": of.pk}, "sk": {"S": of.sk}}


def our_get() -> object:
    """The session check's read."""
    return get(Session, session_key)


def boto3_get() -> object:
    """The same call."""
    return client.get_item(TableName=TABLE, Key=key(session_key), ConsistentRead=True)


def our_query() -> object:
    """A page of search."""
    return list(NameSuffix.query("NAME#人民", NameSuffix.sk.startswith("人民"), limit=21))


def boto3_query() -> object:
    """The same call."""
    return client.query(
        TableName=TABLE,
        KeyConditionExpression="#0 = :0 AND begins_with (#1, :1)",
        FilterExpression="#2 IN (:2)",
        ExpressionAttributeNames={"#0": "pk", "#1": "sk", "#2": "kind"},
        ExpressionAttributeValues={":0": {"S": "NAME#人民"}, ":1": {"S": "人民"}, ":2": {"S": "s"}},
        Limit=21,
    )


def our_transaction() -> None:
    """One update, two new items and one removal, each with its condition."""
    now = clock.now()
    tx = Transaction()
    counted = [User.version.set(2), User.chain_hash.set(FINGERPRINT), User.name_masked.set("柯**")]
    tx.update(User.new(user_key), counted, User.version == 1)
    session = {"user_id": USER_ID, "client": "portal", "created_at": now, "valid_until": now, "expires_at": now}
    tx.create(Session.new(session_key, **session))
    tx.create(UserSession.new(listed_key, token_fingerprint=FINGERPRINT, expires_at=now))
    tx.delete(Owner.new(owner_key), Owner.user_id == USER_ID)
    tx.commit()


def boto3_transaction() -> None:
    """The same call."""
    absent = {"ConditionExpression": "attribute_not_exists (#0)", "ExpressionAttributeNames": {"#0": "pk"}}
    listed = {"kind": {"S": "user_session"}, "token_fingerprint": {"S": FINGERPRINT}, "expires_at": {"N": "1790000000"}}
    removal = {
        "TableName": TABLE,
        "Key": key(owner_key),
        "ConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": "user_id"},
        "ExpressionAttributeValues": {":0": {"S": USER_ID}},
    }
    update = {
        "TableName": TABLE,
        "Key": key(user_key),
        "UpdateExpression": "SET #0 = :0, #1 = :1, #2 = :2",
        "ConditionExpression": "#0 = :3",
        "ExpressionAttributeNames": {"#0": "version", "#1": "chain_hash", "#2": "name_masked"},
        "ExpressionAttributeValues": {
            ":0": {"N": "2"},
            ":1": {"S": FINGERPRINT},
            ":2": {"S": "柯**"},
            ":3": {"N": "1"},
        },
    }
    client.transact_write_items(
        ClientRequestToken=ids.new_id(),
        TransactItems=[
            {"Delete": removal},
            {"Put": {"TableName": TABLE, "Item": SESSION, **absent}},
            {"Put": {"TableName": TABLE, "Item": {**key(listed_key), **listed}, **absent}},
            {"Update": update},
        ],
    )


CALLS: dict[str, Callable[[], object]] = {
    "ours Get": our_get,
    "boto3 Get": boto3_get,
    "ours Query of 20": our_query,
    "boto3 Query of 20": boto3_query,
    "ours TransactWrite of 4": our_transaction,
    "boto3 TransactWrite of 4": boto3_transaction,
}

if __name__ == "__main__":
    call = CALLS[os.environ["MEASURED"]]
    call()
    obey(call)
