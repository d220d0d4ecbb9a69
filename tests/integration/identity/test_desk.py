"""The review desk over HTTP: lists with filters and counts, search, what a case shows, links, and the next case."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Owner
from functions.shared.table.base import Item
from functions.shared.table.identity import CaseMark, QueueCount, QueueEntry
from tests.conftest import Clock
from tests.integration.client import Http, new_user
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, resident
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import QUEUE, decide, in_review, refusal
from tests.integration.institutions.builders import user_with_phone
from tests.integration.shared.configured import configured


@pytest.fixture
def other(http: Http) -> Http:
    """Another administrator."""
    return http.signed_in(new_user(administrator=True)[1])


def passport(last: int) -> dict[str, str]:
    return {**HARPER, "number": f"92507647{last}"}


def resident_in_review(http: Http, sequence: int) -> Applicant:
    """A resident who prefers a reviewer to a face check."""
    person = Applicant.new(http, resident(sequence))
    person.accept("front")
    person.accept("back")
    assert person.http.post("/identity/submission", {"manual_review": True}).body["status"] == "in_review"
    return person


def listed(reviewer: Http, query: str = "") -> list[str]:
    """The users of all pages of a list, two at a time."""
    found: list[str] = []
    cursor = ""
    while True:
        page = reviewer.get(f"{QUEUE}?limit=2&{query}{cursor}").body
        found += [item["user_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        assert len(page["items"]) == 2
        cursor = f"&cursor={page['next_cursor']}"


def counts(reviewer: Http) -> tuple[int, int, int]:
    found = reviewer.get(QUEUE).body["counts"]
    return found["in_review"], found["mine"], found["appeals"]


def stored(kind: type[Item]) -> list[Any]:
    """All items of a kind: the tests' own look at the whole table."""
    return list(kind.scan())


class TestLists:
    """Which applications are listed, in which order, and how many there are."""

    def test_filters_are_one_query_each(self, http: Http, faces: FakeFaces, administrator: Http, clock: Clock) -> None:
        """By reason, by document type and by both; oldest first, full pages, every case once."""
        people = []
        for number in range(3):
            people.append(in_review(http, passport(number)))
            clock.forward(5)
            people.append(resident_in_review(http, 10 + number))
            clock.forward(5)
        passports, residents = ([one.user_id for one in people[first::2]] for first in (0, 1))
        assert listed(administrator, "document_type=passport") == passports
        assert listed(administrator, "reason=manual_review") == residents
        assert listed(administrator, "reason=manual_review&document_type=resident_id") == residents
        assert listed(administrator, "reason=manual_review&document_type=passport") == []
        assert listed(administrator) == [one.user_id for one in people]
        assert counts(administrator) == (6, 0, 0)
        assert administrator.get(f"{QUEUE}?reason=face_failed").body["oldest_at"] == "2026-11-22T08:00:00Z"

    def test_claims_are_mine_or_nobodys(
        self, http: Http, faces: FakeFaces, administrator: Http, other: Http, clock: Clock
    ) -> None:
        """A claimed case is in its reviewer's list until the claim is over; free pages are full all the same."""
        people = []
        for number in range(5):
            people.append(in_review(http, passport(number)).user_id)
            clock.forward(5)
        for user_id in people[:2]:
            assert other.post(f"{QUEUE}/{user_id}/claim").status == 200
        assert listed(other, "claimed=mine") == people[:2]
        assert listed(other, "claimed=mine&document_type=resident_id") == []
        assert (counts(other), counts(administrator)) == ((5, 2, 0), (5, 0, 0))
        assert listed(administrator, "claimed=free") == people[2:]
        assert listed(administrator, "claimed=free&document_type=passport") == people[2:]
        assert other.delete(f"{QUEUE}/{people[0]}/claim").status == 204
        assert (listed(other, "claimed=mine"), counts(other)) == (people[1:2], (5, 1, 0))

    def test_decided_ones_are_newest_first(
        self, http: Http, faces: FakeFaces, administrator: Http, clock: Clock
    ) -> None:
        """By decision, with the time of it; no draft, no withdrawn one, nothing that the machine decided."""
        people = []
        for number in range(4):
            people.append(in_review(http, passport(number)))
            clock.forward(5)
        for person, decision in zip(people, ("approve", "reject", "approve", "reject"), strict=True):
            more = {} if decision == "approve" else {"reason_code": "PHOTO_UNREADABLE"}
            assert decide(administrator, person, decision, **more).status == 200
            clock.forward(5)
        by_machine = Applicant.new(http, COLLINS)
        by_machine.ready()
        assert by_machine.submit().body["status"] == "verified"
        verified, rejected = people[::2], people[1::2]
        assert listed(administrator, "status=verified") == [one.user_id for one in reversed(verified)]
        assert listed(administrator, "status=rejected") == [one.user_id for one in reversed(rejected)]
        shown = administrator.get(f"{QUEUE}?status=rejected").body["items"][0]
        assert (shown["status"], shown["decided_at"]) == ("rejected", "2026-11-22T08:00:35Z")
        rejected[0].apply({"name": "Grace Ann Harper"})
        verified[0].http.delete("/identity/consent")
        withdrawn = verified[1]
        withdrawn.http.delete(f"/identity/consent?face_check_id={withdrawn.prove()}")
        assert listed(administrator, "status=rejected") == [rejected[1].user_id]
        assert listed(administrator, "status=verified") == [verified[0].user_id]
        assert counts(administrator) == (0, 0, 0)

    @pytest.mark.parametrize("name", ["reason=document_type", "document_type=passport", "claimed=mine"])
    def test_decided_ones_have_no_filters(self, administrator: Http, name: str) -> None:
        """422 on the filter."""
        answer = administrator.get(f"{QUEUE}?status=verified&{name}")
        assert [one["field"] for one in answer.body["errors"]] == [name.partition("=")[0]]

    def test_a_cursor_belongs_to_its_filter(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """It cannot be taken to another list."""
        for number in range(2):
            in_review(http, passport(number))
        cursor = administrator.get(f"{QUEUE}?limit=1&document_type=passport").body["next_cursor"]
        assert refusal(administrator.get(f"{QUEUE}?limit=1&cursor={cursor}")) == (422, "CURSOR_INVALID")

    def test_counts_follow_every_way_through(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """Submitted, rejected, appealed, decided by somebody else, withdrawn: entries and counts end with the case."""
        person, gone = in_review(http, passport(1)), in_review(http, passport(2))
        assert counts(administrator) == (2, 0, 0)
        assert decide(administrator, person, "reject", reason_code="PHOTO_UNREADABLE").status == 200
        assert counts(administrator) == (1, 0, 0)
        assert person.http.post("/identity/appeal", {"comment": "照片清晰"}).status == 200
        assert counts(administrator) == (2, 0, 1)
        assert listed(administrator, "reason=appeal") == [person.user_id]
        assert administrator.get(f"{QUEUE}?reason=appeal").body["items"][0]["on_appeal"]
        assert gone.http.delete("/identity/consent").status == 204
        assert decide(administrator, person).body["status"] == "verified"
        assert counts(administrator) == (0, 0, 0)
        assert stored(QueueEntry) == []
        assert {(int(one.waiting), int(one.appeals)) for one in stored(QueueCount)} == {(0, 0)}


class TestSearch:
    """Finding the case of somebody who calls."""

    def find(self, reviewer: Http, **wanted: Any) -> list[str]:
        answer = reviewer.post(f"{QUEUE}/search", wanted)
        assert answer.status == 200, answer
        return [item["user_id"] for item in answer.body["items"]]

    def test_by_name_and_number(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """However it is spelled; what is given has to agree as a whole."""
        person, namesake = in_review(http, passport(1)), in_review(http, passport(2))
        both = {person.user_id, namesake.user_id}
        assert set(self.find(administrator, name="grace anne  HARPER")) == both
        assert self.find(administrator, number="9250 7647 1") == [person.user_id]
        assert self.find(administrator, name="Grace Anne Harper", number="925076472") == [namesake.user_id]
        assert self.find(administrator, name="柯爱琳", number="925076472") == []
        assert self.find(administrator, name="Grace") == []

    def test_by_phone(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """The person whose phone it is now; no one for a phone without an account."""
        user_id, token = user_with_phone("13800138042")
        Owner.new(keys.phone_owner(keyed_hash("phone", "13800138042")), user_id=user_id).save()
        person = Applicant(http.signed_in(token), user_id)
        version = person.http.get("/identity/consent").body["version"]
        person.http.post("/identity/consent", {"version": version})
        person.apply(HARPER)
        assert self.find(administrator, phone="13800138042") == []  # a draft is private
        person.ready()
        person.submit()
        assert self.find(administrator, phone="13800138042") == [user_id]
        assert self.find(administrator, phone="13800138042", name="柯爱琳") == []
        assert self.find(administrator, phone="13800138099") == []

    def test_only_what_a_reviewer_may_open(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """Verified by the machine too; never a draft, nor what was withdrawn; a changed name is found alone."""
        person = Applicant.new(http, COLLINS)
        assert self.find(administrator, number=COLLINS["number"]) == []
        person.ready()
        person.submit()
        assert self.find(administrator, number=COLLINS["number"]) == [person.user_id]
        assert person.apply_as_owner({**COLLINS, "name": "柯爱林"}).status == 200
        assert self.find(administrator, name="柯爱琳") == []
        person.ready()
        person.http.post("/identity/submission")
        assert self.find(administrator, name="柯爱琳") == []
        assert self.find(administrator, name="柯爱林") == [person.user_id]
        withdrawn = Applicant.new(http, passport(1))
        withdrawn.ready()
        withdrawn.submit()
        withdrawn.http.delete("/identity/consent")
        assert self.find(administrator, number="925076471") == []
        assert {str(mark.user_id) for mark in stored(CaseMark)} == {person.user_id}

    def test_pages_and_their_cursors(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """Namesakes come in pages; a cursor is of one search alone."""
        people = {in_review(http, passport(number)).user_id for number in range(3)}
        wanted = {"name": HARPER["name"], "limit": 2}
        first = administrator.post(f"{QUEUE}/search", wanted).body
        assert len(first["items"]) == 2
        second = administrator.post(f"{QUEUE}/search", {**wanted, "cursor": first["next_cursor"]}).body
        assert {item["user_id"] for item in first["items"] + second["items"]} == people
        assert second["next_cursor"] is None
        elsewhere = {"name": "柯爱琳", "cursor": first["next_cursor"]}
        assert refusal(administrator.post(f"{QUEUE}/search", elsewhere)) == (422, "CURSOR_INVALID")

    def test_nothing_personal_in_a_key(self, http: Http, faces: FakeFaces) -> None:
        """The table has neither name nor number in clear."""
        in_review(http, passport(1))
        for mark in stored(CaseMark):
            assert len(mark.pk) == len("CASE#") + 32
            assert "925076471" not in str(mark.attribute_values)
            assert "Harper" not in str(mark.attribute_values)

    def test_it_needs_something_and_has_a_limit(self, administrator: Http) -> None:
        """422 for an empty search, 429 for too many."""
        assert refusal(administrator.post(f"{QUEUE}/search", {})) == (422, "INVALID")
        with configured(case_searches_per_hour="1"):
            assert refusal(administrator.post(f"{QUEUE}/search", {"name": "李四"})) == (429, "CASE_SEARCH_LIMIT")


class TestCase:
    """What one case shows, and what follows from a decision."""

    def test_what_happened_before(self, http: Http, faces: FakeFaces, administrator: Http, other: Http) -> None:
        """Scans and face checks newest first, decisions with their comments and who made them."""
        person = Applicant.new(http, HARPER)
        person.scan("front", b"rubbish")
        person.accept("front")
        person.face("hopper")
        person.face()
        person.submit()
        assert decide(administrator, person, "reject", reason_code="OTHER", comment="照片有反光").status == 200
        person.http.post("/identity/appeal", {"comment": "没有反光"})
        shown = other.get(f"{QUEUE}/{person.user_id}").body
        assert [(one["status"], [why["code"] for why in one["reasons"]]) for one in shown["scans"]] == [
            ("accepted", []),
            ("rejected", ["NOT_AN_IMAGE"]),
        ]
        assert [(one["status"], one["method"]) for one in shown["face_checks"]] == [
            ("passed", "selfie"),
            ("failed", "selfie"),
        ]
        (earlier,) = shown["earlier"]
        assert (earlier["decision"], earlier["code"], earlier["comment"]) == ("reject", "OTHER", "照片有反光")
        assert earlier["at"] == "2026-11-22T08:00:00Z"
        account = shown["account"]
        assert (account["created_at"], account["phone_masked"], account["roles"]) == ("2026-11-22T08:00:00Z", None, [])

    def test_face_checks_for_anything_else_are_left_out(
        self, http: Http, faces: FakeFaces, administrator: Http
    ) -> None:
        """They are not the reviewer's business."""
        person = Applicant.new(http, COLLINS)
        person.ready()
        person.submit()
        person.prove()
        assert len(administrator.get(f"{QUEUE}/{person.user_id}").body["face_checks"]) == 1

    def test_links_are_renewed_under_the_claim(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """The same images under new links, without another event; not without claim and look, nor after a change."""
        person = in_review(http)
        at = f"{QUEUE}/{person.user_id}"
        assert refusal(administrator.post(f"{at}/image-links")) == (409, "CLAIM_REQUIRED")
        administrator.post(f"{at}/claim")
        assert refusal(administrator.post(f"{at}/image-links")) == (409, "REVISION_STALE")
        seen = administrator.get(at).body["images"]
        events = len(person.events())
        renewed = administrator.post(f"{at}/image-links").body["images"]
        assert len(person.events()) == events
        assert [(one["image_id"], one["side"]) for one in renewed] == [(one["image_id"], one["side"]) for one in seen]
        assert {one["expires_at"] for one in renewed} == {"2026-11-22T08:05:00Z"}
        for one in renewed:
            assert person.user_id in urlsplit(one["url"]).path
            assert one["image_id"] not in one["url"]
        administrator.delete(f"{at}/claim")
        assert refusal(administrator.post(f"{at}/image-links")) == (409, "CLAIM_REQUIRED")

    def test_only_persons_who_were_looked_at(
        self, http: Http, faces: FakeFaces, administrator: Http, other: Http
    ) -> None:
        """A duplicate that is found later needs a look of its own."""
        first, second = (in_review(http, passport(number)) for number in (1, 2))
        assert decide(administrator, first).status == 200
        at = f"{QUEUE}/{second.user_id}"
        other.post(f"{at}/claim")
        beside = other.get(at).body
        shown = {image["image_id"] for image in beside["images"]}
        for person in beside["possible_duplicates"]:
            shown |= {image["image_id"] for image in person["images"]}
        assert {one["image_id"] for one in other.post(f"{at}/image-links").body["images"]} == shown

    def test_a_stale_decision_says_what_changed(self, http: Http, faces: FakeFaces, administrator: Http) -> None:
        """The details and scans that differ since the revision that the reviewer saw."""
        person = in_review(http)
        assert decide(administrator, person, "reject", reason_code="PHOTO_UNREADABLE").status == 200
        person.apply({"name": "Grace Ann Harper", "valid_until": "2034-05-14"})
        person.ready()
        person.submit()
        stale = administrator.post(f"{QUEUE}/{person.user_id}/decision", {"decision": "approve", "revision": 1})
        assert refusal(stale) == (409, "REVISION_STALE")
        assert {"name", "valid_until", "front"} <= set(stale.body["changed"])
        assert "number" not in stale.body["changed"]

    def test_the_next_case_opens(
        self, http: Http, faces: FakeFaces, administrator: Http, other: Http, clock: Clock
    ) -> None:
        """The oldest that this reviewer may work on: not claimed by others, not their own proposal."""
        people = []
        for number in range(4):
            people.append(in_review(http, passport(number)))
            clock.forward(5)
        assert other.post(f"{QUEUE}/{people[1].user_id}/claim").status == 200
        decided = decide(administrator, people[0], "reject", reason_code="PHOTO_UNREADABLE").body
        assert decided["next"] == {"user_id": people[2].user_id}
        assert decide(administrator, people[3]).body["next"] == {"user_id": people[2].user_id}

    @pytest.mark.parametrize("code", ["OTHER", "DUPLICATE_PERSON"])
    @pytest.mark.parametrize("comment", [None, "", "  "])
    def test_what_says_nothing_needs_a_comment(
        self, http: Http, faces: FakeFaces, administrator: Http, code: str, comment: str | None
    ) -> None:
        """Without one the person would read that there is one."""
        person = in_review(http)
        rejection = {"decision": "reject", "revision": 1, "reason_code": code, "comment": comment}
        answer = administrator.post(f"{QUEUE}/{person.user_id}/decision", rejection)
        assert [(one["field"], one["code"]) for one in answer.body["errors"]] == [("comment", "MISSING")]
        assert person.seen()["status"] == "in_review"
