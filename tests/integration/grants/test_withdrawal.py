"""Withdrawing the consent to identity verification while holding a grant, or about to."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

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
from tests.integration.shared.faults import Fault, dynamodb


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


def test_whoever_withdraws_resigns(world: Tree) -> None:
    """A manager's grants become vacant, an assistant leaves; each with its event, and nothing of the roles is left."""
    city = world.manager(CITY)
    other = world.manager(CITY, REVIEW)
    helper = world.assistant(city, CITY)
    assert helper.accept(other.invite(CITY, "manager", REVIEW).body["invitation_code"]).status == 200
    assert withdraw(helper) == (204, None)
    assert (grant_of(CITY).assistants, grant_of(CITY, REVIEW).status) == ([], "vacant")
    assert withdraw(city) == (204, None)
    assert (grant_of(CITY).status, grant_of(CITY).manager_id) == ("vacant", None)
    assert status_of(city) == status_of(helper) == "unverified"
    assert city.phone.get("/grants/mine").body["items"] == helper.phone.get("/grants/mine").body["items"] == []
    history = world.admin.console.get(f"/console/grants/{EXAM}/{CITY}/history").body["items"]
    assert [one["event"] for one in history[:2]] == ["manager_resigned", "assistant_left"]
    assert withdraw(other) == (204, None)


def test_a_withdrawal_that_died_goes_on(world: Tree) -> None:
    """A fault after the first role: one role less, still verified; the same call again ends the rest."""
    city = world.manager(CITY)
    other = world.code(CITY, REVIEW)
    assert city.redeem(other).status == 201
    withdraw_now = withdrawing(city)
    seen: list[int] = []

    def die(**_: Any) -> None:
        seen.append(1)
        if len(seen) == 2:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")

    # The withdrawal is refused before its transaction; then there is one transaction for each role.
    with Fault(dynamodb(), "before-call.dynamodb.TransactWriteItems", die):
        answer = withdraw_now()
    left = [one["business"]["business"] for one in city.phone.get("/grants/mine").body["items"]]
    assert (answer.status, len(left), status_of(city)) == (503, 1, "verified")
    assert withdraw_now().status == 204
    assert (city.phone.get("/grants/mine").body["items"], status_of(city)) == ([], "unverified")


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
    """However it is taken on between the look for grants and the withdrawal: the new role ends too."""
    person = agreed(world.person())
    if work_unit is not None:
        User.new(keys.user(person.user_id)).update(actions=[User.work_unit_code.set(work_unit)])
    done: list[Any] = []
    take_on, withdraw_now = about_to(world, person, way), withdrawing(person)
    # The first transaction of the request is the withdrawal's: the limit before it is one update.
    with during(dynamodb(), "dynamodb.TransactWriteItems", lambda: done.append(take_on())):
        answer = withdraw_now()
    assert done[0].status in {200, 201}, done
    assert (answer.status, status_of(person)) == (204, "unverified")
    assert person.user_id not in (grant_of(CITY).manager_id, *grant_of(CITY).assistants)
    assert person.phone.get("/grants/mine").body["items"] == []


@pytest.mark.parametrize("way", ["redeem", "direct", "assistant", "manager"])
def test_a_withdrawal_meanwhile(world: Tree, way: str) -> None:
    """Anyone who withdraws while they are about to take a grant on does not hold it afterwards."""
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
    """A role in any business ends."""
    person = world.manager(CITY, REVIEW)
    assert grant_of(CITY, REVIEW).business != EXAM
    assert withdraw(person) == (204, None)
    assert grant_of(CITY, REVIEW).status == "vacant"
