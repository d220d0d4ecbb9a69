"""The state machine of a grant, generated from its table; invitations; the days of a business."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.grants.domain import (
    EPOCH_GROWS,
    TRANSITIONS,
    OpenInvitation,
    Step,
    business_state,
    invite_refusal,
    next_epoch,
    next_status,
)
from functions.grants.errors import MAX_ASSISTANTS
from functions.shared.transitions import InvalidTransition
from functions.shared.vocabulary import GrantStatus, RoleName

STATUSES, STEPS = get_args(GrantStatus), get_args(Step)
OPEN = {(status, step): after for status, steps in TRANSITIONS.items() for step, after in steps.items()}


def _invited(role: RoleName) -> OpenInvitation:
    return OpenInvitation("id", role, "fingerprint", datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize(("status", "step"), list(product(STATUSES, STEPS)))
def test_every_step_from_every_status(status: GrantStatus, step: Step) -> None:
    """A step leads where the table says, and every other one is refused."""
    if (status, step) in OPEN:
        assert next_status(status, step) == OPEN[status, step]
    else:
        with pytest.raises(InvalidTransition):
            next_status(status, step)


def test_the_table_is_the_domains() -> None:
    """Issue leads to a code, only a code to a manager, revoke always back; nothing is left out."""
    assert set(TRANSITIONS) == set(STATUSES)
    assert {step for _, step in OPEN} == set(STEPS)
    assert {status for (status, step) in OPEN if step in {"redeem", "grant_directly"}} == {"code_issued"}
    assert {status for (status, step) in OPEN if step == "issue"} == {"vacant", "code_issued"}
    assert {status: OPEN[status, "revoke"] for status in ("code_issued", "active")} == {
        "code_issued": "vacant",
        "active": "vacant",
    }


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_the_epoch_grows_with_every_issue_and_every_end_alone(steps: list[Step]) -> None:
    """Along any path the epoch is the number of issues, revokes and resignations, so no two codes share one."""
    status: GrantStatus = "vacant"
    epoch, counted = 0, 0
    for step in steps:
        try:
            status = next_status(status, step)
        except InvalidTransition:
            continue
        epoch, counted = next_epoch(epoch, step), counted + (step in EPOCH_GROWS)
        assert epoch == counted
        assert (status == "vacant") == (epoch == 0 or step in {"revoke", "resign"})


@given(
    st.integers(0, 5),
    st.lists(st.sampled_from(["assistant", "manager"]), max_size=6),
    st.sampled_from(get_args(RoleName)),
)
def test_who_may_be_invited(assistants: int, roles: list[RoleName], role: RoleName) -> None:
    """One successor at a time; assistants and those invited never pass five, and neither counts for the other."""
    refusal = invite_refusal(role, ["somebody"] * assistants, [_invited(one) for one in roles])
    if role == "manager":
        assert refusal == ("transfer_open" if "manager" in roles else None)
    else:
        assert (refusal == "assistant_limit") == (assistants + roles.count("assistant") >= MAX_ASSISTANTS)


@given(st.dates(), st.integers(0, 400), st.dates())
def test_a_business_is_open_on_its_days(first: date, days: int, today: date) -> None:
    """Both the first and the last day belong to it."""
    last = min(date.max.toordinal(), first.toordinal() + days)
    state = business_state(first, date.fromordinal(last), today)
    assert (state == "open") == (first.toordinal() <= today.toordinal() <= last)
    assert (state == "closed") == (today.toordinal() > last)


def test_the_last_day_is_a_whole_day() -> None:
    """The day after is closed."""
    day = date(2026, 11, 22)
    assert [business_state(day, day, day + timedelta(days=more)) for more in (-1, 0, 1)] == [
        "upcoming",
        "open",
        "closed",
    ]
