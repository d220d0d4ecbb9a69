"""The confirmation code of an institution on the console: who sees it, who replaces it, and who no longer does."""

from typing import Any

import pytest

from functions.grants import confirmation_codes
from functions.institutions import directory
from functions.shared import audit
from functions.shared.errors import Forbidden
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.grants import Role
from functions.shared.table.transactions import Transaction
from tests.integration.client import Answer
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, PROVINCE, REVIEW, Someone, Tree
from tests.integration.shared.configured import configured


def path(institution: str) -> str:
    """Where the code is."""
    return f"/console/institutions/{institution}/confirmation-code"


def seen(person: Someone, institution: str) -> Answer:
    """The answer to looking at the code."""
    return person.console.get(path(institution))


def rotated(person: Someone, institution: str) -> Answer:
    """The answer to replacing the code."""
    return person.console.post(path(institution))


def refused(person: Someone, institution: str) -> bool:
    """Whether neither is allowed, and nothing has changed."""
    before = directory.find(institution).current_confirmation_code()
    answers = [seen(person, institution), rotated(person, institution)]
    unchanged = directory.find(institution).current_confirmation_code() == before
    return unchanged and [(one.status, one.code) for one in answers] == [(403, "FORBIDDEN")] * 2


def test_managers_and_assistants_of_any_business_keep_it(world: Tree, clock: Any) -> None:
    """The manager and the assistant of one business and the manager of another see the code and replaces it."""
    city = world.manager(CITY)
    helper, other = world.assistant(city, CITY), world.manager(CITY, REVIEW)
    nothing = {"rotation_advised": False, "forgetting": False, "rotated_by_masked": None, "members_count": 2}
    before = {"confirmation_code": "BCDFGHJK", "rotated_at": "2026-11-22T08:00:00Z", **nothing}
    for minute, keeper in enumerate((city, helper, other), start=1):
        answer = seen(keeper, CITY)
        assert (answer.status, answer.body) == (200, before)
        clock.forward(60)
        with configured(confirmation_rotation_s="60"):
            new = rotated(keeper, CITY)
        assert (new.status, new.body["rotated_at"]) == (200, f"2026-11-22T08:0{minute}:00Z")
        assert new.body["rotated_by_masked"] == seen(keeper, CITY).body["rotated_by_masked"] == f"{keeper.name[0]}**"
        assert new.body["confirmation_code"] != before["confirmation_code"]
        before = new.body
    institution = directory.find(CITY)
    events = list(AuditEvent.query(institution.pk, AuditEvent.sk.startswith(keys.audit_prefix(institution.key))))
    assert [event.event for event in events] == ["confirmation_code_rotated"] * 3
    assert [event.actor for event in events] == [city.user_id, helper.user_id, other.user_id]
    assert audit.first_invalid_version(events, institution) is None
    assert all(new.body["confirmation_code"] not in str(event.detail) for event in events)


def test_nobody_else_keeps_it(world: Tree) -> None:
    """Not those above, below or beside, no one without a grant, no candidate: only who runs a business there."""
    city = world.manager(CITY)
    assert refused(city, PROVINCE)
    assert refused(city, HOSPITAL)
    assert refused(world.manager(PROVINCE), CITY)
    assert refused(world.manager(HOSPITAL), CITY)
    candidate = world.person()
    world.code(HOSPITAL, REVIEW)
    assert refused(candidate, HOSPITAL)
    city.invite(CITY)
    assert refused(candidate, CITY)


def test_authority_ends_with_the_grant(world: Tree) -> None:
    """Revoked, removed or handed on: the session continues, the code is out of reach; another grant there is enough."""
    city = world.manager(CITY)
    helper, both = world.assistant(city, CITY), world.manager(CITY, REVIEW)
    city.phone.delete(f"/grants/{EXAM}/{CITY}/assistants/{helper.user_id}")
    assert refused(helper, CITY)
    both.accept(city.invite(CITY, "manager").body["invitation_code"])
    assert refused(city, CITY)
    world.admin.revoke(CITY)
    assert seen(both, CITY).status == rotated(both, CITY).status == 200
    world.admin.revoke(CITY, REVIEW)
    assert refused(both, CITY)


def test_a_role_alone_gives_nothing(world: Tree) -> None:
    """What a user's list says is where to look, never authority."""
    stranger = world.person()
    world.manager(CITY)
    Role.new(
        keys.role(stranger.user_id, EXAM, CITY), business=EXAM, institution_code=CITY, role="manager", epoch=1
    ).save()
    assert refused(stranger, CITY)


def test_administrators_and_sessions(world: Tree) -> None:
    """An administrator sees every institution's code, from the console as everybody; one that is unknown is 404."""
    assert rotated(world.admin, HOSPITAL).body == seen(world.admin, HOSPITAL).body
    city = world.manager(CITY)
    for person in (city, world.admin):
        for answer in (person.phone.get(path(CITY)), person.phone.post(path(CITY))):
            assert (answer.status, answer.code) == (403, "CONSOLE_SESSION_REQUIRED")
    assert world.http.get(path(CITY)).status == world.http.post(path(CITY)).status == 401
    for unknown in ("420100999999", "x", "ROOT", "%F0%9F%98%80"):
        assert seen(world.admin, unknown).status == rotated(world.admin, unknown).status == 404


def _between(monkeypatch: pytest.MonkeyPatch, do: Any) -> None:
    """Let something happen once, between the reads of a rotation and its write."""
    commit, waiting = Transaction.commit, [do]

    def late(self: Transaction) -> None:
        if waiting:
            waiting.pop()()
        commit(self)

    monkeypatch.setattr(Transaction, "commit", late)


def test_who_is_revoked_meanwhile_rotates_nothing(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revocation between the look at the grant and the write refuses the rotation."""
    city = world.manager(CITY)
    _between(monkeypatch, lambda: world.admin.revoke(CITY))
    with pytest.raises(Forbidden):
        confirmation_codes.rotate_confirmation_code(city.user_id, CITY)
    assert directory.find(CITY).current_confirmation_code() == "BCDFGHJK"


def test_who_keeps_another_grant_rotates_all_the_same(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revocation meanwhile ends one grant; another one there is authority enough."""
    city = world.manager(CITY)
    assert city.redeem(world.code(CITY, REVIEW)).status == 201
    _between(monkeypatch, lambda: world.admin.revoke(CITY))
    rotated_now = confirmation_codes.rotate_confirmation_code(city.user_id, CITY)
    assert directory.find(CITY).current_confirmation_code() == rotated_now.code.confirmation_code != "BCDFGHJK"


def test_who_is_dismissed_meanwhile_rotates_nothing(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator who stops being one before the write is refused."""
    admin = User.new(keys.user(world.admin.user_id))
    _between(monkeypatch, lambda: admin.update(actions=[User.is_administrator.set(False)]))
    with pytest.raises(Forbidden):
        confirmation_codes.rotate_confirmation_code(world.admin.user_id, CITY)
    assert directory.find(CITY).current_confirmation_code() == "BCDFGHJK"


def test_of_two_rotations_at_once_both_count(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation that comes between decides again: each makes a code of its own, and the last one is in force."""
    city = world.manager(CITY)
    others: list[Answer] = []
    _between(monkeypatch, lambda: others.append(rotated(city, CITY)))
    mine = confirmation_codes.rotate_confirmation_code(city.user_id, CITY).code.confirmation_code
    institution = directory.find(CITY)
    assert (institution.current_confirmation_code(), int(institution.version)) == (mine, 2)
    assert [answer.status for answer in others] == [200]
    assert others[0].body["confirmation_code"] != mine
