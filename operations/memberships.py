"""Listing who works where: for accounts that chose their work unit before institutions had a list of members.

It looks at every item of the table once, which nothing else does: run it once, after the update of December 2026. It
can be stopped and run again at any time: anyone who is listed already, or works elsewhere by now, is left alone.
"""

from collections.abc import Callable

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import Item
from functions.shared.table.institutions import Member
from functions.shared.table.transactions import Transaction, VersionConflict


def list_members(progress: Callable[[int], object]) -> int:
    """List every account's work unit; how many were not listed. `progress` is called for each account with one."""
    listed = 0
    for user in User.scan(User.work_unit_code.exists(), consistent_read=True):
        listed += _list(user)
        progress(1)
    return listed


def _list(user: User) -> bool:
    """By code, where the account does not say; the version is not known, so a rotation may remove them."""
    code = str(user.work_unit_code)
    member = Member.new(
        keys.member(code, user.user_id),
        user_id=user.user_id,
        name_masked=user.name_masked,
        since=clock.now(),
        by=user.work_unit_by or "code",
    )
    tx = Transaction()
    tx.check(User, user.key, User.work_unit_code == code, on_failure=VersionConflict)
    tx.put(member, Item.pk.does_not_exist())
    try:
        tx.commit()
    except VersionConflict:
        return False
    return True
