"""Withdrawing the consent: what ends at once, what is erased a little later, and that nothing is lost on the way."""

import pytest

from functions.identity.withdrawal import _KEPT
from functions.shared import audit, clients
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.auth import FormerOwner, Owner, User
from functions.shared.table.base import Item, connection
from functions.shared.table.identity import FaceCheck, Identity, Scan
from functions.shared.table.transactions import get
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_user
from tests.integration.identity.applicant import (
    COLLINS,
    HARPER,
    Applicant,
    announced,
    deliver,
    during,
    form_expired,
    message,
    photo_of,
    put_upload,
    review_codes,
)
from tests.integration.identity.erasures import asked, erase, versions
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import QUEUE, decide, in_review, refusal
from tests.integration.identity.test_scan_processing import flat_picture
from tests.integration.shared.faults import answering, timing_out

SETTLED_S = settings().upload_form_s + 75


def withdraw(person: Applicant) -> Answer:
    """Withdraw, with the face check that a verified account needs."""
    query = f"?face_check_id={person.prove()}" if person.identity.can_pass_face_check else ""
    return person.http.delete(f"/identity/consent{query}")


@pytest.fixture
def verified(applicant: Applicant, faces: FakeFaces) -> Applicant:
    """A person whom the machine has verified, after a failed scan."""
    applicant.scan("front", b"rubbish")
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"
    return applicant


def test_the_verification_ends(verified: Applicant) -> None:
    """The account is as before it was verified, and everything about the person is gone from the table."""
    verified.user.update(actions=[User.work_unit_code.set("420000")])
    person_hash = verified.identity.verified_person_hash
    assert withdraw(verified).status == 204
    seen = verified.seen()
    assert (seen["status"], seen["number_masked"], seen["verified_at"]) == ("unverified", None, None)
    assert verified.http.get("/identity/consent").body["accepted_version"] is None
    account = verified.account()
    assert (account["identity_status"], account["name_masked"], account["work_unit"]) == ("unverified", None, None)
    stored = connection().get_item(*keys.identity(verified.user_id), consistent_read=True)["Item"]
    assert set(stored) <= {*_KEPT, "status", "revision", "erasing_since"}
    assert get(Owner, keys.document_owner(person_hash)) is None
    assert get(FormerOwner, keys.former_document_owner(person_hash, verified.user_id)) is None


def test_the_trail_keeps_a_pseudonym(verified: Applicant) -> None:
    """The chains of identity and account go on, and name no one."""
    verified.user.update(actions=[User.work_unit_code.set("420000")])
    withdraw(verified)
    erase(verified.user_id)
    events = verified.events()
    assert audit.first_invalid_version(events, verified.identity) is None
    assert (events[-1].event, events[-1].actor) == ("consent_withdrawn", verified.user_id)
    assert events[-1].detail == {"version": events[0].detail["version"], "was": "verified", "revision": 2}
    key = keys.user(verified.user_id)
    (last,) = [*Item.query(key.pk, Item.sk.startswith(keys.audit_prefix(key)), consistent_read=True)][-1:]
    assert (last.event, last.detail) == (
        "identity_withdrawn",
        {"was": "verified", "work_unit": "420000", "sessions": 0},
    )
    everything = str([item.attribute_values for item in Item.query(key.pk, consistent_read=True)])
    for secret in (COLLINS["name"], COLLINS["number"], "柯**"):
        assert secret not in everything


def test_images_are_erased(verified: Applicant, clock: Clock) -> None:
    """Soon in every version, and once more when nothing can arrive any more; then the traces in the table go too."""
    other = Applicant.new(Http(verified.http.app), HARPER)
    other.accept("front")
    places = {key.split("/")[0] for key in versions(verified.user_id)}
    assert {"uploads", "documents", "verified"} <= places
    withdraw(verified)
    assert asked() == [(verified.user_id, 5), (verified.user_id, 900)]
    clock.forward(5)
    assert erase(verified.user_id) == []
    assert versions(verified.user_id) == []
    assert versions(other.user_id) != []
    under_way = agree(verified)
    assert refusal(under_way) == (409, "ERASURE_UNDER_WAY")
    assert (under_way.headers["retry-after"], "15" in under_way.body["detail"]) == ("895", True)
    clock.forward(895)
    assert agree(verified).headers["retry-after"] == "30"
    assert erase(verified.user_id) == []
    photos = keys.user_partition(verified.user_id)
    assert list(Scan.query(photos, Scan.sk.startswith(keys.SCAN_PREFIX))) == []
    assert list(FaceCheck.query(photos, FaceCheck.sk.startswith(keys.FACE_CHECK_PREFIX))) == []
    events = verified.events()
    assert (events[-1].event, events[-1].actor) == ("images_erased", "erasure")
    assert audit.first_invalid_version(events, verified.identity) is None
    assert agree(verified).status == 200


def agree(person: Applicant) -> Answer:
    version = person.http.get("/identity/consent").body["version"]
    return person.http.post("/identity/consent", {"version": version})


def test_the_last_erasure_comes_when_nothing_can_follow(verified: Applicant, clock: Clock) -> None:
    """The later message always finds that time over, and no earlier one ends the erasure."""
    withdraw(verified)
    clock.forward(SETTLED_S - 1)
    erase(verified.user_id)
    assert verified.identity.erasing_since is not None
    clock.forward(1)
    erase(verified.user_id)
    assert verified.identity.erasing_since is None
    # The transaction may be as late behind the message as a request may last.
    assert SETTLED_S < 900 - 29


def test_the_same_person_is_verified_again(verified: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """With the same number, by another account or by the same one once the images are gone; old images stay gone."""
    withdraw(verified)
    other = Applicant.new(Http(verified.http.app), COLLINS)
    other.ready()
    assert other.submit().body["status"] == "verified"
    clock.forward(900)
    erase(verified.user_id)
    assert agree(verified).status == 200
    assert verified.apply(COLLINS).body["revision"] == 3
    verified.ready()
    assert review_codes(verified.submit().body["review_reasons"]) == ["under_review"]
    assert erase(verified.user_id) == []
    assert versions(verified.user_id) != []


def test_a_draft(applicant: Applicant, clock: Clock) -> None:
    """It ends too, with the scans that it had."""
    applicant.accept("front")
    assert withdraw(applicant).status == 204
    assert applicant.seen()["scans"] == {"front": None, "back": None}
    wanted = {"side": "front", "content_type": "image/jpeg", "size": 9}
    assert refusal(applicant.http.post("/identity/scans", wanted)) == (409, "APPLICATION_REQUIRED")
    assert refusal(applicant.apply(COLLINS)) == (409, "CONSENT_REQUIRED")
    erase(applicant.user_id)
    assert versions(applicant.user_id) == []


def test_an_application_in_review(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """It leaves the queue, no matter who works on it, and cannot be opened or decided any more."""
    person = in_review(http)
    revision = person.identity.revision
    administrator.post(f"{QUEUE}/{person.user_id}/claim")
    assert withdraw(person).status == 204
    assert administrator.get(QUEUE).body["items"] == []
    assert refusal(administrator.get(f"{QUEUE}/{person.user_id}")) == (404, "NOT_FOUND")
    decision = {"decision": "approve", "revision": int(revision)}
    decided = administrator.post(f"{QUEUE}/{person.user_id}/decision", decision)
    assert refusal(decided) == (409, "NOT_IN_REVIEW")


def test_a_rejected_one(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """What the reviewer and the applicant wrote is gone from wherever it was."""
    person = in_review(http)
    decide(administrator, person, "reject", reason_code="OTHER", comment="Grace Harper is another person.")
    person.http.post("/identity/appeal", {"comment": "I am Grace Harper."})
    decide(administrator, person)
    assert withdraw(person).status == 204
    assert person.seen()["rejection"] is None
    everything = [item.attribute_values for item in Item.query(keys.user_partition(person.user_id))]
    assert "Harper" not in str(everything)


def test_without_a_consent_there_is_nothing_to_withdraw(http: Http) -> None:
    """It is answered like a withdrawal, and nothing is written or asked for."""
    user_id, token = new_user()
    assert http.signed_in(token).delete("/identity/consent").status == 204
    assert get(Identity, keys.identity(user_id)) is None
    assert asked() == []


def test_a_consent_alone(http: Http) -> None:
    """It can be withdrawn before anything was filled in."""
    person = Applicant.new(http)
    assert withdraw(person).status == 204
    assert person.http.get("/identity/consent").body["accepted_version"] is None


def test_withdrawing_again_sends_again(verified: Applicant, clock: Clock) -> None:
    """Until everything is erased, a repeated call asks for it once more, should the messages have been lost."""
    withdraw(verified)
    version = verified.identity.version
    assert withdraw(verified).status == 204
    assert len(asked()) == 4
    assert verified.identity.version == version
    clock.forward(900)
    erase(verified.user_id)
    assert withdraw(verified).status == 204
    assert len(asked()) == 4


def test_it_cannot_be_repeated_without_end(verified: Applicant) -> None:
    """Ten times an hour."""
    for _ in range(10):
        assert withdraw(verified).status == 204
    answer = withdraw(verified)
    assert refusal(answer) == (429, "TOO_MANY_REQUESTS")
    assert int(answer.headers["retry-after"]) > 0


def test_limits_outlive_it(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """Withdrawing is no way to more attempts."""
    applicant.fail_scans(5)
    withdraw(applicant)
    clock.forward(900)
    erase(applicant.user_id)
    agree(applicant)
    assert applicant.apply(COLLINS).body["scan_attempts_left"] == 0


def test_a_queue_that_fails(verified: Applicant) -> None:
    """Then nothing is withdrawn, whether it takes neither message or only the first."""
    path = f"/identity/consent?face_check_id={verified.prove()}"
    with timing_out(clients.sqs(), "sqs.SendMessage"):
        assert verified.http.delete(path).status == 503
    internal = {"Error": {"Code": "InternalFailure", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    with answering(clients.sqs(), "sqs.SendMessage", None, internal, status=500):
        assert verified.http.delete(path).status == 503
    assert asked() == [(verified.user_id, 5)]
    assert verified.seen()["status"] == "verified"


def test_a_request_that_dies_before_the_transaction(verified: Applicant) -> None:
    """The messages are on their way and find nothing to erase."""
    check_id = verified.prove()
    with timing_out(connection().connection.client, "dynamodb.TransactWriteItems"):
        assert verified.http.delete(f"/identity/consent?face_check_id={check_id}").status == 503
    assert len(asked()) == 2
    before = versions(verified.user_id)
    assert erase(verified.user_id) == []
    assert versions(verified.user_id) == before
    assert verified.seen()["status"] == "verified"


def test_an_erasure_that_fails_comes_again(verified: Applicant, clock: Clock) -> None:
    """Storage that does not answer leaves the message in the queue and the erasure open."""
    withdraw(verified)
    clock.forward(900)
    for fault in (timing_out(clients.s3(), "s3.DeleteObject"), timing_out(clients.s3(), "s3.ListObjectVersions")):
        with fault:
            assert erase(verified.user_id) == ["m1"]
        assert verified.identity.erasing_since is not None
    assert erase(verified.user_id) == []
    assert versions(verified.user_id) == []
    assert verified.identity.erasing_since is None


def test_an_erasure_that_dies_at_the_end_comes_again(verified: Applicant, clock: Clock) -> None:
    """Between the images and the event that tells of it: the next try has nothing left to do but to tell."""
    withdraw(verified)
    clock.forward(900)
    with timing_out(connection().connection.client, "dynamodb.TransactWriteItems"):
        assert erase(verified.user_id) == ["m1"]
    assert erase(verified.user_id) == []
    assert [event.event for event in verified.events()].count("images_erased") == 1
    assert erase(verified.user_id) == []
    assert [event.event for event in verified.events()].count("images_erased") == 1


def test_an_erasure_that_is_delivered_twice_at_once(verified: Applicant, clock: Clock) -> None:
    """It is told once."""
    withdraw(verified)
    clock.forward(900)
    dynamodb = connection().connection.client
    with during(dynamodb, "dynamodb.TransactWriteItems", lambda: erase(verified.user_id)):
        assert erase(verified.user_id) == []
    events = verified.events()
    assert [event.event for event in events].count("images_erased") == 1
    assert audit.first_invalid_version(events, verified.identity) is None


def test_a_withdrawal_that_is_sent_twice_at_once(verified: Applicant) -> None:
    """It happens once."""
    path = f"/identity/consent?face_check_id={verified.prove()}"
    dynamodb = connection().connection.client
    with during(dynamodb, "dynamodb.TransactWriteItems", lambda: verified.http.delete(path)):
        assert verified.http.delete(path).status == 204
    assert [event.event for event in verified.events()].count("consent_withdrawn") == 1


def test_photos_that_arrive_afterwards(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """A form that was asked for before lets a photo in, after the last erasure too, of which nothing is kept."""
    scan, check = applicant.ticket("front"), None
    applicant.accept("front")
    check = applicant.http.post("/identity/face-checks", {"purpose": "identity"}).body
    withdraw(applicant)
    erase(applicant.user_id)
    for ticket in (scan, check):
        key, version = put_upload(ticket["upload"], flat_picture())
        assert deliver(message(announced(key, version))) == []
    clock.forward(settings().face_check_s)
    assert deliver(form_expired(applicant.user_id, check["face_check_id"])) == []
    assert applicant.scan_seen(scan["scan_id"])["reasons"][0]["code"] == "APPLICATION_CHANGED"
    assert versions(applicant.user_id) == []
    clock.forward(900)
    erase(applicant.user_id)
    assert applicant.identity.erasing_since is None
    late = put_upload(scan["upload"], flat_picture())
    assert deliver(message(announced(*late))) == []
    assert versions(applicant.user_id) == []
    put_upload(check["upload"], flat_picture())
    assert deliver(form_expired(applicant.user_id, check["face_check_id"])) == []
    assert versions(applicant.user_id) == []


def test_a_comparison_under_way(applicant: Applicant, faces: FakeFaces) -> None:
    """What it finds is written nowhere that counts."""
    applicant.accept("front")
    check = applicant.selfie(photo_of("collins"))
    faces.during = lambda: withdraw(applicant) and None
    assert applicant.compare(check).status == 200
    assert (applicant.identity.status, applicant.identity.face) == ("unverified", None)
    assert audit.first_invalid_version(applicant.events(), applicant.identity) is None


def test_an_erasure_for_nobody(aws: None) -> None:
    """A message about a user who is not there changes nothing."""
    assert erase("0" * 32) == []
