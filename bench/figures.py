"""What is measured, what it may be, and how both are told."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(__file__).resolve().parent
BUDGETS: Final = FOLDER / "budgets.json"
RESULTS: Final = FOLDER / "results.json"


class Figure(NamedTuple):
    """One measured number under its name; `note` says what is on either side of a ratio, or why there is no number."""

    name: str
    value: float | None
    note: str = ""
    unit: str = ""  # a ratio has none


def budgets() -> dict[str, dict[str, Any]]:
    """What each budgeted figure may be: `at_most`, or `exactly`, and the `row` of the issue it belongs to."""
    read: dict[str, dict[str, Any]] = json.loads(BUDGETS.read_text(encoding="utf-8"))
    return read


def holds(figure: Figure, budget: Mapping[str, Any]) -> bool:
    """Whether a figure is within its budget; one that was not measured is not."""
    if figure.value is None:
        return False
    return bool(figure.value == budget["exactly"] if "exactly" in budget else figure.value <= budget["at_most"])


def line(figure: Figure, budget: Mapping[str, Any] | None) -> str:
    """One line of the table."""
    value = "   skipped" if figure.value is None else f"{figure.value:>10,.3f}"
    if figure.value is not None and float(figure.value).is_integer() and abs(figure.value) < 1e9:
        value = f"{int(figure.value):>10,}"
    if budget is None:
        allowed, verdict = "", ""
    else:
        allowed = f"= {budget['exactly']}" if "exactly" in budget else f"<= {budget['at_most']}"
        verdict = "holds" if holds(figure, budget) else "MISSED"
    return f"{figure.name:<58}{value} {figure.unit:<10}{allowed:<9}{verdict:<7} {figure.note}".rstrip()


def missed(figures: Iterable[Figure], rows: Iterable[str]) -> list[str]:
    """What is over its budget, and what has a budget in these rows and was not measured."""
    measured = {figure.name: figure for figure in figures}
    wrong = []
    for name, budget in budgets().items():
        if budget["row"] in set(rows):
            figure = measured.get(name)
            if figure is None:
                wrong.append(f"{name}: not measured")
            elif not holds(figure, budget):
                wrong.append(line(figure, budget))
    return wrong
