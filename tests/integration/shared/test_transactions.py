"""All-or-nothing writes: each failed condition is told as the refusal of its own operation."""

import itertools
import json
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from pynamodb.exceptions import TransactWriteError, UpdateError

from functions.shared.errors import Unavailable
from functions.shared.table import keys
from functions.shared.table.auth import Owner
from functions.shared.table.base import Item
from functions.shared.table.transactions import (
    MAX_TRIES,
    Transaction,
    VersionConflict,
    get,
    get_many,
    retry_on_conflict,
    update_if,
)
from tests.integration.shared.faults import Fault, answering, cancelled, dynamodb, dynamodb_error, timing_out


class CheckFailed(Exception):
    """The check."""


class DeleteFailed(Exception):
    """The delete."""


class PutFailed(Exception):
    """The put."""


class UpdateFailed(Exception):
    """The update."""


# In the order in which DynamoDB gives its reasons through PynamoDB, whatever the order of the calls.
IN_ORDER = [CheckFailed, DeleteFailed, PutFailed, UpdateFailed]


def owner(name: str, user_id: str = "u1") -> Owner:
    """An item."""
    return Owner.new(keys.wechat_owner(name), user_id=user_id)


def whole_transaction(failing: set[type[Exception]]) -> Transaction:
    """One operation of each kind, called in the reverse of DynamoDB's order; those named have a wrong condition."""

    def wanted(error: type[Exception]) -> Any:
        return Owner.user_id == ("somebody" if error in failing else "u1")

    tx = Transaction()
    tx.update(owner("update"), [Owner.user_id.set("u2")], wanted(UpdateFailed), on_failure=UpdateFailed)
    tx.put(owner("put", "u2"), wanted(PutFailed), on_failure=PutFailed("an instance"))
    tx.delete(owner("delete"), wanted(DeleteFailed), on_failure=DeleteFailed)
    tx.check(Owner, keys.wechat_owner("check"), wanted(CheckFailed), on_failure=CheckFailed)
    return tx


def test_refusals_in_their_order(aws: None) -> None:
    """Whichever conditions fail, the first in DynamoDB's order gives the refusal, and nothing is written."""
    for name in ("check", "delete", "put", "update"):
        owner(name).save()
    for count in range(1, 5):
        for failing in itertools.combinations(IN_ORDER, count):
            with pytest.raises(failing[0]):
                whole_transaction(set(failing)).commit()
            found = get_many(*[keys.wechat_owner(name) for name in ("check", "delete", "put", "update")])
            assert [item.user_id for item in found.values() if isinstance(item, Owner)] == ["u1"] * 4
    whole_transaction(set()).commit()
    assert get(Owner, keys.wechat_owner("delete")) is None
    assert [get(Owner, keys.wechat_owner(name)).user_id for name in ("check", "put", "update")] == ["u1", "u2", "u2"]


def test_create_is_once(aws: None) -> None:
    """What is created must not be there yet; without an own refusal that is `VersionConflict`."""
    for expected in (None, VersionConflict):
        tx = Transaction()
        tx.create(owner("new"))
        if expected is None:
            tx.commit()
        else:
            with pytest.raises(expected):
                tx.commit()


def test_empty_transaction(aws: None) -> None:
    """A transaction without operations does nothing."""
    Transaction().commit()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (cancelled("None", "TransactionConflict", "None", "None"), VersionConflict),
        (cancelled("TransactionConflict", "None", "None", "ConditionalCheckFailed"), UpdateFailed),
        (cancelled("None", "ThrottlingError", "None", "None"), Unavailable),
        (cancelled("ProvisionedThroughputExceeded", "None", "None", "None"), Unavailable),
        (cancelled("None", "ValidationError", "None", "None"), TransactWriteError),
        (dynamodb_error("ValidationException"), TransactWriteError),
    ],
)
def test_what_moto_never_answers(aws: None, answer: dict[str, Any], expected: type[Exception]) -> None:
    """Conflicts are decided again, throttling is unavailable, and mistakes of ours stay what they are."""
    with answering(dynamodb(), "dynamodb.TransactWriteItems", *[answer] * 3), pytest.raises(expected):
        whole_transaction(set()).commit()


def test_a_failure_says_what_aws_said(aws: None) -> None:
    """What is no refusal continues as it came, with botocore's error behind it, so that a log line shows the reason."""
    denied = dynamodb_error("AccessDeniedException")
    with answering(dynamodb(), "dynamodb.TransactWriteItems", denied), pytest.raises(TransactWriteError) as failed:
        whole_transaction(set()).commit()
    shown = "".join(traceback.format_exception(failed.value))
    assert "botocore.exceptions.ClientError" in shown
    assert "AccessDeniedException" in shown


@pytest.mark.parametrize("busy", [1, 4, 30])
def test_an_earlier_try_is_waited_for(aws: None, monkeypatch: pytest.MonkeyPatch, busy: int) -> None:
    """A try that DynamoDB is still at is sent again under its own token until it is over, and never started again."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    tokens: list[str] = []
    left = [dynamodb_error("TransactionInProgressException")] * busy

    def answer(params: Any, **_: Any) -> Any:
        tokens.append(json.loads(params["body"])["ClientRequestToken"])
        return (AWSResponse("https://aws.test", 400, {}, None), left.pop()) if left else None

    tx = Transaction()
    tx.create(owner("new"))
    with Fault(dynamodb(), "before-call.dynamodb.TransactWriteItems", answer):
        if busy == 30:
            with pytest.raises(Unavailable):
                tx.commit()
        else:
            tx.commit()
    assert len(set(tokens)) == 1
    assert (get(Owner, keys.wechat_owner("new")) is not None) == (busy < 30)


def test_update_if(aws: None) -> None:
    """A single conditional change says whether it happened, and shows the new state."""
    item = owner("one")
    set_to: Callable[[str], list[Any]] = lambda user_id: [Owner.user_id.set(user_id)]  # noqa: E731
    assert not update_if(item, set_to("u2"), Owner.pk.exists())
    assert get(Item, item.key) is None
    item.save()
    assert update_if(item, set_to("u2"), Owner.user_id == "u1")
    assert item.user_id == "u2"


def test_update_if_meets_a_transaction(aws: None) -> None:
    """A single change that meets a transaction is made when that is done; it fails only when that never ends."""
    item = owner("one")
    item.save()
    conflict = dynamodb_error("TransactionConflictException")
    with answering(dynamodb(), "dynamodb.UpdateItem", conflict, conflict):
        assert update_if(item, [Owner.user_id.set("u2")], Owner.user_id == "u1")
    with answering(dynamodb(), "dynamodb.UpdateItem", *[conflict] * MAX_TRIES), pytest.raises(Unavailable):
        update_if(item, [Owner.user_id.set("u3")], Owner.user_id == "u2")
    mistake = answering(dynamodb(), "dynamodb.UpdateItem", dynamodb_error("ValidationException"))
    with mistake, pytest.raises(UpdateError):
        update_if(item, [Owner.user_id.set("u3")], Owner.user_id == "u2")


def test_update_if_without_an_answer(aws: None) -> None:
    """A single change that AWS never answers says so; PynamoDB (6.1) fails to read the code of such an error."""
    item = owner("one")
    item.save()
    with timing_out(dynamodb(), "dynamodb.UpdateItem"), pytest.raises(UpdateError):
        update_if(item, [Owner.user_id.set("u2")], Owner.user_id == "u1")


def test_decided_again_by_a_conflict(aws: None) -> None:
    """A use case that met another transaction runs again from its first read and goes through."""
    runs: list[int] = []

    @retry_on_conflict
    def create() -> None:
        runs.append(1)
        tx = Transaction()
        tx.create(owner("new"))
        tx.commit()

    with answering(dynamodb(), "dynamodb.TransactWriteItems", cancelled("TransactionConflict")):
        create()
    assert len(runs) == 2
    assert get(Owner, keys.wechat_owner("new")) is not None
