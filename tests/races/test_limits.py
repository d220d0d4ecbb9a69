"""Limits, and the shared tries that they protect, under everybody at once."""

from __future__ import annotations

from functools import partial

from functions.shared import ids
from functions.shared.limits import Limit
from tests.races import use_cases
from tests.races.callers import CALLERS, ROUNDS, Callers


def test_a_limit_lets_exactly_so_many_through(callers: Callers) -> None:
    """Of thirty-two who take from a limit of N exactly N succeed, whatever N is."""
    for most in range(1, ROUNDS + 1):
        limit = Limit("races", ids.new_id(), most, 86_400)
        outcomes = callers.race([partial(use_cases.take_one, limit)] * CALLERS)
        assert len(outcomes.values) == most
        assert outcomes.refusals == {"TooManyRequests": CALLERS - most}
