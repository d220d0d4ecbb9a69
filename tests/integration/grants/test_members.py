"""The members of an institution: who they are, how they joined, and how they are removed."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.grants import confirmation_codes
from functions.identity.domain.names import mask_name
from functions.institutions import directory, work_units
from functions.shared import audit, memberships
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution, Member
from tests.integration.client import Answer
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, Someone, Tree
from tests.integration.grants.job_queue import deliver, waiting
from tests.integration.institutions.between import between
from tests.integration.shared.configured import configured

PATH = f"/console/institutions/{HOSPITAL}/members"
CODE = f"/console/institutions/{HOSPITAL}/confirmation-code"


def join(person: Someone, code: str) -> Answer:
    """Join the hospital by its confirmation code."""
    body = {"institution_code": HOSPITAL, "confirmation_code": code}
    return person.phone.put("/institutions/work-unit", body)


def current_code() -> str:
    """The hospital's confirmation code."""
    return directory.find(HOSPITAL).current_confirmation_code()


def listed(keeper: Someone) -> dict[str, tuple[str, bool | None]]:
    """How each member joined, and whether by the current code, by user id."""
    items = keeper.console.get(f"{PATH}?limit=100").body["items"]
    return {one["user_id"]: (one["by"], one["current_code"]) for one in items}


def work_unit_of(person: Someone) -> str | None:
    """Where somebody works, as their account says, in agreement with the list of members."""
    code = User.get(*keys.user(person.user_id)).work_unit_code
    members = [code] if code is not None else []
    assert [one for one in (CITY, HOSPITAL) if Member.count(*_range(one, person)) == 1] == members
    return code


def _range(institution_code: str, person: Someone) -> tuple[str, Any]:
    key = keys.member(institution_code, person.user_id)
    return key.pk, Member.sk == key.sk


def test_the_list_says_how_each_one_joined(world: Tree) -> None:
    """By code, by which version of it, or with a grant; pages are in one order and a cursor is its list's own."""
    manager, by_code = world.manager(HOSPITAL), world.person()
    assert join(by_code, current_code()).status == 200
    assert listed(manager) == {manager.user_id: ("grant", None), by_code.user_id: ("code", True)}
    (one,) = [one for one in manager.console.get(PATH).body["items"] if one["user_id"] == by_code.user_id]
    assert (one["name_masked"], one["since"]) == (mask_name(by_code.name), "2026-11-22T08:00:00Z")
    assert manager.console.post(CODE).status == 200
    assert listed(manager)[by_code.user_id] == ("code", False)
    assert join(manager, current_code()).status == 200
    assert listed(manager)[manager.user_id] == ("code", True)
    first = manager.console.get(f"{PATH}?limit=1").body
    second = manager.console.get(f"{PATH}?limit=1&cursor={first['next_cursor']}").body
    assert {one["user_id"] for one in first["items"] + second["items"]} == {manager.user_id, by_code.user_id}
    elsewhere = world.admin.console.get(f"/console/institutions/{CITY}/members?cursor={first['next_cursor']}")
    assert elsewhere.code == "CURSOR_INVALID"


def test_a_work_unit_and_the_list_change_together(world: Tree) -> None:
    """Joining another institution, leaving, losing the grant: the list says what the account says."""
    manager, person = world.manager(HOSPITAL), world.person()
    join(person, current_code())
    assert work_unit_of(person) == HOSPITAL
    city = {"institution_code": CITY, "confirmation_code": directory.find(CITY).current_confirmation_code()}
    assert person.phone.put("/institutions/work-unit", city).status == 200
    assert work_unit_of(person) == CITY
    assert person.phone.delete("/institutions/work-unit").status == 204
    assert work_unit_of(person) is None
    assert work_unit_of(manager) == HOSPITAL
    assert manager.phone.delete(f"/grants/{EXAM}/{HOSPITAL}/manager").status == 204
    assert work_unit_of(manager) is None


def test_a_member_is_removed(world: Tree) -> None:
    """By a manager of that institution, not an assistant, with an event; the removed one may join again by the code."""
    manager, person = world.manager(HOSPITAL), world.person()
    helper = world.assistant(manager, HOSPITAL)
    for keeper in (manager, world.admin):
        assert join(person, current_code()).status == 200
        assert helper.console.delete(f"{PATH}/{person.user_id}").code == "FORBIDDEN"
        assert helper.console.post(CODE, {"forget_older": True}).code == "FORBIDDEN"
        assert work_unit_of(person) == HOSPITAL
        assert keeper.console.delete(f"{PATH}/{person.user_id}").status == 204
        assert work_unit_of(person) is None
    assert manager.console.delete(f"{PATH}/{person.user_id}").code == "NOT_FOUND"
    assert world.manager(CITY).console.delete(f"{PATH}/{manager.user_id}").code == "FORBIDDEN"
    account = User.get(*keys.user(person.user_id))
    events = list(AuditEvent.query(account.pk, AuditEvent.sk.startswith(keys.audit_prefix(account.key))))
    assert audit.first_invalid_version(events, account) is None
    told = [(event.actor, event.detail) for event in events if event.event == "member_removed"]
    assert told == [(one.user_id, {"institution_code": HOSPITAL}) for one in (manager, world.admin)]


def test_rotating_removes_who_joined_by_older_codes(world: Tree) -> None:
    """Only with `forget_older`; who joined by the new one, and who came with a grant, stay. A message does the work."""
    manager = world.manager(HOSPITAL)
    old = [world.person() for _ in range(3)]
    for person in old:
        join(person, current_code())
    manager.console.post(CODE)
    assert len(listed(manager)) == 4
    newer = world.person()
    join(newer, current_code())
    waiting()
    assert manager.console.post(CODE, {"forget_older": True}).body["forgetting"]
    newest = world.person()
    join(newest, current_code())
    assert manager.console.get(PATH).body["forgetting"]
    (message,) = waiting()
    assert deliver(message)
    assert listed(manager) == {manager.user_id: ("grant", None), newest.user_id: ("code", True)}
    assert not manager.console.get(PATH).body["forgetting"]
    assert [work_unit_of(person) for person in (*old, newer, newest)] == [*[None] * 4, HOSPITAL]
    assert deliver(message)  # once too often


def test_a_removal_that_stops_is_continued(world: Tree, clock: Any) -> None:
    """A worker without time sends the rest on; where the message was lost, a look at the members sends another one."""
    manager = world.manager(HOSPITAL)
    old = [world.person() for _ in range(3)]
    for person in old:
        join(person, current_code())
    waiting()
    manager.console.post(CODE, {"forget_older": True})
    (message,) = waiting()
    assert deliver(message, seconds=1)
    assert len(listed(manager)) == 4
    assert waiting() == [message]  # which is lost
    assert manager.console.get(PATH).body["forgetting"]
    assert waiting() == []
    clock.forward(90)
    for _ in range(2):
        assert manager.console.get(PATH).body["forgetting"]
    (again,) = waiting()
    assert deliver(again)
    assert [work_unit_of(person) for person in old] == [None] * 3


def test_an_assistant_rotates_once_an_hour(world: Tree, clock: Any) -> None:
    """So that what people were given holds; the manager and an administrator may at any time."""
    manager = world.manager(HOSPITAL)
    helper = world.assistant(manager, HOSPITAL)
    assert settings().confirmation_rotation_s == 3_600
    with configured(confirmation_rotation_s="600"):  # so that sessions of the console outlast it
        clock.forward(600)
        assert helper.console.post(CODE).status == 200
        clock.forward(599)
        refused = helper.console.post(CODE)
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "ROTATION_LIMIT", "1")
        assert manager.console.post(CODE).status == world.admin.console.post(CODE).status == 200
        assert helper.console.post(CODE).code == "ROTATION_LIMIT"
        clock.forward(600)
        assert helper.console.post(CODE).status == 200


ENDS: dict[str, Callable[[Tree, Someone, Someone], object]] = {
    "an assistant is removed": lambda _, manager, helper: manager.phone.delete(
        f"/grants/{EXAM}/{HOSPITAL}/assistants/{helper.user_id}"
    ),
    "an assistant leaves": lambda _, __, helper: helper.phone.delete(
        f"/grants/{EXAM}/{HOSPITAL}/assistants/{helper.user_id}"
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_rotation_is_advised_when_a_role_ends(
    world: Tree, clock: Any, end: Callable[[Tree, Someone, Someone], object]
) -> None:
    """Anyone who lost a role may know the code; once it is rotated there is nothing to advise."""
    manager = world.manager(HOSPITAL)
    helper = world.assistant(manager, HOSPITAL)
    assert not manager.console.get(CODE).body["rotation_advised"]
    clock.forward(60)
    end(world, manager, helper)
    assert manager.console.get(CODE).body["rotation_advised"]
    clock.forward(60)
    manager.console.post(CODE)
    assert not manager.console.get(CODE).body["rotation_advised"]


def test_a_manager_who_follows_is_advised(world: Tree, clock: Any) -> None:
    """After a revocation or a transfer the next manager is told to rotate what the one before knows."""
    before = world.manager(HOSPITAL)
    clock.forward(60)
    world.admin.revoke(HOSPITAL)
    after = world.manager(HOSPITAL)
    assert after.console.get(CODE).body["rotation_advised"]
    after.console.post(CODE)
    clock.forward(60)
    before.accept(after.invite(HOSPITAL, "manager").body["invitation_code"])
    assert before.console.get(CODE).body["rotation_advised"]


def test_joining_meets_a_rotation_that_forgets(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who joins by a code that is rotated meanwhile has not joined; who was there before is removed."""
    manager, person = world.manager(HOSPITAL), world.person()
    old = current_code()
    rotate = lambda: confirmation_codes.rotate_confirmation_code(manager.user_id, HOSPITAL, forget_older=True)  # noqa: E731
    happened = between(monkeypatch, rotate)
    assert join(person, old).code == "CONFIRMATION_CODE_INVALID"
    assert happened == ["meanwhile"]
    for message in waiting():
        deliver(message)
    assert person.user_id not in listed(manager)
    assert work_unit_of(person) is None


def test_a_removal_meets_joining_again(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who confirms by the new code while the old members are removed stays."""
    manager, person = world.manager(HOSPITAL), world.person()
    join(person, current_code())
    waiting()
    manager.console.post(CODE, {"forget_older": True})
    happened = between(monkeypatch, lambda: work_units.choose_work_unit(person.user_id, HOSPITAL, current_code()))
    for message in waiting():
        assert deliver(message)
    assert happened == ["meanwhile"]
    assert listed(manager)[person.user_id] == ("code", True)
    assert work_unit_of(person) == HOSPITAL


def test_who_joined_before_versions_were_kept_joined_by_an_older_code(world: Tree) -> None:
    """An old member has no version, an old institution its first one; rotating removes them."""
    manager, person = world.manager(HOSPITAL), world.person()
    join(person, current_code())
    Member.new(keys.member(HOSPITAL, person.user_id)).update(actions=[Member.code_version.remove()])
    Institution.new(keys.institution(HOSPITAL)).update(actions=[Institution.confirmation_code_version.remove()])
    assert memberships.version_of(directory.find(HOSPITAL)) == 1
    assert listed(manager)[person.user_id] == ("code", False)
    waiting()
    manager.console.post(CODE, {"forget_older": True})
    for message in waiting():
        deliver(message)
    assert listed(manager) == {manager.user_id: ("grant", None)}
