"""Sample photos through the real text recognition and the real face engine, from the upload to the verification."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from functions.shared import clients
from functions.shared.config import settings
from local.standins import rekognition
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, announced, deliver, message, put_upload
from tests.integration.identity.fake_faces import FakeFaces

DATA = Path(__file__).resolve().parents[2] / "data"

pytestmark = pytest.mark.usefixtures("text_models")


def sample(name: str) -> bytes:
    return (DATA / name).read_bytes()


def codes(scan: Any) -> list[str]:
    return [reason["code"] for reason in scan["reasons"]]


@pytest.fixture
def engine(faces: FakeFaces) -> FakeFaces:
    """The comparison service with a real face engine."""

    def fetch(bucket: str, key: str, version: str | None) -> bytes:
        versioned: Any = {"VersionId": version} if version else {}
        return clients.s3().get_object(Bucket=bucket, Key=key, **versioned)["Body"].read()

    def handle(target: str, body: bytes) -> tuple[int, bytes]:
        status, _, answer = rekognition.handle(target, body, fetch)
        return status, answer

    faces.handle = handle
    return faces


def test_a_resident_is_verified_from_photos(applicant: Applicant, engine: FakeFaces) -> None:
    """A card photographed on its side is read and kept upright; wrong side and wrong face are told; then verified."""
    assert codes(applicant.scan("back", sample("collins_front_phone.jpg"))) == ["WRONG_SIDE"]
    front = applicant.scan("front", sample("collins_front_turned_90.jpg"))
    assert (front["status"], front["extracted"]["number_masked"]) == ("accepted", "420***********0025")
    key = applicant.identity.front["image_key"]
    with Image.open(
        io.BytesIO(clients.s3().get_object(Bucket=settings().upload_bucket, Key=key)["Body"].read())
    ) as kept:
        assert kept.width > kept.height
    back = applicant.scan("back", sample("collins_back_phone.jpg"))
    assert (back["status"], back["extracted"]["valid_until"]) == ("accepted", "2038-03-05")
    wrong = applicant.compare(applicant.selfie(sample("selfie_other_person.jpg"))).body
    assert codes(wrong) == ["FACE_MISMATCH"]
    assert applicant.compare(applicant.selfie(sample("selfie_collins.jpg"))).body["status"] == "passed"
    assert applicant.submit().body["status"] == "verified"


def test_a_name_that_was_mistyped(http: Http, engine: FakeFaces) -> None:
    """The front disagrees in its name, and once that is corrected it is accepted without a new photo."""
    person = Applicant.new(http, {**COLLINS, "name": "何慧"})
    photo = sample("collins_front_phone.jpg")
    scan = person.scan("front", photo)
    assert (codes(scan), scan["extracted"]["name_masked"]) == (["TEXT_MISMATCH"], "柯**")
    assert [(one["field"], one["detail"]) for one in scan["reasons"]] == [
        ("name", "证件上的姓名与填写的不一致，请核对姓名。")
    ]
    assert person.apply({"name": COLLINS["name"]}).body["scans"]["front"]["status"] == "accepted"
    assert person.compare(person.selfie(sample("selfie_collins.jpg"))).body["status"] == "passed"


def test_a_card_that_has_expired(http: Http, engine: FakeFaces) -> None:
    """Its back is rejected for that, and says until when it was valid."""
    person = Applicant.new(http, {"document_type": "resident_id", "name": "刘桂英", "number": "422201197804150661"})
    scan = person.scan("back", sample("liu_back_phone.jpg"))
    assert (codes(scan), scan["extracted"]["valid_until"]) == (["DOCUMENT_EXPIRED"], "2024-06-01")


def test_a_passport(http: Http, engine: FakeFaces) -> None:
    """The machine-readable zone of the data page agrees with what was typed; another nationality does not."""
    person = Applicant.new(http, {**HARPER, "nationality": "USA"})
    scan = person.scan("front", sample("harper_passport_phone.jpg"))
    assert [(one["code"], one["field"]) for one in scan["reasons"]] == [("TEXT_MISMATCH", "nationality")]
    assert person.apply(HARPER).body["scans"]["front"]["status"] == "accepted"


def test_a_permit(http: Http, engine: FakeFaces) -> None:
    """A Hong Kong permit is read by its number."""
    person = Applicant.new(http, {"document_type": "hk_macau_permit", "name": "陳美玲", "number": "H12345678"})
    scan = person.scan("front", sample("chan_permit_phone.jpg"))
    assert (scan["status"], scan["extracted"]["valid_until"]) == ("accepted", "2031-06-09")


def test_the_portrait_is_an_image_of_its_own(applicant: Applicant, engine: FakeFaces) -> None:
    """An accepted front has its portrait cut out, and both pictures have their hashes; a back has no portrait."""
    applicant.scan("front", sample("collins_front_phone.jpg"))
    applicant.scan("back", sample("collins_back_phone.jpg"))
    front, back = applicant.identity.front, applicant.identity.back
    body = clients.s3().get_object(Bucket=settings().upload_bucket, Key=front["portrait_key"])["Body"].read()
    with Image.open(io.BytesIO(body)) as portrait:
        assert max(portrait.size) < 400
    assert len(front["scan_hash"]) == len(front["portrait_hash"]) == 64
    assert (back["portrait_key"], back["portrait_hash"]) == (None, None)


def test_faces_that_cannot_be_looked_for(applicant: Applicant, engine: FakeFaces, clock: Clock) -> None:
    """The scan is tried again and counts nothing; at the last try it is accepted for a reviewer, without a portrait."""
    photo = sample("collins_front_phone.jpg")
    ticket = applicant.ticket("front", size=len(photo))
    record = announced(*put_upload(ticket["upload"], photo))
    applicant.accept("back")
    for deliveries in (1, 2):
        engine.faults = [(500, "InternalServerError")] * 3
        assert deliver(message(record, deliveries=deliveries)) == ["m1"]
        scan = applicant.scan_seen(ticket["scan_id"])
        assert (scan["status"], scan["attempts_left"]) == ("processing", 5)
    engine.faults = [(500, "InternalServerError")] * 3
    assert deliver(message(record, deliveries=3)) == []
    assert applicant.scan_seen(ticket["scan_id"])["status"] == "accepted"
    assert applicant.identity.front["portrait_key"] is None
    assert applicant.compare(applicant.selfie(sample("selfie_collins.jpg"))).body["status"] == "passed"
    assert applicant.submit().body["status"] == "in_review"
    assert applicant.identity.review_reasons == ["provider_unavailable"]
