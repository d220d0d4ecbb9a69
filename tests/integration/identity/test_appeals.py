"""Appeals: a rejected application goes to review once more, to another reviewer than before."""

from typing import Any

import pytest
from moto.s3.models import s3_backends

from functions.shared import audit
from functions.shared.config import settings
from local.template import ACCOUNT
from tests.integration.client import Answer, Http, new_user
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, review_codes
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import QUEUE, decide, in_review, refusal

COMMENT = "照片上就是我本人，请再看一次。"


@pytest.fixture
def other(http: Http) -> Http:
    """Another administrator."""
    return http.signed_in(new_user(administrator=True)[1])


@pytest.fixture
def rejected(http: Http, faces: FakeFaces, administrator: Http) -> Applicant:
    """A passport that `administrator` has rejected."""
    person = in_review(http)
    assert decide(administrator, person, "reject", reason_code="FACE_MISMATCH", comment="Not you.").status == 200
    return person


def appeal(person: Applicant, comment: Any = COMMENT) -> Answer:
    return person.http.post("/identity/appeal", {"comment": comment})


def test_an_appeal_waits_like_any_other(rejected: Applicant, other: Http) -> None:
    """It is in review again as it was, and a reviewer sees what was said on both sides."""
    assert rejected.seen()["may_appeal"]
    answer = appeal(rejected)
    assert (answer.status, answer.body["status"], answer.body["revision"]) == (200, "in_review", 2)
    assert (answer.body["rejection"], answer.body["may_appeal"]) == (None, False)
    assert rejected.account()["identity_status"] == "in_review"
    (queued,) = other.get(QUEUE).body["items"]
    assert review_codes(queued["review_reasons"]) == ["document_type", "appeal"]
    shown = other.get(f"{QUEUE}/{rejected.user_id}").body
    assert (shown["status"], shown["appeal_comment"]) == ("in_review", COMMENT)
    assert shown["rejection"]["code"] == "FACE_MISMATCH"
    assert [image["side"] for image in shown["images"]] == ["front", "portrait", "selfie"]
    assert (shown["on_appeal"], [one["code"] for one in shown["earlier"]]) == (True, ["FACE_MISMATCH"])


def test_another_reviewer_decides(rejected: Applicant, administrator: Http, other: Http) -> None:
    """Who rejected it may look, and neither claim nor decide; another one may, and the person is verified."""
    appeal(rejected)
    expected = (403, "OTHER_REVIEWER_REQUIRED")
    assert administrator.get(f"{QUEUE}/{rejected.user_id}").status == 200
    assert refusal(administrator.post(f"{QUEUE}/{rejected.user_id}/claim")) == expected
    assert refusal(decide(administrator, rejected)) == expected
    assert refusal(decide(administrator, rejected, "reject", reason_code="OTHER")) == expected
    approved = decide(other, rejected)
    assert (approved.status, approved.body["status"], approved.body["rejection"]) == (200, "verified", None)
    assert rejected.seen()["status"] == "verified"
    assert rejected.identity.appeal_sealed is None


def test_a_page_from_before_the_appeal_decides_nothing(rejected: Applicant, other: Http) -> None:
    """Anyone who opened the application before it was rejected saw neither the rejection nor the appeal."""
    appeal(rejected)
    for decision in ({"decision": "approve"}, {"decision": "reject", "reason_code": "OTHER", "comment": "请补充"}):
        answer = other.post(f"{QUEUE}/{rejected.user_id}/decision", {**decision, "revision": 1})
        assert refusal(answer) == (409, "REVISION_STALE")
    assert rejected.seen()["status"] == "in_review"


def test_who_waited_too_long_is_not_verified_without_a_portrait(rejected: Applicant, other: Http) -> None:
    """The images were deleted before somebody looked at the appeal: it is rejected, and the person may begin again."""
    appeal(rejected)
    s3_backends[ACCOUNT]["aws"].buckets[settings().upload_bucket].keys.clear()
    assert refusal(decide(other, rejected)) == (409, "IMAGES_GONE")
    assert rejected.seen()["status"] == "in_review"
    assert decide(other, rejected, "reject", reason_code="OTHER").status == 200


def test_there_is_one_appeal(rejected: Applicant, other: Http, administrator: Http) -> None:
    """What is rejected on appeal stays rejected; a new application may be rejected and appealed against again."""
    appeal(rejected)
    assert decide(other, rejected, "reject", reason_code="OTHER").status == 200
    seen = rejected.seen()
    assert (seen["status"], seen["rejection"]["code"], seen["may_appeal"]) == ("rejected", "OTHER", False)
    assert refusal(appeal(rejected)) == (409, "APPEAL_USED")
    rejected.apply(HARPER)
    rejected.ready()
    assert review_codes(rejected.submit().body["review_reasons"]) == ["document_type"]
    assert decide(administrator, rejected, "reject", reason_code="OTHER").status == 200
    assert appeal(rejected).body["status"] == "in_review"
    assert decide(other, rejected).body["status"] == "verified"


def test_only_a_rejection_is_appealed_against(http: Http, applicant: Applicant, faces: FakeFaces) -> None:
    """Nothing, a draft, one in review, a verified one: 409 NOTHING_REJECTED."""
    expected = (409, "NOTHING_REJECTED")
    _, token = new_user()
    assert refusal(http.signed_in(token).post("/identity/appeal", {"comment": COMMENT})) == expected
    assert refusal(appeal(applicant)) == expected
    assert refusal(appeal(in_review(http))) == expected
    applicant.ready()
    applicant.submit()
    assert refusal(appeal(applicant)) == expected


def test_twice_at_once(rejected: Applicant) -> None:
    """The second is informed that there is nothing rejected any more."""
    assert appeal(rejected).status == 200
    assert refusal(appeal(rejected)) == (409, "NOTHING_REJECTED")
    assert [event.event for event in rejected.events()].count("identity_appealed") == 1


@pytest.mark.parametrize("comment", ["", " \u3000\n", "x" * 501, None, 5])
def test_an_appeal_says_why(rejected: Applicant, comment: Any) -> None:
    """With something that can be read, in at most 500 characters."""
    answer = appeal(rejected, comment)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "comment")
    assert rejected.seen()["status"] == "rejected"


def test_the_longest_comment(rejected: Applicant, other: Http) -> None:
    """500 characters of four bytes each can be sealed and read."""
    appeal(rejected, "𠮷" * 500)
    assert other.get(f"{QUEUE}/{rejected.user_id}").body["appeal_comment"] == "𠮷" * 500


def test_a_changed_document_on_appeal(applicant: Applicant, faces: FakeFaces, administrator: Http, other: Http) -> None:
    """The account stays verified all the while."""
    applicant.ready()
    applicant.submit()
    assert applicant.apply_as_owner(HARPER).status == 200
    applicant.ready()
    assert applicant.submit().body["status"] == "in_review"
    decide(administrator, applicant, "reject", reason_code="DOCUMENT_MISMATCH")
    assert appeal(applicant).body["status"] == "in_review"
    assert applicant.account()["identity_status"] == "verified"
    assert decide(other, applicant, person="same_person").body["status"] == "verified"


def test_a_correction_needs_no_other_reviewer(rejected: Applicant, administrator: Http) -> None:
    """Who corrects instead of appealing may be reviewed by the same person."""
    rejected.apply(HARPER)
    rejected.ready()
    rejected.submit()
    assert decide(administrator, rejected).body["status"] == "verified"


def test_the_trail_names_no_words(rejected: Applicant, other: Http) -> None:
    """The event says against whom; what the person wrote is sealed, and nowhere else."""
    appeal(rejected)
    events = rejected.events()
    assert events[-1].event == "identity_appealed"
    assert events[-1].detail == {"revision": 2, "against": events[-2].actor}
    assert audit.first_invalid_version(events, rejected.identity) is None
    kept = f"{[event.detail for event in events]}{rejected.identity.attribute_values}"
    assert COMMENT not in kept
    assert COLLINS["name"] not in kept
