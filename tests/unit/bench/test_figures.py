"""Budgets: what is over one, or was not measured, is named; every budget belongs to a row that is measured."""

import pytest

from bench.__main__ import ROWS
from bench.figures import Figure, budgets, holds, line, missed
from bench.timing import alternate, ratio


@pytest.mark.parametrize(
    ("value", "budget", "expected"),
    [
        (1.15, {"at_most": 1.15}, True),
        (1.16, {"at_most": 1.15}, False),
        (1, {"exactly": 1}, True),
        (0, {"exactly": 1}, False),
        (None, {"at_most": 2}, False),
    ],
)
def test_a_budget_holds_up_to_its_limit(value: float | None, budget: dict[str, float], expected: bool) -> None:
    """At most means up to and with; exactly means that; what was skipped holds nothing."""
    figure = Figure("x", value)
    assert holds(figure, budget) is expected
    assert ("holds" if expected else "MISSED") in line(figure, budget)


def test_what_was_not_measured_is_missed() -> None:
    """A row that lost a figure fails as one over its budget does; other rows are not asked."""
    row = [name for name, budget in budgets().items() if budget["row"] == "http"]
    assert missed([], ["http"]) == [f"{name}: not measured" for name in row]
    assert missed([Figure(name, 0.1) for name in row], ["http"]) == []


def test_every_budget_has_a_row() -> None:
    """A budget of a row that is not there would never be looked at."""
    assert {budget["row"] for budget in budgets().values()} <= set(ROWS)


def test_the_ratio_is_that_of_each_round() -> None:
    """What slows a whole round down, however much, leaves the ratio as it is."""
    noise = iter([1, 1, 50, 50, 2, 2])
    taken = alternate({"one": lambda: 3.0 * next(noise), "other": lambda: 2.0 * next(noise)}, 3)
    assert ratio(taken, "one", "other") == 1.5
