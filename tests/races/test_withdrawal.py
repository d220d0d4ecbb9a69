"""Withdrawing the consent against taking on a grant: no one ends up a manager or assistant who is erased."""

from __future__ import annotations

from functools import partial

import pytest

from functions.grants import face_subjects
from functions.shared.crockford import parse_code
from functions.shared.face_proofs import account_subject
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.grants import Grant, Role
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get
from functions.shared.vocabulary import RoleName
from tests.races import use_cases
from tests.races.builders import (
    administrator,
    business,
    institution,
    passed_face_check,
    ready_applicant,
    verified_users,
)
from tests.races.callers import CALLERS, ROUNDS, Call, Callers, interleaved
from tests.races.trails import events_of

HALF = CALLERS // 2


@pytest.fixture(scope="module")
def admin(callers: Callers) -> str:
    """Who issues the grants."""
    return administrator()


@pytest.fixture(scope="module")
def exam(callers: Callers) -> str:
    """An open business."""
    return business()


def test_withdrawing_against_redeeming(callers: Callers, admin: str, exam: str) -> None:
    """Either the grant is redeemed and its manager stays verified, or the verification ends and the grant waits."""
    for _ in range(ROUNDS):
        user_id, place = _verified(), institution().institution_code
        code = use_cases.issue(admin, exam, place)
        check_id = passed_face_check(user_id, face_subjects.redemption_subject(exam, place, 1))
        take_on = partial(use_cases.redeem, user_id, code, check_id)
        _race(callers, user_id, keys.grant(exam, place), "grant_redeemed", take_on)


@pytest.mark.parametrize(("role", "event"), [("assistant", "assistant_joined"), ("manager", "manager_transferred")])
def test_withdrawing_against_accepting(callers: Callers, admin: str, exam: str, role: RoleName, event: str) -> None:
    """The same for anyone who is invited to a grant that somebody else holds."""
    for _ in range(ROUNDS):
        user_id, place = _verified(), institution().institution_code
        (manager,) = verified_users(1)
        code = use_cases.issue(admin, exam, place)
        check_id = passed_face_check(manager, face_subjects.redemption_subject(exam, place, 1))
        use_cases.redeem(manager, code, check_id)
        check_id = passed_face_check(manager, face_subjects.inviting_subject(exam, place, 1))
        invitation = use_cases.invite(manager, exam, place, role, check_id)
        check_id = passed_face_check(user_id, face_subjects.acceptance_subject(parse_code(invitation) or ""))
        take_on = partial(use_cases.accept, user_id, invitation, check_id)
        _race(callers, user_id, keys.grant(exam, place), event, take_on)


def _race(callers: Callers, user_id: str, grant_key: keys.Key, event: str, take_on: Call) -> None:
    person_hash = get(Identity, keys.identity(user_id)).verified_person_hash
    seen = passed_face_check(user_id, account_subject(user_id))
    outcomes = callers.race(interleaved([take_on] * HALF, [partial(use_cases.withdraw, user_id, seen)] * HALF))
    grant, user = get(Grant, grant_key), get(User, keys.user(user_id))
    holds = user_id in (grant.manager_id, *grant.assistants)
    withdrawn = outcomes.values.count("withdrawn")
    taken = outcomes.values.count(user_id)
    # Anyone who redeems again with the same face check is answered the same; the trail says that it happened once.
    assert (taken > 0) == holds
    assert events_of(Grant, grant_key)[event] == (1 if holds else 0)
    assert holds != (withdrawn > 0)
    assert user.identity_status == ("verified" if holds else "unverified")
    assert (get(Role, keys.role(user_id, grant.business, grant.institution_code)) is not None) == holds
    assert (get(Owner, keys.document_owner(person_hash)) is not None) == holds
    # More than ten who redeem at once look like guessing.
    named = {"RoleStillHeld", "GrantCodeLimit"}
    named |= {
        "FaceCheckRequired",
        "GrantTaken",
        "InvitationInvalid",
        "GrantChanged",
        "AlreadyMember",
        "IdentityRequired",
    }
    assert set(outcomes.refusals) <= named
    events = events_of(Identity, keys.identity(user_id))
    assert events["consent_withdrawn"] == (0 if holds else 1)
    assert events_of(User, keys.user(user_id))["identity_withdrawn"] == (0 if holds else 1)


def _verified() -> str:
    user_id = ready_applicant()
    assert use_cases.submit(user_id) == "verified"
    return user_id
