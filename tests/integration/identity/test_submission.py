"""Submitting: what the machine may verify, what goes to a reviewer, and ways around either that do not work."""

from datetime import date, timedelta

import pytest

from functions.identity import store, verification
from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType
from functions.identity.errors import FaceCheckRequired
from functions.identity.photo_check import Verdict
from functions.shared import clients
from functions.shared import clock as product_clock
from functions.shared.config import settings
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Owner
from functions.shared.table.identity import FaceCheck
from functions.shared.table.transactions import get
from tests.conftest import Clock
from tests.integration.client import Answer, Http
from tests.integration.identity.applicant import (
    COLLINS,
    HARPER,
    Applicant,
    during,
    objects,
    photo_of,
    put_upload,
    reissued,
    resident,
    review_codes,
)
from tests.integration.identity.fake_faces import FakeFaces


def owner_of(document_type: str, number: str) -> str | None:
    """Whose a document number is."""
    owner = get(Owner, keys.document_owner(keyed_hash("document", f"{document_type}:{number}")))
    return owner.user_id if owner else None


def refusal(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


def test_everything_agrees(applicant: Applicant, faces: FakeFaces) -> None:
    """The person is verified at once: number claimed, account updated, images kept, face check used up."""
    applicant.ready()
    check_id = applicant.identity.face["face_check_id"]
    seen = applicant.submit().body
    assert (seen["status"], seen["route"], review_codes(seen["review_reasons"])) == ("verified", "automatic", [])
    assert seen["verified_at"] == "2026-11-22T08:00:00Z"
    assert owner_of("resident_id", COLLINS["number"]) == applicant.user_id
    assert (applicant.account()["identity_status"], applicant.account()["name_masked"]) == ("verified", "柯**")
    assert FaceCheck.get(*keys.face_check(applicant.user_id, check_id)).status == "consumed"
    identity = applicant.identity
    assert identity.face is None
    assert identity.portrait_key == f"verified/{applicant.user_id}/1-portrait.jpg"
    kept = {key for key in objects(applicant.user_id) if key.startswith("verified/")}
    assert kept == {f"verified/{applicant.user_id}/1-{shows}.jpg" for shows in ("front", "portrait", "back")}


def test_what_is_missing_is_told(applicant: Applicant, faces: FakeFaces) -> None:
    """Scans first, both of them, then the face check; refused submissions change nothing."""
    assert refusal(applicant.submit()) == (409, "SCANS_MISSING")
    applicant.accept("front")
    assert refusal(applicant.submit()) == (409, "SCANS_MISSING")
    applicant.accept("back")
    before = applicant.identity.version
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")
    applicant.face("hopper")
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")
    assert applicant.identity.version == before + 3
    assert applicant.seen()["status"] == "draft"


def test_once_verified_there_is_nothing_to_submit(applicant: Applicant, faces: FakeFaces) -> None:
    """The code is that of somebody without an application; the text does not send them to fill one in again."""
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"
    asked = applicant.http.post("/identity/scans", {"side": "front", "content_type": "image/png", "size": 9})
    for answer in (applicant.submit(), asked):
        assert refusal(answer) == (409, "APPLICATION_REQUIRED")
        assert "已通过实名认证的，无需再次办理" in answer.body["detail"]


def test_without_an_application(http: Http) -> None:
    """There is nothing to submit."""
    assert refusal(Applicant.new(http).submit()) == (409, "APPLICATION_REQUIRED")


def test_submitting_twice(applicant: Applicant, faces: FakeFaces, http: Http) -> None:
    """The second time there is no draft any more, whether it was verified or is in review."""
    applicant.ready()
    assert applicant.submit().status == 200
    assert refusal(applicant.submit()) == (409, "APPLICATION_REQUIRED")
    traveller = Applicant.new(http, HARPER)
    traveller.ready()
    assert traveller.submit().body["status"] == "in_review"
    assert refusal(traveller.submit()) == (409, "IDENTITY_IN_REVIEW")


def test_a_face_check_that_is_over(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """A passed check counts for five minutes from when it was asked for; afterwards another one does."""
    applicant.ready()
    clock.forward(settings().face_check_s)
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")
    assert applicant.face().body["status"] == "passed"
    assert applicant.submit().body["status"] == "verified"


def test_a_face_that_was_compared_with_nothing_verifies_nobody(
    applicant: Applicant, faces: FakeFaces, clock: Clock
) -> None:
    """A usable selfie taken while scanning was closed does not count once scanning has opened again.

    Otherwise anybody could be verified with somebody else's card: no face was ever compared with it.
    """
    applicant.fail_scans(5)
    clock.forward(settings().scan_failures_window_s - 60)
    assert applicant.face("hopper").body["status"] == "passed"
    clock.forward(60)
    applicant.accept("front")
    applicant.accept("back")
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")
    assert applicant.face("hopper").body["status"] == "failed"
    assert applicant.face("collins").body["status"] == "passed"
    assert applicant.submit().body["status"] == "verified"


def test_another_front_needs_another_face_check(applicant: Applicant, faces: FakeFaces) -> None:
    """A face that agreed with one picture says nothing about the picture that replaced it."""
    applicant.accept("back")
    applicant.accept("front", shows="hopper")
    assert applicant.face("hopper").body["status"] == "passed"
    applicant.accept("front", shows="collins")
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")


def test_a_front_accepted_during_the_comparison(applicant: Applicant, faces: FakeFaces) -> None:
    """The check counts for the portrait that it was really compared with."""
    applicant.accept("back")
    applicant.accept("front", shows="hopper")
    check_id = applicant.selfie(photo_of("hopper"))
    faces.during = lambda: applicant.accept("front", shows="collins") and None
    assert applicant.compare(check_id).body["status"] == "passed"
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")


def test_overwriting_uploads_afterwards_changes_nothing(applicant: Applicant, faces: FakeFaces) -> None:
    """What was accepted and compared is kept elsewhere than where forms write to."""
    applicant.accept("back")
    front = applicant.ticket("front")
    applicant.decide(front, Verdict([], photo_of("collins"), portrait=photo_of("collins")))
    assert applicant.face().body["status"] == "passed"
    before = applicant.identity.front
    put_upload(front["upload"], photo_of("hopper"))
    assert applicant.identity.front == before
    assert not before["image_key"].startswith("uploads/")
    assert applicant.submit().body["status"] == "verified"


def test_mended_details_start_the_evidence_anew(applicant: Applicant, faces: FakeFaces) -> None:
    """Scans and face check of other details verify nothing; the very same details keep them."""
    applicant.ready()
    assert applicant.apply(COLLINS).body["revision"] == 1
    assert applicant.apply({**COLLINS, "name": " 柯爱琳 "}).body["revision"] == 1
    changed = applicant.apply(resident(5)).body
    assert (changed["revision"], changed["scans"]["front"], changed["face"]) == (2, None, None)
    assert changed["scans"]["back"]["status"] == "accepted"  # it shows nothing that was typed
    assert refusal(applicant.submit()) == (409, "SCANS_MISSING")
    assert applicant.apply(COLLINS).body["revision"] == 3
    assert refusal(applicant.submit()) == (409, "SCANS_MISSING")


def test_a_number_that_is_another_users(applicant: Applicant, faces: FakeFaces, http: Http) -> None:
    """The second person with it is reviewed, as a duplicate; the claim stays with the first."""
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"
    second = Applicant.new(http, COLLINS)
    second.ready()
    seen = second.submit().body
    assert (seen["status"], seen["route"], review_codes(seen["review_reasons"])) == (
        "in_review",
        "manual",
        ["under_review"],
    )
    assert owner_of("resident_id", COLLINS["number"]) == applicant.user_id
    assert second.account()["identity_status"] == "in_review"


def test_two_submissions_at_once(applicant: Applicant, faces: FakeFaces) -> None:
    """One verifies; the other finds nothing in draft, and nothing happens twice."""
    applicant.ready()
    inner: list[Answer] = []
    with during(clients.s3(), "s3.CopyObject", lambda: inner.append(applicant.submit())):
        outer = applicant.submit()
    assert inner[0].body["status"] == "verified"
    assert refusal(outer) == (409, "APPLICATION_REQUIRED")
    assert [event.event for event in applicant.events()].count("identity_verified") == 1


def test_details_changed_during_the_submission(applicant: Applicant, faces: FakeFaces) -> None:
    """What was typed last is what counts: the old details are not verified, the new ones need their evidence."""
    applicant.ready()
    with during(clients.s3(), "s3.CopyObject", lambda: applicant.apply(resident(5))):
        assert refusal(applicant.submit()) == (409, "SCANS_MISSING")
    assert owner_of("resident_id", COLLINS["number"]) is None
    assert applicant.account()["identity_status"] == "draft"


def test_used_up_faces_lead_to_a_reviewer(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """While face checks are paused the application may be submitted without one; never verified by the machine."""
    applicant.accept("front")
    applicant.accept("back")
    for _ in range(5):
        applicant.face("hopper")
    seen = applicant.submit().body
    assert (seen["status"], review_codes(seen["review_reasons"])) == ("in_review", ["face_failed"])


def test_after_the_pause_a_face_check_is_asked_for_again(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """Waiting does not replace a face check."""
    applicant.accept("front")
    applicant.accept("back")
    for _ in range(5):
        applicant.face("hopper")
    clock.forward(settings().face_pause_s)
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")
    applicant.face()
    assert applicant.submit().body["status"] == "verified"


def test_failed_scans_lead_to_a_reviewer(applicant: Applicant, faces: FakeFaces) -> None:
    """After five failures the application goes to review with a usable selfie, and the reviewer is informed why."""
    applicant.decide(applicant.ticket("front"), Verdict(["TEXT_MISMATCH"], b"clean"))
    applicant.fail_scans(4)
    assert refusal(applicant.submit()) == (409, "FACE_CHECK_REQUIRED")
    assert applicant.face("hopper").body["status"] == "passed"
    seen = applicant.submit().body
    assert (seen["status"], review_codes(seen["review_reasons"])) == ("in_review", ["scan_limit", "text_mismatch"])


def test_with_both_used_up_nobody_is_locked_out(applicant: Applicant, faces: FakeFaces) -> None:
    """Neither a readable card nor a usable face: a person still looks at it."""
    applicant.close_scanning()
    for _ in range(5):
        applicant.compare(applicant.selfie(photo_of()))
    assert review_codes(applicant.submit().body["review_reasons"]) == ["scan_limit", "face_failed"]


def test_an_unknown_area_code(http: Http, faces: FakeFaces) -> None:
    """It is no reason to refuse, and one to look."""
    person = Applicant.new(http, resident(12, area="429999"))
    person.ready()
    assert review_codes(person.submit().body["review_reasons"]) == ["area_code_unknown"]


@pytest.mark.parametrize(
    "details",
    [
        HARPER,
        {"document_type": "hk_macau_permit", "name": "陳美玲", "number": "H12345678"},
        {"document_type": "taiwan_permit", "name": "林美玲", "number": "12345678"},
        {**resident(3, area="810000"), "document_type": "residence_permit"},
    ],
)
def test_other_documents_are_looked_at(http: Http, faces: FakeFaces, details: dict[str, str]) -> None:
    """Everything but a resident ID goes to review, with both sides, or the data page of a passport."""
    person = Applicant.new(http, details)
    person.ready()
    seen = person.submit().body
    assert (seen["status"], review_codes(seen["review_reasons"])) == ("in_review", ["document_type"])
    assert (seen["document_type"], seen["route"]) == (details["document_type"], "manual")


@pytest.mark.parametrize(("days", "status"), [(0, "verified"), (-1, "in_review")])
def test_a_document_must_be_valid_today(applicant: Applicant, faces: FakeFaces, days: int, status: str) -> None:
    """Its last day is still good; a card that has ended since it was scanned is looked at."""
    applicant.accept("front")
    applicant.accept("back", valid_until=product_clock.today() + timedelta(days=days))
    applicant.face()
    seen = applicant.submit().body
    assert (seen["status"], review_codes(seen["review_reasons"])) == (status, ["document_expired"] if days else [])


def test_the_day_is_that_of_shanghai(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """At 17:00 UTC it is tomorrow there, and a card that ended today has expired."""
    clock.forward(9 * 3600)
    applicant.accept("front")
    applicant.accept("back", valid_until=date(2026, 11, 22))
    applicant.face()
    assert review_codes(applicant.submit().body["review_reasons"]) == ["document_expired"]


def test_a_changed_document_while_the_verified_one_is_in_force(applicant: Applicant, faces: FakeFaces) -> None:
    """The account stays verified from the change to the new verification, and then the old number is free again."""
    applicant.ready()
    applicant.submit()
    new = reissued(6)
    draft = applicant.apply_as_owner(new).body
    assert (draft["status"], draft["revision"]) == ("draft", 2)
    assert draft["verified_at"] is not None
    assert applicant.account()["identity_status"] == "verified"
    assert owner_of("resident_id", COLLINS["number"]) == applicant.user_id
    assert applicant.identity.portrait_key == f"verified/{applicant.user_id}/1-portrait.jpg"
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"
    assert owner_of("resident_id", COLLINS["number"]) is None
    assert owner_of("resident_id", new["number"]) == applicant.user_id
    assert applicant.identity.portrait_key == f"verified/{applicant.user_id}/2-portrait.jpg"
    assert applicant.account()["identity_status"] == "verified"


def test_the_same_details_again_change_nothing(applicant: Applicant, faces: FakeFaces) -> None:
    """A verified person who saves the same details stays verified, without an event."""
    applicant.ready()
    applicant.submit()
    before = applicant.identity.version
    assert applicant.apply(COLLINS).body["status"] == "verified"
    assert applicant.identity.version == before


def test_a_renewed_document_of_the_same_person(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """A permit issued again has the same person's key: the claim is kept, not given up."""
    permit = {"document_type": "hk_macau_permit", "name": "陳美玲", "number": "H1234567801"}
    person = Applicant.new(http, permit)
    for number in ("H1234567801", "H1234567802"):
        renewed = {**permit, "number": number}
        applied = person.apply_as_owner(renewed) if number.endswith("02") else person.apply(renewed)
        assert applied.body["status"] == "draft"
        person.ready()
        revision = person.submit().body["revision"]
        decision = {"decision": "approve", "revision": revision}
        path = f"/admin/identity-applications/{person.user_id}/decision"
        assert administrator.post(path, decision).body["status"] == "verified"
        assert owner_of("hk_macau_permit", "H12345678") == person.user_id


def test_a_changed_document_that_is_another_persons(applicant: Applicant, faces: FakeFaces, http: Http) -> None:
    """It goes to review, and the verified one stays in force."""
    applicant.ready()
    applicant.submit()
    second = Applicant.new(http, resident(6))
    second.ready()
    assert second.submit().body["status"] == "verified"
    second.apply_as_owner(COLLINS)
    second.ready()
    assert review_codes(second.submit().body["review_reasons"]) == ["under_review"]
    assert second.account()["identity_status"] == "verified"
    assert owner_of("resident_id", resident(6)["number"]) == second.user_id


def test_the_machine_never_verifies_without_a_face(applicant: Applicant) -> None:
    """The last step asks again, no matter who calls it."""
    identity = applicant.identity
    person, claims = Person(DocumentType.RESIDENT_ID, COLLINS["name"], COLLINS["number"]), store.claims_of(identity)
    with pytest.raises(FaceCheckRequired):
        verification._verify_automatically(identity, person, None, claims)


def test_an_account_that_is_gone_is_not_verified(applicant: Applicant, faces: FakeFaces) -> None:
    """Where the account was joined to another one meanwhile, nothing becomes true, and it is no error of ours."""
    applicant.ready()
    applicant.user.update(actions=[type(applicant.user).merged_into.set("someone")])
    assert applicant.submit().status == 503
    assert applicant.identity.status == "draft"
    assert owner_of("resident_id", COLLINS["number"]) is None
