"""An adversary, and an honest person, at the ways back into an account: every way ends, and no one decides alone."""

from collections.abc import Iterator

import pytest

from functions.identity.domain.duplicates import Outcome
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity, PersonStep
from functions.shared.table.transactions import get
from local.standins.wechat import Wechat
from tests.attack.test_goals_persons import (
    CONTEST_S,
    MINE,
    QUEUE,
    THIEF,
    admin,
    decide,
    duplicates,
    hourly,
    owner_of,
    reasons_of,
    reissued,
    scan,
    verified,
    whole,
)
from tests.conftest import Clock
from tests.integration.auth.stage import ask_code, bind_by_code, login, phone_user
from tests.integration.client import Http, new_session, new_user
from tests.integration.identity.applicant import Applicant, photo_of, put_upload, review_codes
from tests.integration.identity.conftest import comparison_service, faces
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.wechat_stand_in import wechat_with_faces
from tests.integration.institutions.builders import added, registration

__all__ = ["comparison_service", "faces"]

PHONE = "13800138077"
PASSED = 10_000


@pytest.fixture
def wechat(aws: None) -> Iterator[Wechat]:
    """WeChat, with its face checks."""
    with wechat_with_faces() as stand_in:
        yield stand_in


def with_two_accounts(http: Http) -> tuple[Http, Http]:
    """Two administrator accounts of one person, verified by two documents of hers."""
    both = []
    for number in ("1" * 64, "2" * 64):
        user_id, token = new_user(administrator=True)
        birth = "3" * 64
        Identity.new(
            keys.identity(user_id), user_id=user_id, verified_person_hash=number, verified_name_birth_hash=birth
        ).save()
        both.append(http.signed_in(token))
    return both[0], both[1]


@pytest.mark.parametrize("outcome", ["impostor", "same_person"])
def test_two_accounts_of_one_administrator_are_one_word(
    http: Http, faces: FakeFaces, clock: Clock, outcome: Outcome
) -> None:
    """A reviewer with two accounts moves no number alone; another person does with them."""
    older, newer = duplicates(http)
    for account in (*with_two_accounts(http), *with_two_accounts(http)):
        answer = decide(account, newer, duplicate=outcome)
        assert (answer.status, answer.body["status"]) == (202, "awaiting_second")
    clock.forward(CONTEST_S)
    assert hourly() == []
    assert (older.user.identity_status, newer.user.merged_into) == ("verified", None)
    assert decide(admin(http), newer, duplicate=outcome).body["status"] in {"takes_effect_at", "joined"}


@pytest.mark.parametrize("outcome", ["impostor", "same_person"])
def test_a_live_face_of_the_newcomer_suffices(
    http: Http, faces: FakeFaces, wechat: Wechat, clock: Clock, outcome: Outcome
) -> None:
    """After a check by WeChat one administrator decides; after a selfie two do (`test_goals_persons`)."""
    older = verified(http)
    newer = Applicant.new(http, MINE)
    newer.accept("front")
    newer.accept("back")
    ticket = newer.http.post("/identity/face-checks", {"purpose": "identity", "method": "wechat"}).body
    assert wechat.end_face_check(ticket["verify_id"], PASSED)
    assert newer.compare(ticket["face_check_id"]).body["status"] == "passed"
    assert review_codes(newer.submit().body["review_reasons"]) == ["under_review"]
    decided = decide(admin(http), newer, duplicate=outcome)
    if outcome == "same_person":
        assert (decided.status, decided.body["status"]) == (202, "joined")
        assert newer.user.merged_into == older.user_id
        assert older.user.identity_status == "verified"
    else:
        assert (decided.status, decided.body["status"]) == (202, "takes_effect_at")
        clock.forward(CONTEST_S)
        assert hourly() == []
        assert (older.user.identity_status, newer.user.identity_status) == ("unverified", "verified")
        assert newer.identity.verified_by == "wechat"
    assert owner_of(MINE["number"]) == (older.user_id if outcome == "same_person" else newer.user_id)


def test_a_third_account_ends_the_decision(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """The number was given up and verified elsewhere within the three days: reviewers have the case again, once."""
    older, newer = duplicates(http)
    first, second = admin(http), admin(http)
    for reviewer in (first, second):
        decide(reviewer, newer, duplicate="impostor")
    left = older.http.delete(f"/identity/consent?face_check_id={older.prove()}")
    assert left.status == 204
    third = verified(http)
    clock.forward(CONTEST_S)
    assert hourly() == []
    assert (newer.seen()["status"], third.user.identity_status) == ("in_review", "verified")
    assert owner_of(MINE["number"]) == third.user_id
    assert get(PersonStep, keys.person_step(newer.user_id, "impostor")) is None
    assert newer.events()[-1].event == "duplicate_reopened"
    version = newer.identity.version
    assert hourly() == []
    assert newer.identity.version == version
    opened = first.get(f"{QUEUE}/{newer.user_id}").body
    assert opened["other"]["user_id"] == third.user_id
    assert reasons_of(first, newer) == ["duplicate_person"]
    assert decide(first, newer, duplicate="impostor").body["status"] == "awaiting_second"
    for kind, key in ((Identity, keys.identity(newer.user_id)), (Identity, keys.identity(third.user_id))):
        assert whole(kind, key)


def test_a_face_check_of_the_person_before_is_void(http: Http, faces: FakeFaces) -> None:
    """One that passed for the account before another person was approved changes nothing of theirs."""
    person, reviewer = verified(http), admin(http)
    assert person.apply_as_owner(THIEF).status == 200
    scan(person, "hopper")
    person.submit()
    proof, under_way = person.prove(), person.http.post("/identity/face-checks", {"purpose": "account"}).body
    put_upload(under_way["upload"], photo_of("collins"))

    def approve() -> None:
        assert decide(reviewer, person, person="another_person").status == 200

    faces.during = approve
    old_session = person.http
    assert person.compare(under_way["face_check_id"]).code in {"FACE_CHECK_USED", "UNAUTHENTICATED"}
    person.http = old_session.signed_in(new_session(person.user_id))
    for phone, check_id in (("13800138078", proof), ("13800138079", under_way["face_check_id"])):
        assert person.apply({**reissued(14), "face_check_id": check_id}).code == "FACE_CHECK_REQUIRED"
        challenge_id, code = ask_code(person.http, phone, "bind_phone")
        body = {"challenge_id": challenge_id, "phone": phone, "code": code, "face_check_id": check_id}
        assert person.http.post("/auth/phone", body).code == "FACE_CHECK_REQUIRED"


def without_portrait(http: Http) -> Applicant:
    """Somebody whom a reviewer verified when scanning was closed: no portrait, no WeChat, a phone."""
    user_id, session = phone_user(http, PHONE)
    person = Applicant(session, user_id)
    session.post("/identity/consent", {"version": session.get("/identity/consent").body["version"]})
    assert person.apply(MINE).status == 200
    person.close_scanning()
    assert session.post("/identity/submission", {"manual_review": True}).body["status"] == "in_review"
    assert decide(admin(http), person).status == 200
    assert person.identity.portrait_key is None
    return person


def test_a_person_without_a_portrait_comes_back(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """By SMS alone they are told the way: WeChat, the document once more; reviewers join the accounts; it works."""
    person = without_portrait(http)
    signed_in = login(http, *ask_code(http, PHONE), phone=PHONE)
    assert signed_in.body["session"]["assurance"] == "basic"
    session = http.signed_in(signed_in.body["session"]["token"])
    refused = session.post("/identity/face-checks", {"purpose": "session"})
    assert (refused.status, refused.code) == (409, "PORTRAIT_NOT_KEPT")
    assert "微信登录" in refused.body["detail"]
    again = Applicant.new(http, MINE)
    scan(again, "collins")
    assert review_codes(again.submit().body["review_reasons"]) == ["under_review"]
    for reviewer in (admin(http), admin(http)):
        decide(reviewer, again, duplicate="same_person")
    assert again.user.merged_into == person.user_id
    clock.forward(settings().scan_failures_window_s)
    entered = Applicant(http.signed_in(new_session(person.user_id)), person.user_id)
    assert entered.http.post("/identity/face-checks", {"purpose": "account"}).code == "PORTRAIT_NOT_KEPT"
    assert entered.apply(MINE).status == 200
    scan(entered, "collins")
    assert entered.submit().body["status"] == "in_review"
    assert decide(admin(http), entered, person="same_person").status == 200
    entered.prove()


def test_registrations_come_along(http: Http, faces: FakeFaces) -> None:
    """What the newer account had registered is the surviving account's, whatever phone it has."""
    older, newer = duplicates(http)
    assert bind_by_code(newer.http, PHONE).status == 200
    top = added(admin(http), "省卫健委")
    made = newer.http.post("/institutions/registrations", registration("汉江医院", top))
    assert made.status == 201, made
    for reviewer in (admin(http), admin(http)):
        decide(reviewer, newer, duplicate="same_person")
    User.new(keys.user(older.user_id)).update(actions=[User.phone_hash.remove()])
    session = http.signed_in(new_session(older.user_id))
    (listed,) = session.get("/institutions/registrations").body["items"]
    assert (listed["registration_id"], listed["name"]) == (made.body["registration_id"], "汉江医院")
