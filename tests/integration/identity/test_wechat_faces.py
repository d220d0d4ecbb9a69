"""Face checks by WeChat: opened and queried by the server, for one person and check; no client is believed."""

from collections.abc import Iterator

import pytest

from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.identity import FaceCheck
from functions.shared.wechat import WechatLimit
from local.standins.wechat import Wechat
from tests.conftest import Clock
from tests.integration.client import Answer, Http
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, resident, review_codes
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.wechat_stand_in import wechat_with_faces
from tests.integration.shared.configured import configured

PASS, CANCEL, OTHER_FACE = 10_000, 90_004, 10_004
WECHAT = {"purpose": "identity", "method": "wechat"}


@pytest.fixture
def wechat(aws: None) -> Iterator[Wechat]:
    """WeChat, where a machine verifies after its face check alone."""
    with wechat_with_faces() as stand_in, configured(automatic_verification="authoritative"):
        yield stand_in


@pytest.fixture
def scanned(applicant: Applicant, wechat: Wechat) -> Applicant:
    """A person whose scans are accepted."""
    applicant.accept("front")
    applicant.accept("back")
    return applicant


def ask(person: Applicant, **wanted: str) -> Answer:
    return person.http.post("/identity/face-checks", {**WECHAT, **wanted})


def check(person: Applicant, wechat: Wechat, verify_ret: int = PASS, **wanted: str) -> tuple[str, Answer]:
    """A whole check that ends so on the phone: its id and how the comparison ended."""
    ticket = ask(person, **wanted)
    assert ticket.status == 201, ticket
    assert wechat.end_face_check(ticket.body["verify_id"], verify_ret)
    return ticket.body["face_check_id"], person.compare(ticket.body["face_check_id"])


def test_a_resident_is_verified_by_a_machine(scanned: Applicant, wechat: Wechat, faces: FakeFaces) -> None:
    """A session is opened for exactly this person; when it passed, the machine verifies, without any selfie."""
    ticket = ask(scanned).body
    assert set(ticket) == {"face_check_id", "method", "verify_id", "expires_at", "attempts_left"}
    assert ticket["method"] == "wechat"
    assert wechat.end_face_check(ticket["verify_id"], PASS)
    assert scanned.compare(ticket["face_check_id"]).body == {"status": "passed", "reasons": [], "attempts_left": 5}
    assert scanned.submit().body["status"] == "verified"
    assert scanned.identity.verified_by == "wechat"
    assert faces.calls == []


def test_a_selfie_is_reviewed(scanned: Applicant, wechat: Wechat, faces: FakeFaces) -> None:
    """By default a selfie lets no machine verify: a person looks at it, and is informed why."""
    assert scanned.face().body["status"] == "passed"
    seen = scanned.submit().body
    assert (seen["status"], review_codes(seen["review_reasons"])) == ("in_review", ["no_authoritative_check"])


@pytest.mark.parametrize(
    ("policy", "method", "status"),
    [("photo", "selfie", "verified"), ("photo", "wechat", "verified"), ("off", "wechat", "in_review")],
)
@pytest.mark.usefixtures("faces")
def test_the_policy(scanned: Applicant, wechat: Wechat, policy: str, method: str, status: str) -> None:
    """The operator decides which check suffices for a machine: also a selfie, or none."""
    with configured(automatic_verification=policy):
        answer = scanned.face() if method == "selfie" else check(scanned, wechat)[1]
        assert answer.body["status"] == "passed"
        assert scanned.submit().body["status"] == status


def test_what_the_client_says_is_nothing(scanned: Applicant, wechat: Wechat) -> None:
    """Before the phone is done there is no result, no matter who claims one; the attempt is given back."""
    ticket = ask(scanned).body
    for _ in range(7):
        early = scanned.compare(ticket["face_check_id"])
        assert (early.status, early.code) == (409, "FACE_NOT_DONE")
    assert scanned.seen()["face_attempts_left"] == settings().face_failures
    claimed = scanned.http.post(f"/identity/face-checks/{ticket['face_check_id']}/comparison", {"verify_ret": PASS})
    assert claimed.status == 422
    assert scanned.identity.face is None


@pytest.mark.parametrize(
    ("verify_ret", "code", "left"),
    [
        (OTHER_FACE, "FACE_MISMATCH", 4),
        (90_011, "FACE_QUALITY", 4),
        (CANCEL, "FACE_CANCELLED", 5),
        (90_008, "FACE_PERMISSION", 5),
        (90_007, "FACE_NETWORK", 5),
        (90_017, "FACE_TIMEOUT", 5),
        (90_001, "FACE_DEVICE_UNSUPPORTED", 5),
        (90_199, "FACE_SYSTEM", 5),
    ],
)
def test_how_it_fails(scanned: Applicant, wechat: Wechat, verify_ret: int, code: str, left: int) -> None:
    """Only another face and a picture that is not good enough are counted; the check is over either way."""
    check_id, answer = check(scanned, wechat, verify_ret)
    assert (answer.body["status"], [one["code"] for one in answer.body["reasons"]]) == ("failed", [code])
    assert answer.body["attempts_left"] == left == scanned.seen()["face_attempts_left"]
    assert scanned.compare(check_id).code == "FACE_CHECK_USED"
    assert scanned.submit().code == "FACE_CHECK_REQUIRED"


def test_failures_pause(scanned: Applicant, wechat: Wechat) -> None:
    """Five other faces pause all checks; cancelling as often does not."""
    for _ in range(6):
        assert check(scanned, wechat, CANCEL)[1].body["attempts_left"] == 5
    for _ in range(5):
        check(scanned, wechat, OTHER_FACE)
    assert ask(scanned).code == "FACE_PAUSED"


def test_another_application_has_nothing_of_it(scanned: Applicant, wechat: Wechat) -> None:
    """Details that were changed after the check was opened are another person: it cannot be used."""
    ticket = ask(scanned).body
    wechat.end_face_check(ticket["verify_id"], PASS)
    assert scanned.apply(resident(7)).status == 200
    assert scanned.compare(ticket["face_check_id"]).code == "FACE_CHECK_USED"


def test_results_cannot_be_exchanged(scanned: Applicant, wechat: Wechat, http: Http) -> None:
    """A passed session put beneath another check is of another number of ours, person and account: no result."""
    other = Applicant.new(http, resident(8))
    other.accept("front")
    theirs = ask(other).body
    assert wechat.end_face_check(theirs["verify_id"], PASS)
    mine = ask(scanned).body
    stored = FaceCheck.get(*keys.face_check(scanned.user_id, mine["face_check_id"]))
    stored.update(actions=[FaceCheck.verify_id.set(theirs["verify_id"])])
    assert scanned.compare(mine["face_check_id"]).code == "FACE_NOT_DONE"
    assert scanned.identity.face is None


def test_another_phone_cannot_do_it(scanned: Applicant, wechat: Wechat) -> None:
    """WeChat takes it from the account that it was opened for alone."""
    ticket = ask(scanned, js_code="local-me").body
    assert not wechat.end_face_check(ticket["verify_id"], PASS, "somebody")
    assert scanned.compare(ticket["face_check_id"]).code == "FACE_NOT_DONE"
    assert wechat.end_face_check(ticket["verify_id"], PASS, "me")
    assert scanned.compare(ticket["face_check_id"]).body["status"] == "passed"


def test_without_a_wechat_account(scanned: Applicant, wechat: Wechat) -> None:
    """An account without WeChat says by `js_code` in which one it is done; an invalid code is 401."""
    User.new(keys.user(scanned.user_id)).update(actions=[User.wechat_openid.remove()])
    assert (ask(scanned).status, ask(scanned).code) == (409, "FACE_METHOD_UNAVAILABLE")
    assert ask(scanned, js_code="nonsense").code == "WECHAT_CODE_INVALID"
    assert check(scanned, wechat, js_code="local-new-phone")[1].body["status"] == "passed"


def test_who_cannot_use_it(scanned: Applicant, wechat: Wechat, http: Http) -> None:
    """Other documents than a resident ID, and operators without the capability: 409, and `face_methods` says so."""
    traveller = Applicant.new(http, HARPER)
    traveller.accept("front")
    assert ask(traveller).code == "FACE_METHOD_UNAVAILABLE"
    assert traveller.seen()["face_methods"] == ["selfie"]
    assert scanned.seen()["face_methods"] == ["wechat", "selfie"]
    with configured(wechat_face_check="false"):
        assert ask(scanned).code == "FACE_METHOD_UNAVAILABLE"
        assert scanned.seen()["face_methods"] == ["selfie"]


def test_later_checks_are_wechats_too(scanned: Applicant, wechat: Wechat, faces: FakeFaces) -> None:
    """Who was verified by WeChat is not let through by a picture afterwards, while the method is there."""
    check(scanned, wechat)
    assert scanned.submit().body["status"] == "verified"
    assert scanned.seen()["face_methods"] == ["wechat"]
    selfie = scanned.http.post("/identity/face-checks", {"purpose": "session"})
    assert (selfie.status, selfie.code) == (409, "FACE_METHOD_UNAVAILABLE")
    _, passed = check(scanned, wechat, purpose="session")
    assert passed.body["session"]["assurance"] == "full"
    with configured(wechat_face_check="false"):
        assert scanned.http.post("/identity/face-checks", {"purpose": "session"}).status == 201


def test_later_checks_are_of_the_person_in_force(scanned: Applicant, wechat: Wechat) -> None:
    """While a changed document is on its way, a check for the account is of who was verified."""
    check(scanned, wechat)
    assert scanned.submit().body["status"] == "verified"
    assert check(scanned, wechat, purpose="account")[1].body["status"] == "passed"
    ticket = ask(scanned, purpose="account").body
    wechat.end_face_check(ticket["verify_id"], OTHER_FACE)
    assert scanned.compare(ticket["face_check_id"]).body["status"] == "failed"


def test_a_failing_wechat_costs_nothing(scanned: Applicant, wechat: Wechat) -> None:
    """When WeChat does not answer: 503, no attempt is gone, and the same check can be queried again."""
    ticket = ask(scanned).body
    wechat.end_face_check(ticket["verify_id"], PASS)
    with configured(wechat_url="http://127.0.0.1:9"):
        from functions.identity.wechat_faces import wechat_faces

        wechat_faces.cache_clear()
        assert scanned.compare(ticket["face_check_id"]).code == "FACE_UNAVAILABLE"
        assert ask(scanned).code == "FACE_UNAVAILABLE"
        wechat_faces.cache_clear()
    assert scanned.seen()["face_attempts_left"] == 5
    assert scanned.compare(ticket["face_check_id"]).body["status"] == "passed"


def test_an_expired_check_is_gone(scanned: Applicant, wechat: Wechat, clock: Clock) -> None:
    """After five minutes a session that passed says nothing, though WeChat would keep it for an hour."""
    ticket = ask(scanned).body
    wechat.end_face_check(ticket["verify_id"], PASS)
    clock.forward(settings().face_check_s)
    assert scanned.compare(ticket["face_check_id"]).code == "FACE_CHECK_EXPIRED"


def test_forms_are_counted_before_wechat_is_asked(scanned: Applicant, wechat: Wechat) -> None:
    """Opening sessions costs the operator money: sixty an hour and user."""
    with configured(uploads_per_hour="2"):
        assert [ask(scanned).status for _ in range(3)] == [201, 201, 429]


def test_a_reviewer_instead_of_a_face_check(scanned: Applicant, wechat: Wechat) -> None:
    """No one must show their face to a machine: with the scans accepted, the application goes to review."""
    assert scanned.seen()["manual_review_open"] is True
    seen = scanned.http.post("/identity/submission", {"manual_review": True}).body
    assert (seen["status"], review_codes(seen["review_reasons"])) == ("in_review", ["manual_review"])
    assert seen["manual_review_open"] is False


def test_manual_review_skips_no_scan(applicant: Applicant, wechat: Wechat) -> None:
    """It is open when there is something that a reviewer can decide from."""
    assert applicant.seen()["manual_review_open"] is False
    assert applicant.http.post("/identity/submission", {"manual_review": True}).code == "SCANS_MISSING"


def test_manual_review_with_a_passed_check(scanned: Applicant, wechat: Wechat) -> None:
    """Who asks for a reviewer has one, even when a machine could verify."""
    check(scanned, wechat)
    assert scanned.http.post("/identity/submission", {"manual_review": True}).body["status"] == "in_review"


def test_wechats_limit(scanned: Applicant, wechat: Wechat) -> None:
    """When WeChat says that it is asked too often, so does the answer."""
    assert ask(scanned, js_code="error-45011").code == WechatLimit.code
    assert ask(scanned, js_code="error-40226").code == "WECHAT_USER_BLOCKED"
    assert scanned.seen()["face_attempts_left"] == 5


@pytest.mark.parametrize("errcode", [48001, 48004])
def test_a_lost_capability_locks_no_one_out(
    scanned: Applicant, wechat: Wechat, faces: FakeFaces, clock: Clock, errcode: int
) -> None:
    """Where WeChat refuses its face check to the mini-program, a selfie stands in for an hour; then WeChat is asked."""
    check(scanned, wechat)
    assert scanned.submit().body["status"] == "verified"
    wechat.refuse_face_checks(errcode)
    refused = ask(scanned, purpose="session")
    assert (refused.status, refused.code) == (409, "FACE_METHOD_UNAVAILABLE")
    assert scanned.seen()["face_methods"] == ["selfie"]
    assert scanned.events()[-1].event == "wechat_check_refused"
    scanned.prove()
    clock.forward(3_600)
    assert scanned.seen()["face_methods"] == ["wechat"]
    wechat.refuse_face_checks(None)
    assert check(scanned, wechat, purpose="session")[1].body["status"] == "passed"


def test_a_capability_lost_under_way(scanned: Applicant, wechat: Wechat, faces: FakeFaces) -> None:
    """A check that was opened before is given back; the person continues with a selfie, and a reviewer decides."""
    ticket = ask(scanned).body
    wechat.end_face_check(ticket["verify_id"], PASS)
    wechat.refuse_face_checks(48001)
    refused = scanned.compare(ticket["face_check_id"])
    assert (refused.status, refused.code) == (409, "FACE_METHOD_UNAVAILABLE")
    seen = scanned.seen()
    assert (seen["face_methods"], seen["face_attempts_left"]) == (["selfie"], 5)
    assert scanned.face().body["status"] == "passed"
    assert review_codes(scanned.submit().body["review_reasons"]) == ["no_authoritative_check"]


def test_a_reviewed_person_is_compared_by_selfie(scanned: Applicant, wechat: Wechat, administrator: Http) -> None:
    """Without a check by WeChat at the verification, both methods stay open afterwards."""
    assert scanned.apply(COLLINS).status == 200
    submitted = scanned.http.post("/identity/submission", {"manual_review": True}).body
    decision = {"decision": "approve", "revision": submitted["revision"]}
    path = f"/admin/identity-applications/{scanned.user_id}/decision"
    assert administrator.post(path, decision).status == 200
    assert scanned.seen()["face_methods"] == ["wechat", "selfie"]
