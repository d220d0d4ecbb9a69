"""Scans after a change of the details: what does not concern them stays, the front is compared again."""

from datetime import date
from typing import Any

import msgspec
import pytest

from functions.identity.domain.documents import mask_number
from functions.identity.domain.evidence import Extracted, ReadText
from functions.identity.erasure import erase
from functions.identity.photo_check import Verdict
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.table.identity import Identity
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, objects, photo_of, reissued
from tests.integration.identity.erasures import versions
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import QUEUE, decide

READ = ReadText("柯爱琳", COLLINS["number"])
WRONG_NAME = {**COLLINS, "name": "柯爱林"}


def send_front(person: Applicant, read: ReadText = READ, **more: Any) -> None:
    """A front from which that was read; what disagrees is rejected, as the scan function does."""
    typed = person.http.get("/identity/application").body
    fields = [name for name in ("name", "number") if getattr(read, name) != typed[name]]
    photo = photo_of("collins")
    verdict = Verdict(["TEXT_MISMATCH"] if fields else [], photo, Extracted(), photo_of("collins"), text=read)
    changed = {"disagreeing": fields, "comparable": bool(fields), "size": (1_000, 630), **more}
    person.decide(person.ticket("front"), msgspec.structs.replace(verdict, **changed), photo)


def statuses(seen: Any) -> tuple[str | None, str | None]:
    front, back = seen["scans"]["front"], seen["scans"]["back"]
    return front and front["status"], back and back["status"]


def test_a_corrected_name_needs_no_new_photo(http: Http, faces: FakeFaces) -> None:
    """The rejected front is accepted once the name is right, and verifies; its copies are where accepted ones are."""
    person = Applicant.new(http, WRONG_NAME)
    person.accept("back")
    send_front(person)
    seen = person.seen()
    assert statuses(seen) == ("rejected", "accepted")
    assert [one["field"] for one in seen["scans"]["front"]["reasons"]] == ["name"]
    corrected = person.apply({"name": "柯爱琳"}).body
    assert (statuses(corrected), corrected["next"]) == (("accepted", "accepted"), ["face"])
    scan_id = corrected["scans"]["front"]["scan_id"]
    documents = {f"documents/{person.user_id}/{scan_id}{end}.jpg" for end in ("", "-portrait")}
    assert documents <= objects(person.user_id)
    assert person.face().body["status"] == "passed"
    assert person.submit().body["status"] == "verified"


def test_a_slip_in_an_accepted_application(http: Http, faces: FakeFaces) -> None:
    """A wrong name makes the accepted front disagree; the right one makes it do again. A date concerns neither."""
    person = Applicant.new(http, COLLINS)
    send_front(person)
    person.accept("back")
    assert statuses(person.apply({"valid_until": "2038-03-05"}).body) == ("accepted", "accepted")
    wrong = person.apply({"name": "柯爱林"}).body
    assert (statuses(wrong), wrong["next"]) == (("rejected", "accepted"), ["scan_front"])
    assert [one["field"] for one in wrong["scans"]["front"]["reasons"]] == ["name"]
    assert statuses(person.apply({"name": "柯爱琳"}).body) == ("accepted", "accepted")
    number = person.apply({"number": reissued(2)["number"]}).body
    assert [one["field"] for one in number["scans"]["front"]["reasons"]] == ["number"]


def test_another_document_brings_its_own_scans(http: Http, faces: FakeFaces) -> None:
    """Of another type nothing stays, nor for a new application of a verified person."""
    person = Applicant.new(http, COLLINS)
    send_front(person)
    person.accept("back")
    assert statuses(person.apply({**HARPER}).body) == (None, None)
    again = Applicant.new(http, COLLINS)
    send_front(again)
    again.accept("back")
    again.face()
    assert again.submit().body["status"] == "verified"
    assert statuses(again.apply_as_owner({**COLLINS, "valid_until": "2038-03-05"}).body) == (None, None)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("FACE_MISMATCH", ("accepted", "accepted")),
        ("DOCUMENT_MISMATCH", ("accepted", "accepted")),
        ("PHOTO_UNREADABLE", (None, None)),
        ("DOCUMENT_EXPIRED", (None, None)),
        ("OTHER", ("accepted", "accepted")),
    ],
)
def test_a_rejection_for_something_else(
    http: Http, faces: FakeFaces, administrator: Http, code: str, expected: Any
) -> None:
    """The same details again: only what the rejection concerns has to be photographed again."""
    person = Applicant.new(http, COLLINS)
    send_front(person)
    person.accept("back")
    assert person.http.post("/identity/submission", {"manual_review": True}).body["status"] == "in_review"
    assert decide(administrator, person, "reject", reason_code=code).status == 200
    assert statuses(person.apply({}).body) == expected


def test_images_that_are_gone_count_for_nothing(http: Http, faces: FakeFaces) -> None:
    """Their time was over: the sides are scanned again."""
    person = Applicant.new(http, WRONG_NAME)
    send_front(person)
    person.accept("back")
    for key in objects(person.user_id):
        clients.s3().delete_object(Bucket=settings().upload_bucket, Key=key)
    assert statuses(person.apply(COLLINS).body) == (None, None)
    assert statuses(person.seen()) == (None, None)
    portrait_gone = Applicant.new(http, WRONG_NAME)
    send_front(portrait_gone)
    key = portrait_gone.identity.front["portrait_key"]
    clients.s3().delete_object(Bucket=settings().upload_bucket, Key=key)
    assert statuses(portrait_gone.apply(COLLINS).body) == (None, None)


def test_a_front_without_its_portrait_is_photographed_again(http: Http, faces: FakeFaces) -> None:
    """What was read agrees, but the machine could not have accepted the photo."""
    person = Applicant.new(http, WRONG_NAME)
    send_front(person, comparable=False, portrait=None)
    assert statuses(person.apply(COLLINS).body) == (None, None)


def test_what_was_read_is_sealed_and_shown_to_the_reviewer(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """The table has no name or number in clear; the desk shows both, beside what was typed, and where they differ."""
    person = Applicant.new(http, WRONG_NAME)
    send_front(person)
    person.accept("back", valid_until=date(2038, 3, 5))
    person.close_scanning()
    person.identity.update(actions=[Identity.status.set("in_review")])
    stored = str(person.identity.attribute_values)
    assert COLLINS["number"] not in stored
    assert "柯爱琳" not in stored
    shown = administrator.get(f"{QUEUE}/{person.user_id}").body
    assert (shown["name"], shown["read"]["front"]["name"]) == ("柯爱林", "柯爱琳")
    assert shown["read"]["front"]["number"] == COLLINS["number"]
    assert (shown["read"]["back"]["valid_until"], shown["read"]["back"]["name"]) == ("2038-03-05", None)
    assert shown["scans"][1]["reasons"][0]["field"] == "name"
    front = shown["images"][0]
    assert (front["width"], front["height"]) == (1_000, 630)
    assert mask_number(COLLINS["number"]) == shown["number"][:3] + "*" * 11 + shown["number"][-4:]


def test_a_withdrawal_erases_all_of_it(http: Http, faces: FakeFaces) -> None:
    """Whatever was kept for comparing again, and wherever."""
    person = Applicant.new(http, WRONG_NAME)
    send_front(person)
    person.apply(COLLINS)
    person.http.delete("/identity/consent")
    erase(person.user_id)
    assert versions(person.user_id) == []
    assert person.identity.front is None
