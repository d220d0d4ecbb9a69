"""An institution's confirmation code on the console: for managers and assistants of any business there.

Authority is an active grant of the institution in which the caller has a place, whatever the business, or being an
administrator. The caller's roles only say which grants to look at; a rotation demands the grant, or the office, again.
"""

from typing import NamedTuple

from functions.grants import authority, store
from functions.institutions import confirmation_codes
from functions.institutions.confirmation_codes import ConfirmationCode
from functions.shared.errors import Forbidden, NotFound
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Stale, Transaction, decide_again


class _Keeper(NamedTuple):
    """The institution, and the grant by which the caller keeps its code; None for an administrator."""

    institution: Institution
    grant: Grant | None


def show_confirmation_code(caller_id: str, institution_code: str) -> ConfirmationCode:
    """The code of the institution. Two round trips. Raises `NotFound`, `Forbidden`."""
    return confirmation_codes.confirmation_code_of(_require_keeper(caller_id, institution_code).institution)


@decide_again
def rotate_confirmation_code(caller_id: str, institution_code: str) -> ConfirmationCode:
    """The new code of the institution. Three round trips. Raises `NotFound`, `Forbidden`."""
    keeper = _require_keeper(caller_id, institution_code)
    tx = Transaction()
    # Stale, not forbidden: the caller may have a place in another grant, or be an administrator.
    if keeper.grant is not None:
        authority.demand_member(tx, keeper.grant.business, institution_code, caller_id, otherwise=Stale)
    else:
        tx.check(User, keys.user(caller_id), authority.IS_ADMINISTRATOR)
    rotated = confirmation_codes.rotate_in(tx, keeper.institution, actor=caller_id)
    tx.commit()
    return rotated


def _require_keeper(caller_id: str, institution_code: str) -> _Keeper:
    presence = store.presence(caller_id, institution_code)
    if presence.institution is None:
        raise NotFound
    held = [grant for grant in presence.grants if authority.role_in(grant, caller_id) is not None]
    if held:
        return _Keeper(presence.institution, held[0])
    if presence.caller is None or not presence.caller.may_administer:
        raise Forbidden
    return _Keeper(presence.institution, None)
