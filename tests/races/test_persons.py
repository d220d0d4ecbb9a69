"""Two accounts of one person become one, while one of them redeems a grant: nothing is half joined, no role lost."""

from __future__ import annotations

from functools import partial

from functions.grants import face_subjects
from functions.identity import verification
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.grants import Grant
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get
from tests.races import use_cases
from tests.races.builders import (
    administrator,
    business,
    document_number,
    institution,
    passed_face_check,
    ready_applicant,
)
from tests.races.callers import CALLERS, ROUNDS, Callers, interleaved
from tests.races.trails import events_of

HALF = CALLERS // 2


def test_joining_against_redeeming_by_the_newer_account(callers: Callers) -> None:
    """It takes the grant, and is then not joined; or it is joined, and takes none: never both, never neither."""
    admin, exam = administrator(), business()
    for _ in range(ROUNDS):
        number, place = document_number(), institution().institution_code
        older, newer = ready_applicant(number), ready_applicant(number)
        assert verification.submit(older).status == "verified"
        assert verification.submit(newer).status == "in_review"
        # Verified by another document, and on the way to this one.
        User.new(keys.user(newer)).update(actions=[User.identity_status.set("verified"), User.name_masked.set("李*")])
        code = use_cases.issue(admin, exam, place)
        check_id = passed_face_check(newer, face_subjects.redemption_subject(exam, place, 1))
        redeem = partial(use_cases.redeem, newer, code, check_id)
        outcomes = callers.race(interleaved([partial(use_cases.join_persons, newer)] * HALF, [redeem] * HALF))
        joined, grant = get(User, keys.user(newer)).merged_into == older, get(Grant, keys.grant(exam, place))
        assert joined == ("joined" in outcomes.values)
        assert (grant.status == "active") == (not joined)
        assert grant.manager_id == (None if joined else newer)
        if not joined:
            assert outcomes.refusals.get("RoleHeld") == HALF


def test_joining_against_redeeming(callers: Callers) -> None:
    """The accounts are joined once, the older one keeps what it redeems, and each happens whatever comes first."""
    admin, exam = administrator(), business()
    for _ in range(ROUNDS):
        number, place = document_number(), institution().institution_code
        older, newer = ready_applicant(number), ready_applicant(number)
        assert verification.submit(older).status == "verified"
        assert verification.submit(newer).status == "in_review"
        openid = get(User, keys.user(newer)).wechat_openid
        code = use_cases.issue(admin, exam, place)
        check_id = passed_face_check(older, face_subjects.redemption_subject(exam, place, 1))
        redeem = partial(use_cases.redeem, older, code, check_id)
        outcomes = callers.race(interleaved([partial(use_cases.join_persons, newer)] * HALF, [redeem] * HALF))
        assert outcomes.values.count("joined") == 1
        account, joined = get(User, keys.user(older)), get(User, keys.user(newer))
        assert (joined.merged_into, account.wechat_openid) == (older, openid)
        assert get(Owner, keys.wechat_owner(openid)).user_id == older
        assert get(Grant, keys.grant(exam, place)).manager_id == older
        assert events_of(User, account.key)["account_joined"] == 1
        assert events_of(User, joined.key)["account_merged"] == 1
        for user_id in (older, newer):
            assert events_of(Identity, keys.identity(user_id))
