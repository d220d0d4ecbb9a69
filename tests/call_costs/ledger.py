"""What each operation costs, counted: a row for each, in the order in which they were counted."""

from collections.abc import Callable
from typing import Any

from functions.grants import display_names
from tests.call_costs.recorder import Cost, Recorder
from tests.integration.client import Answer


class Ledger:
    """The rows so far: `METHOD /path`, or a function, each with what sets it apart from others of its kind in brackets.

    A process that has answered before keeps the keys and secrets that it read; what it only remembers for a minute,
    the names of businesses and institutions, is read again for each row.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.rows: dict[str, Cost] = {}
        self._recorder = recorder

    def count(self, row: str, do: Callable[[], Any]) -> Any:
        """Do it, write down what it took, and give what it gave; a refusal is a mistake of the scene."""
        assert row not in self.rows, row
        display_names.clear_cache()
        self.rows[row], given = self._recorder.count(do)
        assert not isinstance(given, Answer) or given.status < 300, (row, given)
        return given
