"""A request is answered before API Gateway gives it up, however slow everything behind it is."""

import contextlib
import json
import time

import pytest
from botocore.exceptions import ClientError

from functions.auth import gateways
from functions.shared import clients, http
from functions.shared.table.base import connection
from functions.shared.wechat import MAX_FETCH_S
from local.template import ROOT
from tests.integration.client import Http, new_user
from tests.integration.shared.gateway import send

GATEWAY_S = 29


def test_no_call_begins_that_might_end_too_late(aws: None, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is nearly over the next call is not made: 503, and nothing is written."""
    _, token = new_user()
    client = http.signed_in(token)
    monkeypatch.setattr(clients, "REQUEST_BUDGET_S", clients.CONNECT_TIMEOUT_S + clients.READ_TIMEOUT_S - 0.1)
    answer = client.post("/identity/consent", {"version": "1"})
    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert client.get("/identity/consent").body["accepted_version"] is None


def test_wechat_is_not_asked_too_late(aws: None, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of WeChat is longer than one of AWS, so it has to begin earlier."""
    gateways.wechat.cache_clear()
    monkeypatch.setattr(clients, "REQUEST_BUDGET_S", MAX_FETCH_S - 0.1)
    answer = http.post("/auth/wechat-logins", {"js_code": "local-late"})
    assert (answer.status, answer.code) == (503, "WECHAT_UNAVAILABLE")


def test_a_cold_start_has_used_time_up(aws: None) -> None:
    """The time runs from when the request came to API Gateway; a clock that is far off is not believed."""
    needed_s = clients.REQUEST_BUDGET_S - 4
    for ago_s, fits in ((0, True), (3, True), (5, False), (-3_600, True), (None, True)):
        received_at_ms = None if ago_s is None else int((time.time() - ago_s) * 1_000)
        with (
            clients.request_deadline(received_at_ms),
            contextlib.nullcontext() if fits else pytest.raises(clients.DeadlineExceeded),
        ):
            clients.ensure_time_for(needed_s)
    with clients.request_deadline(1):
        clients.ensure_time_for(clients.REQUEST_BUDGET_S - clients.MAX_START_S - 1)


def test_the_time_of_the_request_is_taken_from_the_gateway(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every view reads it from the event."""
    from app import app

    came: list[int | None] = []
    real = clients.request_deadline
    monkeypatch.setattr(
        http, "request_deadline", lambda received_at_ms=None: came.append(received_at_ms) or real(received_at_ms)
    )
    assert send(app, "GET", "/healthz", received_at_ms=1_790_000_000_000).status == 200
    assert came == [1_790_000_000_000]


def test_time_is_only_short_within_a_request(aws: None) -> None:
    """A worker has the time that Lambda gives it."""
    with pytest.raises(clients.DeadlineExceeded), clients.request_deadline():
        clients.ensure_time_for(GATEWAY_S)
    clients.ensure_time_for(10 * GATEWAY_S)


@pytest.mark.parametrize("make", [clients.kms, clients.s3, clients.sns, clients.sqs, clients.rekognition])
def test_the_limits_are_those_of_the_clients(make: object) -> None:
    """What is reckoned with is what each client waits at most for one try, and Lambda waits longer."""
    config = make().meta.config  # type: ignore[operator]
    longest = clients.FACE_READ_TIMEOUT_S if make is clients.rekognition else clients.READ_TIMEOUT_S
    assert (config.connect_timeout, config.read_timeout) == (clients.CONNECT_TIMEOUT_S, longest)
    table = connection().connection.client.meta.config
    assert (table.connect_timeout, table.read_timeout) == (clients.CONNECT_TIMEOUT_S, clients.READ_TIMEOUT_S)
    function = json.loads((ROOT / "chalice.json").read_text(encoding="utf-8"))
    assert clients.REQUEST_BUDGET_S < function["lambda_timeout"] <= GATEWAY_S


@pytest.mark.parametrize(
    "code", ["AWS.SimpleQueueService.RequestThrottled", "ThrottledException", "ThrottlingException", "SlowDown"]
)
def test_every_service_has_its_own_word_for_throttling(code: str) -> None:
    """SQS, SNS, KMS and S3: all are tried again later."""
    answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    assert clients.is_transient(ClientError(answer, "Call"))  # type: ignore[arg-type]
