"""Faults of AWS for tests: calls that time out, or that answer what moto never would."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import connection


def dynamodb() -> Any:
    """PynamoDB's own client."""
    return connection().connection.client


class Fault:
    """While entered, some or all calls of one operation fail."""

    def __init__(self, client: Any, event: str, fail: Callable[..., Any]) -> None:
        self._events, self._event, self._fail = client.meta.events, event, fail

    def __enter__(self) -> None:
        self._events.register_first(self._event, self._fail, unique_id="fault")

    def __exit__(self, *_: object) -> None:
        self._events.unregister(self._event, self._fail, unique_id="fault")


def dismissed_before_writing(user_id: str) -> Fault:
    """An administrator is dismissed once, just before the next transaction is sent."""
    left = [User.new(keys.user(user_id))]

    def dismiss(**_: Any) -> None:
        if left:
            left.pop().update(actions=[User.is_administrator.set(False)])

    return Fault(dynamodb(), "before-call.dynamodb.TransactWriteItems", dismiss)


def timing_out(client: Any, operation: str) -> Fault:
    """Every call of an operation such as `dynamodb.PutItem` ends without an answer."""

    def fail(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.test")

    return Fault(client, f"before-call.{operation}", fail)


def sent_twice(client: Any, operation: str) -> Fault:
    """The next call of an operation of DynamoDB comes twice, because the first answer was lost."""
    left = [operation]

    def send(params: Any, **_: Any) -> None:
        if left:
            getattr(client, xform_name(left.pop()))(**json.loads(params["body"]))

    return Fault(client, f"before-call.dynamodb.{operation}", send)


def answering(client: Any, operation: str, *errors: Mapping[str, Any] | None, status: int = 400) -> Fault:
    """The next calls of an operation answer these errors, in order; None and all later calls get through."""
    left = list(errors)

    def fail(**_: Any) -> tuple[AWSResponse, Any] | None:
        error = left.pop(0) if left else None
        return (AWSResponse("https://aws.test", status, {}, None), error) if error else None

    return Fault(client, f"before-call.{operation}", fail)


def dynamodb_error(name: str, **more: Any) -> dict[str, Any]:
    """A DynamoDB error by its name, as botocore reads it."""
    return {"Error": {"Code": name, "Message": name}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}


def cancelled(*codes: str) -> dict[str, Any]:
    """A cancelled transaction, with one reason for each operation."""
    return dynamodb_error("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])
