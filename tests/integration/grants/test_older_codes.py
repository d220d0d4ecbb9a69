"""Codes that were stored in clear by an earlier version: they work as before, and no change keeps one in clear."""

from typing import Any

import pytest

from functions.institutions import directory
from functions.shared import ids
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.grants import Grant, GrantCode
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get
from tests.integration.client import Http
from tests.integration.grants.builders import CITY, PROVINCE, Tree, grant_of, tree

OLD_CODE = "MEXQQ2970NA5QQ1Z"
SHOWN = "MEXQ-Q297-0NA5-QQ1Z"
CONFIRMATION = "DGHJKLMN"


@pytest.fixture
def world(http: Http) -> Tree:
    """A province in which one code was issued, and one confirmation code made, before codes were computed."""
    made = tree(http)
    made.code(CITY)
    grant = grant_of(CITY)
    kept = get(GrantCode, keys.grant_code(str(grant.code_fingerprint)))
    assert kept is not None
    kept.delete()
    kept.pk = keys.grant_code(ids.fingerprint(OLD_CODE)).pk
    kept.save()
    gone: list[Any] = [Grant.code_nonce.remove(), Grant.code_offset.remove()]
    grant.update(actions=[*gone, Grant.code.set(OLD_CODE), Grant.code_fingerprint.set(ids.fingerprint(OLD_CODE))])
    city = directory.find(CITY)
    gone = [Institution.confirmation_nonce.remove(), Institution.confirmation_offset.remove()]
    city.update(actions=[*gone, Institution.confirmation_code.set(CONFIRMATION)])
    return made


def _clear(item: Item) -> list[str]:
    """The attributes that hold a code in clear."""
    stored = item.serialize(null_check=False)
    return sorted(name for name, value in stored.items() if value.get("S") in {OLD_CODE, CONFIRMATION})


def test_an_older_code_is_shown_and_redeemed(world: Tree) -> None:
    """The superior sees it as before; anyone who redeems it leaves nothing of it in the grant."""
    listed = world.manager(PROVINCE).list(PROVINCE).body["items"]
    assert [one["grant_code"] for one in listed] == [SHOWN, None]
    assert world.person().redeem(SHOWN).status == 201
    assert _clear(grant_of(CITY)) == []


def test_an_older_code_is_reissued_or_revoked(world: Tree) -> None:
    """A new code is computed, and the one in clear is gone; the same where it is revoked."""
    new = world.code(CITY)
    assert new != SHOWN
    assert _clear(grant_of(CITY)) == []
    assert world.person().phone.post("/grants/redemptions", {"grant_code": SHOWN, "face_check_id": "x"}).status == 404
    assert world.person().redeem(new).status == 201
    assert world.admin.revoke(CITY).status == 204
    revoked = grant_of(CITY)
    assert (revoked.open_code(), revoked.code_nonce, revoked.code) == (None, None, None)


def test_an_older_confirmation_code_admits_and_is_rotated(world: Tree) -> None:
    """Its institution's people join by it until it is rotated, and then it is in the table no more."""
    person = world.person()
    path, body = "/institutions/work-unit", {"institution_code": CITY, "confirmation_code": CONFIRMATION}
    assert person.phone.put(path, body).status == 200
    rotated = world.admin.console.post(f"/console/institutions/{CITY}/confirmation-code")
    assert (rotated.status, _clear(directory.find(CITY))) == (200, [])
    assert person.phone.put(path, body).status == 422
    body["confirmation_code"] = rotated.body["confirmation_code"]
    assert person.phone.put(path, body).status == 200


def test_of_a_new_code_its_nonce_and_fingerprint_are_stored(world: Tree) -> None:
    """Nonces differ from issue to issue, and the code before can no longer be looked up."""
    assert world.admin.issue(CITY).status == 201
    first = grant_of(CITY)
    assert world.admin.issue(CITY).status == 201
    second = grant_of(CITY)
    assert first.code_nonce != second.code_nonce
    assert ids.fingerprint(str(second.open_code())) == second.code_fingerprint
    assert get(GrantCode, keys.grant_code(str(first.code_fingerprint))) is None
