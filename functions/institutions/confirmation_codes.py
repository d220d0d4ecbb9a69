"""Confirmation codes: shown to the institution's managers, and made anew when one has got about.

Who may see and rotate one is decided where grants are known: `grants.confirmation_codes`.
"""

from datetime import datetime

import msgspec

from functions.shared import audit, clock, ids
from functions.shared.derived_codes import CONFIRMATION_CODE, derive_code
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Transaction


class ConfirmationCode(msgspec.Struct, frozen=True):
    """The confirmation code of an institution, and since when it is the one."""

    confirmation_code: str
    rotated_at: datetime


def confirmation_code_of(institution: Institution) -> ConfirmationCode:
    """The code in force."""
    return ConfirmationCode(institution.current_confirmation_code(), institution.confirmation_code_rotated_at)


def rotate_in(tx: Transaction, institution: Institution, *, actor: str) -> ConfirmationCode:
    """Add a new code for an institution, as it was read, to a transaction; the old one is good for nothing then.

    The commit raises `Stale` when the institution has changed since.
    """
    nonce = ids.new_id()
    new = ConfirmationCode(derive_code(CONFIRMATION_CODE, institution.institution_code, nonce=nonce), clock.now())
    actions = [
        Institution.confirmation_nonce.set(nonce),
        Institution.confirmation_offset.remove(),
        Institution.confirmation_code.remove(),
        Institution.confirmation_code_rotated_at.set(new.rotated_at),
    ]
    audit.change(tx, institution, actions, "confirmation_code_rotated", actor=actor)
    return new
