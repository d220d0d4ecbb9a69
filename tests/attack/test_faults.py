"""Faults in every call to AWS that any route makes: a clean 503 or the answer, and a second try comes through."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from functions.shared import clients
from functions.shared.table.base import connection
from tests.attack.deputies import Try, tries
from tests.attack.scene import Scene
from tests.attack.test_deputies import filled, holder
from tests.integration.client import Answer

FAULTS = ("timeout", "reset", "throttled", "broken", "answer lost")
# Every call of every route with five faults: too long for every test run.
pytestmark = pytest.mark.attack
Tell = Callable[[str, Any], None]
# The work had been done when its answer was lost, or what was to be shown could not be read: the second try is told.
DONE = {
    "GET /auth/qr-logins/{qr_login_id}": "SLOW_DOWN",
    "DELETE /auth/session": "UNAUTHENTICATED",
    "DELETE /auth/sessions": "UNAUTHENTICATED",
    "DELETE /auth/sessions/{session_id}": "NOT_FOUND",
    "POST /institutions/registrations": "REGISTRATION_PENDING",
    "PUT /institutions/registrations/{registration_id}": "REGISTRATION_NOT_REJECTED",
    "POST /institutions/registrations/{registration_id}/appeal": "REGISTRATION_NOT_REJECTED",
    "POST /admin/institution-registrations/{registration_id}/decision": "REGISTRATION_DECIDED",
    "POST /admin/identity-applications/{user_id}/decision": "NOT_IN_REVIEW",
    "POST /admin/institutions": "INSTITUTION_EXISTS",
    "POST /admin/businesses": "BUSINESS_EXISTS",
    "POST /grants/invitations/acceptance": "INVITATION_INVALID",
    "POST /grants/{business}/{institution_code}/invitations": "FACE_CHECK_REQUIRED",
    "DELETE /grants/{business}/{institution_code}/invitations/{invitation_id}": "NOT_FOUND",
    "DELETE /grants/{business}/{institution_code}/assistants/{user_id}": "NOT_FOUND",
    "POST /console/grants/{business}/{institution_code}/direct-grant": "CODE_NOT_ISSUED",
    "DELETE /console/grants/{business}/{institution_code}": "GRANT_VACANT",
}


class Weather:
    """Counts the calls to AWS, and lets one of them fail."""

    def __init__(self) -> None:
        self.calls = 0
        self._strike: tuple[int, str] | None = None

    def clear(self) -> None:
        """Nothing fails from here on; the count begins anew."""
        self.calls, self._strike = 0, None

    def strike(self, call: int, fault: str) -> None:
        """Let that call fail, counted from here, 0 first."""
        self.calls, self._strike = 0, (call, fault)

    def before(self, **_: Any) -> tuple[AWSResponse, Any] | None:
        """Before a call is sent."""
        self.calls += 1
        number, fault = self._strike or (-1, "")
        if number != self.calls - 1:
            return None
        if fault == "timeout":
            raise ReadTimeoutError(endpoint_url="https://aws.test")
        if fault == "reset":
            raise ConnectionClosedError(endpoint_url="https://aws.test")
        if fault in {"throttled", "broken"}:
            status, code = (400, "ThrottlingException") if fault == "throttled" else (500, "InternalServerError")
            error = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            return AWSResponse("https://aws.test", status, {}, None), error
        return None

    def after(self, **_: Any) -> None:
        """After a call was answered."""
        if self._strike == (self.calls - 1, "answer lost"):
            self._strike = None
            raise ReadTimeoutError(endpoint_url="https://aws.test")


@pytest.fixture
def weather(scene: Scene) -> Iterator[Weather]:
    """The weather above all clients of AWS."""
    made = Weather()
    everyone = [connection().connection.client, clients.kms(), clients.s3(), clients.sns(), clients.sqs()]
    for client in everyone:
        client.meta.events.register_first("before-call", made.before, unique_id="weather")
        client.meta.events.register_last("after-call", made.after, unique_id="weather-after")
    yield made
    for client in everyone:
        client.meta.events.unregister("before-call", made.before, unique_id="weather")
        client.meta.events.unregister("after-call", made.after, unique_id="weather-after")


def told(answer: Answer) -> int | str | None:
    """The code of a refusal, the status of a success."""
    return answer.code if answer.status >= 400 else answer.status


@pytest.mark.parametrize("row", tries(), ids=lambda row: row.route)
def test_no_fault_does_harm(scene: Scene, weather: Weather, row: Try, record_property: Tell) -> None:
    """Whichever call fails, and however: 503 with Retry-After or the answer; then the same again has its answer."""
    client = holder(row, scene)
    method, path, body, headers = filled(row, scene)

    def call() -> Answer:
        return client.call(method, path, body, **headers)

    with scene.untouched_after():
        weather.clear()
        assert told(call()) == row.answer
        calls = weather.calls
    tried, wrong = 0, []
    for number in range(calls):
        for fault in FAULTS:
            tried += 1
            with scene.untouched_after():
                weather.strike(number, fault)
                answer = call()
                weather.clear()
                if told(answer) != row.answer and not (answer.status == 503 and "retry-after" in answer.headers):
                    wrong.append((number, fault, answer.status, answer.code))
                elif answer.status == 503:
                    done = scene.changed()
                    again = call()
                    if told(again) != row.answer and not (done and again.code == DONE.get(row.route)):
                        wrong.append((number, fault, "then", again.status, again.code))
    record_property("attacks", tried)
    assert wrong == []
