"""An adversary who wants an account, or its number, in spite of who its person is, with accomplices and operators.

Each test is one aim over several calls.
"""

from typing import Any

import pytest

from functions.identity.errors import OtherPersonOnAccount
from functions.shared.errors import Invalid
from functions.shared.table import keys
from functions.shared.table.identity import NameBirth
from functions.shared.table.transactions import get
from operations import persons
from tests.attack.test_goals_persons import (
    CONTEST_S,
    MINE,
    THIEF,
    admin,
    decide,
    duplicates,
    hourly,
    manager,
    owner_of,
    reissued,
    scan,
    verified,
)
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.grants.builders import CITY, grant_of, tree
from tests.integration.identity.applicant import Applicant
from tests.integration.identity.conftest import comparison_service, faces
from tests.integration.identity.fake_faces import FakeFaces

__all__ = ["comparison_service", "faces"]


def names_held(person: Applicant) -> list[str]:
    """Who is verified under the name and birth date of a person."""
    held = get(NameBirth, keys.name_birth(str(person.identity.verified_name_birth_hash)))
    return list(held.user_ids) if held is not None else []


def second_newcomer(http: Http, details: dict[str, Any] = MINE) -> Applicant:
    """Another account that applies with the number, in review."""
    person = Applicant.new(http, details)
    scan(person, "collins")
    assert person.submit().body["status"] == "in_review"
    return person


def test_an_objection_is_not_sidestepped_by_a_second_newcomer(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """While one claim to a number runs there is no second one, so one objection stops whatever was decided."""
    older, newer = duplicates(http)
    accomplice = second_newcomer(http)
    first, second = admin(http), admin(http)
    for reviewer in (first, second):
        decide(reviewer, newer, duplicate="impostor")
    assert decide(first, accomplice, duplicate="impostor").body["status"] == "awaiting_second"
    assert decide(second, accomplice, duplicate="impostor").code == "DECISION_PENDING"
    assert older.http.post("/identity/objection", {"face_check_id": older.prove()}).status == 200
    clock.forward(CONTEST_S)
    assert hourly() == []
    assert (older.user.identity_status, owner_of(MINE["number"])) == ("verified", older.user_id)
    # The way on for the second one: the same decision, once the first is over.
    assert decide(second, accomplice, duplicate="impostor").body["status"] == "takes_effect_at"


def test_an_operator_makes_no_manager_another_person(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """A number does not move to an account that is verified as somebody else, whatever the operator was shown."""
    world = tree(http)
    seller = manager(http, world)
    owner = verified(http, THIEF, "hopper")
    assert seller.apply_as_owner(THIEF).status == 200
    scan(seller, "hopper")
    assert seller.submit().body["status"] == "in_review"
    with pytest.raises(OtherPersonOnAccount):
        persons.decide_duplicate(seller.user_id, "impostor", "当面核验")
    clock.forward(CONTEST_S)
    assert hourly() == []
    assert owner_of(THIEF["number"]) == owner.user_id
    assert grant_of(CITY).manager_id == seller.user_id
    assert seller.identity.verified_name_masked == "柯**"


def test_an_operator_verifies_no_name_that_nobody_has_read(http: Http, faces: FakeFaces) -> None:
    """`柯?琳` would fit many names in a direct grant: a reviewer enters the real one first."""
    older = verified(http)
    newer = second_newcomer(http, {**MINE, "name": "柯?琳"})
    with pytest.raises(Invalid):
        persons.decide_duplicate(newer.user_id, "impostor", "当面核验")
    assert older.seen()["contested_until"] is None


def test_a_corrected_name_is_compared_with_the_person_in_force(http: Http, faces: FakeFaces) -> None:
    """A placeholder agrees with any name; the name that the reviewer reads may not, and then they say who it is."""
    person, reviewer = verified(http), admin(http)
    assert person.apply_as_owner({**reissued(18), "name": "柯?琳"}).status == 200
    scan(person, "collins")
    assert person.submit().body["status"] == "in_review"
    refused = decide(reviewer, person, name="柯美丽")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "person")
    assert person.identity.verified_name_masked == "柯**"
    assert decide(reviewer, person, name="柯爱琳").status == 200


def test_who_was_joined_is_no_duplicate_for_ever(http: Http, faces: FakeFaces) -> None:
    """An account that is joined into another one of the person leaves no entry under name and birth date."""
    older = verified(http)
    newer, reviewers = second_newcomer(http, reissued(20)), (admin(http), admin(http))
    assert decide(reviewers[0], newer).status == 200
    assert newer.apply_as_owner(MINE).status == 200
    scan(newer, "collins")
    newer.submit()
    for reviewer in reviewers:
        decided = decide(reviewer, newer, duplicate="same_person")
    assert decided.body["status"] == "joined"
    assert names_held(older) == [older.user_id]
