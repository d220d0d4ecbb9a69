"""Rules of signing in: the whole decision table of joining, and which code counts."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.auth.domain import Account, Binding, phone_binding_of, wechat_binding_of

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

# (I have a phone, owner has WeChat, I am blank, owner is blank) → what happens. Written out, not computed.
TABLE: dict[tuple[bool, bool, bool, bool], Binding] = {
    (False, False, False, False): "refuse",
    (False, False, False, True): "join_owner_into_me",
    (False, False, True, False): "join_into_owner",
    (False, False, True, True): "join_into_owner",
    **{(True, *rest): "refuse" for rest in itertools.product([False, True], repeat=3)},
    **{(False, True, *rest): "refuse" for rest in itertools.product([False, True], repeat=2)},
}


def accounts(row: tuple[bool, bool, bool, bool]) -> tuple[Account, Account]:
    """Me and the owner of the phone in a row of the table."""
    mine, theirs, my_blank, their_blank = row
    return Account(has_wechat=True, has_phone=mine, blank=my_blank), Account(
        has_wechat=theirs, has_phone=True, blank=their_blank
    )


def test_table_is_whole() -> None:
    """Every combination stands in the table."""
    assert set(TABLE) == set(itertools.product([False, True], repeat=4))


@pytest.mark.parametrize(("row", "binding"), TABLE.items())
def test_decision_table(row: tuple[bool, bool, bool, bool], binding: Binding) -> None:
    """Two accounts are joined exactly as the table says."""
    me, owner = accounts(row)
    assert phone_binding_of(me, owner, owner_is_me=False) == binding


@given(st.sampled_from(sorted(TABLE)))
def test_joining_loses_nothing(row: tuple[bool, bool, bool, bool]) -> None:
    """What is absorbed is blank, and no way of signing in is there twice afterwards."""
    me, owner = accounts(row)
    binding = phone_binding_of(me, owner, owner_is_me=False)
    if binding != "refuse":
        assert (me if binding == "join_into_owner" else owner).blank
        assert not (me.has_wechat and owner.has_wechat)
        assert not (me.has_phone and owner.has_phone)


@pytest.mark.parametrize("row", TABLE)
def test_own_and_free_phones(row: tuple[bool, bool, bool, bool]) -> None:
    """One's own phone changes nothing, a free phone is claimed: whatever else is true."""
    me, owner = accounts(row)
    assert phone_binding_of(me, me, owner_is_me=True) == "nothing"
    assert phone_binding_of(owner, None, owner_is_me=False) == "claim"


@pytest.mark.parametrize("row", TABLE)
def test_the_phone_button_moves_no_phone(row: tuple[bool, bool, bool, bool]) -> None:
    """WeChat's button claims a number that no one has; one that an account has stays there, whatever is asked."""
    me, owner = accounts(row)
    for take_over in (False, True):
        moved = phone_binding_of(me, owner, owner_is_me=False, by="wechat_button", take_over=take_over)
        assert moved == "refuse"
        assert phone_binding_of(me, None, owner_is_me=False, by="wechat_button", take_over=take_over) == "claim"


@pytest.mark.parametrize("row", TABLE)
def test_taking_over_is_for_what_cannot_be_joined(row: tuple[bool, bool, bool, bool]) -> None:
    """Anyone who asks to take a number over gets it, but two accounts that can be joined are joined."""
    me, owner = accounts(row)
    without = phone_binding_of(me, owner, owner_is_me=False)
    taken = phone_binding_of(me, owner, owner_is_me=False, take_over=True)
    assert taken == ("take_over" if without == "refuse" else without)


@pytest.mark.parametrize("row", TABLE)
def test_a_guarded_account_gets_no_wechat_by_a_phone(row: tuple[bool, bool, bool, bool]) -> None:
    """No blank WeChat account is joined into a verified one, or an administrator's, because somebody has its phone."""
    me, owner = accounts(row)
    guarded = owner._replace(guarded=True, blank=False)
    assert phone_binding_of(me, guarded, owner_is_me=False) == "refuse"


@pytest.mark.parametrize(("has_phone", "blank"), list(itertools.product([False, True], repeat=2)))
def test_binding_wechat(has_phone: bool, blank: bool) -> None:
    """A WeChat account is free, one's own, or of a blank account without a phone, which is joined; else it is taken."""
    owner = Account(has_wechat=True, has_phone=has_phone, blank=blank)
    joined = blank and not has_phone
    assert wechat_binding_of(owner, owner_is_me=False) == ("join_owner_into_me" if joined else "refuse")
    assert wechat_binding_of(owner, owner_is_me=True) == "nothing"
    assert wechat_binding_of(None, owner_is_me=False) == "claim"
