"""What lets a user into the console: a role in an active grant, or being an administrator."""

from typing import NamedTuple

from pynamodb.expressions.condition import Condition

from functions.shared.roles import active_grant, require_role_in
from functions.shared.table.auth import User
from functions.shared.table.transactions import DomainError, Transaction


class ConsoleRole(NamedTuple):
    """What lets a user into the console: a role in a grant, or being an administrator, where there is no business."""

    business: str | None = None
    institution_code: str | None = None

    def is_possible_for(self, user: User) -> bool:
        """Whether the account may have this role; whether it has is for the transaction to say."""
        return user.may_administer if self.business is None else user.is_verified

    def require_in(self, tx: Transaction, user_id: str, on_failure: DomainError) -> Condition:
        """Require the role in a transaction; the part of it that the account says is returned as a condition."""
        if self.business is None or self.institution_code is None:
            return User.MAY_ADMINISTER
        require_role_in(tx, self.business, self.institution_code, user_id, on_failure)
        return User.VERIFIED


def console_role_of(user: User) -> ConsoleRole | None:
    """Return the role that lets the user into the console, or None."""
    if user.may_administer:
        return ConsoleRole()
    grant = active_grant(user.user_id) if user.is_verified else None
    return ConsoleRole(grant.business, grant.institution_code) if grant is not None else None
