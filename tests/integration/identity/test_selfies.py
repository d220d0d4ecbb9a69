"""Selfies in the bucket: an upload starts nothing, one copy of what was compared is kept, and nothing else stays."""

import pytest

from functions.identity.face_comparisons import COMPARISON_LEASE_S
from functions.shared import clients, ids
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, Identity
from tests.conftest import Clock
from tests.integration.client import Http, new_user
from tests.integration.identity.applicant import (
    IDENTITY_CHECK,
    RUBBISH,
    Applicant,
    announced,
    deliver,
    form_expired,
    message,
    objects,
    photo_of,
    put_upload,
)
from tests.integration.identity.erasures import versions
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_scan_processing import flat_picture


@pytest.fixture
def scanned(applicant: Applicant, faces: FakeFaces) -> Applicant:
    """A person whose front shows Collins."""
    applicant.accept("front")
    return applicant


def uploads(person: Applicant) -> list[str]:
    return [key for key in versions(person.user_id) if key.startswith("uploads/selfies/")]


def delayed(queue_url: str) -> int:
    """How many messages of a queue wait for their time."""
    name = "ApproximateNumberOfMessagesDelayed"
    found = clients.sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
    return int(found["Attributes"][name])


def test_sixty_uploads_by_one_form(scanned: Applicant) -> None:
    """One version is compared and one copy of it kept; the uploads are all gone, also those that came afterwards."""
    scanned.close_scanning()
    scanned.identity.update(actions=[Identity.front.remove()])
    ticket = scanned.http.post("/identity/face-checks", IDENTITY_CHECK).body
    for _ in range(30):
        put_upload(ticket["upload"], photo_of("hopper"))
    _, compared = put_upload(ticket["upload"], flat_picture())
    assert scanned.compare(ticket["face_check_id"]).body["status"] == "passed"
    for _ in range(30):
        put_upload(ticket["upload"], photo_of("hopper"))
    for _ in range(2):
        assert deliver(form_expired(scanned.user_id, ticket["face_check_id"])) == []
    kept = f"selfies/{scanned.user_id}/{ticket['face_check_id']}-{compared}.jpg"
    assert [key for key in versions(scanned.user_id) if "selfies/" in key] == [kept]


def test_the_compared_version_is_kept(scanned: Applicant) -> None:
    """A clean copy of exactly that version, without metadata; again changes nothing."""
    ticket = scanned.http.post("/identity/face-checks", IDENTITY_CHECK).body
    scanned.close_scanning()
    _, compared = put_upload(ticket["upload"], flat_picture())
    stored = FaceCheck.get(*keys.face_check(scanned.user_id, ticket["face_check_id"]))
    stored.update(actions=[FaceCheck.status.set("passed"), FaceCheck.selfie_version.set(compared)])
    put_upload(ticket["upload"], photo_of("hopper"))
    for _ in range(2):
        assert deliver(form_expired(scanned.user_id, ticket["face_check_id"])) == []
    kept = f"selfies/{scanned.user_id}/{ticket['face_check_id']}-{compared}.jpg"
    assert [key for key in objects(scanned.user_id) if "selfies/" in key] == [kept]
    content = clients.s3().get_object(Bucket=settings().upload_bucket, Key=kept)["Body"].read()
    assert content.startswith(b"\xff\xd8")
    assert b"home" not in content


@pytest.mark.parametrize("content", [RUBBISH, bytes(8 * 1024 * 1024 + 1)])
def test_what_is_no_picture_fails(scanned: Applicant, faces: FakeFaces, content: bytes) -> None:
    """It is the user's to take again, the provider is not asked, and nothing of it is kept."""
    check_id = scanned.selfie(content)
    answer = scanned.compare(check_id).body
    assert [one["code"] for one in answer["reasons"]] == ["FACE_QUALITY"]
    assert faces.calls == []
    assert deliver(form_expired(scanned.user_id, check_id)) == []
    assert [key for key in objects(scanned.user_id) if "selfies/" in key] == []


def test_uploads_announce_nothing(scanned: Applicant) -> None:
    """A form that is used sixty times costs one read of the table at the end, not sixty decodings."""
    check_id = scanned.selfie(photo_of("collins"))
    key = f"uploads/selfies/{scanned.user_id}/{check_id}"
    before = objects(scanned.user_id)
    assert deliver(message(announced(key, None))) == []
    assert objects(scanned.user_id) == before


def test_both_messages_are_sent(scanned: Applicant) -> None:
    """One with the form, for when it has expired, and one with the comparison; no scan ever waits behind them."""
    check_id = scanned.selfie(photo_of("collins"))
    scanned.compare(check_id)
    assert delayed(settings().selfies_queue_url) == 2
    assert delayed(settings().scans_queue_url) == 0


def test_a_check_that_is_compared_is_left_alone(scanned: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """During a comparison the message comes again; while the check may still be compared its upload stays."""
    check_id = scanned.selfie(photo_of("collins"))
    came = form_expired(scanned.user_id, check_id)
    assert deliver(came) == []
    assert len(uploads(scanned)) == 1
    again: list[list[str]] = []
    faces.during = lambda: again.append(deliver(came))
    assert scanned.compare(check_id).body["status"] == "passed"
    assert again == [["m1"]]
    clock.forward(COMPARISON_LEASE_S)
    assert deliver(came) == []
    assert uploads(scanned) == []


def test_a_check_that_was_never_compared(scanned: Applicant, clock: Clock) -> None:
    """When it has expired, nothing of it is left."""
    check_id = scanned.selfie(photo_of("collins"))
    clock.forward(settings().face_check_s)
    assert deliver(form_expired(scanned.user_id, check_id)) == []
    assert [key for key in versions(scanned.user_id) if "selfies/" in key] == []


def test_a_selfie_of_somebody_who_has_not_agreed(aws: None) -> None:
    """Without a consent, or without an identity at all, the upload is deleted for good."""
    nobody, (without_consent, _) = ids.new_id(), new_user()
    Identity.new(keys.identity(without_consent), user_id=without_consent).save()
    for somebody in (nobody, without_consent):
        key = f"uploads/selfies/{somebody}/c1"
        clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=flat_picture())
        assert deliver(form_expired(somebody, "c1")) == []
        assert versions(somebody) == []


def failed(person: Applicant) -> tuple[str, str]:
    """A face check that fails because the faces differ, with a picture that can be read; its id and version."""
    check_id = person.selfie(photo_of("hopper"))
    assert [one["code"] for one in person.compare(check_id).body["reasons"]] == ["FACE_MISMATCH"]
    key = f"uploads/selfies/{person.user_id}/{check_id}"
    readable = clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=flat_picture())["VersionId"]
    stored = FaceCheck.get(*keys.face_check(person.user_id, check_id))
    stored.update(actions=[FaceCheck.selfie_version.set(readable)])
    last = {**person.identity.failed_face, "selfie_key": f"selfies/{person.user_id}/{check_id}-{readable}-failed.jpg"}
    person.identity.update(actions=[Identity.failed_face.set(last)])
    return check_id, readable


def test_the_last_selfie_that_failed_is_for_the_reviewer(scanned: Applicant, administrator: Http) -> None:
    """One copy, of the last one, within the week of all selfies; the reviewer is shown it with its size."""
    for _ in range(2):
        check_id, version = failed(scanned)
        assert deliver(form_expired(scanned.user_id, check_id)) == []
    kept = f"selfies/{scanned.user_id}/{check_id}-{version}-failed.jpg"
    assert [key for key in versions(scanned.user_id) if "selfies/" in key] == [kept]
    scanned.identity.update(actions=[Identity.status.set("in_review")])
    images = administrator.get(f"/admin/identity-applications/{scanned.user_id}").body["images"]
    assert [image["side"] for image in images] == ["front", "portrait", "failed_selfie"]
    assert min(images[-1]["width"], images[-1]["height"]) > 500


def test_a_check_that_passes_takes_its_place(scanned: Applicant, administrator: Http) -> None:
    """Then nothing is left of the one that failed."""
    check_id, _ = failed(scanned)
    assert deliver(form_expired(scanned.user_id, check_id)) == []
    passed_id = scanned.selfie(photo_of("collins"))
    assert scanned.compare(passed_id).body["status"] == "passed"
    assert deliver(form_expired(scanned.user_id, passed_id)) == []
    assert scanned.identity.failed_face is None
    assert [key for key in versions(scanned.user_id) if key.endswith("-failed.jpg")] == []


def test_only_faces_that_differ_are_kept(scanned: Applicant) -> None:
    """Not what shows two people or is no picture."""
    for content in (photo_of("hopper", "collins"), RUBBISH):
        check_id = scanned.selfie(content)
        assert scanned.compare(check_id).body["status"] == "failed"
        assert deliver(form_expired(scanned.user_id, check_id)) == []
    assert scanned.identity.failed_face is None
    assert [key for key in versions(scanned.user_id) if "selfies/" in key] == []
