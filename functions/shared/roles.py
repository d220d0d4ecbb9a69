"""A user's roles in grants, for every area: which they are, and that one is still held.

A `Role` only says where to look: authority comes from the grant itself. Nothing here changes a role.
"""

from collections.abc import Iterable

from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.grants import Grant
from functions.shared.table.grants import Role as Role
from functions.shared.table.transactions import DomainError, Transaction, VersionConflict, get_many

_READ_TOGETHER = 100  # what one BatchGetItem takes


def roles_among(items: Iterable[Item]) -> list[Role]:
    """Return the roles among items of a user's partition."""
    return [item for item in items if isinstance(item, Role)]


def roles_of(user_id: str, limit: int | None = None) -> list[Role]:
    """Return the roles of a user, by consistent reads. One Query."""
    found = Role.query(
        keys.user_partition(user_id), Role.sk.startswith(keys.ROLE_PREFIX), consistent_read=True, limit=limit
    )
    return list(found)


def holds_role(user_id: str) -> bool:
    """Whether the user is manager or assistant of any grant, by a consistent read. One Query."""
    return bool(roles_of(user_id, limit=1))


def active_grant(user_id: str) -> Grant | None:
    """Return an active grant in which the user is manager or assistant, or None.

    A Query, and a read where it finds any. Of more roles than a hundred the first hundred are looked at.
    """
    wanted = [keys.grant(role.business, role.institution_code) for role in roles_of(user_id, _READ_TOGETHER)]
    found = get_many(*wanted).values() if wanted else ()
    return next((item for item in found if isinstance(item, Grant) and item.role_of(user_id) is not None), None)


def require_role_in(
    tx: Transaction, business: str, institution_code: str, user_id: str, on_failure: DomainError = VersionConflict
) -> None:
    """Require that the user is still manager or assistant of an active grant."""
    held = (Grant.status == "active") & Grant.names_member(user_id)
    tx.check(Grant, keys.grant(business, institution_code), held, on_failure=on_failure)
