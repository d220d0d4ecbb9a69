"""`Idempotency-Key`: the same call twice does its work once, and what is kept of it tells no one anything."""

import base64
import os
import subprocess
import sys
import threading
from typing import Any

import boto3
import msgspec
import pytest
from chalice.app import Chalice

from functions.shared import clients, clock, ids
from functions.shared.admission import PERSON, PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.errors import Conflict, Text
from functions.shared.guards import signed_in
from functions.shared.http import Request, public
from functions.shared.table import keys
from functions.shared.table.auth import Owner
from functions.shared.table.base import Item
from functions.shared.table.transactions import get
from tests.integration.client import Answer, Http, last_sms, new_user
from tests.integration.shared.faults import dynamodb, sent_twice, timing_out
from tests.integration.shared.log_lines import LogLines

KEY = "a1f0c1de-0000-4000-8000-0123456789ab"
SECRET = "token-" + "s" * 40


class Made(msgspec.Struct):
    """An answer with a secret in it."""

    number: int
    secret: str


class Wanted(msgspec.Struct):
    """What a call may carry."""

    name: str = "anything"
    size: int = 10


class Moved(Conflict):
    """A refusal."""

    code = "MOVED"
    text = Text("已变化。", "Moved.")


class Workshop:
    """Routes that count how often their work is done."""

    def __init__(self) -> None:
        self.done = 0
        self.refuse = False
        self.entered, self.leave = threading.Event(), threading.Event()
        self.leave.set()
        routes = Blueprint("workshop")
        routes.add(
            "POST", "/public", guard=public, clients=PUBLIC, request_model=Wanted, response_model=Made, status=201
        )(self.make)
        routes.add(
            "POST",
            "/mine/{thing}",
            guard=signed_in,
            clients=PERSON,
            request_model=Wanted,
            response_model=Made,
            status=201,
        )(self.make_mine)
        routes.add("POST", "/silent", guard=public, clients=PUBLIC, status=204)(self.silent)
        routes.add("PUT", "/put", guard=public, clients=PUBLIC, request_model=Wanted, response_model=Made)(self.replace)
        self.app = Chalice("workshop", configure_logs=False)
        self.app.register_blueprint(routes)

    def make(self, _: Request, wanted: Wanted) -> Made:
        """Work that can be refused, and can take its time."""
        self.done += 1
        self.entered.set()
        self.leave.wait(10)
        if self.refuse:
            raise Moved
        return Made(self.done, SECRET + os.urandom(wanted.size).hex())

    def make_mine(self, request: Request, wanted: Wanted) -> Made:
        """The same, signed in."""
        return self.make(request, wanted)

    def silent(self, _: Request) -> None:
        """Work without an answer."""
        self.done += 1

    def replace(self, request: Request, wanted: Wanted) -> Made:
        """The same by PUT, which is idempotent by itself."""
        return self.make(request, wanted)


@pytest.fixture
def workshop(aws: None) -> Workshop:
    """An app of its own, beside the product's."""
    return Workshop()


@pytest.fixture
def bench(workshop: Workshop) -> Http:
    """A client of it."""
    return Http(workshop.app)


def records() -> list[dict[str, Any]]:
    """What the table keeps under idempotency keys."""
    client = boto3.client("dynamodb")
    items = client.scan(TableName=Item.Meta.table_name)["Items"]
    return [item for item in items if item["pk"]["S"].startswith("IDEMPOTENCY#")]


def change_record(expression: str, **values: str) -> None:
    """Let time pass for the one record there is: Powertools has a clock of its own."""
    (record,) = records()
    boto3.client("dynamodb").update_item(
        TableName=Item.Meta.table_name,
        Key={"pk": record["pk"], "sk": record["sk"]},
        UpdateExpression=expression,
        ExpressionAttributeValues={f":{name}": {"N": value} for name, value in values.items()},
    )


def test_first_answer_again(bench: Http, workshop: Workshop) -> None:
    """The same key and body give the first answer again, status and body, and the work is done once."""
    first = bench.post("/public", {"name": "a"}, **{"Idempotency-Key": KEY})
    second = bench.post("/public", {"name": "a"}, **{"Idempotency-Key": KEY})
    assert (first.status, second.status, workshop.done) == (201, 201, 1)
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert second.headers["content-type"] == "application/json"


def test_no_content_again(bench: Http, workshop: Workshop) -> None:
    """An answer without content is given again as 204."""
    answers = [bench.post("/silent", **{"Idempotency-Key": KEY}) for _ in range(3)]
    assert [(a.status, a.body) for a in answers] == [(204, None)] * 3
    assert workshop.done == 1


def test_field_order_is_no_other_body(bench: Http, workshop: Workshop) -> None:
    """A body that says the same in another order, or spells out a default, is the same body."""
    bench.post("/public", b'{"name": "a", "size": 10}', **{"Idempotency-Key": KEY})
    bench.post("/public", b'{"size":10,"name":"a"}', **{"Idempotency-Key": KEY})
    assert bench.post("/public", {"name": "a"}, **{"Idempotency-Key": KEY}).status == 201
    assert workshop.done == 1


def test_other_body_is_refused(bench: Http, workshop: Workshop) -> None:
    """The same key with another body is 422 IDEMPOTENCY_KEY_REUSED, and nothing is done."""
    bench.post("/public", {"name": "a"}, **{"Idempotency-Key": KEY})
    other = bench.post("/public", {"name": "b"}, **{"Idempotency-Key": KEY})
    assert (other.status, other.code, workshop.done) == (422, "IDEMPOTENCY_KEY_REUSED", 1)


@pytest.mark.parametrize("key", ["x" * 129, "", "with space", "钥匙", "a\tb", "a\n", "a\x7f"])
def test_form_of_the_key(bench: Http, workshop: Workshop, key: str) -> None:
    """A key that is not 1 to 128 visible ASCII characters is a field error of the header."""
    answer = bench.post("/public", {}, **{"Idempotency-Key": key})
    assert (answer.status, answer.code, workshop.done) == (422, "INVALID", 0)
    assert [(e["field"], e["code"]) for e in answer.body["errors"]] == [("Idempotency-Key", "FORMAT")]


@pytest.mark.parametrize("key", ["x", "~" * 128, "!#$%"])
def test_every_visible_key_is_taken(workshop: Workshop, key: str) -> None:
    """Keys from 1 to 128 characters work for who is signed in."""
    _, token = new_user()
    for _ in range(2):
        assert Http(workshop.app, token).post("/mine/a", {}, **{"Idempotency-Key": key}).status == 201
    assert workshop.done == 1


def test_a_key_that_could_be_guessed_shares_no_answer(bench: Http, workshop: Workshop) -> None:
    """On a public route a short key is refused: anyone who chose the same one would be handed the other's secrets."""
    answer = bench.post("/public", {}, **{"Idempotency-Key": "k" * 21})
    assert (answer.status, workshop.done) == (422, 0)
    assert [(e["field"], e["code"]) for e in answer.body["errors"]] == [("Idempotency-Key", "TOO_SHORT")]
    assert bench.post("/public", {}, **{"Idempotency-Key": "k" * 22}).status == 201


def test_only_post_opts_in(bench: Http, workshop: Workshop) -> None:
    """The header on another method changes nothing."""
    for _ in range(2):
        assert bench.put("/put", {}, **{"Idempotency-Key": KEY}).status == 200
    assert workshop.done == 2
    assert records() == []


def test_without_header_nothing_is_kept(bench: Http, workshop: Workshop) -> None:
    """Without the header every call does its work, and no record is written."""
    for _ in range(2):
        bench.post("/public", {})
    assert (workshop.done, records()) == (2, [])


def test_scope_is_route_path_and_caller(bench: Http, workshop: Workshop) -> None:
    """The same key of another user, for another path or on another route is another call."""
    (_, one), (_, two) = new_user(), new_user()
    for token, path in ((one, "/mine/a"), (two, "/mine/a"), (one, "/mine/b"), (None, "/public")):
        for _ in range(2):
            answer = Http(workshop.app, token).post(path, {}, **{"Idempotency-Key": KEY})
            assert answer.status == 201
    assert workshop.done == 4


def test_other_session_of_the_same_user(workshop: Workshop) -> None:
    """A retry after signing in again is still the same call: the scope is the user, not the session."""
    openid = ids.new_id()
    (_, one), (_, two) = new_user(openid), new_user(openid)
    first = Http(workshop.app, one).post("/mine/a", {}, **{"Idempotency-Key": KEY})
    assert Http(workshop.app, two).post("/mine/a", {}, **{"Idempotency-Key": KEY}).body == first.body


def test_signed_out_gets_nothing_again(workshop: Workshop) -> None:
    """A kept answer is behind the same guard as the first one."""
    _, token = new_user()
    Http(workshop.app, token).post("/mine/a", {}, **{"Idempotency-Key": KEY})
    assert Http(workshop.app).post("/mine/a", {}, **{"Idempotency-Key": KEY}).status == 401


def test_refusals_are_not_kept(bench: Http, workshop: Workshop) -> None:
    """After a refusal the same call runs again, and may go well."""
    workshop.refuse = True
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).code == "MOVED"
    assert records() == []
    workshop.refuse = False
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).body["number"] == 2


def test_wrong_fields_are_not_kept(bench: Http, workshop: Workshop) -> None:
    """A body with a wrong field is refused as ever and uses up no key."""
    assert bench.post("/public", {"size": "x"}, **{"Idempotency-Key": KEY}).code == "INVALID"
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).status == 201


def test_in_progress(bench: Http, workshop: Workshop) -> None:
    """Two equal calls at once do the work once: the second is told to come back, and then gets the answer."""
    workshop.leave.clear()
    answers: list[Answer] = []
    first = threading.Thread(target=lambda: answers.append(bench.post("/public", {}, **{"Idempotency-Key": KEY})))
    first.start()
    assert workshop.entered.wait(10)
    early = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    other = bench.post("/public", {"name": "b"}, **{"Idempotency-Key": KEY})
    workshop.leave.set()
    first.join()
    assert (early.status, early.code, early.headers["retry-after"]) == (409, "REQUEST_IN_PROGRESS", "2")
    assert other.code == "IDEMPOTENCY_KEY_REUSED"
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).body == answers[0].body
    assert workshop.done == 1


def test_abandoned_call_runs_again(bench: Http, workshop: Workshop) -> None:
    """A call whose function died is in progress for half a minute; then the same call runs again."""
    bench.post("/public", {}, **{"Idempotency-Key": KEY})
    (record,) = records()
    boto3.client("dynamodb").update_item(
        TableName=Item.Meta.table_name,
        Key={"pk": record["pk"], "sk": record["sk"]},
        UpdateExpression="SET #status = :in_progress REMOVE #data",
        ExpressionAttributeNames={"#status": "status", "#data": "data"},
        ExpressionAttributeValues={":in_progress": {"S": "INPROGRESS"}},
    )
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).code == "REQUEST_IN_PROGRESS"
    change_record("SET in_progress_expiration = :past", past="1")
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).body["number"] == 2


def test_kept_for_a_day(bench: Http, workshop: Workshop) -> None:
    """The record carries the table's TTL 24 hours ahead, and counts no longer once that has passed."""
    before = int(clock.now().timestamp())
    bench.post("/public", {}, **{"Idempotency-Key": KEY})
    (record,) = records()
    assert 0 <= int(record["expires_at"]["N"]) - before - 24 * 3_600 <= 60
    change_record("SET expires_at = :past", past=str(before - 1))
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).body["number"] == 2


@pytest.mark.parametrize("size", [10, 3_000, 60_000])
def test_answers_of_any_size(bench: Http, workshop: Workshop, size: int) -> None:
    """Answers above the 4,096 bytes that KMS seals at a time are kept whole too."""
    first = bench.post("/public", {"size": size}, **{"Idempotency-Key": KEY})
    assert bench.post("/public", {"size": size}, **{"Idempotency-Key": KEY}).body == first.body


def test_record_tells_nothing(http: Http) -> None:
    """Neither key, body nor answer can be read in the record of a sign-in; its sealed part is bound to it."""
    challenge = http.post("/auth/sms-codes", {"phone": "13800138000", "purpose": "sign_in"}).body["challenge_id"]
    code = last_sms()[1].split("验证码为")[1][:6]
    body = {"challenge_id": challenge, "phone": "13800138000", "code": code, "client": "portal"}
    first = http.post("/auth/phone-logins", body, **{"Idempotency-Key": KEY})
    again = http.post("/auth/phone-logins", body, **{"Idempotency-Key": KEY})
    assert first.status == again.status == 201
    assert first.body == again.body
    (record,) = records()
    shown = str(record)
    for secret in (KEY, "13800138000", code, challenge, first.body["session"]["token"], first.body["user"]["user_id"]):
        assert secret not in shown
    assert set(record) == {
        "pk",
        "sk",
        "status",
        "expires_at",
        "in_progress_expiration",
        "data",
        "validation",
        "reserved_by",
    }
    piece = base64.b64decode(msgspec.json.decode(record["data"]["S"])["sealed"][0])
    with pytest.raises(clients.kms().exceptions.InvalidCiphertextException):
        clients.kms().decrypt(CiphertextBlob=piece, EncryptionContext={"purpose": "idempotent_answer", "user": "x"})


def test_items_beside_records(bench: Http) -> None:
    """A record reads as an item without a kind, and as no item of any kind."""
    bench.post("/public", {}, **{"Idempotency-Key": KEY})
    (record,) = records()
    key = keys.idempotent_answer(record["pk"]["S"])
    assert key.sk == record["sk"]["S"]
    found = get(Item, key)
    assert found is not None
    assert found.key == key
    assert found.kind is None
    assert list(Owner.query(key.pk, Owner.sk == key.sk)) == []


def test_answer_stands_when_it_cannot_be_kept(bench: Http, workshop: Workshop) -> None:
    """Work that is done is answered, even when KMS cannot seal the answer; the record stays in progress."""
    with LogLines() as logs, timing_out(clients.kms(), "kms.Encrypt"):
        first = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    assert first.status == 201
    assert [line["reason"] for line in logs.named("idempotency_record_failed")] == ["ReadTimeoutError"]
    assert bench.post("/public", {}, **{"Idempotency-Key": KEY}).code == "REQUEST_IN_PROGRESS"
    assert workshop.done == 1


def test_a_slow_answer_is_kept_to_the_last(bench: Http, workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that took so long that nothing else may begin is not done again by a client that comes again."""
    assert bench.post("/public", {}, **{"Idempotency-Key": "0" * 32}).status == 201  # whatever is done once is done
    workshop.leave.clear()
    monkeypatch.setattr(clients, "REQUEST_BUDGET_S", clients.CONNECT_TIMEOUT_S + clients.READ_TIMEOUT_S + 0.5)
    release = threading.Timer(0.8, workshop.leave.set)
    release.start()
    first = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    again = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    assert (first.status, again.status, workshop.done) == (201, 201, 2)
    assert again.body == first.body


def test_dependency_failures_are_refusals(bench: Http, workshop: Workshop) -> None:
    """When the record cannot be started, nothing is done and the answer is 503."""
    with timing_out(dynamodb(), "dynamodb.PutItem"):
        answer = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    assert (answer.status, answer.code, workshop.done) == (503, "SERVICE_UNAVAILABLE", 0)


def test_a_reservation_whose_answer_was_lost_is_known_again(bench: Http, workshop: Workshop) -> None:
    """Written, the answer lost, sent again by the client itself: the call continues, where it would wait for itself."""
    with sent_twice(dynamodb(), "PutItem"):
        first = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    assert (first.status, workshop.done) == (201, 1)
    again = bench.post("/public", {}, **{"Idempotency-Key": KEY})
    assert (again.body, workshop.done) == (first.body, 1)


def test_header_alone_loads_powertools_idempotency() -> None:
    """The app starts without Powertools' idempotency: only a request with the header pays for its import."""
    program = (
        "import tests.conftest, app, sys;"
        "sys.exit(any(name.startswith('aws_lambda_powertools.utilities.idempotency') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
