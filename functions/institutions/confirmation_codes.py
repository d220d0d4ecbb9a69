"""Confirmation codes: shown to the institution's managers, and made anew when one has got about."""

from functions.institutions.directory import find
from functions.institutions.domain.codes import new_confirmation_code
from functions.shared import audit, clock
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Transaction, decide_again


@decide_again
def rotate_confirmation_code(institution_code: str, *, actor: str) -> Institution:
    """The institution with a new confirmation code; the old one is good for nothing. Raises `NotFound`."""
    institution = find(institution_code)
    tx = Transaction()
    actions = [
        Institution.confirmation_code.set(new_confirmation_code()),
        Institution.confirmation_code_rotated_at.set(clock.now()),
    ]
    audit.change(tx, institution, actions, "confirmation_code_rotated", actor=actor)
    tx.commit()
    return find(institution_code)
