"""Something else happens between the reads of a use case and its write, once and always at the same place."""

from collections.abc import Callable

import pytest

from functions.shared.table.transactions import Transaction


def between(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> list[str]:
    """Let it happen just before the next change is written; what is returned is empty until it has happened.

    A change has audit events: a count of tries by itself is none.
    """
    commit, waiting, happened = Transaction.commit, [do], list[str]()

    def late(self: Transaction) -> None:
        if waiting and self.events:
            waiting.pop()()
            happened.append("meanwhile")
        commit(self)

    monkeypatch.setattr(Transaction, "commit", late)
    return happened
