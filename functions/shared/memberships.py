"""Work units: an account and its institution's list of members change together, in one transaction.

Each function adds the item of the list to a transaction and returns what changes on the account, which the caller
writes with its audit event, on the version that was read.
"""

import msgspec
from pynamodb.expressions.update import Action

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution, Member
from functions.shared.table.transactions import Transaction, update_if
from functions.shared.vocabulary import WorkUnitBy


class WorkUnit(msgspec.Struct):
    """The institution where the user works."""

    institution_code: str
    name: str


def join_in(
    tx: Transaction,
    user: User,
    institution_code: str,
    *,
    code_version: int | None = None,
    business: str | None = None,
) -> list[Action]:
    """The user's work unit is this institution: by its confirmation code of a version, or with the grant of a business.

    It replaces the work unit that the user had.
    """
    by: WorkUnitBy = "code" if business is None else "grant"
    before = user.work_unit_code
    if before not in {None, institution_code}:
        tx.delete(Member.new(keys.member(str(before), user.user_id)))
    member = Member.new(
        keys.member(institution_code, user.user_id),
        user_id=user.user_id,
        name_masked=user.name_masked,
        since=clock.now(),
        by=by,
        code_version=code_version,
    )
    tx.put(member)
    return [
        User.work_unit_code.set(institution_code),
        User.work_unit_by.set(by),
        User.work_unit_business.set(business) if business is not None else User.work_unit_business.remove(),
    ]


def leave_in(tx: Transaction, user: User) -> list[Action]:
    """The user has no work unit any more; nothing is added to the transaction where they had none."""
    if user.work_unit_code is not None:
        tx.delete(Member.new(keys.member(user.work_unit_code, user.user_id)))
    return User.without_work_unit()


def rename(user: User, name_masked: str) -> None:
    """Show another name of the user in the list of members that they are on. At most one round trip."""
    if user.work_unit_code is not None:
        member = Member.new(keys.member(user.work_unit_code, user.user_id))
        update_if(member, [Member.name_masked.set(name_masked)], Member.pk.exists())


def is_older(member: Member, version: int) -> bool:
    """Whether the member joined by an older version of the confirmation code; those who came with a grant did not."""
    return member.by != "grant" and int(member.code_version or 0) < version


def version_of(institution: Institution) -> int:
    """The version of the confirmation code in force; the first is 1."""
    return int(institution.confirmation_code_version)
