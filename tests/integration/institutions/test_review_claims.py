"""Claims on registrations and appeals against rejections, in the same manner as for identities."""

from typing import Any

import pytest

from functions.shared import audit
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.institutions import Registration
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_user
from tests.integration.institutions.builders import added, registration, user_with_phone
from tests.integration.institutions.test_registrations import PATH, QUEUE, decided, status_of, submitted

COMMENT = "营业执照已更新，请重新核对。"


@pytest.fixture
def user(http: Http) -> Http:
    """A client with the session of a user who has bound a phone."""
    return http.signed_in(user_with_phone()[1])


@pytest.fixture
def other(http: Http) -> Http:
    """Another administrator."""
    return http.signed_in(new_user(administrator=True)[1])


@pytest.fixture
def top(admin: Http) -> str:
    """The code of a supervisor."""
    return added(admin, "省卫健委")


def refusal(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


def appeal(user: Http, registration_id: str) -> Answer:
    return user.post(f"{PATH}/{registration_id}/appeal", {"comment": COMMENT})


def test_one_reviewer_works_on_a_registration(admin: Http, other: Http, user: Http, top: str, clock: Clock) -> None:
    """Others can neither claim, release nor decide, until it is released, decided or over."""
    first = submitted(user, "汉江医院", top)
    claim = f"{QUEUE}/{first}/claim"
    held = other.post(claim)
    assert (held.status, held.body["mine"]) == (200, True)
    for shown in (admin.get(QUEUE).body["items"][0], admin.get(f"{QUEUE}/{first}").body):
        assert shown["claim"] == {**held.body, "mine": False}
    refused = [admin.post(claim), admin.delete(claim), decided(admin, first, "approve")]
    refused.append(decided(admin, first, "reject", comment="x"))
    assert {refusal(answer) for answer in refused} == {(409, "CASE_CLAIMED")}
    assert [other.delete(claim).status, other.delete(claim).status] == [204, 204]
    assert admin.post(claim).status == 200
    clock.forward(settings().review_claim_s)
    assert decided(other, first, "approve").body["claim"] is None
    assert refusal(admin.post(claim)) == (409, "REGISTRATION_DECIDED")
    assert _told(first)[1:] == ["review_claimed", "review_released", "review_claimed", "registration_included"]


def test_an_appeal_goes_to_another_reviewer(admin: Http, other: Http, user: Http, top: str) -> None:
    """It is pending again as it was, its name is taken again, and who rejected it may not decide."""
    first = submitted(user, "汉江医院", top)
    assert refusal(appeal(user, first)) == (409, "REGISTRATION_NOT_REJECTED")
    decided(admin, first, "reject", reason_code="INFORMATION_WRONG")
    assert user.get(PATH).body["items"][0]["may_appeal"]
    answer = appeal(user, first)
    assert (answer.status, answer.body) == (200, {"status": "pending"})
    (mine,) = user.get(PATH).body["items"]
    assert (mine["status"], mine["rejection"], mine["may_appeal"]) == ("pending", None, False)
    assert status_of(user, top, "汉江医院") == "pending"
    assert user.post(PATH, registration("汉江医院", top)).code == "REGISTRATION_PENDING"
    (queued,) = other.get(QUEUE).body["items"]
    assert queued["on_appeal"]
    shown = other.get(f"{QUEUE}/{first}").body
    assert (shown["appeal_comment"], shown["rejection"]["code"]) == (COMMENT, "INFORMATION_WRONG")
    for answer in (
        admin.post(f"{QUEUE}/{first}/claim"),
        decided(admin, first, "approve"),
        decided(admin, first, "reject", comment="x"),
    ):
        assert refusal(answer) == (403, "OTHER_REVIEWER_REQUIRED")
    included = decided(other, first, "approve").body
    assert (included["status"], included["rejection"], included["appeal_comment"]) == ("included", None, None)
    assert _told(first) == [
        *("registration_submitted", "registration_rejected", "registration_appealed", "registration_included"),
    ]


def test_there_is_one_appeal(admin: Http, other: Http, user: Http, top: str) -> None:
    """What is rejected on appeal can be amended, and then anybody may review it."""
    first = submitted(user, "汉江医院", top)
    decided(admin, first, "reject", comment="地址不符")
    appeal(user, first)
    decided(other, first, "reject", comment="仍不符")
    assert refusal(appeal(user, first)) == (409, "APPEAL_USED")
    assert not user.get(PATH).body["items"][0]["may_appeal"]
    assert user.put(f"{PATH}/{first}", registration("汉江二院", top)).status == 200
    assert decided(admin, first, "approve").status == 200


def test_an_appeal_is_the_persons(http: Http, admin: Http, user: Http, top: str) -> None:
    """Nobody else's, whatever phone they have; what others ask for meanwhile does not hinder it."""
    first = submitted(user, "汉江医院", top)
    decided(admin, first, "reject", comment="x")
    stranger = http.signed_in(user_with_phone("13900139000")[1])
    assert refusal(appeal(stranger, first)) == (404, "NOT_FOUND")
    heir = http.signed_in(user_with_phone()[1])
    assert refusal(appeal(heir, first)) == (404, "NOT_FOUND")
    submitted(stranger, "汉江医院", top)
    assert appeal(user, first).status == 200
    assert admin.get(f"{QUEUE}/{first}").body["appeal_comment"] == COMMENT


def _told(registration_id: str) -> list[Any]:
    """The events of a registration, whose chain is whole."""
    stored = Registration.get(*keys.registration(registration_id))
    events = list(AuditEvent.query(stored.pk, AuditEvent.sk.startswith(keys.audit_prefix(stored.key))))
    assert audit.first_broken(events, stored) is None
    return [event.event for event in events if event.event != "registration_viewed"]
