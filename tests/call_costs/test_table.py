"""Every operation's calls and units, counted: equal to the table of `docs/operation-costs.md`."""

import json

import pytest

from bench import costs
from contract.document import PATH
from tests.call_costs import document
from tests.call_costs.counted import counted
from tests.call_costs.recorder import Cost

FUNCTIONS = ("scans", "jobs", "evidence")
pytestmark = pytest.mark.xdist_group("units")  # counted once, by one worker


@pytest.fixture(scope="module")
def rows(account: None) -> dict[str, Cost]:
    """What was counted."""
    return counted()


def test_the_documentation_says_what_was_counted(rows: dict[str, Cost]) -> None:
    """Where an operation should cost what it does now: `python -m tests.call_costs --write`."""
    assert document.documented() == document.lines(rows)


def test_the_costs_follow_from_what_was_counted(rows: dict[str, Cost]) -> None:
    """The dollars of `docs/performance.md` are the counted units times the prices."""
    assert costs.documented() == costs.lines(rows)


def test_every_route_and_function_has_a_row(rows: dict[str, Cost]) -> None:
    """Whatever the contract offers is counted, and nothing else is."""
    contract = json.loads(PATH.read_text(encoding="utf-8"))["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in contract.items() for method in methods}
    assert {name.partition(" (")[0].partition(":")[0] for name in rows} == routes | set(FUNCTIONS)


def test_nothing_scans_or_describes(rows: dict[str, Cost]) -> None:
    """No operation reads the table from end to end, or asks how it is made."""
    made = {call for cost in rows.values() for call in cost.calls}
    assert "dynamodb.GetItem" in made
    assert not made & {"dynamodb.Scan", "dynamodb.DescribeTable"}


def test_a_search_is_two_calls_whatever_it_finds(rows: dict[str, Cost]) -> None:
    """One Query and one BatchGetItem."""
    assert rows["GET /institutions"].calls == {"dynamodb.Query": 1, "dynamodb.BatchGetItem": 1}
