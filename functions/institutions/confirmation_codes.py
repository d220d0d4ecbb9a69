"""Confirmation codes: shown to the institution's managers, and replaced when one has got about.

Who may see and rotate one is decided where grants are known: `grants.confirmation_codes`.
"""

from datetime import datetime

import msgspec

from functions.shared import audit, clock, ids, memberships
from functions.shared.derived_codes import CONFIRMATION_CODE, derive_code
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Transaction


class ConfirmationCode(msgspec.Struct, frozen=True):
    """The confirmation code of an institution, and since when it is valid.

    `rotation_advised` when somebody who saw the code has lost a role since; `forgetting` while members who joined by
    older codes are being removed.
    """

    confirmation_code: str
    rotated_at: datetime
    rotation_advised: bool = False
    forgetting: bool = False


def confirmation_code_of(institution: Institution, role_ended_at: datetime | None = None) -> ConfirmationCode:
    """The code in force; `role_ended_at` is when somebody last lost a role there, as far as the caller may know."""
    rotated_at = institution.confirmation_code_rotated_at
    return ConfirmationCode(
        institution.current_confirmation_code(),
        rotated_at,
        rotation_advised=role_ended_at is not None and role_ended_at >= rotated_at,
        forgetting=institution.forget_before is not None,
    )


def rotate_in(tx: Transaction, institution: Institution, *, actor: str, forget_older: bool = False) -> ConfirmationCode:
    """Add a new code for an institution, as it was read, to a transaction; the old one is invalid then.

    With `forget_older` anyone who joined by an older code is to be removed (`institutions.members`). The commit raises
    `VersionConflict` when the institution has changed since.
    """
    version = memberships.version_of(institution) + 1
    nonce = ids.new_id()
    forgetting = forget_older or institution.forget_before is not None
    code = derive_code(CONFIRMATION_CODE, institution.institution_code, nonce=nonce)
    new = ConfirmationCode(code, clock.now(), forgetting=forgetting)
    actions = [
        Institution.confirmation_nonce.set(nonce),
        Institution.confirmation_offset.remove(),
        Institution.confirmation_code.remove(),
        Institution.confirmation_code_rotated_at.set(new.rotated_at),
        Institution.confirmation_code_rotated_by.set(actor),
        Institution.confirmation_code_version.set(version),
    ]
    if forget_older:
        actions += [Institution.forget_before.set(version), Institution.forgotten_by.set(actor)]
        actions.append(Institution.forget_sent_at.set(new.rotated_at))
    detail = {"version": version, "forget_older": forget_older}
    audit.change(tx, institution, actions, "confirmation_code_rotated", actor=actor, detail=detail)
    return new
