"""Faults in every call to AWS that any route makes: a clean 503 or the answer, and a second try comes through."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.attack.authorization_matrix import Try, tries
from tests.attack.fault_injection import FAULTS, Weather
from tests.attack.fixtures import Scene
from tests.attack.steps import steps
from tests.attack.test_deputies import filled, holder
from tests.integration.client import Answer

# Every call of every route with five faults: too long for every test run.
pytestmark = pytest.mark.attack
Tell = Callable[[str, Any], None]
# The work had been done when its answer was lost, or what was to be shown could not be read: the second try is told.
DONE: Mapping[str, tuple[str, ...]] = {
    "POST /auth/sms-codes": ("SMS_LIMIT",),
    "POST /auth/phone-logins": ("SMS_CODE_INVALID",),
    "POST /auth/phone": ("SMS_CODE_INVALID",),
    "POST /identity/face-checks/{face_check_id}/comparison": ("FACE_CHECK_USED",),
    "POST /identity/submission": ("IDENTITY_IN_REVIEW", "APPLICATION_REQUIRED"),
    "POST /identity/appeal": ("NOTHING_REJECTED",),
    "POST /identity/objection": ("NOTHING_CONTESTED",),
    "GET /auth/qr-logins/{qr_login_id}": ("SLOW_DOWN",),
    "DELETE /auth/session": ("SESSION_ENDED",),
    "DELETE /auth/sessions": ("SESSION_ENDED",),
    "DELETE /auth/sessions/{session_id}": ("NOT_FOUND",),
    "POST /institutions/registrations": ("REGISTRATION_PENDING",),
    "DELETE /console/institutions/{institution_code}/members/{user_id}": ("NOT_FOUND",),
    "PUT /institutions/registrations/{registration_id}": ("REGISTRATION_NOT_REJECTED",),
    "POST /institutions/registrations/{registration_id}/appeal": ("REGISTRATION_NOT_REJECTED",),
    "POST /admin/institution-registrations/{registration_id}/decision": ("REGISTRATION_DECIDED",),
    "POST /admin/identity-applications/{user_id}/decision": ("NOT_IN_REVIEW", "DECISION_PENDING"),
    "POST /admin/institutions": ("INSTITUTION_EXISTS",),
    "POST /admin/businesses": ("BUSINESS_EXISTS",),
    "POST /grants/{business}/{institution_code}/invitations": ("FACE_CHECK_REQUIRED",),
    "DELETE /grants/{business}/{institution_code}/invitations/{invitation_id}": ("NOT_FOUND",),
    "DELETE /grants/{business}/{institution_code}/assistants/{user_id}": ("NOT_FOUND", "FORBIDDEN"),
    "DELETE /grants/{business}/{institution_code}/manager": ("FORBIDDEN",),
    "POST /console/grants/{business}/{institution_code}/direct-grant": ("CODE_NOT_ISSUED",),
    "DELETE /console/grants/{business}/{institution_code}": ("GRANT_VACANT",),
}


def told(answer: Answer) -> int | str | None:
    """The code of a refusal, the status of a success."""
    return answer.code if answer.status >= 400 else answer.status


@pytest.mark.parametrize("row", [*tries(), *steps()], ids=lambda row: row.route)
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
                    done = scene.changed_by_now()
                    again = call()
                    if told(again) != row.answer and not (again.code in DONE.get(row.route, ()) and done()):
                        wrong.append((number, fault, "then", again.status, again.code))
    record_property("attacks", tried)
    assert wrong == []
