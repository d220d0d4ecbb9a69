"""Withdrawing the consent to identity verification while holding a grant, or about to."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.identity import consent
from functions.identity.withdrawal import FORMER_OWNER_KEPT_S
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.auth import FormerOwner, Owner, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get
from tests.integration.client import Answer
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, REVIEW, Someone, Tree, grant_of
from tests.integration.identity.applicant import during
from tests.integration.shared.faults import dynamodb

HELD = (409, "PLACE_HELD")


def agreed(person: Someone) -> Someone:
    """The same, who has consented."""
    identity = Identity.new(keys.identity(person.user_id))
    identity.update(actions=[Identity.consent_version.set(consent.VERSION)])
    return person


def withdrawing(person: Someone) -> Callable[[], Answer]:
    """The last call of a withdrawal; the face check that it needs is passed."""
    check_id = agreed(person).face_check(purpose="account")
    return lambda: person.phone.delete(f"/identity/consent?face_check_id={check_id}")


def withdraw(person: Someone) -> tuple[int, str | None]:
    answer = withdrawing(person)()
    return answer.status, answer.code


def status_of(person: Someone) -> str:
    status: str = person.phone.get("/auth/me").body["user"]["identity_status"]
    return status


def about_to(world: Tree, person: Someone, way: str) -> Callable[[], Answer]:
    """The last call of a way to take on a grant; everything before it is done."""
    if way == "direct":
        world.code(CITY)
        return lambda: world.admin.name_directly(CITY, person.name, person.number)
    if way == "redeem":
        code = world.code(CITY)
        check = person.face_check(purpose="grant_redemption", grant_code=code)
        return lambda: person.redeem(code, check)
    code = world.manager(CITY).invite(CITY, way).body["invitation_code"]
    check = person.face_check(purpose="invitation_acceptance", invitation_code=code)
    body = {"invitation_code": code, "face_check_id": check}
    return lambda: person.phone.post("/grants/invitations/acceptance", body)


def test_a_manager_hands_over_first(world: Tree) -> None:
    """Neither manager nor assistant may withdraw; once they are nothing any more they may."""
    city = world.manager(CITY)
    helper, successor = world.assistant(city, CITY), world.person()
    assert withdraw(city) == withdraw(helper) == HELD
    assert status_of(city) == status_of(helper) == "verified"
    assert successor.accept(city.invite(CITY, "manager").body["invitation_code"]).status == 200
    assert withdraw(city) == (204, None)
    assert withdraw(helper) == withdraw(successor) == HELD
    assert world.admin.revoke(CITY).status == 204
    assert withdraw(helper) == withdraw(successor) == (204, None)
    assert status_of(city) == status_of(helper) == status_of(successor) == "unverified"


def test_whose_a_number_was_is_kept_after_a_grant(world: Tree) -> None:
    """For three years, so that what was done in office stays somebody's; the number itself is free."""
    manager, anybody = world.manager(CITY), world.person()
    world.admin.revoke(CITY)
    for person, kept in ((manager, True), (anybody, False)):
        person_hash = get(Identity, keys.identity(person.user_id)).verified_person_hash
        assert withdraw(person) == (204, None)
        former = get(FormerOwner, keys.former_document_owner(person_hash, person.user_id))
        assert get(Owner, keys.document_owner(person_hash)) is None
        assert (former is not None) == kept
        if former is not None:
            assert (former.user_id, former.expires_at) == (manager.user_id, clock.after(FORMER_OWNER_KEPT_S))


@pytest.mark.parametrize("work_unit", [None, HOSPITAL])
@pytest.mark.parametrize("way", ["redeem", "direct", "assistant", "manager"])
def test_a_grant_that_is_taken_on_meanwhile(world: Tree, way: str, work_unit: str | None) -> None:
    """However it is taken on between the look for grants and the withdrawal: the withdrawal is refused."""
    person = agreed(world.person())
    if work_unit is not None:
        User.new(keys.user(person.user_id)).update(actions=[User.work_unit_code.set(work_unit)])
    done: list[Any] = []
    take_on, withdraw_now = about_to(world, person, way), withdrawing(person)
    # The first transaction of the request is the withdrawal's: the limit before it is one update.
    with during(dynamodb(), "dynamodb.TransactWriteItems", lambda: done.append(take_on())):
        answer = withdraw_now()
    assert done[0].status in {200, 201}, done
    assert (answer.status, answer.code) == HELD
    assert status_of(person) == "verified"
    assert person.user_id in (grant_of(CITY).manager_id, *grant_of(CITY).assistants)


@pytest.mark.parametrize("way", ["redeem", "direct", "assistant", "manager"])
def test_a_withdrawal_meanwhile(world: Tree, way: str) -> None:
    """Whoever withdraws while they are about to take a grant on does not hold it afterwards."""
    person = agreed(world.person())
    take_on = about_to(world, person, way)
    done: list[int] = []
    before = grant_of(CITY).version
    withdraw_now = withdrawing(person)
    with during(dynamodb(), "dynamodb.TransactWriteItems", lambda: done.append(withdraw_now().status)):
        answer = take_on()
    assert done == [204]
    assert answer.code in {"IDENTITY_REQUIRED", "PERSON_NOT_VERIFIED"}
    assert grant_of(CITY).version == before


def test_another_business_counts_too(world: Tree) -> None:
    """A place in any business is a place."""
    person = world.manager(CITY, REVIEW)
    assert grant_of(CITY, REVIEW).business != EXAM
    assert withdraw(person) == HELD
