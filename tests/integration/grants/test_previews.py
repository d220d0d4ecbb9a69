"""What a code or an invitation is for, seen before the face check; looking uses nothing up."""

import pytest

from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.grants import Grant
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_user
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, PROVINCE, Tree

WRONG = "0000-0000-0000-0000"


def code_of(client: Http, code: str) -> Answer:
    """Look at a grant code."""
    return client.post("/grants/code-preview", {"grant_code": code})


def invitation_of(client: Http, code: str) -> Answer:
    """Look at an invitation."""
    return client.post("/grants/invitations/preview", {"invitation_code": code})


def test_a_code_is_seen_before_it_is_redeemed(world: Tree) -> None:
    """Business, institution, issuer and end; what is missing is said; it stays good, and looking needs no identity."""
    city, person = world.manager(CITY), world.person()
    issued = city.issue(HOSPITAL).body
    seen = code_of(person.phone, issued["grant_code"].lower().replace("-", " "))
    assert seen.status == 200, seen
    assert (seen.body["business"]["business"], seen.body["business"]["state"]) == (EXAM, "open")
    assert seen.body["institution"]["institution_code"] == HOSPITAL
    assert seen.body["issued_by"] == {"institution_code": CITY, "name": f"机构{CITY}"}
    assert (seen.body["expires_at"], seen.body["needs"]) == (issued["expires_at"], [])
    newcomer = world.http.signed_in(new_user()[1])
    assert code_of(newcomer, issued["grant_code"]).body["needs"] == ["identity"]
    assert code_of(city.phone, issued["grant_code"]).code == "OWN_AUTHORITY"
    assert person.redeem(issued["grant_code"]).status == 201
    assert code_of(person.phone, issued["grant_code"]).code == "GRANT_TAKEN"
    top = world.admin.issue(PROVINCE).body["grant_code"]
    assert code_of(person.phone, top).body["issued_by"] is None


def test_wrong_codes_count_as_tries(world: Tree) -> None:
    """With those of redemption; right ones do not, and a code that has died is as wrong as one that never was."""
    city, person = world.manager(CITY), world.person()
    code = city.issue(HOSPITAL).body["grant_code"]
    most = settings().wrong_grant_codes_per_day
    for left in range(most - 1, 0, -1):
        assert code_of(person.phone, code).status == 200
        wrong = code_of(person.phone, WRONG)
        assert (wrong.status, wrong.code, wrong.body["attempts_left"]) == (404, "GRANT_CODE_INVALID", left)
    last = person.phone.post("/identity/face-checks", {"purpose": "grant_redemption", "grant_code": WRONG})
    assert last.code == "GRANT_CODE_INVALID"
    assert code_of(person.phone, code).code == "GRANT_CODE_LIMIT"
    assert world.admin.revoke(CITY).status == 204
    other = world.person().phone
    answers = [code_of(other, code), code_of(other, WRONG)]
    asked = {"purpose": "grant_redemption", "grant_code": code}
    answers.append(other.post("/identity/face-checks", asked))
    assert {(one.status, one.code) for one in answers} == {(404, "GRANT_CODE_INVALID")}
    assert [one.body["attempts_left"] for one in answers] == [most - 1, most - 2, most - 3]


def test_an_invitation_is_seen_before_it_is_accepted(world: Tree, clock: Clock) -> None:
    """Business, institution, role, who invites and until when; the unverified see it too, and what they need."""
    manager, invitee = world.manager(HOSPITAL), world.person()
    invited = manager.invite(HOSPITAL).body
    seen = invitation_of(invitee.phone, invited["invitation_code"])
    assert seen.status == 200, seen
    assert (seen.body["business"]["business"], seen.body["institution"]["name"]) == (EXAM, f"机构{HOSPITAL}")
    assert (seen.body["role"], seen.body["invited_by_masked"]) == ("assistant", "柯**")
    assert (seen.body["expires_at"], seen.body["needs"]) == (invited["expires_at"], [])
    newcomer = world.http.signed_in(new_user()[1])
    assert invitation_of(newcomer, invited["invitation_code"]).body["needs"] == ["identity"]
    for wrong in (WRONG, "none", invited["invitation_code"][:-1]):
        assert invitation_of(invitee.phone, wrong).code == "INVITATION_INVALID"
    assert invitee.accept(invited["invitation_code"]).status == 200
    assert invitation_of(invitee.phone, invited["invitation_code"]).code == "INVITATION_INVALID"
    late = manager.invite(HOSPITAL).body["invitation_code"]
    clock.forward(settings().invitation_s)
    assert invitation_of(invitee.phone, late).code == "INVITATION_INVALID"


@pytest.mark.parametrize("change", ["revoked", "withdrawn", "not listed"])
def test_an_invitation_to_a_grant_that_has_changed(world: Tree, change: str) -> None:
    """It leads nowhere, so no one is asked for a face check."""
    manager, invitee = world.manager(HOSPITAL), world.person()
    invited = manager.invite(HOSPITAL).body
    if change == "revoked":
        assert world.admin.revoke(HOSPITAL).status == 204
    elif change == "withdrawn":
        path = f"/grants/{EXAM}/{HOSPITAL}/invitations/{invited['invitation_id']}"
        assert manager.phone.delete(path).status == 204
    else:
        Grant.new(keys.grant(EXAM, HOSPITAL)).update(actions=[Grant.invitations.set([])])
    assert invitation_of(invitee.phone, invited["invitation_code"]).code == "INVITATION_INVALID"
