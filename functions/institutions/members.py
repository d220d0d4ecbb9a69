"""The members of an institution: who has it as work unit, and how they come off the list.

A rotation of the confirmation code may ask that everybody who joined by an older one is removed. The rotation's
transaction notes it on the institution; then each member is removed in a transaction of their own, with the event on
their account, so that it can be stopped anywhere and continued: anyone who is still listed by an older code is still to
be removed. The note goes when a whole pass has found no one. Who may do what is decided where grants are known.
"""

from collections.abc import Callable

from functions.institutions import store
from functions.shared import audit, clock, memberships
from functions.shared.errors import NotFound
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution, Member
from functions.shared.table.pages import partition_page
from functions.shared.table.transactions import Transaction, get_many, retry_on_conflict, update_if

_PAGE = 100
NEEDED_S = 10  # to remove one member, whatever has to be tried again
RESEND_AFTER_S = 90


def members(institution_code: str, limit: int, after: str | None) -> tuple[list[Member], str | None]:
    """A page of the members, by user id, and where the next page begins. One Query."""
    return partition_page(Member, keys.institution(institution_code).pk, keys.MEMBER_PREFIX, limit, after)


def count(institution_code: str) -> int:
    """How many members there are. One Query for each MB, about 6,000."""
    return Member.count(keys.institution(institution_code).pk, Member.sk.startswith(keys.MEMBER_PREFIX))


def remove_in(tx: Transaction, institution_code: str, user_id: str, *, actor: str) -> None:
    """Add to a transaction that an institution is a user's work unit no longer. One read. Raises `NotFound`."""
    user, member = _read(institution_code, user_id)
    if user is not None and user.work_unit_code == institution_code:
        detail = {"institution_code": institution_code}
        audit.change(tx, user, memberships.leave_in(tx, user), "member_removed", actor=actor, detail=detail)
    elif member is not None:
        tx.delete(member)
    else:
        raise NotFound


def forget_older(institution_code: str, seconds_left: Callable[[], float]) -> bool:
    """Remove who joined by older codes, as far as time allows; whether no one is left to remove."""
    institution = store.institution(institution_code)
    if institution is None or institution.forget_before is None:
        return True
    version, actor = int(institution.forget_before), str(institution.forgotten_by)
    after: str | None = None
    while True:
        page, after = members(institution_code, _PAGE, after)
        for member in page:
            if not memberships.is_older(member, version):
                continue
            if seconds_left() < NEEDED_S:
                return False
            _forget(institution_code, member.user_id, version, actor)
        if after is None:
            break
    done = [Institution.forget_before.remove(), Institution.forgotten_by.remove(), Institution.forget_sent_at.remove()]
    # A rotation meanwhile may have raised the version: then its own message does the rest.
    return update_if(Institution.new(institution.key), done, Institution.forget_before == version)


@retry_on_conflict
def _forget(institution_code: str, user_id: str, version: int, actor: str) -> None:
    user, member = _read(institution_code, user_id)
    if member is None or not memberships.is_older(member, version):
        return
    tx = Transaction()
    if user is not None and user.work_unit_code == institution_code:
        detail = {"institution_code": institution_code, "because": "confirmation_code_rotated"}
        audit.change(tx, user, memberships.leave_in(tx, user), "member_removed", actor=actor, detail=detail)
    else:
        tx.delete(member)
    tx.commit()


def is_to_be_sent_again(institution: Institution) -> bool:
    """Whether members are still to be removed and no message seems to be on its way; then it is noted as sent."""
    sent_at = institution.forget_sent_at
    if institution.forget_before is None or sent_at is None:
        return False
    if (clock.now() - sent_at).total_seconds() < RESEND_AFTER_S:
        return False
    same = (Institution.forget_before == institution.forget_before) & (Institution.forget_sent_at == sent_at)
    return update_if(Institution.new(institution.key), [Institution.forget_sent_at.set(clock.now())], same)


def _read(institution_code: str, user_id: str) -> tuple[User | None, Member | None]:
    user_key, member_key = keys.user(user_id), keys.member(institution_code, user_id)
    found = get_many(user_key, member_key)
    user, member = found.get(user_key), found.get(member_key)
    return user if isinstance(user, User) else None, member if isinstance(member, Member) else None
