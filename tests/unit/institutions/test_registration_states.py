"""The state machine of registrations, from its table."""

from typing import get_args

import pytest

from functions.institutions.domain.registrations import REJECTION_REASONS, TRANSITIONS, RejectionCode, Step, next_status
from functions.shared.transitions import InvalidTransition
from functions.shared.vocabulary import RegistrationState

OPEN = {
    ("pending", "include"): "included",
    ("pending", "reject"): "rejected",
    ("rejected", "amend"): "pending",
    ("rejected", "appeal"): "pending",
}


@pytest.mark.parametrize("status", get_args(RegistrationState))
@pytest.mark.parametrize("step", get_args(Step))
def test_every_step_from_every_state(status: RegistrationState, step: Step) -> None:
    """The steps of the operating manual lead where it says, and no others are open."""
    if (status, step) in OPEN:
        assert next_status(status, step) == OPEN[status, step]
    else:
        with pytest.raises(InvalidTransition):
            next_status(status, step)


def test_the_tables_are_whole() -> None:
    """Every state stands in the table, and every reason has a text in both languages."""
    assert set(TRANSITIONS) == set(get_args(RegistrationState))
    assert set(REJECTION_REASONS) == set(get_args(RejectionCode))
    assert all(all(text) for text in REJECTION_REASONS.values())
