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
from tests.integration.shared.faults import dismissed_before_writing

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
    """No one else's, whatever phone they have; what others ask for meanwhile does not hinder it."""
    first = submitted(user, "汉江医院", top)
    decided(admin, first, "reject", comment="x")
    stranger = http.signed_in(user_with_phone("13900139000")[1])
    assert refusal(appeal(stranger, first)) == (404, "NOT_FOUND")
    heir = http.signed_in(user_with_phone()[1])
    assert refusal(appeal(heir, first)) == (404, "NOT_FOUND")
    submitted(stranger, "汉江医院", top)
    assert appeal(user, first).status == 200
    assert admin.get(f"{QUEUE}/{first}").body["appeal_comment"] == COMMENT


def test_a_case_is_taken_over(admin: Http, other: Http, user: Http, top: str) -> None:
    """A colleague can take a case over: the trail says from whom, and the first one holds it no longer."""
    first = submitted(user, "汉江医院", top)
    claim = f"{QUEUE}/{first}/claim"
    assert other.post(claim, {}).status == 200
    assert refusal(admin.post(claim, {"take_over": False})) == (409, "CASE_CLAIMED")
    taken = admin.post(claim, {"take_over": True})
    assert (taken.status, taken.body["mine"]) == (200, True)
    assert refusal(other.post(claim)) == (409, "CASE_CLAIMED")
    assert refusal(decided(other, first, "approve")) == (409, "CASE_CLAIMED")
    assert decided(admin, first, "approve").status == 200
    assert _told(first) == [
        *("registration_submitted", "review_claimed", "review_taken_over", "registration_included"),
    ]


def test_a_claim_lasts_an_hour_at_most(admin: Http, other: Http, user: Http, top: str, clock: Clock) -> None:
    """Renewed or released and claimed again, a reviewer holds a case for an hour, and may return after a pause."""
    first = submitted(user, "汉江医院", top)
    claim = f"{QUEUE}/{first}/claim"
    until = [other.post(claim).body["claimed_until"]]
    for minutes in (14, 14, 2, 14, 14):
        clock.forward(minutes * 60)
        if minutes == 2:
            assert other.delete(claim).status == 204
        until.append(other.post(claim).body["claimed_until"])
    assert until[-1] == "2026-11-22T09:00:00Z"
    clock.forward(2 * 60)
    refused = other.post(claim)
    assert refusal(refused) == (429, "CLAIM_LIMIT")
    assert int(refused.headers["retry-after"]) == 15 * 60
    assert admin.post(claim).status == 200
    assert admin.delete(claim).status == 204
    assert other.post(claim).status == 200


def test_a_reviewer_holds_ten_cases(admin: Http, other: Http, http: Http, top: str, clock: Clock) -> None:
    """The eleventh is refused, until one is decided, released, taken over or runs out."""
    users = [http.signed_in(user_with_phone(f"1390013900{number}")[1]) for number in range(3)]
    cases = [submitted(users[number % 3], f"第{number}医院", top) for number in range(16)]
    claims = [f"{QUEUE}/{one}/claim" for one in cases]
    assert {other.post(claim).status for claim in claims[:10]} == {200}
    refused = other.post(claims[10])
    assert refusal(refused) == (429, "CLAIM_LIMIT")
    assert 0 < int(refused.headers["retry-after"]) <= 15 * 60
    assert other.post(claims[0]).status == 200  # one of the ten, again
    for number, end in enumerate(
        (
            lambda: decided(other, cases[1], "reject", comment="x"),
            lambda: other.delete(claims[2]),
            lambda: admin.post(claims[3], {"take_over": True}),
            lambda: clock.forward(15 * 60),
        )
    ):
        assert refusal(other.post(claims[10 + number])) == (429, "CLAIM_LIMIT")
        end()
        assert other.post(claims[10 + number]).status == 200


def test_the_only_administrator_decides_an_appeal(admin: Http, user: Http, top: str) -> None:
    """Where there is no other reviewer an appeal is decided by the same one, who is otherwise refused."""
    first = submitted(user, "汉江医院", top)
    decided(admin, first, "reject", comment="x")
    assert appeal(user, first).status == 200
    assert admin.post(f"{QUEUE}/{first}/claim").status == 200
    new_user(administrator=True)
    assert refusal(decided(admin, first, "approve")) == (403, "OTHER_REVIEWER_REQUIRED")


def test_another_administrator_who_is_the_applicant_is_none(http: Http, admin: Http, top: str) -> None:
    """An administrator's own appeal is decided by the one who is left."""
    from functions.shared.personal_data import keyed_hash
    from functions.shared.table.auth import User

    user_id, token = new_user(administrator=True)
    User.new(keys.user(user_id)).update(actions=[User.phone_hash.set(keyed_hash("phone", "13800138000"))])
    own = http.signed_in(token)
    first = submitted(own, "汉江医院", top)
    decided(admin, first, "reject", comment="x")
    assert appeal(own, first).status == 200
    assert refusal(decided(own, first, "approve")) == (403, "OWN_REGISTRATION")
    assert decided(admin, first, "approve").status == 200


def test_nobody_reviews_their_own_through_another_account(http: Http, admin: Http, top: str) -> None:
    """An administrator who is verified as the same person as the applicant is the applicant."""
    from functions.shared.table.identity import Identity

    user_id, token = user_with_phone("13900139000")
    first = submitted(http.signed_in(token), "汉江医院", top)
    reviewer_id, reviewer = new_user(administrator=True)
    for one in (user_id, reviewer_id):
        Identity.new(keys.identity(one), user_id=one, verified_person_hash="same").save()
    for answer in (
        http.signed_in(reviewer).post(f"{QUEUE}/{first}/claim"),
        decided(http.signed_in(reviewer), first, "approve"),
    ):
        assert refusal(answer) == (403, "OWN_REGISTRATION")
    assert decided(admin, first, "approve").status == 200


def test_an_administrator_whose_verification_ended_reviews_nothing(http: Http, user: Http, top: str) -> None:
    """The office rests while its holder is no verified person."""
    from functions.shared.table.auth import User

    first = submitted(user, "汉江医院", top)
    reviewer_id, token = new_user(administrator=True)
    assert http.signed_in(token).get(QUEUE).status == 200
    User.new(keys.user(reviewer_id)).update(actions=[User.identity_status.set("unverified")])
    reviewer = http.signed_in(token)
    for answer in (reviewer.get(QUEUE), reviewer.get(f"{QUEUE}/{first}"), decided(reviewer, first, "approve")):
        assert refusal(answer) == (403, "ADMINISTRATOR_REQUIRED")


def _told(registration_id: str) -> list[Any]:
    """The events of a registration, whose chain is whole."""
    stored = Registration.get(*keys.registration(registration_id))
    events = list(AuditEvent.query(stored.pk, AuditEvent.sk.startswith(keys.audit_prefix(stored.key))))
    assert audit.first_invalid_version(events, stored) is None
    return [event.event for event in events if event.event != "registration_viewed"]


@pytest.mark.parametrize("step", ["look", "claim", "release", "approve", "reject"])
def test_who_is_dismissed_meanwhile_decides_nothing(admin: Http, http: Http, user: Http, top: str, step: str) -> None:
    """An administrator who is dismissed between the look-up of their office and the write changes nothing."""
    reviewer_id, token = new_user(administrator=True)
    reviewer = http.signed_in(token)
    first = submitted(user, "汉江医院", top)
    assert reviewer.post(f"{QUEUE}/{first}/claim").status == 200
    steps = {
        "look": lambda: reviewer.get(f"{QUEUE}/{first}"),
        "claim": lambda: reviewer.post(f"{QUEUE}/{first}/claim"),
        "release": lambda: reviewer.delete(f"{QUEUE}/{first}/claim"),
        "approve": lambda: decided(reviewer, first, "approve"),
        "reject": lambda: decided(reviewer, first, "reject", comment="x"),
    }
    before = Registration.get(*keys.registration(first)).to_dynamodb_dict()
    with dismissed_before_writing(reviewer_id):
        assert refusal(steps[step]()) == (403, "ADMINISTRATOR_REQUIRED")
    assert Registration.get(*keys.registration(first)).to_dynamodb_dict() == before
    assert admin.post(f"{QUEUE}/{first}/claim", {"take_over": True}).status == 200
    assert decided(admin, first, "approve").status == 200
