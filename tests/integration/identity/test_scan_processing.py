"""Uploads that S3 announces: once or twice, late or out of order, whole or broken; each scan is decided once."""

import io
import json
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from PIL import Image
from pynamodb.exceptions import TransactWriteError

from functions.identity.domain.evidence import Extracted
from functions.identity.photo_check import Verdict
from functions.identity.scan_processing import process_scan
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.errors import Unavailable
from functions.shared.table import keys
from functions.shared.table.identity import Scan
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import (
    COLLINS,
    RUBBISH,
    Applicant,
    announced,
    deliver,
    message,
    objects,
    put_upload,
    resident,
)
from tests.integration.identity.erasures import versions
from tests.integration.shared.faults import answering, dynamodb, dynamodb_error, timing_out

LEASE_S = settings().scan_lease_s
GOOD = Verdict([], b"clean", Extracted(name_masked="柯**", valid_until=date(2038, 3, 5)))


def codes(scan: Any) -> list[str]:
    return [reason["code"] for reason in scan["reasons"]]


def flat_picture(size: tuple[int, int] = (1200, 800), form: str = "JPEG") -> bytes:
    """A picture without anything on it; it carries a comment and the place where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    target = io.BytesIO()
    Image.new("RGB", size, "gray").save(target, form, exif=exif)
    return target.getvalue()


@pytest.fixture
def uploaded(applicant: Applicant) -> tuple[str, dict[str, Any]]:
    """A front scan whose upload is rubbish, and the message that announces it."""
    ticket = applicant.ticket("front")
    return ticket["scan_id"], message(announced(*put_upload(ticket["upload"], RUBBISH)))


def test_an_upload_that_is_no_picture(applicant: Applicant) -> None:
    """It is rejected with its reason, one attempt is gone, and nothing of the upload is left."""
    scan = applicant.scan("front", RUBBISH)
    assert (scan["status"], codes(scan), scan["attempts_left"]) == ("rejected", ["NOT_AN_IMAGE"], 4)
    assert scan["extracted"] is None
    assert applicant.seen()["scans"]["front"]["status"] == "rejected"
    assert objects(applicant.user_id) == set()
    uploads = f"uploads/scans/{applicant.user_id}"
    versions = clients.s3().list_object_versions(Bucket=settings().upload_bucket, Prefix=uploads)
    assert versions.get("Versions", []) == versions.get("DeleteMarkers", []) == []


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (flat_picture(), "image/png", "CONTENT_MISMATCH"),
        (flat_picture((200, 100)), "image/jpeg", "IMAGE_TOO_SMALL"),
        (flat_picture((5100, 5000), "PNG"), "image/png", "IMAGE_TOO_LARGE"),
        (flat_picture()[:900], "image/jpeg", "NOT_AN_IMAGE"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(applicant: Applicant, content: bytes, content_type: str, code: str) -> None:
    """A type that was not declared, too few or too many pixels, a cut-off file: each has its code, none is kept."""
    scan = applicant.scan("front", content, content_type)
    assert codes(scan) == [code]
    assert scan["reasons"][0]["detail"]
    assert objects(applicant.user_id) == set()


def test_the_clean_copy_has_no_metadata(applicant: Applicant) -> None:
    """What is kept of a rejected photo is a new JPEG without comment or place, where it leaves after 30 days."""
    scan = applicant.scan("front", flat_picture())
    assert scan["status"] == "rejected"
    assert objects(applicant.user_id) == {f"rejected/{applicant.user_id}/{scan['scan_id']}.jpg"}
    (key,) = objects(applicant.user_id)
    kept = clients.s3().get_object(Bucket=settings().upload_bucket, Key=key)
    content = kept["Body"].read()
    assert kept["ContentType"] == "image/jpeg"
    assert b"Exif" not in content
    assert b"home" not in content


def test_an_event_that_comes_again_changes_nothing(applicant: Applicant, uploaded: tuple[str, dict[str, Any]]) -> None:
    """The second delivery succeeds, counts nothing and writes no event."""
    scan_id, announcement = uploaded
    assert deliver(announcement) == []
    before = applicant.identity.version
    assert deliver(announcement, {**announcement, "messageId": "m2"}) == []
    assert applicant.scan_seen(scan_id)["attempts_left"] == 4
    assert applicant.identity.version == before


def test_an_event_that_is_being_worked_on_comes_again(
    applicant: Applicant, uploaded: tuple[str, dict[str, Any]], clock: Clock
) -> None:
    """While a worker holds the scan the message fails; when that worker went silent, the next delivery decides."""
    scan_id, announcement = uploaded
    answers: list[list[str]] = []

    def crash(*_: Any) -> Verdict:
        answers.append(deliver(announcement))
        raise MemoryError

    described = json.loads(announcement["body"])["Records"][0]["s3"]["object"]
    with pytest.raises(MemoryError):
        process_scan(applicant.user_id, scan_id, described["key"], described["versionId"], "01", check=crash)
    assert answers == [["m1"]]
    assert applicant.scan_seen(scan_id)["status"] == "processing"
    assert deliver(announcement) == ["m1"]
    clock.forward(LEASE_S)
    assert deliver(announcement) == []
    assert codes(applicant.scan_seen(scan_id)) == ["NOT_AN_IMAGE"]
    assert applicant.scan_seen(scan_id)["attempts_left"] == 4


def test_a_crash_before_the_decision_is_made_good(applicant: Applicant, clock: Clock) -> None:
    """When the table fails after the image is kept, the retry decides, and the failure counts once."""
    content = flat_picture()
    ticket = applicant.ticket("front", size=len(content))
    announcement = message(announced(*put_upload(ticket["upload"], content)))
    broken = dynamodb_error("InternalServerError")
    with answering(dynamodb(), "dynamodb.TransactWriteItems", None, broken):  # the claim, then the decision
        assert deliver(announcement) == ["m1"]
    kept = f"rejected/{applicant.user_id}/{ticket['scan_id']}.jpg"
    assert objects(applicant.user_id) == {kept, ticket["upload"]["fields"]["key"]}
    clock.forward(LEASE_S)
    assert deliver(announcement) == []
    assert applicant.scan_seen(ticket["scan_id"])["attempts_left"] == 4
    assert objects(applicant.user_id) == {kept}


def test_a_worker_that_lost_its_claim_decides_nothing(applicant: Applicant, clock: Clock) -> None:
    """A worker that wakes up after another one took over cannot overwrite what that one decided."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], RUBBISH)

    def sleep(*_: Any) -> Verdict:
        clock.forward(LEASE_S + 1)
        assert deliver(message(announced(key, version))) == []
        return GOOD

    with pytest.raises(Unavailable):
        process_scan(applicant.user_id, ticket["scan_id"], key, version, "01", check=sleep)
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["NOT_AN_IMAGE"]
    assert applicant.seen()["scans"]["front"]["status"] == "rejected"


def test_the_first_upload_wins(applicant: Applicant) -> None:
    """What is uploaded with the same form afterwards is thrown away, whatever it shows."""
    ticket = applicant.ticket("front")
    first = put_upload(ticket["upload"], RUBBISH)
    second = put_upload(ticket["upload"], flat_picture())
    assert deliver(message(announced(*first, "01"))) == []
    assert deliver(message(announced(*second, "02"))) == []
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["NOT_AN_IMAGE"]
    assert applicant.seen()["scan_attempts_left"] == 4
    assert objects(applicant.user_id) == set()


def test_the_event_of_an_overwritten_upload_comes_late(applicant: Applicant) -> None:
    """In the other order the second upload is decided, by its own version, and the first one changes nothing."""
    ticket = applicant.ticket("front")
    first = put_upload(ticket["upload"], flat_picture())
    second = put_upload(ticket["upload"], RUBBISH)
    assert deliver(message(announced(*second, "02"))) == []
    assert deliver(message(announced(*first, "01"))) == []
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["NOT_AN_IMAGE"]
    assert applicant.seen()["scan_attempts_left"] == 4
    assert objects(applicant.user_id) == set()


def test_each_version_is_read_as_it_was_announced(applicant: Applicant) -> None:
    """An upload that is overwritten before its event is processed is still the one that is decided."""
    ticket = applicant.ticket("front")
    first = put_upload(ticket["upload"], RUBBISH)
    put_upload(ticket["upload"], flat_picture())
    assert deliver(message(announced(*first))) == []
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["NOT_AN_IMAGE"]


@pytest.mark.parametrize("key", ["uploads/scans/{user}/unknown", "uploads/scans/nobody/{scan}"])
def test_an_unknown_scan_is_ignored(applicant: Applicant, uploaded: tuple[str, dict[str, Any]], key: str) -> None:
    """An upload for a scan that was never asked for, or as somebody else's, makes no item and is removed."""
    placed = key.format(user=applicant.user_id, scan=uploaded[0])
    stored = clients.s3().put_object(Bucket=settings().upload_bucket, Key=placed, Body=RUBBISH)
    assert deliver(message(announced(placed, stored["VersionId"]))) == []
    assert applicant.scan_seen(uploaded[0])["status"] == "awaiting_upload"
    assert placed not in objects(placed.split("/")[2])
    assert applicant.http.get("/identity/scans/unknown").status == 404


@pytest.mark.parametrize("key", ["uploads/scans", "uploads/letters/a/b", "elsewhere/scans/a/b", "uploads/scans/a/b/c"])
def test_keys_of_another_layout_are_ignored(http: Http, key: str) -> None:
    """They are no error: coming again would not help."""
    assert deliver(message(announced(key, "v1"))) == []


def test_the_test_event_of_s3_is_ignored(http: Http) -> None:
    """What S3 sends when the notification is set up holds no records."""
    assert deliver(message(body=json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))) == []


def test_keys_are_decoded(applicant: Applicant, uploaded: tuple[str, dict[str, Any]]) -> None:
    """S3 writes keys URL-encoded into its events."""
    scan_id, announcement = uploaded
    encoded = announcement["body"].replace("uploads/scans/", "uploads%2Fscans%2F")
    assert deliver({**announcement, "body": encoded}) == []
    assert applicant.scan_seen(scan_id)["status"] == "rejected"


@pytest.mark.parametrize("body", ["", "not json", "[]", '{"Records": [{"s3": {}}]}', '{"Records": 5}'])
def test_a_poisonous_message_fails_alone(applicant: Applicant, uploaded: tuple[str, dict[str, Any]], body: str) -> None:
    """It is named as failed, so that it ends among the dead letters, and its neighbour is processed."""
    scan_id, good = uploaded
    assert deliver(message(body=body, message_id="poison"), good) == ["poison"]
    assert applicant.scan_seen(scan_id)["status"] == "rejected"


def test_an_object_that_is_too_large_is_not_read(applicant: Applicant) -> None:
    """More than 8 MB is refused by its length, even where a form was got around."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], bytes(settings().upload_max_bytes + 1))
    assert deliver(message(announced(key, version))) == []
    scan = applicant.scan_seen(ticket["scan_id"])
    assert codes(scan) == ["IMAGE_TOO_LARGE"]
    assert objects(applicant.user_id) == set()


@pytest.mark.parametrize("version", [None, "null", "gone"])
def test_an_object_that_is_gone(applicant: Applicant, version: str | None) -> None:
    """There is no picture; the scan ends all the same."""
    ticket = applicant.ticket("front")
    key, real = put_upload(ticket["upload"], RUBBISH)
    clients.s3().delete_object(Bucket=settings().upload_bucket, Key=key, VersionId=real)
    assert deliver(message(announced(key, version))) == []
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["NOT_AN_IMAGE"]


def test_storage_that_refuses_leaves_the_scan_to_a_retry(
    applicant: Applicant, uploaded: tuple[str, dict[str, Any]], clock: Clock
) -> None:
    """A fault of S3 fails the message and counts nothing."""
    with timing_out(clients.s3(), "s3.GetObject"):
        assert deliver(uploaded[1]) == ["m1"]
    assert applicant.seen()["scan_attempts_left"] == 5
    clock.forward(LEASE_S)
    assert deliver(uploaded[1]) == []


def test_changed_details_make_a_scan_meaningless(applicant: Applicant) -> None:
    """A scan asked for before the application was changed is rejected for that, not counted, and shown as no side."""
    ticket = applicant.ticket("front")
    assert applicant.apply(resident(7)).status == 200
    applicant.decide(ticket, GOOD)
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["APPLICATION_CHANGED"]
    assert (applicant.seen()["scans"]["front"], applicant.seen()["scan_attempts_left"]) == (None, 5)


@pytest.mark.parametrize("verdict", [GOOD, Verdict(["TEXT_MISMATCH"], b"clean")])
def test_details_changed_while_the_photo_is_read(applicant: Applicant, verdict: Verdict) -> None:
    """The decision is taken on the application as it is then: nothing read for the old details counts."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], b"photo")

    def change_meanwhile(*_: Any) -> Verdict:
        assert applicant.apply(resident(8)).status == 200
        return verdict

    process_scan(applicant.user_id, ticket["scan_id"], key, version, "01", check=change_meanwhile)
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["APPLICATION_CHANGED"]
    seen = applicant.seen()
    assert (seen["scans"]["front"], seen["scan_attempts_left"]) == (None, 5)
    assert not applicant.identity.text_mismatch
    scan = Scan.get(*keys.scan(applicant.user_id, ticket["scan_id"]))
    assert (scan.image_key, scan.extracted) == (None, None)
    assert versions(applicant.user_id) == []


def test_scanning_that_closes_while_the_photo_is_read(applicant: Applicant) -> None:
    """A picture that was good enough and does not count is not kept either."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], b"photo")

    def close_meanwhile(*_: Any) -> Verdict:
        applicant.close_scanning()
        return GOOD

    process_scan(applicant.user_id, ticket["scan_id"], key, version, "01", check=close_meanwhile)
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["SCAN_LIMIT"]
    assert versions(applicant.user_id) == []


def test_a_crash_after_such_a_decision_is_made_good(applicant: Applicant) -> None:
    """The message comes again and finds the copy that the worker could not delete any more."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], b"photo")

    def change_meanwhile(*_: Any) -> Verdict:
        applicant.apply(resident(8))
        return GOOD

    with timing_out(clients.s3(), "s3.ListObjectVersions"), pytest.raises(ReadTimeoutError):
        process_scan(applicant.user_id, ticket["scan_id"], key, version, "01", check=change_meanwhile)
    assert len(versions(applicant.user_id)) == 2
    assert deliver(message(announced(key, version))) == []
    assert versions(applicant.user_id) == []


def test_a_crash_before_such_a_decision_is_made_good(applicant: Applicant, clock: Clock) -> None:
    """A copy that another worker kept goes too when the scan does not count by then."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], b"photo")
    broken = dynamodb_error("InternalServerError")
    scan: Any = (applicant.user_id, ticket["scan_id"], key, version, "01")
    with answering(dynamodb(), "dynamodb.TransactWriteItems", None, broken), pytest.raises(TransactWriteError):
        process_scan(*scan, check=lambda *_: GOOD)
    applicant.apply(resident(8))
    clock.forward(LEASE_S)
    assert deliver(message(announced(key, version))) == []
    assert codes(applicant.scan_seen(ticket["scan_id"])) == ["APPLICATION_CHANGED"]
    assert versions(applicant.user_id) == []


def test_a_change_between_reading_and_writing_is_decided_again(applicant: Applicant) -> None:
    """When another request changes the identity at that moment, the transaction is tried again, not lost."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], b"photo")

    def ask_for_another(*_: Any) -> Verdict:
        applicant.ticket("back")
        return GOOD

    process_scan(applicant.user_id, ticket["scan_id"], key, version, "01", check=ask_for_another)
    assert applicant.scan_seen(ticket["scan_id"])["status"] == "accepted"


def test_five_failures_close_scanning_for_a_while(applicant: Applicant, clock: Clock) -> None:
    """After five within six hours no more scans are given out; when the first of them is that old, one is."""
    applicant.fail_scans(4)
    clock.forward(3600)
    applicant.fail_scans(1)
    assert applicant.seen()["scan_attempts_left"] == 0
    refused = applicant.http.post("/identity/scans", {"side": "back", "content_type": "image/png", "size": 9})
    assert (refused.status, refused.code) == (409, "SCAN_LIMIT")
    clock.forward(settings().scan_failures_window_s - 3601)
    assert applicant.seen()["scan_attempts_left"] == 0
    clock.forward(1)
    assert applicant.seen()["scan_attempts_left"] == 4
    assert applicant.scan("front", flat_picture())["attempts_left"] == 3


def test_forms_kept_from_before_are_no_way_around_the_limit(applicant: Applicant) -> None:
    """A photo uploaded after the fifth failure with an earlier form is not looked at, and not counted either."""
    kept = applicant.ticket("front")
    applicant.fail_scans(5)
    applicant.decide(kept, GOOD)
    assert codes(applicant.scan_seen(kept["scan_id"])) == ["SCAN_LIMIT"]
    assert applicant.seen()["scans"]["front"]["status"] == "rejected"
    assert len(applicant.identity.scan_failed_at) == 5


def test_changing_the_details_gives_no_attempts_back(applicant: Applicant) -> None:
    """Failures count for the person, not for what they typed."""
    applicant.fail_scans(5)
    assert applicant.apply(resident(9)).body["scan_attempts_left"] == 0


def test_the_same_failed_photo_again_is_told(applicant: Applicant) -> None:
    """It fails for being the same, without being read; for the other side, and for fixed details, it is new."""
    first = applicant.scan("front", RUBBISH)
    assert codes(first) == ["NOT_AN_IMAGE"]
    assert codes(applicant.scan("front", RUBBISH)) == ["DUPLICATE_IMAGE"]
    assert codes(applicant.scan("back", RUBBISH)) == ["NOT_AN_IMAGE"]
    assert applicant.apply({**COLLINS, "name": "柯爱玲"}).status == 200
    assert codes(applicant.scan("front", RUBBISH)) == ["NOT_AN_IMAGE"]


def test_an_accepted_scan_outlives_a_later_failure(applicant: Applicant) -> None:
    """A failed second try does not take an accepted side away; a newer accepted one takes its place."""
    first = applicant.accept("front")
    assert applicant.scan("front", RUBBISH)["status"] == "rejected"
    assert applicant.seen()["scans"]["front"] == {"scan_id": first, "status": "accepted", "reasons": []}
    second = applicant.accept("front")
    assert applicant.seen()["scans"]["front"]["scan_id"] == second


def test_what_was_read_is_shown_masked(applicant: Applicant) -> None:
    """An accepted scan shows what was extracted; its picture is kept under `documents/`."""
    ticket = applicant.ticket("front")
    applicant.decide(ticket, GOOD)
    scan = applicant.scan_seen(ticket["scan_id"])
    assert scan["extracted"]["name_masked"] == "柯**"
    assert scan["extracted"]["valid_until"] == "2038-03-05"
    assert objects(applicant.user_id) == {f"documents/{applicant.user_id}/{ticket['scan_id']}.jpg"}


def test_a_mismatch_is_remembered_for_the_reviewer(applicant: Applicant) -> None:
    """Text that disagrees leaves its mark on the application until the details are fixed."""
    applicant.decide(applicant.ticket("front"), Verdict(["TEXT_MISMATCH"], b"clean"))
    assert applicant.identity.text_mismatch
    assert applicant.apply(resident(11)).status == 200
    assert not applicant.identity.text_mismatch


def test_a_scan_without_an_identity_is_only_ended(applicant: Applicant) -> None:
    """Where the identity is gone (consent withdrawn), the scan is rejected and nothing is kept."""
    ticket = applicant.ticket("front")
    applicant.identity.delete()
    applicant.decide(ticket, GOOD)
    scan = Scan.get(*keys.scan(applicant.user_id, ticket["scan_id"]))
    assert (scan.status, list(scan.reasons)) == ("rejected", ["APPLICATION_CHANGED"])
    assert objects(applicant.user_id) == set()


def test_an_identity_that_goes_while_the_photo_is_read(applicant: Applicant) -> None:
    """The scan ends, and no identity is made up by it."""
    ticket = applicant.ticket("front")
    key, version = put_upload(ticket["upload"], b"photo")

    def go_meanwhile(*_: Any) -> Verdict:
        applicant.identity.delete()
        return GOOD

    process_scan(applicant.user_id, ticket["scan_id"], key, version, "01", check=go_meanwhile)
    assert list(Scan.get(*keys.scan(applicant.user_id, ticket["scan_id"])).reasons) == ["APPLICATION_CHANGED"]
    assert applicant.http.get("/identity").body["status"] == "unverified"
