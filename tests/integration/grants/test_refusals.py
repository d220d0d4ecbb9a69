"""Everybody who must not, each with the named code."""

from collections import Counter
from typing import Any

import pytest

from functions.grants import redemption
from functions.shared import clients, ids
from functions.shared.errors import AppError
from functions.shared.limits import Counter as Counted
from functions.shared.limits import Limit, window
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import connection
from functions.shared.table.grants import Business
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.transactions import get
from tests.integration.client import new_user
from tests.integration.grants.builders import (
    CITY,
    EXAM,
    FAR,
    HOSPITAL,
    PROVINCE,
    REVIEW,
    TOWN,
    Someone,
    Tree,
    grant_of,
    passed,
)
from tests.integration.shared.faults import Fault, dynamodb, timing_out

DAY_S = 86_400
Calls = Counter[str]


@pytest.fixture
def calls(world: Tree) -> Calls:
    """The calls to AWS, by operation."""
    seen: Calls = Counter()

    def note(model: Any, **_: Any) -> None:
        seen[model.name] += 1

    for client in (connection().connection.client, clients.kms()):
        client.meta.events.register("before-call", note)
    return seen


def _close(business: str = EXAM) -> None:
    Business.new(keys.business(business)).update(actions=[Business.closes_on.set("2026-11-21")])


def _may_nothing(
    person: Someone, institution: str, business: str = EXAM, *, own: bool = False, told: str = "FORBIDDEN"
) -> None:
    """No one tells them anything about that grant, but for the history of their own."""
    assert person.issue(institution, business).code == told
    assert person.revoke(institution, business).code == told
    assert person.name_directly(institution, "柯爱琳", "420106198611190025", business).code == told
    history = person.console.get(f"/console/grants/{business}/{institution}/history")
    assert history.status == 200 if own else history.code == told


def test_only_the_direct_superior_of_the_same_business_has_authority(world: Tree) -> None:
    """Not over grandchildren, siblings and their children, other businesses, one's own grant, those above or the top.

    Whatever state the grant is in: vacant, issued or active, the answer is the same.
    """
    city = world.manager(CITY)
    world.manager(TOWN)
    world.code(FAR)
    _may_nothing(city, CITY, own=True)
    _may_nothing(city, PROVINCE)
    _may_nothing(city, TOWN)
    _may_nothing(city, FAR)
    _may_nothing(city, HOSPITAL, REVIEW)
    province = world.manager(PROVINCE)
    world.code(HOSPITAL)
    _may_nothing(province, HOSPITAL)
    _may_nothing(province, PROVINCE, own=True)
    _may_nothing(world.person(), HOSPITAL)
    for supervisor in ("root", PROVINCE, TOWN, "??", HOSPITAL):
        assert city.list(supervisor).code == "FORBIDDEN"
    assert city.list(CITY, REVIEW).code == "FORBIDDEN"


def test_assistants_hand_on_but_neither_invite_nor_remove(world: Tree) -> None:
    """What is the manager's alone is refused to an assistant."""
    city = world.manager(CITY)
    helper, other = world.assistant(city, CITY), world.assistant(city, CITY)
    assert helper.issue(HOSPITAL).status == 201
    assert helper.list(CITY).status == 200
    assert helper.revoke(HOSPITAL).status == 204
    body = {"role": "assistant", "face_check_id": ids.new_id()}
    place = f"/grants/{EXAM}/{CITY}"
    assert helper.phone.post(f"{place}/invitations", body).code == "FORBIDDEN"
    assert helper.phone.delete(f"{place}/assistants/{other.user_id}").code == "FORBIDDEN"
    assert helper.phone.delete(f"{place}/invitations/{ids.new_id()}").code == "FORBIDDEN"
    wanted = {"purpose": "invitation", "business": EXAM, "institution_code": CITY}
    assert helper.phone.post("/identity/face-checks", wanted).code == "FORBIDDEN"
    too_long = {**wanted, "business": "x" * 100}
    assert helper.phone.post("/identity/face-checks", too_long).code == "FORBIDDEN"


def test_a_session_from_before_the_revocation_has_no_authority(world: Tree) -> None:
    """The session continues, and what it may do is over: for the manager and for the assistant."""
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    invitation = city.invite(CITY).body["invitation_code"]
    assert world.admin.revoke(CITY).status == 204
    _may_nothing(city, HOSPITAL, told="PLACE_ENDED")
    _may_nothing(helper, HOSPITAL, told="PLACE_ENDED")
    assert city.phone.get(f"/grants/{EXAM}/{CITY}").code == "FORBIDDEN"
    invitee = world.person()
    wanted = {"purpose": "invitation_acceptance", "invitation_code": invitation}
    assert invitee.phone.post("/identity/face-checks", wanted).code == "INVITATION_INVALID"
    body = {"invitation_code": invitation, "face_check_id": ids.new_id()}
    assert invitee.phone.post("/grants/invitations/acceptance", body).code == "INVITATION_INVALID"


def test_the_console_takes_console_sessions_alone(world: Tree) -> None:
    """A phone's session is refused on the console's paths, an administrator's too; the console's own session not."""
    city = world.manager(CITY)
    for person in (city, world.admin):
        assert person.phone.get(f"/console/grants?business={EXAM}&supervisor={CITY}").code == "CONSOLE_SESSION_REQUIRED"
        assert person.phone.post(f"/console/grants/{EXAM}/{HOSPITAL}/code").code == "CONSOLE_SESSION_REQUIRED"
    assert world.http.get(f"/console/grants?business={EXAM}&supervisor={CITY}").code == "UNAUTHENTICATED"
    assert world.admin.list(CITY).status == 200


def _wrong_checks(world: Tree, person: Someone, code: str) -> dict[str, str | None]:
    """Face checks that are not good for redeeming this code."""
    other = world.person()
    right = {"purpose": "grant_redemption", "grant_code": code}
    mine: dict[str, str | None] = {
        "missing": None,
        "unknown": ids.new_id(),
        "of another user": other.face_check(**right),
        "of another subject": person.face_check(purpose="grant_redemption", grant_code=world.code(TOWN)),
        "not passed": person.phone.post("/identity/face-checks", right).body["face_check_id"],
        "used": person.face_check(**right),
        "expired": person.face_check(**right),
        "for the identity": ids.new_id(),
    }
    used, expired = (FaceCheck.new(keys.face_check(person.user_id, str(mine[name]))) for name in ("used", "expired"))
    used.update(actions=[FaceCheck.status.set("consumed")])
    expired.update(actions=[FaceCheck.valid_until.set(redemption.clock.now())])
    FaceCheck.new(
        keys.face_check(person.user_id, str(mine["for the identity"])),
        face_check_id=mine["for the identity"],
        user_id=person.user_id,
        purpose="identity",
        subject=f"identity:{person.user_id}:1",
        status="passed",
        valid_until=redemption.clock.after(300),
    ).save()
    return mine


def test_every_face_check_but_the_right_one_is_refused_alike(world: Tree) -> None:
    """Missing, another's, for another subject or purpose, not passed, used, expired: one answer, nothing changed."""
    person, code = world.person(), world.code(CITY)
    for check in _wrong_checks(world, person, code).values():
        body = {"grant_code": code} if check is None else {"grant_code": code, "face_check_id": check}
        answer = person.phone.post("/grants/redemptions", body)
        assert (answer.status, answer.code) == (403, "FACE_CHECK_REQUIRED")
    assert grant_of(CITY).status == "code_issued"
    assert person.redeem(code).status == 201


def test_a_face_check_for_one_epoch_is_not_for_the_next(world: Tree) -> None:
    """A reissue makes the old code and the old check invalid."""
    person, old = world.person(), world.code(CITY)
    check = person.face_check(purpose="grant_redemption", grant_code=old)
    new = world.code(CITY)
    assert person.redeem(old, check).code == "GRANT_CODE_INVALID"
    assert person.redeem(new, check).code == "FACE_CHECK_REQUIRED"
    assert person.redeem(new).status == 201


def test_codes_that_are_good_for_nothing_look_alike(world: Tree, clock: Any) -> None:
    """Unknown, malformed, revoked, of an old epoch, expired: 404 GRANT_CODE_INVALID."""
    person, check = world.person(), ids.new_id()
    revoked, old = world.code(HOSPITAL), world.code(CITY)
    world.admin.revoke(HOSPITAL)
    expired = world.code(CITY)
    for code in (revoked, old, "0000-0000-0000-0000", "?", "U" * 16):
        assert person.redeem(code, check).code == "GRANT_CODE_INVALID"
        wanted = {"purpose": "grant_redemption", "grant_code": code}
        asked = world.person().phone.post("/identity/face-checks", wanted)
        assert (asked.status, asked.code) == (404, "GRANT_CODE_INVALID")
    clock.forward(30 * DAY_S)
    fresh = world.person()
    assert fresh.redeem(expired, check).code == "GRANT_CODE_INVALID"


def test_a_taken_code_says_so(world: Tree) -> None:
    """Anyone who comes second with the right code is informed that it is taken."""
    code, second = world.code(CITY), world.person()
    check = second.face_check(purpose="grant_redemption", grant_code=code)
    assert world.person().redeem(code).status == 201
    answer = second.redeem(code, check)
    assert (answer.status, answer.code) == (409, "GRANT_TAKEN")
    assert world.admin.issue(CITY).code == "GRANT_ACTIVE"


def test_whoever_comes_again_with_the_same_check_is_answered_the_same(world: Tree) -> None:
    """The answer was lost: it is given again, nothing happens again; with another check, or once revoked, no more."""
    code, person = world.code(CITY), world.person()
    check, other = (person.face_check(purpose="grant_redemption", grant_code=code) for _ in range(2))
    first, again = (person.redeem(code, check) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert person.redeem(code, other).code == "GRANT_TAKEN"
    history = world.admin.console.get(f"/console/grants/{EXAM}/{CITY}/history").body["items"]
    assert [one["event"] for one in history].count("grant_redeemed") == 1
    assert world.admin.revoke(CITY).status == 204
    assert person.redeem(code, check).code == "GRANT_CODE_INVALID"


def test_ten_wrong_codes_a_day(world: Tree, clock: Any) -> None:
    """Wrong ones count, here and when a face check is asked for; what was not wrong is given back; then it is over."""
    person, code = world.person(), world.code(CITY)
    for _ in range(12):
        assert person.redeem(code, ids.new_id()).code == "FACE_CHECK_REQUIRED"
    for _ in range(5):
        assert person.redeem("wrong", ids.new_id()).code == "GRANT_CODE_INVALID"
        wanted = {"purpose": "grant_redemption", "grant_code": "wrong"}
        assert person.phone.post("/identity/face-checks", wanted).code == "GRANT_CODE_INVALID"
    answer = person.redeem(code, ids.new_id())
    assert (answer.status, answer.code) == (429, "GRANT_CODE_LIMIT")
    assert int(answer.headers["retry-after"]) > 0
    assert person.phone.post("/identity/face-checks", wanted).code == "GRANT_CODE_LIMIT"
    clock.forward(DAY_S)
    assert person.redeem(code).status == 201


def test_our_own_faults_use_up_no_tries(world: Tree) -> None:
    """However often the table fails, the right code, person and face check are still good afterwards."""
    person, code = world.person(), world.code(CITY)
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    named = world.person()
    check = person.face_check(**wanted)
    world.code(TOWN)
    for operation, ask in (
        ("BatchGetItem", lambda: person.phone.post("/identity/face-checks", wanted)),
        ("TransactWriteItems", lambda: person.redeem(code, check)),
        ("TransactWriteItems", lambda: world.admin.name_directly(TOWN, named.name, named.number)),
    ):
        for _ in range(25):
            with timing_out(dynamodb(), f"dynamodb.{operation}"):
                assert ask().status == 503
        assert ask().status in {200, 201}


def test_only_verified_people_take_on_anything(world: Tree) -> None:
    """An unverified user gets neither a face check nor a grant, and learns nothing of the code."""
    user_id, token = new_user()
    nobody = world.http.signed_in(token)
    for code in (world.code(CITY), "0000-0000-0000-0000"):
        wanted = {"purpose": "grant_redemption", "grant_code": code}
        assert nobody.post("/identity/face-checks", wanted).code == "IDENTITY_REQUIRED"
        body = {"grant_code": code, "face_check_id": ids.new_id()}
        assert nobody.post("/grants/redemptions", body).code == "IDENTITY_REQUIRED"
    body = {"invitation_code": "0000-0000-0000-0000", "face_check_id": ids.new_id()}
    assert nobody.post("/grants/invitations/acceptance", body).code == "IDENTITY_REQUIRED"
    User.new(keys.user(user_id)).update(actions=[User.identity_status.set("verified")])
    wanted = {"purpose": "grant_redemption", "grant_code": world.code(CITY)}
    assert nobody.post("/identity/face-checks", wanted).code == "IDENTITY_REQUIRED"


def test_a_closed_business_is_taken_on_by_nobody(world: Tree) -> None:
    """From the day after its last one a code, a new code and a direct grant are refused; revoking is not."""
    person = world.person()
    code = world.code(CITY)
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    _close()
    answer = person.redeem(code, check)
    assert (answer.status, answer.code) == (409, "BUSINESS_CLOSED")
    assert world.admin.issue(CITY).code == "BUSINESS_CLOSED"
    assert world.admin.name_directly(CITY, person.name, person.number).code == "BUSINESS_CLOSED"
    assert grant_of(CITY).status == "code_issued"
    assert world.admin.revoke(CITY).status == 204
    assert world.admin.revoke(CITY).code == "GRANT_VACANT"


def test_a_direct_grant_needs_a_code_and_a_verified_person(world: Tree) -> None:
    """Unknown number, wrong name, unreadable number, passport, person no longer verified: all one answer."""
    city, person, other = world.manager(CITY), world.person(), world.person("王小明")
    assert city.name_directly(HOSPITAL, person.name, person.number).code == "CODE_NOT_ISSUED"
    city.issue(HOSPITAL)
    wrong = [
        (person.name, "420106198611190025"),
        (other.name, person.number),
        (person.name, "not a number"),
        (person.name, "E12345678"),
        ("", ""),
    ]
    for name, number in wrong[:-1]:
        answer = city.name_directly(HOSPITAL, name, number)
        assert (answer.status, answer.code) == (422, "PERSON_NOT_VERIFIED"), (name, number)
    assert city.name_directly(HOSPITAL, *wrong[-1]).code == "INVALID"
    User.new(keys.user(person.user_id)).update(actions=[User.identity_status.set("rejected")])
    assert city.name_directly(HOSPITAL, person.name, person.number).code == "PERSON_NOT_VERIFIED"
    Identity.new(keys.identity(other.user_id)).update(actions=[Identity.verified_person_sealed.remove()])
    assert city.name_directly(HOSPITAL, other.name, other.number).code == "PERSON_NOT_VERIFIED"
    for _ in range(4):
        city.name_directly(HOSPITAL, person.name, "x")
    answer = city.name_directly(HOSPITAL, person.name, person.number)
    assert (answer.status, answer.code) == (429, "DIRECT_GRANT_LIMIT")


def test_a_grant_that_is_taken_meanwhile_is_no_miss(world: Tree) -> None:
    """Redeemed between the look-up and the write: told so, and the try is given back."""
    person, named = world.person(), world.person()
    code = world.code(HOSPITAL)
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    left = [lambda: person.redeem(code, check)]

    def redeem(**_: Any) -> None:
        if left:
            left.pop()()

    with Fault(connection().connection.client, "before-call.dynamodb.TransactWriteItems", redeem):
        answer = world.admin.name_directly(HOSPITAL, named.name, named.number)
    assert (answer.status, answer.code) == (409, "CODE_NOT_ISSUED")
    assert grant_of(HOSPITAL).manager_id == person.user_id
    limit = Limit("direct_grant_day", world.admin.user_id, 0, DAY_S)
    counter = get(Counted, keys.limit(limit.name, limit.subject, window(limit)))
    assert counter is not None
    assert counter.taken == 0


def test_nothing_tells_one_miss_from_another(world: Tree, calls: Calls) -> None:
    """Unknown, wrong name, no longer verified, not a number: the same calls and the same body, no matter who asks.

    For a superior who has a document themselves, and for an administrator who has none.
    """
    city, person, gone = world.manager(CITY), world.person(), world.person("王小明")
    User.new(keys.user(gone.user_id)).update(actions=[User.identity_status.set("rejected")])
    Identity.new(keys.identity(world.admin.user_id)).delete()
    world.code(HOSPITAL)
    misses = [
        (person.name, "420106198611190025"),
        ("王小明", person.number),
        (gone.name, gone.number),
        (person.name, "not a number"),
        (person.name, "H12345678"),
    ]
    for caller in (city, world.admin):
        seen = []
        for name, number in misses:
            calls.clear()
            answer = caller.name_directly(HOSPITAL, name, number)
            assert answer.code == "PERSON_NOT_VERIFIED"
            body = {key: value for key, value in answer.body.items() if key != "request_id"}
            kms = calls["GenerateMac"] + calls["Decrypt"]
            seen.append((answer.status, body, kms, calls["GetItem"], calls["BatchGetItem"], calls.total()))
        assert seen == [seen[0]] * len(misses)


def test_what_is_not_there_is_not_found(world: Tree) -> None:
    """Unknown businesses and institutions are 404 on the console, and no one's grants elsewhere."""
    for path in (f"nothing/{CITY}", f"{EXAM}/999999", f"{EXAM}/-", f"{'x' * 50}/{CITY}"):
        assert world.admin.console.post(f"/console/grants/{path}/code").code == "NOT_FOUND"
        assert world.admin.console.delete(f"/console/grants/{path}").code == "NOT_FOUND"
        assert world.admin.console.get(f"/console/grants/{path}/history").code == "NOT_FOUND"
        named = world.admin.console.post(f"/console/grants/{path}/direct-grant", {"name": "a", "number": "b"})
        assert named.code == "NOT_FOUND"
        assert world.admin.phone.get(f"/grants/{path}").code == "FORBIDDEN"
    assert world.admin.list("root", "nothing").code == "NOT_FOUND"
    assert world.admin.list("root", "x" * 50).code == "FORBIDDEN"


def test_face_checks_ask_for_what_their_purpose_needs(world: Tree) -> None:
    """Missing and superfluous details are named."""
    person = world.person()
    answer = person.phone.post("/identity/face-checks", {"purpose": "invitation", "business": EXAM, "grant_code": "x"})
    assert {(one["field"], one["code"]) for one in answer.body["errors"]} == {
        ("institution_code", "MISSING"),
        ("grant_code", "NOT_NEEDED"),
    }
    malformed = {"purpose": "invitation_acceptance", "invitation_code": "?"}
    assert person.phone.post("/identity/face-checks", malformed).code == "INVITATION_INVALID"


def test_invitations_are_refused_for_what_they_are_not_good_for(world: Tree, clock: Any) -> None:
    """One successor, five assistants with those invited, a day, once, not for members, not without a face check."""
    city = world.manager(CITY)
    place = f"/grants/{EXAM}/{CITY}/invitations"
    assert city.phone.post(place, {"role": "manager"}).code == "FACE_CHECK_REQUIRED"
    successor = city.invite(CITY, "manager")
    assert city.invite(CITY, "manager").code == "TRANSFER_OPEN"
    helper = world.assistant(city, CITY)
    open_ones = [city.invite(CITY).body for _ in range(4)]
    assert city.invite(CITY).code == "ASSISTANT_LIMIT"
    code = open_ones[0]["invitation_code"]
    body = {"invitation_code": code, "face_check_id": ids.new_id()}
    assert world.person().phone.post("/grants/invitations/acceptance", body).code == "FACE_CHECK_REQUIRED"
    assert helper.accept(code).code == "ALREADY_MEMBER"
    assert city.accept(code).code == "ALREADY_MEMBER"
    late = world.person()
    clock.forward(DAY_S)
    assert late.phone.post("/grants/invitations/acceptance", body).code == "INVITATION_INVALID"
    assert city.invite(CITY, "manager").status == 201
    assert grant_of(CITY).assistants == [helper.user_id]
    assert len(grant_of(CITY).invitations) == 1
    assert successor.status == 201
    assert city.phone.delete(f"{place}/{ids.new_id()}").code == "NOT_FOUND"
    assert city.phone.delete(f"/grants/{EXAM}/{CITY}/assistants/{ids.new_id()}").code == "NOT_FOUND"


def test_a_refusal_of_a_revoked_epoch_names_the_change(world: Tree) -> None:
    """An invitation that was read just before the grant changed is void, and says so."""
    from functions.grants import managers
    from functions.shared.table.grants import Grant

    city, invitee = world.manager(CITY), world.person()
    code = city.invite(CITY).body["invitation_code"]
    check = invitee.face_check(purpose="invitation_acceptance", invitation_code=code)
    grant_of(CITY).update(actions=[Grant.epoch.set(7)])
    with pytest.raises(AppError) as refused:
        managers.accept_invitation(invitee.user_id, code, check)
    assert refused.value.code == "GRANT_CHANGED"
    assert passed(invitee.user_id, check) == check
