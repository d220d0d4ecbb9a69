"""What holds of grants after any sequence of calls, honest and not, tried at random.

- No one becomes manager or assistant but in one of the ways there are, decided by those who may at that moment: the
  current direct superior or an administrator who is neither the new manager nor superior to them, or the manager.
- A revoked authority gives nothing: what succeeds is allowed by the grants as they were just before.
- Every change of a grant's holders has its event; the chain is whole.
- Anyone who holds a role can put it down: in the end no one has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from functions.grants import (
    codes,
    direct_grant,
    face_subjects,
    history,
    invitations,
    managers,
    redemption,
    resignation,
    revocation,
)
from functions.shared.crockford import parse_code
from functions.shared.errors import AppError
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant, Role
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get_many
from tests.integration.grants.builders import CITY, HOSPITAL, PROVINCE, SHAPE, TOWN, add_institution
from tests.integration.shared.configured import configured
from tests.races.builders import business, named_person, passed_face_check

PLACES = (PROVINCE, CITY, TOWN, HOSPITAL)
NAME, PEOPLE = "李明", 5
EXAMPLES, STEPS = 4, 20
# Which event a change of holders comes with.
EVENTS = {
    "redeem": ("grant_redeemed",),
    "name": ("grant_assigned",),
    "revoke": ("grant_revoked",),
    "resign": ("manager_resigned",),
    "leave": ("assistant_left",),
    "remove": ("assistant_removed",),
    "accept": ("assistant_joined", "manager_transferred"),
}
LATE = ("joined", "replaced", "moved", "transferred")
SURELY = {"grant_redeemed", "grant_revoked", "assistant_joined", *(f"late_{how}" for how in LATE)}
person, place = st.integers(0, PEOPLE), st.sampled_from(PLACES)
mostly = st.sampled_from([True, True, True, False])
newest = st.sampled_from([0, 0, 0, 1, 2, 5])  # of the codes that were told, counted from the last one
Snapshot = dict[str, Any]


@dataclass
class Code:
    """A code that was told, and what it rested on: an epoch of the superior's grant, None for an administrator's."""

    text: str
    place: str
    own_epoch: int
    supervisor: str | None
    epoch: int | None
    issuer: str


@dataclass
class Told:
    """An invitation's code, of which epoch of a grant, and to what."""

    text: str
    place: str
    role: str
    epoch: int


class Grants(RuleBasedStateMachine):
    """A small province, five people and an administrator, who do anything to each other's grants."""

    people: list[Any]
    admin: str
    happened: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.business = business()
        self.codes: list[Code] = []
        self.told: list[Told] = []
        self.checked: Snapshot | None = None
        self.seen: Snapshot | None = None  # what there is, until something is called

    @initialize()
    def begin(self) -> None:
        """Everything is below its first supervisor; each kind of late code and of presumption was tried once."""
        for code in PLACES:
            self._move(code, SHAPE[code])
        self.appoint(appointed=True)
        self.issue(PEOPLE, PROVINCE, honest=True, reason=None)
        self.redeem(PEOPLE, 0)  # by the administrator who issued it
        self.appoint(appointed=False)
        self.redeem(0, 0)  # the administrator's who is none now
        self.appoint(appointed=True)
        self.redeem(0, 0)
        self.take_on(1, CITY)
        for how in LATE:
            self.redeem_late(3, 4, how)
        self.presume()

    def presume(self) -> None:
        """What people without the authority try: a stranger, an administrator without a reason, an assistant."""
        for code in PLACES[1:]:
            self.revoke(PEOPLE, code, "stated")
        self.take_on(1, CITY)
        for who in (4, PEOPLE):
            self.issue(who, TOWN, honest=False, reason=None)
            self.revoke(who, CITY, None)
        self.share(2, CITY, "assistant")
        self.invite(2, CITY, honest=False, role="assistant")
        self.remove(2, CITY, whom=2, honest=False)
        told = len(self.told)
        self.invite(1, CITY, honest=True, role="assistant")
        self.revoke(PEOPLE, CITY, "stated")
        self.take_on(1, CITY)
        self.accept(4, len(self.told) - 1 - told)  # an invitation of the epoch before

    # --- calls --------------------------------------------------------------------------------------------------------

    @rule(who=person, where=place, honest=mostly, reason=st.sampled_from(["stated", "stated", None]))
    def issue(self, who: int, where: str, honest: bool, reason: str | None) -> None:
        """A code, from anyone who, or from somebody who may."""
        before = self._snapshot()
        caller = self._superior(before, where) if honest else self._id(who)
        issued = self._try(lambda: codes.issue_code(caller, self.business, where, reason))
        if issued is None:
            return
        by_superior = self._over(before, where, caller)
        assert by_superior or self._office(before, where, caller, reason)
        supervisor = before["supervisors"][where]
        epoch = before["grants"][supervisor]["epoch"] if by_superior else None
        now = self._snapshot()["grants"][where]["epoch"]
        self.codes.append(Code(issued.grant_code, where, now, supervisor, epoch, caller))

    @rule(who=person, number=newest)
    def redeem(self, who: int, number: int) -> None:
        """Any code that was ever told, by anyone who, with a face check of their own for it."""
        if not self.codes:
            return
        code, user_id, before = self.codes[-1 - number % len(self.codes)], self._id(who), self._snapshot()
        subject = face_subjects.redemption_subject(self.business, code.place, code.own_epoch)
        check = passed_face_check(user_id, subject)
        done = self._try(lambda: redemption.redeem_grant(user_id, code.text, check))
        grant = before["grants"][code.place]
        alive = before["supervisors"][code.place] == code.supervisor and user_id != code.issuer
        if code.epoch is None:
            alive &= before["administrator"]
        else:
            superior = before["grants"][code.supervisor]
            alive &= superior["status"] == "active" and superior["epoch"] == code.epoch
            alive &= user_id not in _members(superior)
        alive &= grant["status"] == "code_issued" and grant["epoch"] == code.own_epoch
        assert (done is not None) == alive, (code, before)
        self._compare(before, "redeem", code.place, changed=done is not None)

    @rule(who=person, where=place)
    def take_on(self, who: int, where: str) -> None:
        """A new code, and somebody who redeems it at once."""
        told = len(self.codes)
        self.issue(who, where, honest=True, reason="stated")
        if len(self.codes) > told:
            self.redeem(who, 0)

    @rule(who=person, other=person, how=st.sampled_from(LATE))
    def redeem_late(self, who: int, other: int, how: str) -> None:
        """The hospital's code, redeemed after its superior was replaced, or is another one, or has taken them in."""
        told = len(self.codes)
        self.issue(who, HOSPITAL, honest=True, reason="stated")
        if len(self.codes) == told:
            return
        self.happened[f"late_{how}"] += 1
        supervisor = self.codes[told].supervisor or CITY
        if how == "replaced":
            self.revoke(PEOPLE, supervisor, "stated")
            self.take_on(other, supervisor)
        elif how == "moved":
            self.move(HOSPITAL, TOWN if supervisor != TOWN else CITY)
        else:
            self.share(who if how == "joined" else other, supervisor, "assistant" if how == "joined" else "manager")
        self.redeem(who, len(self.codes) - 1 - told)

    @rule(who=person, where=place, role=st.sampled_from(["assistant", "assistant", "manager"]))
    def share(self, who: int, where: str, role: str) -> None:
        """An assistant or a successor, asked in and come at once."""
        told = len(self.told)
        self.invite(who, where, honest=True, role=role)
        if len(self.told) > told:
            self.accept(who, 0)

    @rule(
        who=person,
        where=place,
        named=st.integers(0, PEOPLE - 1),
        honest=mostly,
        reason=st.sampled_from(["stated", "stated", None]),
    )
    def name(self, who: int, where: str, named: int, honest: bool, reason: str | None) -> None:
        """A direct grant."""
        chosen, before = self.people[named], self._snapshot()
        caller = self._superior(before, where) if honest else self._id(who)
        wanted = direct_grant.PersonQuery(NAME, chosen.number)
        done = self._try(lambda: direct_grant.grant_directly(caller, self.business, where, wanted, reason))
        if done is not None:
            supervisor = before["supervisors"][where]
            if self._over(before, where, caller):
                assert chosen.user_id not in _members(before["grants"][supervisor])
            else:
                assert self._office(before, where, caller, reason)
                assert chosen.user_id != caller
        self._compare(before, "name", where, changed=done is not None)

    @rule(who=person, where=place, reason=st.sampled_from(["stated", "stated", None]))
    def revoke(self, who: int, where: str, reason: str | None) -> None:
        """A revocation."""
        caller, before = self._id(who), self._snapshot()
        done = self._done(lambda: revocation.revoke_grant(caller, self.business, where, reason))
        assert not done or self._over(before, where, caller) or self._office(before, where, caller, reason)
        self._compare(before, "revoke", where, changed=done)

    @rule(who=person, where=place, honest=mostly, role=st.sampled_from(["assistant", "manager"]))
    def invite(self, who: int, where: str, honest: bool, role: Any) -> None:
        """An invitation: the manager's alone."""
        before = self._snapshot()
        caller = str(before["grants"][where]["manager"]) if honest else self._id(who)
        subject = face_subjects.inviting_subject(self.business, where, before["grants"][where]["epoch"])
        check = passed_face_check(caller, subject)
        made = self._try(lambda: invitations.invite(caller, self.business, where, role, check))
        assert (made is None) or before["grants"][where]["manager"] == caller
        if made is not None:
            self.told.append(Told(made.invitation_code, where, role, before["grants"][where]["epoch"]))

    @rule(who=person, number=newest)
    def accept(self, who: int, number: int) -> None:
        """Any invitation that was ever told, by anyone who."""
        if not self.told:
            return
        told, user_id, before = self.told[-1 - number % len(self.told)], self._id(who), self._snapshot()
        check = passed_face_check(user_id, face_subjects.acceptance_subject(parse_code(told.text) or ""))
        done = self._try(lambda: managers.accept_invitation(user_id, told.text, check))
        if done is not None:
            assert not self._over(before, told.place, user_id)
            assert before["grants"][told.place]["epoch"] == told.epoch
        self._compare(before, "accept", told.place, changed=done is not None)

    @rule(who=person, where=place)
    def resign(self, who: int, where: str) -> None:
        """The manager may, always; no one else."""
        caller, before = self._id(who), self._snapshot()
        done = self._done(lambda: resignation.resign(caller, self.business, where))
        assert done == (before["grants"][where]["manager"] == caller)
        self._compare(before, "resign", where, changed=done)

    @rule(who=person, where=place, honest=mostly)
    def leave(self, who: int, where: str, honest: bool) -> None:
        """Each assistant may, always; no one else."""
        before = self._snapshot()
        assistants = before["grants"][where]["assistants"]
        caller = assistants[0] if honest and assistants else self._id(who)
        done = self._done(lambda: resignation.leave(caller, self.business, where))
        assert done == (caller in before["grants"][where]["assistants"])
        self._compare(before, "leave", where, changed=done)

    @rule(who=person, where=place, whom=person, honest=mostly)
    def remove(self, who: int, where: str, whom: int, honest: bool) -> None:
        """The manager removes an assistant."""
        before = self._snapshot()
        caller, other = self._id(who), self._id(whom)
        if honest and before["grants"][where]["assistants"]:
            caller, other = before["grants"][where]["manager"], before["grants"][where]["assistants"][0]
        done = self._done(lambda: managers.remove_assistant(caller, self.business, where, other))
        grant = before["grants"][where]
        assert done == (grant["manager"] == caller and other in grant["assistants"])
        self._compare(before, "remove", where, changed=done)

    @rule(where=st.sampled_from([CITY, HOSPITAL]), below=st.sampled_from([PROVINCE, CITY, TOWN]))
    def move(self, where: str, below: str) -> None:
        """An institution comes below another one."""
        if below != where and not (where == CITY and below != PROVINCE):
            self._move(where, below)

    @rule(appointed=st.booleans())
    def appoint(self, appointed: bool) -> None:
        """The administrator is dismissed or appointed."""
        User.new(keys.user(self.admin)).update(actions=[User.is_administrator.set(appointed)])
        self.seen = None

    # --- what holds ---------------------------------------------------------------------------------------------------

    @invariant()
    def roles_are_those_that_the_grants_name(self) -> None:
        """No more and no fewer."""
        if self.checked is self.seen and self.seen is not None:
            return
        named = {
            (user_id, code): "manager" if user_id == grant["manager"] else "assistant"
            for code, grant in self._snapshot()["grants"].items()
            for user_id in _members(grant)
        }
        assert self._roles() == named
        self.checked = self.seen

    def teardown(self) -> None:
        """Everybody puts down what they hold; nothing is left, and the trail is whole."""
        for user_id in [*(one.user_id for one in self.people), self.admin]:
            resignation.end_roles(user_id)
        self.seen = None
        assert self._roles() == {}
        for code, grant in self._snapshot()["grants"].items():
            assert grant["status"] != "active"
            assert not grant["version"] or history.verify_chain(self.business, code).first_invalid_version is None

    # --- looking ------------------------------------------------------------------------------------------------------

    def _id(self, who: int) -> str:
        return self.admin if who == PEOPLE else str(self.people[who].user_id)

    def _superior(self, before: Snapshot, where: str) -> str:
        """Who may act for an institution at once: the superior's manager, where there is one."""
        supervisor = before["supervisors"][where]
        manager = before["grants"][supervisor]["manager"] if supervisor is not None else None
        return str(manager or self.admin)

    def _move(self, code: str, below: str | None) -> None:
        item = Institution.new(keys.institution(code))
        action = Institution.supervisor_code
        item.update(actions=[action.set(below) if below is not None else action.remove()])
        self.seen = None

    def _snapshot(self) -> Snapshot:
        self.seen = self.seen or self._look()
        return self.seen

    def _look(self) -> Snapshot:
        wanted = [keys.grant(self.business, code) for code in PLACES] + [keys.institution(code) for code in PLACES]
        found = get_many(*wanted, keys.user(self.admin))
        grants = {code: _plain(found.get(keys.grant(self.business, code))) for code in PLACES}
        supervisors = {code: found[keys.institution(code)].supervisor_code for code in PLACES}
        administrator = bool(found[keys.user(self.admin)].is_administrator)
        return {"grants": grants, "supervisors": supervisors, "administrator": administrator}

    def _roles(self) -> dict[tuple[str, str], str]:
        ids = [*(one.user_id for one in self.people), self.admin]
        wanted = {keys.role(user_id, self.business, code): (user_id, code) for user_id in ids for code in PLACES}
        found = get_many(*wanted)
        return {wanted[key]: item.role for key, item in found.items() if isinstance(item, Role)}

    def _over(self, before: Snapshot, where: str, caller: str) -> bool:
        """Whether the caller was manager or assistant at the direct superior."""
        supervisor = before["supervisors"][where]
        return supervisor is not None and caller in _members(before["grants"][supervisor])

    def _office(self, before: Snapshot, where: str, caller: str, reason: str | None) -> bool:
        """Whether they were an administrator, at the top or with a reason."""
        stated = before["supervisors"][where] is None or reason is not None
        return bool(before["administrator"]) and caller == self.admin and stated

    def _compare(self, before: Snapshot, step: str, where: str, *, changed: bool) -> None:
        """No other grant's holders changed, and a change of this one's has its event."""
        after = self._snapshot()["grants"]
        for code, grant in after.items():
            was = before["grants"][code]
            same = (was["manager"], was["assistants"]) == (grant["manager"], grant["assistants"])
            if code != where or not changed:
                assert same, (step, code, was, grant)
        if changed and _members(before["grants"][where]) != _members(after[where]):
            newest = history.store.events(keys.grant(self.business, where), 1, None)[0][0]
            assert newest.version == after[where]["version"]
            assert newest.event in EVENTS[step]
            self.happened[newest.event] += 1

    def _try(self, call: Callable[[], Any]) -> Any:
        refused: AppError | None = None
        self.seen = None
        try:
            return call()
        except AppError as error:
            refused = error
        assert refused.status < 500, refused
        return None

    def _done(self, call: Callable[[], None]) -> bool:
        return self._try(lambda: call() or True) is not None


def _plain(grant: Any) -> dict[str, Any]:
    if not isinstance(grant, Grant):
        return {"status": "vacant", "epoch": 0, "version": 0, "manager": None, "assistants": []}
    return {
        "status": grant.status,
        "epoch": int(grant.epoch),
        "version": int(grant.version),
        "manager": grant.manager_id,
        "assistants": list(grant.assistants),
    }


def _members(grant: dict[str, Any]) -> set[str]:
    return {one for one in (grant["manager"], *grant["assistants"]) if one is not None}


def test_no_sequence_of_calls_breaks_the_rules(
    aws: None, clock: Any, whole: bool, record_property: Callable[[str, Any], None]
) -> None:
    """Four sequences of twenty calls, always the same ones; a hundred at random where all attacks run."""
    for code in PLACES:
        add_institution(code, SHAPE[code])
    Grants.people, Grants.admin = [named_person(NAME) for _ in range(PEOPLE)], named_person(NAME).user_id
    Grants.happened = Counter()
    examples = 100 if whole else EXAMPLES
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.generate],  # to shrink a failure takes minutes
        derandomize=not whole,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with configured(wrong_grant_codes_per_day="1000000", direct_grant_misses_per_day="1000000"):
        run_state_machine_as_test(Grants, settings=chosen)
    record_property("attacks", examples * STEPS)
    # They came far enough: of all, each way in and out was taken.
    reached = SURELY | ({event for events in EVENTS.values() for event in events} if whole else set())
    assert reached <= set(Grants.happened), Grants.happened
