"""Goal: be verified as somebody else with a photo that shows more than one document, or none.

Every staged photo goes through the product, from the form to the decided scan, with real text recognition and a real
face engine. None of those that show a second document or face is accepted; every honest one is.
"""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType
from functions.identity.photo_check import Verdict, check_photo
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import Applicant
from tests.integration.identity.conftest import comparison_service, faces, text_models  # noqa: F401 - fixtures
from tests.integration.identity.fake_faces import FakeFaces

DATA = Path(__file__).resolve().parents[1] / "data"
STAGED = json.loads((DATA / "staged" / "manifest.json").read_text(encoding="utf-8"))
HOSTILE = [one for one in STAGED if one["expect"] != ["accepted"]]
HONEST = [one for one in STAGED if one["expect"] == ["accepted"]]
SAMPLES = [
    {**one, "side": "back" if one["kind"] == "resident_back" else "front", "typed": one["person"]}
    for one in json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    if one["kind"] != "selfie" and one["expect"] == "accepted"
]
AS_GOOD_AS = {"rotated_180": "rotated_90", "rotated_270": "rotated_90", "exif_orientation_6": "exif_orientation_8"}
TYPES = {"harper": "passport", "eriksson": "passport", "chan": "hk_macau_permit", "ieong": "hk_macau_permit"}
TYPES["tao"] = "temporary_resident_id"

pytestmark = pytest.mark.usefixtures("text_models")


def content_of(photo: dict[str, Any]) -> bytes:
    folder = DATA if "kind" in photo else DATA / "staged"
    return (folder / photo["file"]).read_bytes()


def content_type_of(photo: dict[str, Any]) -> str:
    return "image/png" if photo["file"].endswith(".png") else "image/jpeg"


@pytest.fixture
def scanned(http: Http, faces: FakeFaces, clock: Clock) -> Callable[[dict[str, Any]], tuple[Applicant, Any]]:  # noqa: F811
    """A person whose application has the details of a photo, and the scan of that photo."""

    def decide(photo: dict[str, Any]) -> tuple[Applicant, Any]:
        details = {name: photo[name] for name in ("name", "number")}
        details["document_type"] = TYPES.get(photo["typed"], "resident_id")
        if details["document_type"] == "passport":
            details["nationality"] = photo["nationality"]
        person = Applicant.new(http, details)
        return person, person.scan(photo["side"], content_of(photo), content_type_of(photo))

    return decide


def outcome(scan: Any) -> str:
    return "+".join(reason["code"] for reason in scan["reasons"]) or str(scan["status"])


@pytest.mark.parametrize("photo", HOSTILE, ids=lambda photo: str(photo["file"]))
def test_no_staged_photo_is_accepted(
    scanned: Callable[[dict[str, Any]], tuple[Applicant, Any]], photo: dict[str, Any]
) -> None:
    """It is rejected by name before a face check may be opened on it, and no one is verified."""
    person, scan = scanned(photo)
    assert outcome(scan) in photo["expect"]
    refused = person.http.post("/identity/face-checks", {"purpose": "identity"})
    assert (refused.status, refused.code) == (409, "SCANS_MISSING")
    assert person.submit().status == 409
    assert person.seen()["status"] == "draft"


def judged(photo: dict[str, Any]) -> Verdict:
    """What the scan step finds on a photo."""
    document_type = DocumentType(TYPES.get(photo["typed"], "resident_id"))
    nationality = photo["nationality"] if document_type is DocumentType.PASSPORT else None
    person = Person(document_type, photo["name"], photo["number"], None, nationality)
    return check_photo(content_of(photo), content_type_of(photo), photo["side"], person, date(2026, 11, 22))


def one_of_each(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """So few of the samples that each kind of document and everything that was done to a photo is among them."""
    seen: set[str] = set()
    chosen = []
    for sample in sorted(samples, key=lambda one: len(one["effects"]), reverse=True):
        shown = {sample["kind"], *(AS_GOOD_AS.get(effect, effect) for effect in sample["effects"])}
        if shown - seen:
            chosen.append(sample)
            seen |= shown
    return chosen


def test_the_false_rejection_rate_is_zero(
    faces: FakeFaces,  # noqa: F811
    whole: bool,
    record_property: Callable[[str, Any], None],
) -> None:
    """Every honest photo passes: flat, tilted, turned, on a form, both sides on a page, with ghosts, 12 megapixels.

    All samples where all attacks run; otherwise one of each kind and of each thing that was done to a photo.
    """
    photos = [*(SAMPLES if whole else one_of_each(SAMPLES)), *HONEST]
    verdicts = {photo["file"]: judged(photo) for photo in photos}
    rejected = {file: verdict.reasons for file, verdict in verdicts.items() if verdict.reasons}
    assert all(bool(verdicts[photo["file"]].portrait) == (photo["side"] == "front") for photo in photos)
    record_property("honest_photos", len(photos))
    assert len(photos) >= (45 if whole else 18)
    assert rejected == {}


def test_what_a_person_with_a_face_behind_the_card_is_told(
    scanned: Callable[[dict[str, Any]], tuple[Applicant, Any]],
) -> None:
    """The words say to photograph the card alone."""
    (photo,) = (one for one in HOSTILE if one["file"] == "held_before_a_face.jpg")
    _, scan = scanned(photo)
    assert "只拍摄证件本身" in scan["reasons"][0]["detail"]
