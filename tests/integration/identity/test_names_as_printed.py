"""Names and numbers that do not fit the rule: accepted as they are, reviewed, and found as the document has them."""

from typing import Any

import pytest

from functions.identity.person_lookup import verified_user_id
from tests.integration.client import Answer, Http
from tests.integration.identity.applicant import Applicant, reissued, resident, review_codes
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import decide

REAL = "柯㛃琳"


def wrong(number: str) -> str:
    """The number with another check character."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


def found(person: Applicant, name: str, number: str) -> bool:
    """Whether a superior who names somebody finds this person."""
    return verified_user_id(name, number, None, looked_up_by="somebody") == person.user_id


def field_code(answer: Answer) -> tuple[int, Any]:
    """The status, and the code of the one wrong field."""
    (error,) = answer.body["errors"]
    return answer.status, (error["field"], error["code"])


@pytest.mark.parametrize("typed", ["柯suo琳", "柯(suo)琳", "柯?琳"])
def test_the_reviewer_enters_the_name_that_could_not_be_typed(
    http: Http, faces: FakeFaces, administrator: Http, typed: str
) -> None:
    """Not the machine: from the approval on the name is that of the document, for direct grants too."""
    details = {**resident(1), "name": typed}
    person = Applicant.new(http, details)
    assert person.seen()["name_masked"] == "柯**"
    person.ready()
    waiting = person.submit().body
    assert (waiting["status"], review_codes(waiting["review_reasons"])) == ("in_review", ["name_unclear"])
    assert field_code(decide(administrator, person)) == (422, ("name", "MISSING"))
    assert field_code(decide(administrator, person, name="柯?琳")) == (422, ("name", "NAME_FORMAT"))
    approved = decide(administrator, person, name=REAL)
    assert (approved.status, approved.body["name_masked"]) == (200, "柯**")
    number = details["number"]
    assert [found(person, name, number) for name in (REAL, typed, "柯琳", "李suo琳", "柯爱琳")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_an_unknown_character_hides_no_duplicate(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """The corrected name is another account's: the reviewer sees that first, and decides on the new revision."""
    first = Applicant.new(http, {**reissued(1), "name": REAL})
    first.ready()
    assert first.submit().body["status"] == "verified"
    second = Applicant.new(http, {**reissued(2), "name": "柯?琳"})
    second.ready()
    assert review_codes(second.submit().body["review_reasons"]) == ["name_unclear"]
    stale = decide(administrator, second, name=REAL)
    assert (stale.status, stale.code) == (409, "REVISION_STALE")
    shown = administrator.get(f"/admin/identity-applications/{second.user_id}").body
    assert [one["user_id"] for one in shown["possible_duplicates"]] == [first.user_id]
    assert (shown["name"], "possible_duplicate" in str(review_codes(shown["review_reasons"]))) == (REAL, True)
    assert decide(administrator, second).status == 200
    assert found(second, REAL, reissued(2)["number"])


def test_a_decision_on_a_duplicate_waits_for_the_name(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """A number does not move to somebody whose name no one has read: it is entered first, as a later revision."""
    first = Applicant.new(http, {**resident(1), "name": REAL})
    first.ready()
    assert first.submit().body["status"] == "verified"
    second = Applicant.new(http, {**resident(1), "name": "柯?琳"})
    second.ready()
    assert second.submit().body["status"] == "in_review"
    assert field_code(decide(administrator, second, duplicate="impostor")) == (422, ("name", "MISSING"))
    assert decide(administrator, second, duplicate="impostor", name=REAL).code == "REVISION_STALE"
    assert decide(administrator, second, duplicate="impostor").status == 202


def test_a_clear_name_needs_no_correction(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """A reviewer enters a name only where it could not be typed, or was read wrong."""
    person = Applicant.new(http, resident(1, area="429999"))
    person.ready()
    assert person.submit().body["status"] == "in_review"
    assert decide(administrator, person).status == 200


def test_a_number_is_accepted_as_it_is_printed(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """Refused once; sent again as printed it goes to review, and is the person's number for direct grants."""
    details: dict[str, Any] = resident(1)
    number = wrong(details["number"])
    person = Applicant.new(http)
    assert field_code(person.apply({**details, "number": number})) == (422, ("number", "ID_CHECKSUM"))
    assert person.apply({**details, "number": number, "number_as_printed": True}).status == 200
    person.ready()
    waiting = person.submit().body
    assert (waiting["status"], review_codes(waiting["review_reasons"])) == ("in_review", ["number_check_character"])
    assert decide(administrator, person).status == 200
    assert found(person, details["name"], number)
    assert not found(person, details["name"], details["number"])


def test_a_right_number_said_to_be_as_printed_is_an_ordinary_one(http: Http, faces: FakeFaces) -> None:
    """The flag alone sends no one to review, and correcting the number takes the reason back."""
    details: dict[str, Any] = resident(1)
    person = Applicant.new(http)
    assert person.apply({**details, "number": wrong(details["number"]), "number_as_printed": True}).status == 200
    assert person.apply({**details, "number_as_printed": True}).status == 200
    person.ready()
    assert person.submit().body["status"] == "verified"


def test_private_use_characters_are_one_name_with_the_published_ones(http: Http, faces: FakeFaces) -> None:
    """Typed with either code point, the same person is found."""
    details = {**resident(1), "name": "王\ue863"}
    person = Applicant.new(http, details)
    person.ready()
    assert person.submit().body["status"] == "verified"
    assert found(person, "王\u4dae", details["number"])
    assert found(person, "王\ue863", details["number"])
