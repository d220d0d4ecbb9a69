"""Managers and assistants: who comes, who goes, and what goes with them."""

import json
from typing import Any

import boto3
import pytest

from functions.grants.history import verify_chain
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.grants import Grant, Invitation, Role
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, Tree, grant_of, kept
from tests.integration.shared.faults import Fault, dynamodb


def _kinds() -> list[str]:
    items = boto3.client("dynamodb").scan(TableName=Item.Meta.table_name)["Items"]
    return sorted(item["kind"]["S"] for item in items)


def test_revoking_takes_everything_with_it(world: Tree) -> None:
    """Code, roles and invitations go with the grant in one transaction; the audit trail stays."""
    before = _kinds()
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    city.invite(CITY)
    city.invite(CITY, "manager")
    assert _kinds().count("role") == 2
    assert world.admin.revoke(CITY).status == 204
    for kind in ("role", "grant_code"):
        assert _kinds().count(kind) == before.count(kind) == 0
    assert _kinds().count("invitation") == 1  # the accepted one leaves by itself
    grant = grant_of(CITY)
    assert (grant.status, grant.manager_id, grant.assistants, grant.invitations) == ("vacant", None, [], [])
    assert kept(keys.role(helper.user_id, EXAM, CITY)) == []
    assert verify_chain(EXAM, CITY).first_invalid_version is None
    assert world.manager(CITY).phone.get(f"/grants/{EXAM}/{CITY}").status == 200
    assert int(grant_of(CITY).epoch) == 3


def test_the_fullest_grant_fits_into_a_transaction(world: Tree) -> None:
    """A manager, five assistants and an invited successor: revoked at once, with a write for each of them."""
    city = world.manager(CITY)
    helpers = [f"helper-{number}" for number in range(5)]
    for user_id in helpers:
        Role.new(keys.role(user_id, EXAM, CITY), business=EXAM, institution_code=CITY, role="assistant", epoch=1).save()
    city.invite(CITY, "manager")
    grant_of(CITY).update(actions=[Grant.assistants.set(helpers)])
    sizes: list[int] = []

    def note(params: Any, **_: Any) -> None:
        sizes.append(len(json.loads(params["body"])["TransactItems"]))

    with Fault(dynamodb(), "before-call.dynamodb.TransactWriteItems", note):
        assert world.admin.revoke(CITY).status == 204
    # Grant, event, code, manager, assistants, invitation; the manager's work unit with its event and the institution's
    # list of members; and the conditions on superior and institution.
    assert sizes == [3 + 1 + 5 + 1 + 3 + 2]
    assert kept(*(keys.role(user_id, EXAM, CITY) for user_id in helpers)) == []


def test_a_transfer_swaps_the_manager(world: Tree) -> None:
    """The old manager is nothing, assistants stay, the old manager's invitations go."""
    city = world.manager(CITY)
    helper, successor = world.assistant(city, CITY), world.person()
    left_open = city.invite(CITY).body["invitation_code"]
    answer = successor.accept(city.invite(CITY, "manager").body["invitation_code"])
    assert answer.status == 200, answer
    grant = answer.body["grant"]
    assert grant["manager"]["user_id"] == successor.user_id
    assert [one["user_id"] for one in grant["assistants"]] == [helper.user_id]
    assert grant["invitations"] == []
    assert city.phone.get("/auth/me").body["user"]["roles"] == []
    assert city.issue(HOSPITAL).code == "PLACE_ENDED"
    assert successor.issue(HOSPITAL).status == 201
    assert helper.revoke(HOSPITAL).status == 204
    wanted = {"purpose": "invitation_acceptance", "invitation_code": left_open}
    assert world.person().phone.post("/identity/face-checks", wanted).code == "INVITATION_INVALID"


def test_an_assistant_may_become_the_manager(world: Tree) -> None:
    """Then they are not an assistant any more."""
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    assert helper.accept(city.invite(CITY, "manager").body["invitation_code"]).status == 200
    assert (grant_of(CITY).manager_id, grant_of(CITY).assistants) == (helper.user_id, [])
    assert [one["role"] for one in helper.phone.get("/grants/mine").body["items"]] == ["manager"]


@pytest.mark.parametrize("role", ["assistant", "manager"])
def test_whoever_accepts_again_is_answered_the_same(world: Tree, role: str) -> None:
    """The answer was lost: it is given again, nothing happens again; to no one else, and not once the place is lost."""
    city, person = world.manager(CITY), world.person()
    code = city.invite(CITY, role).body["invitation_code"]
    check = person.face_check(purpose="invitation_acceptance", invitation_code=code)
    accept = {"invitation_code": code, "face_check_id": check}
    first, again = (person.phone.post("/grants/invitations/acceptance", accept) for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    history = world.admin.console.get(f"/console/grants/{EXAM}/{CITY}/history").body["items"]
    assert sum(one["event"] in {"assistant_joined", "manager_transferred"} for one in history) == 1
    assert world.person().phone.post("/grants/invitations/acceptance", accept).code == "INVITATION_INVALID"
    wanted = {"purpose": "invitation_acceptance", "invitation_code": code}
    assert person.phone.post("/identity/face-checks", wanted).code == "INVITATION_INVALID"
    assert world.admin.revoke(CITY).status == 204
    assert person.phone.post("/grants/invitations/acceptance", accept).code == "INVITATION_INVALID"


def test_the_manager_withdraws_and_removes(world: Tree) -> None:
    """A withdrawn invitation is invalid; a removed assistant is nothing, and may be asked in again."""
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    invitation = city.invite(CITY).body
    place = f"/grants/{EXAM}/{CITY}"
    listed = city.phone.get(place).body
    assert [one["invitation_id"] for one in listed["invitations"]] == [invitation["invitation_id"]]
    assert city.phone.delete(f"{place}/invitations/{invitation['invitation_id']}").status == 204
    assert list(Invitation.query(keys.invitation("x").pk)) == []
    wanted = {"purpose": "invitation_acceptance", "invitation_code": invitation["invitation_code"]}
    assert world.person().phone.post("/identity/face-checks", wanted).code == "INVITATION_INVALID"
    assert city.phone.delete(f"{place}/assistants/{helper.user_id}").status == 204
    assert helper.phone.get(place).code == "FORBIDDEN"
    assert helper.accept(city.invite(CITY).body["invitation_code"]).status == 200
    told = [one["event"] for one in world.admin.console.get(f"/console{place}/history").body["items"]]
    assert told[:4] == ["assistant_joined", "invitation_created", "assistant_removed", "invitation_withdrawn"]
