"""Face checks for grants: asked for over HTTP, compared with the portrait in force, bound to one subject."""

from collections.abc import Iterator

import boto3
import pytest

from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.grants import Business
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get
from tests.integration.client import Answer
from tests.integration.grants.builders import CITY, EXAM, PROVINCE, TOWN, Someone, Tree
from tests.integration.identity.fake_faces import FakeFaces, serving
from tests.integration.identity.made_photos import made_photo


@pytest.fixture
def faces(aws: None) -> Iterator[FakeFaces]:
    """A face comparison service that looks at what photos say they show."""
    with serving() as fake:
        yield fake


def _put(key: str, person: str) -> None:
    boto3.client("s3").put_object(Bucket=settings().upload_bucket, Key=key, Body=made_photo(person))


def _compare(person: Someone, shows: str, **wanted: str) -> tuple[str, Answer]:
    asked = person.phone.post("/identity/face-checks", wanted)
    assert asked.status == 201, asked
    check = asked.body["face_check_id"]
    _put(asked.body["upload"]["fields"]["key"], shows)
    return check, person.phone.post(f"/identity/face-checks/{check}/comparison")


def test_a_selfie_is_compared_with_the_portrait_in_force(world: Tree, faces: FakeFaces) -> None:
    """The right face passes and lets the code be redeemed; another one fails, is counted, and allows nothing."""
    person, code = world.person(), world.code(CITY)
    identity = get(Identity, keys.identity(person.user_id))
    assert identity is not None
    _put(str(identity.portrait_key), "柯爱琳")
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    wrong, refused = _compare(person, "somebody", **wanted)
    assert (refused.body["status"], refused.body["attempts_left"]) == ("failed", 4)
    assert [one["code"] for one in refused.body["reasons"]] == ["FACE_MISMATCH"]
    assert person.redeem(code, wrong).code == "FACE_CHECK_REQUIRED"
    right, compared = _compare(person, "柯爱琳", **wanted)
    assert compared.body == {"status": "passed", "reasons": [], "attempts_left": 4}
    assert get(Identity, keys.identity(person.user_id)).face is None
    assert person.redeem(code, right).status == 201
    again = person.phone.post(f"/identity/face-checks/{right}/comparison")
    assert again.code == "FACE_CHECK_USED"
    check, compared = _compare(person, "柯爱琳", purpose="invitation", business=EXAM, institution_code=CITY)
    assert compared.body["status"] == "passed"
    body = {"role": "assistant", "face_check_id": check}
    assert person.phone.post(f"/grants/{EXAM}/{CITY}/invitations", body).status == 201


def test_without_a_portrait_nothing_passes(world: Tree, faces: FakeFaces) -> None:
    """A portrait that went away meanwhile is never a pass; and five failures pause these checks too."""
    person, code = world.person(), world.code(CITY)
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    asked = person.phone.post("/identity/face-checks", wanted).body
    _put(asked["upload"]["fields"]["key"], "柯爱琳")
    Identity.new(keys.identity(person.user_id)).update(actions=[Identity.portrait_key.remove()])
    answer = person.phone.post(f"/identity/face-checks/{asked['face_check_id']}/comparison")
    assert answer.code == "FACE_CHECK_USED"
    assert person.phone.post("/identity/face-checks", wanted).code == "PORTRAIT_NOT_KEPT"
    _put("portrait.jpg", "柯爱琳")
    Identity.new(keys.identity(person.user_id)).update(actions=[Identity.portrait_key.set("portrait.jpg")])
    for _ in range(5):
        assert _compare(person, "somebody", **wanted)[1].body["status"] == "failed"
    assert person.phone.post("/identity/face-checks", wanted).code == "FACE_PAUSED"


def test_names_come_with_the_check(world: Tree) -> None:
    """Redeeming need not read them; no one is asked for a selfie for a code of a former superior."""
    person, code = world.person(), world.code(CITY)
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    shown = FaceCheck.get(*keys.face_check(person.user_id, person.face_check(**wanted))).display_names
    assert shown["supervisor"] == {"institution_code": PROVINCE, "name": f"机构{PROVINCE}"}
    Institution.new(keys.institution(CITY)).update(actions=[Institution.supervisor_code.set(TOWN)])
    assert person.phone.post("/identity/face-checks", wanted).code == "GRANT_CODE_INVALID"


def test_a_check_is_asked_for_where_the_directory_has_a_gap(world: Tree) -> None:
    """A business without an item has no names to keep, nor a supervisor that is not there; no institution, no code."""
    person, code = world.person(), world.code(PROVINCE)
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    assert (
        FaceCheck.get(*keys.face_check(person.user_id, person.face_check(**wanted))).display_names["supervisor"] is None
    )
    Business.new(keys.business(EXAM)).delete()
    assert FaceCheck.get(*keys.face_check(person.user_id, person.face_check(**wanted))).display_names is None
    Institution.new(keys.institution(PROVINCE)).delete()
    assert person.phone.post("/identity/face-checks", wanted).code == "GRANT_CODE_INVALID"
