"""Ways into an account that change at once: a number is taken over, a WeChat replaced, everything signed out."""

from __future__ import annotations

from functools import partial

from functions.shared import account_sessions, ids
from functions.shared.face_proofs import account_subject
from functions.shared.http import Caller
from functions.shared.table import keys
from functions.shared.table.auth import Owner, Session, User
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.transactions import get, get_many
from tests.races import use_cases
from tests.races.builders import passed_face_check, phone_user, ready_applicant, wechat_user
from tests.races.callers import CALLERS, HALF_THE_ROUNDS, ROUNDS, Callers, interleaved
from tests.races.trails import events_of

HALF = CALLERS // 2


def test_many_take_over_one_number(callers: Callers) -> None:
    """The last one has it: one account, which the owner of the number names, and no other account still says so."""
    for _ in range(HALF_THE_ROUNDS):
        former, phone = phone_user()
        User.new(keys.user(former.user_id)).update(actions=[User.wechat_openid.set(ids.new_id())])
        people = [wechat_user()[0] for _ in range(CALLERS)]
        outcomes = callers.race([partial(use_cases.take_over, caller, phone.number, phone.hash) for caller in people])
        assert not outcomes.refusals
        everybody = [former.user_id, *(caller.user_id for caller in people)]
        accounts = get_many(*(keys.user(user_id) for user_id in everybody)).values()
        having = [account.user_id for account in accounts if account.phone_hash == phone.hash]
        assert having == [get(Owner, keys.phone_owner(phone.hash)).user_id]
        lost = sum(events_of(User, keys.user(user_id))["phone_taken_over"] for user_id in everybody)
        assert lost == CALLERS
        assert account_sessions.fingerprints_of(former.user_id) == []


def test_taking_over_against_signing_in(callers: Callers) -> None:
    """A sign-in by the number leads to anyone who has it; of its former owner's account no such session is left."""
    for _ in range(HALF_THE_ROUNDS):
        former, phone = phone_user()
        User.new(keys.user(former.user_id)).update(actions=[User.wechat_openid.set(ids.new_id())])
        taker, _ = wechat_user()
        take = partial(use_cases.take_over, taker, phone.number, phone.hash)
        sign_in = partial(use_cases.sign_in_by_number, phone.number, phone.hash)
        outcomes = callers.race([take, *[sign_in] * (CALLERS - 1)])
        assert not outcomes.refusals
        assert outcomes.values[0] == taker.user_id
        for user_id, token in outcomes.values[1:]:
            session = get(Session, keys.session(ids.fingerprint(token)))
            assert session is None if user_id == former.user_id else session.user_id == taker.user_id
        assert account_sessions.resting_on_phone(former.user_id) == []


def test_binding_wechat_against_withdrawing(callers: Callers) -> None:
    """A WeChat that is replaced while the consent is withdrawn is bound whole, whichever came first."""
    for _ in range(ROUNDS):
        user_id = ready_applicant()
        assert use_cases.submit(user_id) == "verified"
        caller = Caller(user_id, "mini_program", account_sessions.fingerprints_of(user_id)[0], "full")
        before = get(User, keys.user(user_id)).wechat_openid
        check_id, openid = passed_face_check(user_id, account_subject(user_id)), ids.new_id()
        other_check = passed_face_check(user_id, account_subject(user_id))
        bind = [partial(use_cases.bind_account, caller, openid, check_id)] * HALF
        outcomes = callers.race(interleaved(bind, [partial(use_cases.withdraw, user_id, other_check)] * HALF))
        # Withdrawing ends all sessions, so a binding may also come too late.
        assert set(outcomes.refusals) <= {"FaceCheckRequired", "Unauthenticated"}
        bound = user_id in outcomes.values
        user, check = get(User, keys.user(user_id)), get(FaceCheck, keys.face_check(user_id, check_id))
        assert (user.wechat_openid, user.identity_status) == (openid if bound else before, "unverified")
        for one, theirs in ((openid, bound), (before, not bound)):
            owner = get(Owner, keys.wechat_owner(one))
            assert (owner.user_id if owner else None) == (user_id if theirs else None)
        events = events_of(User, keys.user(user_id))
        assert (events["wechat_bound"], events["identity_withdrawn"]) == (int(bound), 1)
        assert check is None or check.status in {"passed", "consumed"}
        assert get(Identity, keys.identity(user_id)).status == "unverified"


def test_binding_wechat_against_signing_out_everywhere(callers: Callers) -> None:
    """Where everything is signed out no session is left, whether the WeChat was bound before or not at all."""
    for _ in range(HALF_THE_ROUNDS):
        caller, phone = phone_user()
        openid = ids.new_id()
        crowd = [
            partial(use_cases.bind_account, caller, openid, None),
            partial(use_cases.sign_out_everywhere, caller),
        ] * HALF
        outcomes = callers.race(crowd)
        assert set(outcomes.refusals) <= {"Unauthenticated"}
        assert "signed out" in outcomes.values
        assert account_sessions.fingerprints_of(caller.user_id) == []
        assert get(Session, keys.session(caller.token_fingerprint)) is None
        user, owner = get(User, keys.user(caller.user_id)), get(Owner, keys.wechat_owner(openid))
        assert (owner.user_id if owner else None) == (caller.user_id if user.wechat_openid else None)
        assert get(Owner, keys.phone_owner(phone.hash)).user_id == caller.user_id
