"""Whom a change of an institution's grant concerns at its superior, and what they are sent: one message after it.

The account is read before the change, so that nothing after it can fail but the message itself (`shared.notices`). Who
comes again finds the change made, and is refused: no message is sent twice.
"""

from functions.grants import store
from functions.grants.authority import Authority
from functions.shared.notices import NoticeKind, notify_phone
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant


def passed_over(held: Authority) -> User | None:
    """The superior's manager in whose place an administrator acts; None for everyone else's acts. At most one read."""
    return _manager(held.passed_over)


def manager_above(business_code: str, supervisor_code: str | None) -> User | None:
    """The manager of the same business at an institution's supervisor, if there is one. At most two reads."""
    return _manager(store.grant(business_code, supervisor_code)) if supervisor_code is not None else None


def notify(manager: User | None, kind: NoticeKind, *, actor: str) -> None:
    """Send the message of what somebody else did to the superior's manager, where there is one. Two round trips."""
    if manager is not None and manager.user_id != actor:
        notify_phone(manager, kind)


def _manager(superior: Grant | None) -> User | None:
    if superior is None or superior.status != "active" or superior.manager_id is None:
        return None
    return store.user(superior.manager_id)
