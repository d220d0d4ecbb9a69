"""Grants taken, handed on and taken back at once: one holder at a time, an event for each change, nothing by halves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import pytest

from functions.grants import face_subjects
from functions.grants.errors import MAX_ASSISTANTS, GrantCodeInvalid
from functions.shared.crockford import parse_code
from functions.shared.table import keys
from functions.shared.table.grants import Grant, GrantCode, Invitation, Role
from functions.shared.table.identity import FaceCheck
from functions.shared.table.transactions import get, get_many
from tests.races import use_cases
from tests.races.builders import (
    administrator,
    business,
    institution,
    institution_details,
    named_person,
    passed_face_check,
    passed_face_checks,
    verified_users,
)
from tests.races.callers import CALLERS, FEW_ROUNDS, ROUNDS, Call, Callers, Outcomes, interleaved
from tests.races.trails import events_of

HALF, QUARTER = CALLERS // 2, CALLERS // 4


class Right(NamedTuple):
    """The right of one institution to run one business, and the administrator who hands it out."""

    administrator: str
    business: str
    institution_code: str

    @property
    def key(self) -> keys.Key:
        """Where the grant is."""
        return keys.grant(self.business, self.institution_code)

    def issued(self) -> str:
        """A new grant code, for epoch 1."""
        return use_cases.issue(*self)

    def redeemed(self) -> str:
        """Its manager."""
        (user_id,) = verified_users(1)
        code = self.issued()
        return use_cases.redeem(user_id, code, passed_face_check(user_id, self.redemption_subject()))

    def redemption_subject(self) -> str:
        """What a face check for redeeming its first code is for."""
        return face_subjects.redemption_subject(self.business, self.institution_code, 1)

    def invitation(self, manager: str, role: str) -> str:
        """A code that invites somebody in."""
        check_id = passed_face_check(manager, self.inviting_subject())
        return use_cases.invite(manager, self.business, self.institution_code, role, check_id)  # type: ignore[arg-type]

    def inviting_subject(self) -> str:
        """What a face check for inviting is for, in epoch 1."""
        return face_subjects.inviting_subject(self.business, self.institution_code, 1)


@pytest.fixture(scope="module")
def right(callers: Callers) -> Right:
    """A right to begin with; each round moves to another institution."""
    return Right(administrator(), business(), "")


def test_a_code_is_redeemed_by_one(callers: Callers, right: Right) -> None:
    """Of many who redeem one code, one holds the grant; the others get "taken" and keep their checks."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        code = here.issued()
        people = verified_users(CALLERS)
        checks = passed_face_checks(people, here.redemption_subject())
        tries = [partial(use_cases.redeem, *one) for one in zip(people, [code] * CALLERS, checks, strict=True)]
        outcomes = callers.race(tries)
        (winner,) = outcomes.values
        assert outcomes.refusals == {"GrantTaken": CALLERS - 1}
        _whole(here, people)
        assert get(Grant, here.key).manager_id == winner
        assert events_of(Grant, here.key) == {"grant_code_issued": 1, "grant_redeemed": 1}
        assert _used(people, checks) == [winner]


def test_one_person_redeems_once(callers: Callers, right: Right) -> None:
    """One person who redeems many times at once, with one face check, holds the grant once."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        code = here.issued()
        (user_id,) = verified_users(1)
        check_id = passed_face_check(user_id, here.redemption_subject())
        outcomes = callers.race([partial(use_cases.redeem, user_id, code, check_id)] * CALLERS)
        # Who comes after the first one is answered the same. Every try counts while it is under way: more than ten at
        # once look like guessing.
        assert set(outcomes.values) == {user_id}
        assert set(outcomes.refusals) <= {"GrantTaken", "GrantCodeLimit"}
        _whole(here, [user_id])
        assert events_of(Grant, here.key) == {"grant_code_issued": 1, "grant_redeemed": 1}


def test_redeeming_against_revoking_and_reissuing(callers: Callers, right: Right) -> None:
    """Whatever wins, each success is one event, and roles and codes are those of the grant as it is."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        code = here.issued()
        people = verified_users(HALF)
        checks = passed_face_checks(people, here.redemption_subject())
        redeems = [partial(use_cases.redeem, *one) for one in zip(people, [code] * HALF, checks, strict=True)]
        superior = [partial(use_cases.revoke, *here), partial(use_cases.issue, *here)] * QUARTER
        outcomes = callers.race([call for pair in zip(redeems, superior, strict=True) for call in pair])
        assert set(outcomes.refusals) <= {
            "GrantTaken",
            "GrantCodeInvalid",
            "GrantVacant",
            "GrantActive",
        }
        events = events_of(Grant, here.key)
        redeemed = [value for value in outcomes.values if value in people]
        revoked = outcomes.values.count("revoked")
        assert len(redeemed) <= 1
        assert events["grant_redeemed"] == len(redeemed)
        assert events["grant_revoked"] == revoked
        assert sum(events.values()) == 1 + len(outcomes.values)
        assert _used(people, checks) == redeemed
        _whole(here, people)


def test_transferring_against_revoking(callers: Callers, right: Right) -> None:
    """A transfer comes before the revocation or not at all; afterwards no one holds anything."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        code = here.invitation(manager, "manager")
        people, checks = _invited(HALF, code)
        accepts = [partial(use_cases.accept, *one) for one in zip(people, [code] * HALF, checks, strict=True)]
        revokes = [partial(use_cases.revoke, *here)] * HALF
        outcomes = callers.race([call for pair in zip(accepts, revokes, strict=True) for call in pair])
        assert outcomes.values.count("revoked") == 1
        transfers = [value for value in outcomes.values if value != "revoked"]
        assert len(transfers) <= 1
        assert set(outcomes.refusals) <= {"InvitationInvalid", "GrantChanged", "GrantVacant"}
        events = events_of(Grant, here.key)
        assert events["grant_revoked"] == 1
        assert sum(events.values()) == 3 + len(outcomes.values)
        assert get(Grant, here.key).status == "vacant"
        assert _used(people, checks) == transfers
        _whole(here, [manager, *people])


def test_a_grant_is_transferred_to_one(callers: Callers, right: Right) -> None:
    """Of many who accept a successor's invitation one is the manager; the old one is nothing."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        code = here.invitation(manager, "manager")
        people, checks = _invited(CALLERS, code)
        accepts = [partial(use_cases.accept, *one) for one in zip(people, [code] * CALLERS, checks, strict=True)]
        outcomes = callers.race(accepts)
        (successor,) = outcomes.values
        assert set(outcomes.refusals) <= {"InvitationInvalid", "GrantChanged"}
        assert get(Grant, here.key).manager_id == successor
        assert sum(events_of(Grant, here.key).values()) == 4
        assert _used(people, checks) == [successor]
        _whole(here, [manager, *people])


def test_an_invitation_is_accepted_once(callers: Callers, right: Right) -> None:
    """Of many acceptances by one person, with one face check, one counts; those after it are answered the same."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        code = here.invitation(manager, "assistant")
        (user_id,), (check_id,) = _invited(1, code)
        outcomes = callers.race([partial(use_cases.accept, user_id, code, check_id)] * CALLERS)
        assert set(outcomes.values) == {user_id}
        assert set(outcomes.refusals) <= {"GrantChanged", "AlreadyMember"}
        assert list(get(Grant, here.key).assistants) == [user_id]
        assert sum(events_of(Grant, here.key).values()) == 4
        _whole(here, [manager, user_id])


def test_a_face_check_invites_once(callers: Callers, right: Right) -> None:
    """Of many invitations with one face check one is made."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        check_id = passed_face_check(manager, here.inviting_subject())
        wanted = (manager, here.business, here.institution_code, "assistant", check_id)
        outcomes = callers.race([partial(use_cases.invite, *wanted)] * CALLERS)
        (code,) = outcomes.values
        assert outcomes.refusals == {"FaceCheckRequired": CALLERS - 1}
        assert get(Invitation, _invitation(code)) is not None
        assert len(get(Grant, here.key).invitations) == 1
        assert sum(events_of(Grant, here.key).values()) == 3


def test_one_successor_is_invited(callers: Callers, right: Right) -> None:
    """Of many successors invited at once, each with a face check of its own, one is."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        checks = passed_face_checks([manager] * CALLERS, here.inviting_subject())
        wanted = [(manager, here.business, here.institution_code, "manager", check_id) for check_id in checks]
        outcomes = callers.race([partial(use_cases.invite, *one) for one in wanted])
        (code,) = outcomes.values
        assert outcomes.refusals == {"TransferOpen": CALLERS - 1}
        assert get(Invitation, _invitation(code)) is not None
        assert events_of(Grant, here.key)["invitation_created"] == 1
        assert len(_used([manager] * CALLERS, checks)) == 1


def test_redeeming_against_naming(callers: Callers, right: Right) -> None:
    """The first to redeem or to be named is the manager; the others get "taken" or "not issued"."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        code = here.issued()
        people = verified_users(HALF)
        checks = passed_face_checks(people, here.redemption_subject())
        redeems = [partial(use_cases.redeem, *one) for one in zip(people, [code] * HALF, checks, strict=True)]
        named = [named_person() for _ in range(QUARTER)]
        names = [partial(use_cases.name_directly, *here, "李明", one.number) for one in named] * 2
        outcomes = callers.race([call for pair in zip(redeems, names, strict=True) for call in pair])
        (winner,) = outcomes.values
        # Every try counts while it is under way: more than ten at once look like looking for somebody.
        assert set(outcomes.refusals) <= {"GrantTaken", "CodeNotIssued", "DirectGrantLimit"}
        assert get(Grant, here.key).manager_id == winner
        events = events_of(Grant, here.key)
        end = "grant_redeemed" if winner in people else "grant_assigned"
        assert events == {"grant_code_issued": 1, end: 1}
        assert _used(people, checks) == ([winner] if winner in people else [])
        _whole(here, [*people, *(one.user_id for one in named)])


def test_there_are_five_assistants(callers: Callers, right: Right) -> None:
    """However many invitations are made at once, each with its own face check, there are five to come."""
    for _ in range(FEW_ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        checks = passed_face_checks([manager] * 8, here.inviting_subject())
        wanted = [(manager, here.business, here.institution_code, "assistant", check_id) for check_id in checks]
        outcomes = callers.race([partial(use_cases.invite, *one) for one in wanted] * (CALLERS // len(wanted)))
        assert len(outcomes.values) == MAX_ASSISTANTS
        assert set(outcomes.refusals) <= {"AssistantLimit", "FaceCheckRequired"}
        assert len(get(Grant, here.key).invitations) == MAX_ASSISTANTS
        assert events_of(Grant, here.key)["invitation_created"] == MAX_ASSISTANTS


def _fresh(right: Right) -> Right:
    return right._replace(institution_code=institution().institution_code)


def _invited(count: int, code: str) -> tuple[list[str], list[str]]:
    """This many people, each with a passed face check for accepting one invitation."""
    people = verified_users(count)
    return people, passed_face_checks(people, face_subjects.acceptance_subject(parse_code(code) or ""))


def _invitation(code: str) -> keys.Key:
    from functions.shared import ids

    return keys.invitation(ids.fingerprint(parse_code(code) or ""))


def _used(people: Sequence[str], checks: Sequence[str]) -> list[str]:
    """Whose face check was used up."""
    wanted = [keys.face_check(*one) for one in zip(people, checks, strict=True)]
    found = get_many(*wanted)
    states = {key: item.status for key, item in found.items() if isinstance(item, FaceCheck)}
    return [user_id for user_id, key in zip(people, wanted, strict=True) if states[key] == "consumed"]


def _whole(here: Right, people: Sequence[str]) -> None:
    """Roles are exactly those that the grant names, of its epoch, and its code is there while it is."""
    grant = get(Grant, here.key)
    held = get_many(*(keys.role(user_id, here.business, here.institution_code) for user_id in people))
    roles = Counter((role.pk, role.role, role.epoch) for role in held.values() if isinstance(role, Role))
    named = Counter(
        (keys.user_partition(user_id), role, grant.epoch)
        for user_id, role in [(grant.manager_id, "manager"), *((one, "assistant") for one in grant.assistants)]
        if user_id is not None
    )
    assert roles == named
    assert (grant.status == "active") == (grant.manager_id is not None)
    if grant.code_fingerprint is not None:
        code = get(GrantCode, keys.grant_code(grant.code_fingerprint))
        assert code.redeemed_by == (None if grant.status == "code_issued" else code.redeemed_by)
        assert code.epoch == grant.epoch


class Below(NamedTuple):
    """An institution below a superior whose manager has issued its code, and those who are about to redeem it."""

    superior: Right
    manager: str
    child: Right
    code: str
    people: list[str]
    checks: list[str]

    @classmethod
    def of(cls, right: Right) -> Below:
        """New ones."""
        superior = _fresh(right)
        manager = superior.redeemed()
        child = right._replace(institution_code=institution(superior.institution_code).institution_code)
        code = use_cases.issue(manager, child.business, child.institution_code)
        people = verified_users(HALF + 1)
        return cls(superior, manager, child, code, people, passed_face_checks(people, child.redemption_subject()))

    def redeems(self) -> list[Call]:
        """Each of them but the last one redeems."""
        tries = zip(self.people[:HALF], self.checks[:HALF], strict=True)
        return [partial(use_cases.redeem, user_id, self.code, check_id) for user_id, check_id in tries]

    def ends_with(self, outcomes: Outcomes) -> bool:
        """Whether it was redeemed; either way the grant, its event, the roles and the used face checks agree."""
        redeemed = [value for value in outcomes.values if value in self.people]
        assert len(redeemed) <= 1
        assert get(Grant, self.child.key).manager_id == (redeemed[0] if redeemed else None)
        assert events_of(Grant, self.child.key)["grant_redeemed"] == len(redeemed)
        assert _used(self.people, self.checks) == redeemed
        _whole(self.child, self.people)
        return bool(redeemed)

    def dies(self) -> bool:
        """Whether the code is refused to the last one afterwards."""
        with pytest.raises(GrantCodeInvalid):
            use_cases.redeem(self.people[-1], self.code, self.checks[-1])
        return True


DEAD = {"GrantCodeInvalid", "GrantTaken"}


def test_redeeming_against_revoking_the_superior(callers: Callers, right: Right) -> None:
    """Redeemed before the superior's grant ended, or never: the code dies with it."""
    for _ in range(ROUNDS):
        here = Below.of(right)
        revokes = [partial(use_cases.revoke, *here.superior)] * HALF
        outcomes = callers.race(interleaved(here.redeems(), revokes))
        assert outcomes.values.count("revoked") == 1
        assert set(outcomes.refusals) <= {*DEAD, "GrantVacant"}
        assert here.ends_with(outcomes) or here.dies()


def test_redeeming_against_moving(callers: Callers, right: Right) -> None:
    """Redeemed while it was below the superior who issued, or never."""
    for _ in range(ROUNDS):
        here = Below.of(right)
        elsewhere = institution().institution_code
        details = institution_details(elsewhere)
        moves = [partial(use_cases.amend, here.child.institution_code, details)] * HALF
        outcomes = callers.race(interleaved(here.redeems(), moves))
        assert elsewhere in outcomes.values
        assert set(outcomes.refusals) <= DEAD
        assert here.ends_with(outcomes) or here.dies()


def test_redeeming_against_transferring_the_superior(callers: Callers, right: Right) -> None:
    """The honest code survives: both happen."""
    for _ in range(ROUNDS):
        here = Below.of(right)
        code = here.superior.invitation(here.manager, "manager")
        (successor,), (check,) = _invited(1, code)
        accepts = [partial(use_cases.accept, successor, code, check)] * HALF
        outcomes = callers.race(interleaved(here.redeems(), accepts))
        assert set(outcomes.refusals) <= {"GrantTaken", "GrantChanged", "AlreadyMember"}
        assert get(Grant, here.superior.key).manager_id == successor
        assert here.ends_with(outcomes)


def test_resigning_against_revoking(callers: Callers, right: Right) -> None:
    """The grant ends once, with one event, and the manager holds nothing."""
    for _ in range(ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        resigns = [partial(use_cases.resign, manager, here.business, here.institution_code)] * HALF
        outcomes = callers.race(interleaved(resigns, [partial(use_cases.revoke, *here)] * HALF))
        assert len(outcomes.values) == 1
        assert set(outcomes.refusals) <= {"NotManager", "GrantVacant"}
        events = events_of(Grant, here.key)
        assert events["manager_resigned"] + events["grant_revoked"] == 1
        assert get(Grant, here.key).status == "vacant"
        _whole(here, [manager])


def test_withdrawing_against_revoking(callers: Callers, right: Right) -> None:
    """Anyone who ends the grant: its manager's roles and verification end, once each."""
    for _ in range(FEW_ROUNDS):
        here = _fresh(right)
        manager = here.redeemed()
        ends = [partial(use_cases.end_roles, manager)] * HALF
        callers.race(interleaved(ends, [partial(use_cases.revoke, *here)] * HALF))
        events = events_of(Grant, here.key)
        assert events["manager_resigned"] + events["grant_revoked"] == 1
        _whole(here, [manager])
