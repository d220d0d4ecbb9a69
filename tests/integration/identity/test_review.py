"""Manual review over HTTP: the queue, the look, the decision, and who may take it."""

from typing import Any

import pytest

from functions.identity.domain.reasons import COMMENT_REQUIRED
from functions.shared import clients, cursors
from functions.shared.config import settings
from functions.shared.table.identity import Identity
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_user
from tests.integration.identity.applicant import (
    COLLINS,
    HARPER,
    Applicant,
    deliver,
    during,
    form_expired,
    objects,
    photo_of,
    review_codes,
)
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_scan_processing import flat_picture
from tests.integration.shared.faults import timing_out

QUEUE = "/admin/identity-applications"


def in_review(http: Http, details: dict[str, str] = HARPER) -> Applicant:
    """A person whose application waits."""
    person = Applicant.new(http, details)
    person.ready()
    assert person.submit().body["status"] == "in_review"
    return person


@pytest.fixture
def traveller(http: Http, faces: FakeFaces) -> Applicant:
    """A passport that waits."""
    return in_review(http)


def decide(administrator: Http, person: Applicant, /, decision: str = "approve", **more: Any) -> Answer:
    revision = int(person.identity.revision)
    if more.get("reason_code") in COMMENT_REQUIRED:
        more.setdefault("comment", "请到窗口办理。")
    return administrator.post(
        f"{QUEUE}/{person.user_id}/decision", {"decision": decision, "revision": revision, **more}
    )


def refusal(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


def test_the_queue_is_paged_oldest_first(http: Http, faces: FakeFaces, administrator: Http, clock: Clock) -> None:
    """Every waiting application once, in the order of submission, with what a list needs and no name or number."""
    waiting = []
    for _ in range(3):
        waiting.append(in_review(http).user_id)
        clock.forward(10)
    found: list[Any] = []
    cursor = ""
    while True:
        page = administrator.get(f"{QUEUE}?status=in_review&limit=2{cursor}").body
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [item["user_id"] for item in found] == waiting
    assert found[0] == {
        "user_id": waiting[0],
        "status": "in_review",
        "document_type": "passport",
        "name_masked": "G**** A*** H*****",
        "number_masked": "9******73",
        "submitted_at": "2026-11-22T08:00:00Z",
        "decided_at": None,
        "review_reasons": [{"code": "document_type", "detail": "此类证件须人工审核。"}],
        "on_appeal": False,
        "pending_decision": None,
        "claim": None,
    }
    assert len(administrator.get(QUEUE).body["items"]) == 3


def test_cursors_cannot_be_made_up(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """An altered cursor and one of another list answer 422 CURSOR_INVALID."""
    in_review(http)
    in_review(http)
    cursor = administrator.get(f"{QUEUE}?limit=1").body["next_cursor"]
    assert administrator.get(f"{QUEUE}?cursor={cursor}").status == 200
    foreign = cursors.encode("grants", ["a", "b", "c"])
    for wrong in (cursor[:-2] + "AA", "x" + cursor, foreign, "***"):
        assert refusal(administrator.get(f"{QUEUE}?cursor={wrong}")) == (422, "CURSOR_INVALID")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=many", "status=draft", "order=newest"])
def test_wrong_queries_name_the_field(administrator: Http, query: str) -> None:
    """Limits beyond 1 to 100, other states and unknown parameters are refused."""
    answer = administrator.get(f"{QUEUE}?{query}")
    assert refusal(answer) == (422, "INVALID")
    assert answer.body["errors"][0]["field"] == query.partition("=")[0]


def test_an_application_is_opened_unmasked(traveller: Applicant, administrator: Http) -> None:
    """With links to its images that work for five minutes, and an event that says who looked at what."""
    opened = administrator.get(f"{QUEUE}/{traveller.user_id}").body
    assert (opened["name"], opened["number"], opened["nationality"]) == ("Grace Anne Harper", "925076473", "GBR")
    assert (opened["status"], opened["revision"], opened["rejection"]) == ("in_review", 1, None)
    assert [image["side"] for image in opened["images"]] == ["front", "portrait", "selfie"]
    assert all("X-Amz-Expires=300" in image["url"] for image in opened["images"])
    look = traveller.events()[-1]
    assert (look.event, look.detail) == (
        "application_viewed",
        {"revision": 1, "images": ["front", "portrait", "selfie"]},
    )
    assert look.actor != traveller.user_id


def test_an_image_that_is_not_there_is_not_offered(applicant: Applicant, faces: FakeFaces, administrator: Http) -> None:
    """A selfie is copied some seconds after its comparison: until then, and after its week, there is no dead link."""
    applicant.apply(HARPER)
    applicant.accept("front")
    assert applicant.face().body["status"] == "passed"
    applicant.submit()
    for expected in (["front", "portrait"], ["front", "portrait", "selfie"]):
        images = administrator.get(f"{QUEUE}/{applicant.user_id}").body["images"]
        assert [image["side"] for image in images] == expected
        applicant.keep_selfie()


def test_both_sides_are_shown(applicant: Applicant, faces: FakeFaces, administrator: Http) -> None:
    """Of each side the one that was accepted, whatever came after it."""
    applicant.accept("front")
    applicant.accept("back")
    applicant.scan("front", b"rubbish")
    put_into_review(applicant)
    images = administrator.get(f"{QUEUE}/{applicant.user_id}").body["images"]
    assert [image["side"] for image in images] == ["front", "portrait", "back"]


def test_a_scan_without_a_picture_has_no_link(applicant: Applicant, administrator: Http) -> None:
    """What was no image at all cannot be looked at."""
    applicant.scan("front", b"rubbish")
    put_into_review(applicant)
    assert administrator.get(f"{QUEUE}/{applicant.user_id}").body["images"] == []


def test_a_draft_is_nobodys_business(applicant: Applicant, administrator: Http) -> None:
    """What was never submitted, or is being fixed, is not opened; a rejected one can be looked at again."""
    applicant.accept("front")
    before = len(applicant.events())
    assert refusal(administrator.get(f"{QUEUE}/{applicant.user_id}")) == (409, "NOT_IN_REVIEW")
    assert len(applicant.events()) == before
    put_into_review(applicant)
    assert decide(administrator, applicant, "reject", reason_code="OTHER").status == 200
    assert administrator.get(f"{QUEUE}/{applicant.user_id}").body["status"] == "rejected"
    assert applicant.apply(COLLINS).status == 200
    assert refusal(administrator.get(f"{QUEUE}/{applicant.user_id}")) == (409, "NOT_IN_REVIEW")


def put_into_review(applicant: Applicant) -> None:
    """As if it had been submitted, whatever is missing."""
    applicant.identity.update(actions=[Identity.status.set("in_review")])


def test_approval_verifies(traveller: Applicant, administrator: Http) -> None:
    """Status, account, portrait and queue follow from the decision by themselves."""
    answer = decide(administrator, traveller, comment="fine")
    assert (answer.status, answer.body["status"], answer.body["next"]) == (200, "verified", None)
    seen = traveller.seen()
    assert (seen["status"], seen["route"]) == ("verified", "manual")
    assert (traveller.account()["identity_status"], traveller.account()["name_masked"]) == (
        "verified",
        "G**** A*** H*****",
    )
    assert traveller.identity.portrait_key == f"verified/{traveller.user_id}/1-portrait.jpg"
    assert administrator.get(QUEUE).body["items"] == []
    event = traveller.events()[-1]
    assert (event.event, event.detail) == (
        "identity_approved",
        {"revision": 1, "relation": "first", "name_corrected": False},
    )
    assert traveller.identity.approval_comment == "fine"


def test_rejection_says_why(traveller: Applicant, administrator: Http) -> None:
    """The person reads the reason and the comment, in their language, and may try again with new evidence."""
    answer = decide(administrator, traveller, "reject", reason_code="PHOTO_UNREADABLE", comment="Page 2 is missing.")
    assert (answer.status, answer.body["status"]) == (200, "rejected")
    rejection = traveller.http.get("/identity", **{"Accept-Language": "en"}).body["rejection"]
    assert rejection["code"] == "PHOTO_UNREADABLE"
    assert rejection["detail"] == "The photos cannot be read. Please take them again."
    assert (rejection["comment"], rejection["fields"]) == ("Page 2 is missing.", ["front"])
    assert "请重新拍摄" in traveller.seen()["rejection"]["detail"]
    assert traveller.account()["identity_status"] == "rejected"
    assert administrator.get(QUEUE).body["items"] == []


def test_a_rejected_person_is_verified_in_the_end(traveller: Applicant, administrator: Http) -> None:
    """Rejected, the same details again, new scans, new face check, approved."""
    assert decide(administrator, traveller, "reject", reason_code="OTHER").status == 200
    assert refusal(traveller.submit()) == (409, "APPLICATION_REQUIRED")
    asked = traveller.http.post("/identity/scans", {"side": "front", "content_type": "image/png", "size": 9})
    assert refusal(asked) == (409, "APPLICATION_REQUIRED")
    draft = traveller.apply(HARPER).body
    assert (draft["status"], draft["revision"], draft["rejection"]) == ("draft", 2, None)
    assert draft["scans"] == {"front": None, "back": None}
    assert traveller.account()["identity_status"] == "draft"
    traveller.ready()
    assert traveller.submit().body["status"] == "in_review"
    assert decide(administrator, traveller).body["status"] == "verified"


def test_a_rejection_of_a_changed_document_leaves_the_verified_one(
    applicant: Applicant, faces: FakeFaces, administrator: Http
) -> None:
    """The account stays verified; what was verified is not touched."""
    applicant.ready()
    applicant.submit()
    applicant.apply_as_owner(HARPER)
    applicant.ready()
    applicant.submit()
    before = applicant.identity.verified_person_hash
    assert decide(administrator, applicant, "reject", reason_code="DOCUMENT_MISMATCH").body["status"] == "rejected"
    assert applicant.account()["identity_status"] == "verified"
    assert applicant.identity.verified_person_hash == before


def test_only_the_displayed_revision_can_be_decided(traveller: Applicant, administrator: Http) -> None:
    """Another revision is 409 REVISION_STALE and decides nothing."""
    for revision in (0, 2, -1, 10**20):
        answer = administrator.post(
            f"{QUEUE}/{traveller.user_id}/decision", {"decision": "approve", "revision": revision}
        )
        assert refusal(answer) == (409, "REVISION_STALE")
    assert traveller.seen()["status"] == "in_review"


def test_only_what_is_in_review_can_be_decided(applicant: Applicant, administrator: Http) -> None:
    """A draft, and one that was decided already, are 409 NOT_IN_REVIEW."""
    assert refusal(decide(administrator, applicant)) == (409, "NOT_IN_REVIEW")


def test_of_two_reviewers_one_decides(traveller: Applicant, administrator: Http, http: Http) -> None:
    """The second, who decides at the same moment or later, is informed that there is nothing left to decide."""
    other = http.signed_in(new_user(administrator=True)[1])
    inner: list[Answer] = []

    def reject() -> None:
        inner.append(decide(other, traveller, "reject", reason_code="OTHER"))

    with during(clients.s3(), "s3.CopyObject", reject):
        assert refusal(decide(administrator, traveller)) == (409, "NOT_IN_REVIEW")
    assert inner[0].body["status"] == "rejected"
    assert refusal(decide(other, traveller)) == (409, "NOT_IN_REVIEW")
    assert traveller.account()["identity_status"] == "rejected"


def test_nobody_reviews_themselves(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """An administrator may neither open nor decide their own application; another one may."""
    person = in_review(http)
    account = type(person.user)
    person.user.update(actions=[account.is_administrator.set(True), account.identity_status.set("verified")])
    assert refusal(person.http.get(f"{QUEUE}/{person.user_id}")) == (403, "OWN_APPLICATION")
    assert refusal(decide(person.http, person)) == (403, "OWN_APPLICATION")
    assert refusal(decide(person.http, person, "reject", reason_code="OTHER")) == (403, "OWN_APPLICATION")
    assert decide(administrator, person).status == 200


def test_a_number_taken_meanwhile(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """An approval never gives one number to two users: the second needs a decision on whose it is, or is rejected."""
    first, second = in_review(http), in_review(http)
    assert decide(administrator, first).status == 200
    refused = decide(administrator, second)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "duplicate")
    assert second.seen()["status"] == "in_review"
    rejected = decide(administrator, second, "reject", reason_code="DUPLICATE_PERSON")
    assert rejected.body["rejection"]["code"] == "DUPLICATE_PERSON"
    assert second.seen()["rejection"]["code"] == "OTHER"  # the applicant must not learn who is registered


@pytest.mark.parametrize("reason", [{}, {"reason_code": None}, {"reason_code": "BORED"}])
def test_a_rejection_needs_a_reason(traveller: Applicant, administrator: Http, reason: dict[str, Any]) -> None:
    """One of the known ones, which the field error names."""
    answer = decide(administrator, traveller, "reject", **reason)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "reason_code")
    assert traveller.seen()["status"] == "in_review"


@pytest.mark.parametrize("user_id", ["unknown", "x" * 3000, "%2e%2e%2f", "a%00b"])
def test_an_unknown_person(administrator: Http, user_id: str) -> None:
    """Neither opened nor decided, whatever stands in the path."""
    assert refusal(administrator.get(f"{QUEUE}/{user_id}")) == (404, "NOT_FOUND")
    decision = {"decision": "approve", "revision": 1}
    assert refusal(administrator.post(f"{QUEUE}/{user_id}/decision", decision)) == (404, "NOT_FOUND")


def test_a_person_who_has_not_applied(http: Http, administrator: Http) -> None:
    """There is nothing to open."""
    assert refusal(administrator.get(f"{QUEUE}/{Applicant.new(http).user_id}")) == (404, "NOT_FOUND")


def test_only_administrators_come_in(traveller: Applicant, http: Http) -> None:
    """Others are 403 on every path, without a session 401, and no look is recorded."""
    before = traveller.identity.version
    decision = {"decision": "approve", "revision": 1}
    one = f"{QUEUE}/{traveller.user_id}"
    for who, expected in ((traveller.http, (403, "ADMINISTRATOR_REQUIRED")), (http, (401, "UNAUTHENTICATED"))):
        assert refusal(who.get(QUEUE)) == expected
        assert refusal(who.get(one)) == expected
        assert refusal(who.post(f"{one}/decision", decision)) == expected
    assert traveller.identity.version == before


def test_no_other_selfie_after_submission(applicant: Applicant, faces: FakeFaces, administrator: Http) -> None:
    """What a reviewer decides on cannot be exchanged: a check that was asked for before is not compared any more."""
    applicant.close_scanning()
    kept = applicant.selfie(photo_of("hopper"))
    applicant.face("collins")
    applicant.submit()
    before = applicant.identity.face
    assert refusal(applicant.compare(kept)) == (409, "FACE_CHECK_USED")
    assert applicant.identity.face == before


def test_no_other_selfie_by_a_comparison_under_way(applicant: Applicant, faces: FakeFaces) -> None:
    """Nor one whose comparison had started before the submission."""
    applicant.close_scanning()
    kept = applicant.selfie(photo_of("hopper"))
    applicant.face("collins")
    before = applicant.identity.face
    faces.during = lambda: applicant.submit() and None
    assert applicant.compare(kept).body["status"] == "passed"
    assert applicant.identity.status == "in_review"
    assert applicant.identity.face == before


def test_the_selfie_is_the_portrait_where_there_is_no_front(
    applicant: Applicant, faces: FakeFaces, administrator: Http
) -> None:
    """A person whose card could not be scanned has the reviewed selfie as portrait for later face checks."""
    applicant.accept("back")
    applicant.close_scanning()
    ticket = applicant.http.post("/identity/face-checks", {"purpose": "identity"}).body
    key = ticket["upload"]["fields"]["key"]
    clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=flat_picture())
    assert applicant.compare(ticket["face_check_id"]).body["status"] == "passed"
    assert deliver(form_expired(applicant.user_id, ticket["face_check_id"])) == []
    assert review_codes(applicant.submit().body["review_reasons"]) == ["scan_limit"]
    assert decide(administrator, applicant).body["status"] == "verified"
    assert applicant.identity.portrait_key == f"verified/{applicant.user_id}/1-selfie.jpg"
    assert f"verified/{applicant.user_id}/1-selfie.jpg" in objects(applicant.user_id)


def test_approval_when_the_selfie_is_gone(applicant: Applicant, faces: FakeFaces, administrator: Http) -> None:
    """Selfies are kept for a week: verified later, without a portrait, the person could never pass a face check."""
    applicant.close_scanning()
    applicant.face()
    assert review_codes(applicant.submit().body["review_reasons"]) == ["scan_limit"]
    assert refusal(decide(administrator, applicant)) == (409, "IMAGES_GONE")
    assert decide(administrator, applicant, "reject", reason_code="OTHER").body["status"] == "rejected"


def test_approval_without_any_picture(applicant: Applicant, faces: FakeFaces, administrator: Http) -> None:
    """Where neither card nor face could be photographed, a reviewer who knows better may still approve."""
    applicant.close_scanning()
    for _ in range(5):
        applicant.compare(applicant.selfie(photo_of()))
    assert applicant.submit().body["status"] == "in_review"
    assert decide(administrator, applicant).body["status"] == "verified"
    assert applicant.identity.portrait_key is None


def test_storage_that_fails_during_an_approval(traveller: Applicant, administrator: Http) -> None:
    """It is answered as unavailable, and nothing is decided."""
    with timing_out(clients.s3(), "s3.CopyObject"):
        assert decide(administrator, traveller).status == 503
    assert traveller.seen()["status"] == "in_review"


def test_a_person_in_review_can_change_nothing(traveller: Applicant) -> None:
    """Details, scans, face checks and submission are all 409 IDENTITY_IN_REVIEW."""
    assert refusal(traveller.apply(COLLINS)) == (409, "IDENTITY_IN_REVIEW")
    wanted = {"side": "front", "content_type": "image/jpeg", "size": 9}
    assert refusal(traveller.http.post("/identity/scans", wanted)) == (409, "IDENTITY_IN_REVIEW")
    assert refusal(traveller.http.post("/identity/face-checks", {"purpose": "identity"})) == (409, "IDENTITY_IN_REVIEW")
    assert refusal(traveller.submit()) == (409, "IDENTITY_IN_REVIEW")
