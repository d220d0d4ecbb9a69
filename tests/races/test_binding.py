"""Phones bound at once: a phone has one account, accounts are joined whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from functions.identity import consent
from functions.shared.table import keys
from functions.shared.table.auth import Owner, Session, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get, get_many
from tests.races import use_cases
from tests.races.builders import new_phone, phone_user, wechat_user
from tests.races.callers import CALLERS, FEW_ROUNDS, HALF_THE_ROUNDS, ROUNDS, Callers, interleaved
from tests.races.trails import events_of

GROUPS = 4
EACH = CALLERS // GROUPS


def test_a_phone_is_bound_to_one_of_many(callers: Callers) -> None:
    """When users bind the same free phone at once, one of them has it and nothing happened to the others."""
    people = [wechat_user()[0] for _ in range(CALLERS)]
    for _ in range(ROUNDS):
        phone = new_phone()
        outcomes = callers.race([partial(use_cases.bind, caller, phone.number, phone.hash) for caller in people])
        (winner,) = outcomes.values
        assert outcomes.refusals == {"PhoneTaken": CALLERS - 1}
        assert get(Owner, keys.phone_owner(phone.hash)).user_id == winner
        accounts = _accounts(caller.user_id for caller in people)
        assert [account.user_id for account in accounts if account.phone_hash == phone.hash] == [winner]
        assert not any(account.merged_into for account in accounts)
        assert events_of(User, keys.user(winner))["phone_bound"] == 1
        # The winner has a phone now, so somebody else takes the place.
        at = [caller.user_id for caller in people].index(winner)
        people[at] = wechat_user()[0]


def test_many_join_one_account(callers: Callers) -> None:
    """Of many WeChat accounts that bind the phone of an account at once, one is joined with it."""
    for _ in range(HALF_THE_ROUNDS):
        owner, phone = phone_user()
        people = [wechat_user() for _ in range(EACH)]
        outcomes = callers.race(
            [partial(use_cases.bind, caller, phone.number, phone.hash) for caller, _ in people] * (CALLERS // EACH)
        )
        assert set(outcomes.values) <= {owner.user_id}
        assert set(outcomes.refusals) <= {"PhoneTaken", "Unauthenticated"}
        accounts = _accounts(caller.user_id for caller, _ in people)
        joined = [openid for (_, openid), account in zip(people, accounts, strict=True) if account.merged_into]
        assert [get(User, keys.user(owner.user_id)).wechat_openid] == joined
        assert events_of(User, keys.user(owner.user_id))["account_joined"] == 1
        for caller, openid in people:
            leads_to = owner.user_id if openid in joined else caller.user_id
            assert get(Owner, keys.wechat_owner(openid)).user_id == leads_to
            assert get(Session, keys.session(caller.token_fingerprint)).user_id == leads_to


def test_binding_against_joining(callers: Callers) -> None:
    """While others join an account by its phone, it moves to another phone: every sign-in leads to one account."""
    for _ in range(HALF_THE_ROUNDS):
        groups = [(*phone_user(), new_phone(), wechat_user()) for _ in range(GROUPS)]
        crowds = [
            [
                partial(use_cases.bind, caller, old.number, old.hash),
                partial(use_cases.bind, owner, new.number, new.hash),
            ]
            * (EACH // 2)
            for owner, old, new, (caller, _) in groups
        ]
        outcomes = callers.race(interleaved(*crowds))
        assert set(outcomes.refusals) <= {"PhoneTaken", "Unauthenticated"}
        for owner, old, new, (caller, openid) in groups:
            accounts = _accounts((owner.user_id, caller.user_id))
            for account in accounts:
                assert events_of(User, account.key)
                if account.merged_into:
                    assert account.phone_hash is account.wechat_openid is None
            living = [account for account in accounts if account.merged_into is None]
            assert living
            for phone in (old, new):
                having = [account.user_id for account in living if account.phone_hash == phone.hash]
                found = get(Owner, keys.phone_owner(phone.hash))
                assert having == ([found.user_id] if found else [])
            having = [account.user_id for account in living if account.wechat_openid == openid]
            assert having == [get(Owner, keys.wechat_owner(openid)).user_id]
            # Where the phone was changed after the joining, that ended the session that had joined.
            session = get(Session, keys.session(caller.token_fingerprint))
            assert session is None or session.user_id in {account.user_id for account in living}


def test_beginning_against_joining(callers: Callers) -> None:
    """An account in which something has started is not joined into another; one that was joined begins nothing more."""
    for _ in range(FEW_ROUNDS):
        groups = [(wechat_user()[0], phone_user()[1]) for _ in range(GROUPS)]
        crowds = [
            [
                partial(use_cases.bind, me, phone.number, phone.hash),
                partial(consent.accept_consent, me.user_id, consent.VERSION),
            ]
            * (EACH // 2)
            for me, phone in groups
        ]
        callers.race(interleaved(*crowds))
        for me, _ in groups:
            identity, account = get(Identity, keys.identity(me.user_id)), get(User, keys.user(me.user_id))
            assert identity is None or account.merged_into is None


def _accounts(user_ids: Iterable[str]) -> list[User]:
    """The accounts, in the order of their ids."""
    wanted = [keys.user(user_id) for user_id in user_ids]
    found = get_many(*wanted)
    return [found[key] for key in wanted]
