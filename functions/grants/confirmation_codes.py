"""An institution's confirmation code and members, on the console: for managers and assistants of any business there.

Authority is an active grant of the institution in which the caller has a role, whatever the business, or being an
administrator. The caller's roles only say which grants to look at; each change requires the grant or the office again.
An assistant rotates the code once an hour, since a rotation voids what people were given; a manager at any time. Only a
manager or an administrator removes members.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from functions.grants import authority, gateways, store
from functions.grants.errors import NotManager, RotationLimit
from functions.institutions import confirmation_codes, members
from functions.institutions.confirmation_codes import ConfirmationCode
from functions.shared import clock
from functions.shared.clients import is_transient
from functions.shared.config import settings
from functions.shared.errors import NotFound
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution, Member
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict


class _CodeHolder(NamedTuple):
    """The institution, and the grant by which the caller keeps its code; None for an administrator."""

    institution: Institution
    grant: Grant | None
    role_ended_at: datetime | None
    name_masked: str | None


class MemberPage(NamedTuple):
    """A page of an institution's members, and where the next one begins."""

    institution: Institution
    members: list[Member]
    next_key: str | None


class ShownCode(NamedTuple):
    """A code in force, the masked name of who made it where that was kept, and how many members there are."""

    code: ConfirmationCode
    rotated_by_masked: str | None
    members_count: int


def show_confirmation_code(caller_id: str, institution_code: str) -> ShownCode:
    """The code of the institution. Four round trips, three for its first code. Raises `NotFound`, `Forbidden`."""
    keeper = _require_code_holder(caller_id, institution_code)
    logger.info("confirmation_code_viewed", user_id=caller_id, institution_code=institution_code)
    code = confirmation_codes.confirmation_code_of(keeper.institution, keeper.role_ended_at)
    rotated_by = keeper.institution.confirmation_code_rotated_by
    rotator = store.user(rotated_by) if rotated_by is not None else None
    return ShownCode(code, rotator.name_masked if rotator is not None else None, members.count(institution_code))


def rotate_confirmation_code(caller_id: str, institution_code: str, *, forget_older: bool = False) -> ShownCode:
    """The new code of the institution. Four round trips, and a message to remove those who joined by older codes.

    Raises `NotFound`, `Forbidden`, `NotManager` for an assistant who wants people removed, `RotationLimit`.
    """
    rotated, keeper = _rotate(caller_id, institution_code, forget_older=forget_older)
    if forget_older:
        _send(institution_code)
    return ShownCode(rotated, keeper.name_masked, members.count(institution_code))


@retry_on_conflict
def _rotate(caller_id: str, institution_code: str, *, forget_older: bool) -> tuple[ConfirmationCode, _CodeHolder]:
    keeper = _require_code_holder(caller_id, institution_code)
    if forget_older:
        _require_manager(keeper, caller_id)
    wait_s = _wait_s(keeper, caller_id)
    if wait_s > 0:
        raise RotationLimit(wait_s)
    tx = Transaction()
    _require_in(tx, keeper, caller_id)
    rotated = confirmation_codes.rotate_in(tx, keeper.institution, actor=caller_id, forget_older=forget_older)
    tx.commit()
    return rotated, keeper


def list_members(caller_id: str, institution_code: str, limit: int, after: str | None) -> MemberPage:
    """A page of the institution's members. Three round trips. Raises `NotFound`, `Forbidden`.

    Where a removal of those who joined by older codes seems to have stopped, its message is sent again.
    """
    keeper = _require_code_holder(caller_id, institution_code)
    if members.is_to_be_sent_again(keeper.institution):
        _send(institution_code)
    found, next_key = members.members(institution_code, limit, after)
    return MemberPage(keeper.institution, found, next_key)


@retry_on_conflict
def remove_member(caller_id: str, institution_code: str, user_id: str) -> None:
    """End a user's work unit at the institution. Four round trips. Raises `NotFound`, `Forbidden`, `NotManager`."""
    keeper = _require_code_holder(caller_id, institution_code)
    _require_manager(keeper, caller_id)
    tx = Transaction()
    if user_id != caller_id or keeper.grant is not None:
        _require_in(tx, keeper, caller_id)
    members.remove_in(tx, institution_code, user_id, actor=caller_id)
    tx.commit()


def _require_manager(keeper: _CodeHolder, caller_id: str) -> None:
    if keeper.grant is not None and keeper.grant.manager_id != caller_id:
        raise NotManager


def _wait_s(keeper: _CodeHolder, caller_id: str) -> int:
    """How long an assistant has to leave the code as it is; no one else has to."""
    if keeper.grant is None or keeper.grant.manager_id == caller_id:
        return 0
    interval = timedelta(seconds=settings().confirmation_rotation_s)
    return int((keeper.institution.confirmation_code_rotated_at + interval - clock.now()).total_seconds())


def _require_in(tx: Transaction, keeper: _CodeHolder, caller_id: str) -> None:
    # Stale, not forbidden: the caller may have a role in another grant, or be an administrator.
    if keeper.grant is None:
        tx.check(User, keys.user(caller_id), authority.IS_ADMINISTRATOR)
    elif keeper.grant.manager_id == caller_id:
        manages = (Grant.status == "active") & (Grant.manager_id == caller_id)
        tx.check(Grant, keeper.grant.key, manages)
    else:
        authority.require_member_in(
            tx, keeper.grant.business, keeper.grant.institution_code, caller_id, on_failure=VersionConflict
        )


def _require_code_holder(caller_id: str, institution_code: str) -> _CodeHolder:
    """What the caller keeps the code by: a manager's role before an assistant's."""
    presence = store.membership_context(caller_id, institution_code)
    if presence.institution is None:
        raise NotFound
    held = [grant for grant in presence.grants if authority.role_in(grant, caller_id) is not None]
    if held:
        grant = next((one for one in held if one.manager_id == caller_id), held[0])
        ended = [one.role_ended_at for one in held if one.role_ended_at is not None]
        return _CodeHolder(presence.institution, grant, max(ended, default=None), _name_of(presence.caller))
    if presence.caller is None or not presence.caller.may_administer:
        raise authority.forbidden(caller_id, *presence.grants)
    return _CodeHolder(presence.institution, None, None, presence.caller.name_masked)


def _name_of(caller: User | None) -> str | None:
    return caller.name_masked if caller is not None else None


def _send(institution_code: str) -> None:
    """Send the message that has members removed; where that fails, the next look at the members sends it."""
    try:
        gateways.send_forgetting(institution_code)
    except (ClientError, BotoCoreError) as error:
        if not is_transient(error):
            raise
        logger.warning("forgetting_not_sent", institution_code=institution_code, reason=type(error).__name__)
