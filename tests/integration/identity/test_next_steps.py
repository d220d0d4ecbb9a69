"""What a page of the identity journey knows from one call: the steps that are open, times, and one's own details."""

from datetime import date, timedelta
from typing import Any

import pytest

from functions.identity.photo_check import Verdict
from functions.shared.table.identity import Identity
from tests.conftest import Clock
from tests.integration.client import Http, new_user
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, objects, photo_of, review_codes
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import decide, in_review, refusal

PHOTO = {"side": "front", "content_type": "image/jpeg", "size": 1_000}


def test_each_step_leads_to_the_next(http: Http, faces: FakeFaces) -> None:
    """From nothing to verified, `next` names what is open now; at the end nothing is."""
    _, token = new_user()
    client = http.signed_in(token)
    assert client.get("/identity").body["next"] == ["consent"]
    person = Applicant.new(http)
    assert (person.seen()["next"], person.seen()["consent_accepted"]) == (["application"], True)
    person.apply(COLLINS)
    assert person.seen()["next"] == ["scan_front", "scan_back"]
    person.accept("front")
    assert person.seen()["next"] == ["scan_back", "face"]
    assert person.face().body["status"] == "passed"
    assert person.seen()["next"] == ["scan_back"]
    person.accept("back")
    assert person.seen()["next"] == ["submit"]
    assert person.submit().body["next"] == []


def test_a_review_is_waited_for_and_a_rejection_corrected(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """In review the usual time is said; a rejection says what to correct, and can be appealed against once."""
    person = in_review(http)
    seen = person.seen()
    assert (seen["next"], seen["usual_wait_h"], seen["submitted_at"]) == (["wait"], 48, "2026-11-22T08:00:00Z")
    assert decide(administrator, person, "reject", reason_code="DOCUMENT_EXPIRED", comment="换新证后再来").status == 200
    seen = person.seen()
    assert (seen["next"], seen["usual_wait_h"]) == (["application", "appeal"], None)
    assert seen["rejection"]["fields"] == ["valid_until", "front"]
    assert seen["rejection"]["comment"] == "换新证后再来"
    person.identity.update(actions=[Identity.consent_version.set("2020-01")])
    assert person.seen()["next"] == ["consent", "appeal"]


def test_a_renewal_is_asked_for(applicant: Applicant, faces: FakeFaces) -> None:
    """A verified person has nothing to do until the document is about to end."""
    applicant.accept("front")
    applicant.accept("back", valid_until=date(2026, 11, 22) + timedelta(days=60))
    applicant.face()
    assert applicant.submit().body["next"] == ["application"]


def test_a_passed_face_check_is_seen(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """With its method and end; afterwards it is expired, and so it is when the front is scanned again."""
    applicant.accept("front")
    assert applicant.seen()["face"] is None
    applicant.face()
    passed = {"status": "passed", "method": "selfie", "expires_at": "2026-11-22T08:05:00Z"}
    assert applicant.seen()["face"] == passed
    applicant.accept("front")
    assert applicant.seen()["face"] == {**passed, "status": "expired"}
    applicant.face()
    clock.forward(300)
    assert (applicant.seen()["face"]["status"], applicant.seen()["next"]) == ("expired", ["scan_back", "face"])


def test_a_pause_has_an_end(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """Five failures: no face check for half an hour, and meanwhile the person may submit without one."""
    applicant.accept("front")
    applicant.accept("back")
    assert applicant.seen()["face_again_at"] is None
    for _ in range(5):
        applicant.face("somebody")
    seen = applicant.seen()
    assert (seen["face_again_at"], seen["next"]) == ("2026-11-22T08:30:00Z", ["submit"])
    clock.forward(1_800)
    assert (applicant.seen()["face_again_at"], applicant.seen()["next"]) == (None, ["face"])


class TestOwnDetails:
    """Reading one's own details back, and changing some of them."""

    def test_they_are_read_back(self, http: Http, applicant: Applicant) -> None:
        """Unmasked, for their person; before there are any, and after a withdrawal, there is nothing."""
        expected = {**COLLINS, "valid_until": None, "nationality": None, "number_as_printed": False, "revision": 1}
        assert applicant.http.get("/identity/application").body == expected
        assert refusal(Applicant.new(http).http.get("/identity/application")) == (404, "NOT_FOUND")
        assert applicant.http.delete("/identity/consent").status == 204
        assert refusal(applicant.http.get("/identity/application")) == (404, "NOT_FOUND")

    def test_what_is_left_out_stays(self, http: Http) -> None:
        """One field is enough to correct it; null removes what may be missing."""
        person = Applicant.new(http, {**HARPER, "valid_until": "2034-05-14"})
        assert person.apply({"name": "Grace Ann Harper"}).status == 200
        after = person.http.get("/identity/application").body
        assert after == {
            **HARPER,
            "name": "Grace Ann Harper",
            "valid_until": "2034-05-14",
            "number_as_printed": False,
            "revision": 2,
        }
        assert person.apply({"valid_until": None}).body["revision"] == 3
        assert person.http.get("/identity/application").body["valid_until"] is None

    def test_another_document_brings_its_own_number(self, http: Http) -> None:
        """Of another type only the name stays."""
        person = Applicant.new(http, HARPER)
        answer = person.apply({"document_type": "resident_id"})
        assert [(one["field"], one["code"]) for one in answer.body["errors"]] == [("number", "MISSING")]
        assert person.apply({"document_type": "resident_id", "number": COLLINS["number"]}).status == 200
        assert person.http.get("/identity/application").body["nationality"] is None

    @pytest.mark.parametrize(
        ("given", "missing"), [({}, {"document_type", "name", "number"}), ({"name": "李四"}, None)]
    )
    def test_the_first_time_everything_is_needed(self, http: Http, given: dict[str, str], missing: Any) -> None:
        """Each missing field is named."""
        answer = Applicant.new(http).apply(given)
        expected = missing or {"document_type", "number"}
        assert {one["field"] for one in answer.body["errors"]} == expected
        assert {one["code"] for one in answer.body["errors"]} == {"MISSING"}

    def test_a_number_as_printed_stays_confirmed(self, http: Http) -> None:
        """Correcting the name does not ask again whether the number is as printed; another number does."""
        wrong = COLLINS["number"][:-1] + ("1" if COLLINS["number"][-1] != "1" else "2")
        person = Applicant.new(http, {**COLLINS, "number": wrong, "number_as_printed": True})  # type: ignore[dict-item]
        assert person.apply({"name": "柯爱林"}).status == 200
        assert person.http.get("/identity/application").body["number_as_printed"] is True
        other = wrong[:-2] + ("7" if wrong[-2] != "7" else "8") + wrong[-1]
        assert refusal(person.apply({"number": other})) == (422, "INVALID")

    def test_a_passport_without_nationality_has_one_error(self, http: Http) -> None:
        """On the nationality, not on the number too."""
        person = Applicant.new(http)
        for given in ({}, {"nationality": "ZZZ"}):
            answer = person.apply({"document_type": "passport", "name": "Grace Harper", "number": "925076473", **given})
            assert [one["field"] for one in answer.body["errors"]] == ["nationality"]


class TestForReview:
    """The dead end after five failed scans: one photo of each side for the reviewer's eyes."""

    def send(self, person: Applicant, side: str, content: bytes = b"photo") -> Any:
        """Send a photo that shows the wrong side: the machine could not use it."""
        ticket = person.http.post("/identity/scans", {**PHOTO, "side": side, "for_review": True})
        assert ticket.status == 201, ticket
        person.decide(ticket.body, Verdict(["WRONG_SIDE"], photo_of("collins")), content)
        return person.scan_seen(ticket.body["scan_id"])

    def test_one_photo_of_each_side(self, applicant: Applicant, faces: FakeFaces, administrator: Http) -> None:
        """They are no tries, count as nothing but photos, and the reviewer sees them and can approve."""
        applicant.fail_scans()
        closed = applicant.http.post("/identity/scans", PHOTO)
        assert (refusal(closed), closed.headers["retry-after"]) == ((409, "SCAN_LIMIT"), "21600")
        seen = applicant.seen()
        assert seen["scan_again_at"] == "2026-11-22T14:00:00Z"
        assert seen["next"] == ["scan_front", "scan_back", "face"]
        for number, side in enumerate(("front", "back")):
            scan = self.send(applicant, side, bytes([number]))
            assert (scan["status"], scan["reasons"], scan["poll_after_s"]) == ("for_review", [], None)
            again = applicant.http.post("/identity/scans", {**PHOTO, "side": side, "for_review": True})
            assert refusal(again) == (409, "SCAN_LIMIT")
        assert applicant.face().body["status"] == "passed"
        applicant.keep_selfie()
        assert applicant.seen()["next"] == ["submit"]
        submitted = applicant.submit().body
        assert (submitted["status"], review_codes(submitted["review_reasons"])) == ("in_review", ["scan_limit"])
        shown = administrator.get(f"/admin/identity-applications/{applicant.user_id}").body
        assert [image["side"] for image in shown["images"]] == ["front", "back", "selfie"]
        decided = [(one["side"], one["status"], one["reasons"][0]["code"]) for one in shown["scans"][:2]]
        assert decided == [("back", "for_review", "WRONG_SIDE"), ("front", "for_review", "WRONG_SIDE")]
        assert decide(administrator, applicant).body["status"] == "verified"
        kept = {key for key in objects(applicant.user_id) if key.startswith("verified/")}
        assert {key.rpartition("-")[2] for key in kept} == {"front.jpg", "back.jpg", "selfie.jpg"}

    def test_after_the_hours_they_still_do(self, applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
        """Anyone who sent them need not scan again, but may."""
        applicant.fail_scans()
        self.send(applicant, "front", b"1")
        self.send(applicant, "back", b"2")
        clock.forward(6 * 3_600)
        assert (applicant.seen()["scan_again_at"], applicant.seen()["next"]) == (None, ["face"])
        applicant.face()
        assert applicant.seen()["next"] == ["submit"]
        applicant.accept("front")
        assert applicant.seen()["scans"]["front"]["status"] == "accepted"

    def test_a_photo_that_is_no_image_is_no_try(self, applicant: Applicant) -> None:
        """It is rejected, and another one may be sent."""
        applicant.fail_scans()
        before = applicant.seen()
        ticket = applicant.http.post("/identity/scans", {**PHOTO, "for_review": True}).body
        applicant.decide(ticket, Verdict(["NOT_AN_IMAGE"]))
        assert applicant.scan_seen(ticket["scan_id"])["status"] == "rejected"
        assert applicant.seen()["scan_again_at"] == before["scan_again_at"]
        assert self.send(applicant, "front")["status"] == "for_review"

    def test_it_is_never_accepted_by_the_machine(self, applicant: Applicant, faces: FakeFaces) -> None:
        """Not even a perfect photo: a sixth try would be a way around the limit. Nor do two forms bring two photos."""
        applicant.fail_scans()
        wanted = {**PHOTO, "for_review": True}
        tickets = [applicant.http.post("/identity/scans", wanted).body for _ in range(2)]
        for number, ticket in enumerate(tickets):
            applicant.decide(ticket, Verdict([], photo_of("collins"), None, photo_of("collins")), bytes([number]))
        first, second = (applicant.scan_seen(ticket["scan_id"]) for ticket in tickets)
        assert (first["status"], second["status"]) == ("for_review", "rejected")
        assert second["reasons"][0]["code"] == "SCAN_LIMIT"
        assert {key for key in objects(applicant.user_id) if tickets[1]["scan_id"] in key} == set()
        assert applicant.face().body["status"] == "passed"
        assert applicant.submit().body["status"] == "in_review"

    @pytest.mark.parametrize("side", ["front", "back"])
    def test_only_where_a_reviewer_needs_it(self, applicant: Applicant, side: str) -> None:
        """Not while scanning is open, nor for a side that is accepted."""
        asked = applicant.http.post("/identity/scans", {**PHOTO, "side": side, "for_review": True})
        assert [one["field"] for one in asked.body["errors"]] == ["for_review"]
        applicant.accept(side)
        applicant.close_scanning()
        asked = applicant.http.post("/identity/scans", {**PHOTO, "side": side, "for_review": True})
        assert [(one["field"], one["code"]) for one in asked.body["errors"]] == [("side", "NOT_NEEDED")]
