"""Steps that wait to be carried out on verified persons: finding those that are due, completing them."""

from functions.identity import store
from functions.shared import clock
from functions.shared.table.identity import PersonStep
from functions.shared.table.transactions import Transaction, VersionConflict


def due(limit: int) -> list[PersonStep]:
    """Return steps of all users that are due, oldest first. One Query of the index."""
    return store.steps_due(clock.now(), limit)


def due_of(user_id: str) -> list[PersonStep]:
    """Return the steps of one user that are due, by a consistent read. One Query."""
    return [step for step in store.steps_of(user_id) if step.due_at <= clock.now()]


def complete(step: PersonStep) -> None:
    """Delete a step that is carried out; nothing where another one has replaced it meanwhile."""
    tx = Transaction()
    store.drop_step(tx, str(step.user_id), step.step, str(step.token))
    try:
        tx.commit()
    except VersionConflict:
        return
