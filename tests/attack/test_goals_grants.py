"""Goals of somebody who is after a grant: authority without a superior's will, a role without an event or a way out.

Each test is one way that was taken on the running product, over several calls; it must lead nowhere.
"""

from dataclasses import replace

import pytest

from functions.grants import history
from functions.identity.domain.documents.resident_id import check_character
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Business
from functions.shared.table.institutions import Institution
from tests.conftest import Clock
from tests.integration.client import Answer, Http, last_sms
from tests.integration.grants import job_queue
from tests.integration.grants.builders import (
    CITY,
    CLINIC,
    EXAM,
    HOSPITAL,
    PROVINCE,
    TOWN,
    Someone,
    Tree,
    console_of,
    grant_of,
    reachable,
    someone,
    tree,
)
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import Fault, dynamodb, timing_out

UNKNOWN = "42010619861119999" + check_character("42010619861119999")  # a number that no account has
REFUSED = ("GRANT_CODE_INVALID", "GRANT_CODE_INVALID")


@pytest.fixture
def world(http: Http) -> Tree:
    """The small province."""
    return tree(http)


def refusals(person: Someone, code: str, check: str) -> tuple[str | None, str | None]:
    """What a code is answered with where a face check is asked for, and where one from before is used."""
    asked = person.phone.post("/identity/face-checks", {"purpose": "grant_redemption", "grant_code": code})
    return asked.code, person.redeem(code, check).code


def events(institution: str, viewer: Someone, business: str = EXAM) -> list[str]:
    """The names of a grant's events, newest first."""
    answer = viewer.console.get(f"/console/grants/{business}/{institution}/history?limit=100")
    assert answer.status == 200, answer
    return [one["event"] for one in answer.body["items"]]


# --- authority without a superior's will ------------------------------------------------------------------------------


def test_an_assistant_does_not_take_the_child(world: Tree, clock: Clock) -> None:
    """Who revokes an honest manager and issues a code does not redeem it, nor does anybody else of that superior."""
    city = world.manager(CITY)
    helper, other = world.assistant(city, CITY), world.assistant(city, CITY)
    honest = world.person()
    assert honest.redeem(city.issue(HOSPITAL).body["grant_code"]).status == 201
    clock.forward(settings().grant_code_reissue_s)
    assert helper.revoke(HOSPITAL).status == 204
    code = helper.issue(HOSPITAL).body["grant_code"]
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    for member in (helper, other, city):
        assert member.phone.post("/identity/face-checks", wanted).code == "OWN_AUTHORITY"
        named = helper.name_directly(HOSPITAL, member.name, member.number)
        assert (named.status, named.code) == (409, "OWN_AUTHORITY")
    assert grant_of(HOSPITAL).status == "code_issued"
    assert honest.redeem(code).status == 201


def test_a_member_who_joined_after_their_face_check_does_not_redeem(world: Tree) -> None:
    """The rule is a condition of the write: an earlier face check, from before the role, does not go around it."""
    city, person = world.manager(CITY), world.person()
    code = city.issue(HOSPITAL).body["grant_code"]
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    assert person.accept(city.invite(CITY).body["invitation_code"]).status == 200
    assert person.redeem(code, check).code == "OWN_AUTHORITY"
    assert grant_of(HOSPITAL).status == "code_issued"


def test_the_issuer_does_not_redeem_once_they_have_left(world: Tree) -> None:
    """Removed or not: anyone who issued a code is not its manager."""
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    code = helper.issue(HOSPITAL).body["grant_code"]
    assert city.phone.delete(f"/grants/{EXAM}/{CITY}/assistants/{helper.user_id}").status == 204
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    assert helper.phone.post("/identity/face-checks", wanted).code == "OWN_AUTHORITY"


def test_whoever_saw_a_code_in_a_role_does_not_redeem_it_after_leaving(world: Tree) -> None:
    """An assistant revokes the child's manager, waits for the manager's new code, leaves with it: it is no use to them.

    Nor to the manager who has handed the place on; a code of later is as good for them as for anybody else.
    """
    city, successor = world.manager(CITY), world.person()
    helper = world.assistant(city, CITY)
    code = city.issue(HOSPITAL).body["grant_code"]
    assert code in {one["grant_code"] for one in helper.list(CITY).body["items"]}
    assert helper.phone.delete(f"/grants/{EXAM}/{CITY}/assistants/{helper.user_id}").status == 204
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    assert helper.phone.post("/identity/face-checks", wanted).code == "OWN_AUTHORITY"
    assert successor.accept(city.invite(CITY, "manager").body["invitation_code"]).status == 200
    of_successor = console_of(world.http, successor.user_id)
    other = of_successor.post(f"/console/grants/{EXAM}/{CLINIC}/code", {}).body["grant_code"]
    assert city.phone.post("/identity/face-checks", wanted).code == "OWN_AUTHORITY"
    assert grant_of(HOSPITAL).status == "code_issued"
    assert helper.redeem(other).status == 201
    assert world.person().redeem(code).status == 201


def test_leaving_after_the_face_check_does_not_help(world: Tree) -> None:
    """The rule is a condition of the write too: with a face check from before the role, and the role put down since."""
    city, person = world.manager(CITY), world.person()
    code = city.issue(HOSPITAL).body["grant_code"]
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    assert person.accept(city.invite(CITY).body["invitation_code"]).status == 200
    assert person.phone.delete(f"/grants/{EXAM}/{CITY}/assistants/{person.user_id}").status == 204
    assert person.redeem(code, check).code == "OWN_AUTHORITY"
    assert grant_of(HOSPITAL).status == "code_issued"


def test_one_clerk_serves_both_levels_by_an_administrators_code(world: Tree) -> None:
    """The administrator issues it, with a reason, and does not redeem it themselves."""
    city = world.manager(CITY)
    code = world.admin.issue(HOSPITAL).body["grant_code"]
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    assert world.admin.phone.post("/identity/face-checks", wanted).code == "OWN_AUTHORITY"
    assert city.redeem(code).status == 201


def test_a_revoked_superiors_codes_are_worthless(world: Tree) -> None:
    """All of them, also after another manager has been put in the superior's place."""
    city, person = world.manager(CITY), world.person()
    code = city.issue(HOSPITAL).body["grant_code"]
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    assert world.admin.revoke(CITY).status == 204
    assert refusals(person, code, check) == REFUSED
    successor = world.manager(CITY)
    assert refusals(person, code, check) == REFUSED
    assert grant_of(HOSPITAL).status == "code_issued"
    assert person.redeem(successor.issue(HOSPITAL).body["grant_code"]).status == 201


def test_a_moved_institutions_code_is_worthless(world: Tree) -> None:
    """A code of the superior before the move is redeemed by no one, until it has been moved back."""
    city, person = world.manager(CITY), world.person()
    world.manager(TOWN)
    code = city.issue(HOSPITAL).body["grant_code"]
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    institution = Institution.new(keys.institution(HOSPITAL))
    institution.update(actions=[Institution.supervisor_code.set(TOWN)])
    assert refusals(person, code, check) == REFUSED
    institution.update(actions=[Institution.supervisor_code.set(CITY)])
    assert person.redeem(code, check).status == 201


def test_a_dismissed_administrators_code_is_worthless(world: Tree) -> None:
    """At the top, where the office is the authority."""
    other, person = someone(world.http, administrator=True), world.person()
    code = other.issue(PROVINCE).body["grant_code"]
    check = person.face_check(purpose="grant_redemption", grant_code=code)
    User.new(keys.user(other.user_id)).update(actions=[User.is_administrator.set(False)])
    assert refusals(person, code, check) == REFUSED


def test_a_transfer_keeps_the_codes(world: Tree) -> None:
    """The epoch is the same, so an honest code survives the superior's change of manager."""
    city, successor, person = world.manager(CITY), world.person(), world.person()
    code = city.issue(HOSPITAL).body["grant_code"]
    assert successor.accept(city.invite(CITY, "manager").body["invitation_code"]).status == 200
    assert person.redeem(code).status == 201


def test_a_superiors_child_is_not_touched_without_a_reason(world: Tree) -> None:
    """An administrator says why, in the event, in each way; and sees no codes of others in the list."""
    city, person = world.manager(CITY), world.person()
    silent = replace(world.admin, reason=None)

    def required(answer: Answer) -> bool:
        return (answer.status, answer.code) == (422, "REASON_REQUIRED")

    assert required(silent.issue(HOSPITAL))
    assert city.issue(HOSPITAL).status == 201
    assert required(silent.revoke(HOSPITAL))
    assert required(silent.name_directly(HOSPITAL, person.name, person.number))
    assert all(required(silent.job(kind, CITY)) for kind in ("code", "revocation", "export"))
    assert {one["grant_code"] for one in silent.list(CITY).body["items"]} == {None}
    assert [one["grant_code"] is not None for one in city.list(CITY).body["items"]] == [True, False]
    assert replace(world.admin, reason=" ").issue(HOSPITAL).code == "INVALID"
    assert silent.issue(PROVINCE).status == 201
    assert world.admin.revoke(HOSPITAL).status == 204
    newest = city.console.get(f"/console/grants/{EXAM}/{HOSPITAL}/history").body["items"][0]
    assert (newest["event"], newest["actor"]["kind"]) == ("grant_revoked", "administrator")
    assert world.admin.reason in newest["text"]


# --- people are not found ---------------------------------------------------------------------------------------------


def test_a_direct_grant_finds_nobody_by_trying(world: Tree) -> None:
    """Ten misses a day for the superior's grant, whichever member asks, each an event; then 429 even for a hit."""
    city, person = world.manager(CITY), world.person()
    helper = world.assistant(city, CITY)
    assert city.issue(HOSPITAL).status == 201
    most = settings().direct_grant_misses_per_day
    for number in range(most):
        asker = (city, helper)[number % 2]
        assert asker.name_directly(HOSPITAL, person.name, f"4201061986111{number:04d}5").code == "PERSON_NOT_VERIFIED"
    for asker in (city, helper):
        answer = asker.name_directly(HOSPITAL, person.name, person.number)
        assert (answer.status, answer.code) == (429, "DIRECT_GRANT_LIMIT")
        assert int(answer.headers["retry-after"]) > 0
    assert grant_of(HOSPITAL).status == "code_issued"
    assert events(CITY, world.admin).count("direct_grant_missed") == most
    assert history.verify_chain(EXAM, CITY).first_invalid_version is None
    assert world.admin.name_directly(HOSPITAL, person.name, person.number).status == 200


def test_a_miss_counts_though_its_event_cannot_be_written(world: Tree) -> None:
    """Many calls at once make each other's event fail: what they asked is counted all the same."""
    city, person = world.manager(CITY), world.person()
    assert city.issue(HOSPITAL).status == 201
    with configured(direct_grant_misses_per_day="1"):
        with timing_out(dynamodb(), "dynamodb.TransactWriteItems"):
            missed = city.name_directly(HOSPITAL, person.name, UNKNOWN)
        assert (missed.status, missed.code) == (503, "SERVICE_UNAVAILABLE")
        assert city.name_directly(HOSPITAL, person.name, person.number).code == "DIRECT_GRANT_LIMIT"


def test_a_late_miss_does_not_spoil_the_superiors_own_code(world: Tree) -> None:
    """Revoked while the number was looked up: the event of the miss does not touch the grant, whose new code works."""
    city, person = world.manager(CITY), world.person()
    assert city.issue(HOSPITAL).status == 201
    codes: list[str] = []

    def revoke_meanwhile(**_: object) -> None:
        if not codes:
            codes.append("")
            assert world.admin.revoke(CITY).status == 204
            codes[0] = world.code(CITY)

    with Fault(clients.kms(), "before-call.kms.GenerateMac", revoke_meanwhile):
        assert city.name_directly(HOSPITAL, person.name, UNKNOWN).status == 403
    assert world.person().redeem(codes[0]).status == 201


# --- what came with a role goes with it -------------------------------------------------------------------------------


def test_a_work_unit_by_grant_ends_with_the_grant(world: Tree) -> None:
    """Revoked: no work unit, and an event; confirmed by code since: it stays."""
    gone, confirmed = world.manager(CITY), world.manager(TOWN)
    code = confirmed.console.get(f"/console/institutions/{TOWN}/confirmation-code").body["confirmation_code"]
    body = {"institution_code": TOWN, "confirmation_code": code}
    assert confirmed.phone.put("/institutions/work-unit", body).status == 200
    for institution in (CITY, TOWN):
        assert world.admin.revoke(institution).status == 204
    assert gone.phone.get("/auth/me").body["user"]["work_unit"] is None
    assert confirmed.phone.get("/auth/me").body["user"]["work_unit"]["institution_code"] == TOWN


# --- codes that were told ---------------------------------------------------------------------------------------------


def test_an_assistant_does_not_void_codes_each_second(world: Tree, clock: Clock) -> None:
    """Within an hour neither by a new code, nor by a revocation and a new one, nor in bulk; the manager may at once."""
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    assert helper.issue(HOSPITAL).status == 201
    answer = helper.issue(HOSPITAL)
    assert (answer.status, answer.code) == (429, "REISSUE_LIMIT")
    assert int(answer.headers["retry-after"]) == settings().grant_code_reissue_s
    assert city.issue(HOSPITAL).status == 201
    assert helper.revoke(HOSPITAL).status == 204
    assert helper.issue(HOSPITAL).code == "REISSUE_LIMIT"
    job = job_queue.outcome(helper, "code", CITY, institutions=[HOSPITAL])
    assert [(one["institution_code"], one["code"]) for one in job["skipped"]] == [(HOSPITAL, "REISSUE_LIMIT")]
    clock.forward(settings().grant_code_reissue_s)
    assert console_of(world.http, helper.user_id).post(f"/console/grants/{EXAM}/{HOSPITAL}/code").status == 201


def test_dead_codes_are_issued_again_in_bulk(world: Tree) -> None:
    """The next superior's console shows no code of the former one, and one job replaces them all."""
    city = world.manager(CITY)
    children = job_queue.add_children(CITY, 45)
    assert job_queue.outcome(city, "code", CITY)["done"] == len(children) + 2
    assert world.admin.revoke(CITY).status == 204
    successor = world.manager(CITY)
    helper = world.assistant(successor, CITY)
    listed = helper.list(CITY, limit=100).body["items"]
    assert {(one["status"], one["grant_code"]) for one in listed} == {("code_issued", None)}
    job = job_queue.outcome(helper, "code", CITY)
    assert (job["status"], job["done"], job["skipped"]) == ("succeeded", len(children) + 2, [])
    code = next(one["grant_code"] for one in helper.list(CITY).body["items"])
    assert world.person().redeem(code).status == 201
    again = job_queue.outcome(helper, "code", CITY)
    assert (again["done"], again["skipped_count"]) == (0, len(children) + 2)


# --- a way out --------------------------------------------------------------------------------------------------------


def test_a_manager_who_was_named_resigns(world: Tree) -> None:
    """Named without being asked: they see it at once, resign, and hold nothing; the superior's history says so."""
    city, person = world.manager(CITY), world.person()
    helper = world.person()
    assert city.issue(HOSPITAL).status == 201
    assert city.name_directly(HOSPITAL, person.name, person.number).status == 200
    assert helper.accept(person.invite(HOSPITAL).body["invitation_code"]).status == 200
    person.invite(HOSPITAL)
    place = f"/grants/{EXAM}/{HOSPITAL}"
    assert helper.phone.delete(f"{place}/manager").code == "FORBIDDEN"
    assert person.phone.delete(f"{place}/manager").status == 204
    assert person.phone.delete(f"{place}/manager").code == "FORBIDDEN"
    grant = grant_of(HOSPITAL)
    assert (grant.status, grant.manager_id, grant.assistants, grant.invitations) == ("vacant", None, [], [])
    for gone in (person, helper):
        assert gone.phone.get("/grants/mine").body["items"] == []
        assert gone.phone.get("/auth/me").body["user"]["work_unit"] is None
    newest = city.console.get(f"/console{place}/history").body["items"][0]
    assert (newest["event"], newest["person"]["user_id"]) == ("manager_resigned", person.user_id)
    assert world.person().redeem(city.issue(HOSPITAL).body["grant_code"]).status == 201


def test_an_assistant_leaves(world: Tree) -> None:
    """By themselves, with an event; they do not remove others."""
    city = world.manager(CITY)
    helper, other = world.assistant(city, CITY), world.assistant(city, CITY)
    place = f"/grants/{EXAM}/{CITY}/assistants"
    assert helper.phone.delete(f"{place}/{other.user_id}").code == "FORBIDDEN"
    assert helper.phone.delete(f"{place}/{helper.user_id}").status == 204
    assert helper.phone.delete(f"{place}/{helper.user_id}").code == "FORBIDDEN"
    assert city.phone.delete(f"{place}/{city.user_id}").code == "FORBIDDEN"
    assert grant_of(CITY).assistants == [other.user_id]
    assert events(CITY, city)[0] == "assistant_left"


def test_a_transfer_ends_the_work_unit_that_came_with_the_grant(world: Tree) -> None:
    """The old manager is nothing any more, there either; the new one has not proved that they work there."""
    city, successor = world.manager(CITY), world.person()
    assert successor.accept(city.invite(CITY, "manager").body["invitation_code"]).status == 200
    for person in (city, successor):
        assert person.phone.get("/auth/me").body["user"]["work_unit"] is None


def test_a_closed_business_takes_no_one_in(world: Tree) -> None:
    """Neither an invitation nor a transfer; its members may still leave and resign."""
    city = world.manager(CITY)
    helper, invitee = world.assistant(city, CITY), world.person()
    codes = {role: city.invite(CITY, role).body["invitation_code"] for role in ("assistant", "manager")}
    Business.new(keys.business(EXAM)).update(actions=[Business.closes_on.set("2026-11-21")])
    assert city.invite(CITY).code == "BUSINESS_CLOSED"
    for code in codes.values():
        assert (invitee.accept(code).code) == "BUSINESS_CLOSED"
    assert helper.phone.delete(f"/grants/{EXAM}/{CITY}/assistants/{helper.user_id}").status == 204
    assert city.phone.delete(f"/grants/{EXAM}/{CITY}/manager").status == 204


def test_whoever_is_named_is_notified_at_once(world: Tree) -> None:
    """By a message to their phone, without a name or number; where it cannot be sent the grant is made all the same."""
    phone = "13800138777"
    city, person = world.manager(CITY), reachable(world.person(), phone)
    assert city.issue(HOSPITAL).status == 201
    assert city.name_directly(HOSPITAL, person.name, person.number).status == 200
    sent_to, text = last_sms()
    assert (sent_to, "负责人" in text, person.name in text) == (f"+86{phone}", True, False)
    assert person.phone.delete(f"/grants/{EXAM}/{HOSPITAL}/manager").status == 204
    assert city.issue(HOSPITAL).status == 201
    with timing_out(clients.sns(), "sns.Publish"):
        assert city.name_directly(HOSPITAL, person.name, person.number).status == 200
    assert grant_of(HOSPITAL).manager_id == person.user_id


@pytest.mark.parametrize("role", ["assistant", "manager"])
def test_a_superiors_member_is_not_invited_to_the_child(world: Tree, role: str) -> None:
    """Who cannot redeem their own superior's code does not come in by an accomplice's invitation either."""
    city, accomplice = world.manager(CITY), world.person()
    helper = world.assistant(city, CITY)
    assert accomplice.redeem(helper.issue(HOSPITAL).body["grant_code"]).status == 201
    code = accomplice.invite(HOSPITAL, role).body["invitation_code"]
    for member in (helper, city):
        answer = member.accept(code)
        assert (answer.status, answer.code) == (409, "OWN_AUTHORITY")
    grant = grant_of(HOSPITAL)
    assert (grant.manager_id, list(grant.assistants)) == (accomplice.user_id, [])
    assert world.person().accept(code).status == 200


def test_a_revoked_superiors_member_may_be_invited(world: Tree) -> None:
    """Anyone who hands on nothing any more takes on like anybody else; and who has the child's role keeps it."""
    city, manager = world.manager(CITY), world.person()
    helper = world.assistant(city, CITY)
    assert manager.redeem(city.issue(HOSPITAL).body["grant_code"]).status == 201
    assert world.admin.revoke(CITY).status == 204
    assert helper.accept(manager.invite(HOSPITAL).body["invitation_code"]).status == 200
    again = world.manager(CITY)
    assert manager.accept(again.invite(CITY).body["invitation_code"]).status == 200
    assert grant_of(HOSPITAL).manager_id == manager.user_id
