"""Work units: where a verified user says they work, proved by the institution's confirmation code.

A try is counted before the code is compared, under both limits, and given back when the code was right. The account
keeps the institution's code only, so that a renamed institution shows its new name; its audit trail is the history.
"""

from collections.abc import Sequence
from typing import NamedTuple

from functions.institutions.domain.codes import fold_confirmation_code
from functions.institutions.errors import ConfirmationCodeInvalid, ConfirmationLimit
from functions.shared import audit, clock, ids, memberships
from functions.shared.config import settings
from functions.shared.errors import IdentityRequired, NotFound, Unauthenticated
from functions.shared.limits import Counter, Limit, count_attempt, refund_in
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution, Member
from functions.shared.table.transactions import Transaction, get, get_many, retry_on_conflict

_DAY_S = 86_400


class WorkPlace(NamedTuple):
    """Where a user works, and how they came to be a member there; older ones are not on the list of members."""

    institution: Institution
    member: Member | None


def work_unit(user_id: str) -> WorkPlace | None:
    """Where the user works, or None. A read and a BatchGetItem."""
    code = _user(user_id).work_unit_code
    if code is None:
        return None
    listed = keys.member(code, user_id)
    found = get_many(keys.institution(code), listed)
    institution, member = found.get(keys.institution(code)), found.get(listed)
    if not isinstance(institution, Institution):
        return None
    return WorkPlace(institution, member if isinstance(member, Member) else None)


def choose_work_unit(user_id: str, institution_code: str, confirmation_code: str) -> WorkPlace:
    """The institution that is the user's work unit from now on.

    Raises `IdentityRequired`, `NotFound` (unknown institution), `ConfirmationLimit`, `ConfirmationCodeInvalid`.
    """
    user, institution = _both(user_id, institution_code)
    if not user.is_verified:
        raise IdentityRequired
    if institution is None:
        raise NotFound
    limits = _limits(user_id, institution.institution_code)
    with count_attempt(limits, ConfirmationLimit, wrong=ConfirmationCodeInvalid) as counters:
        return _choose(user_id, institution.institution_code, fold_confirmation_code(confirmation_code), counters)


@retry_on_conflict
def leave_work_unit(user_id: str) -> None:
    """The user works nowhere from now on; without a work unit nothing changes."""
    user = _user(user_id)
    if user.work_unit_code is None:
        return
    tx = Transaction()
    detail = {"institution_code": user.work_unit_code}
    audit.change(tx, user, memberships.leave_in(tx, user), "work_unit_left", actor=user_id, detail=detail)
    tx.commit()


def _limits(user_id: str, institution_code: str) -> list[Limit]:
    at_one, over_all = (
        settings().wrong_confirmation_codes_per_day_per_institution,
        settings().wrong_confirmation_codes_per_day,
    )
    return [
        Limit("confirmation_at_one_day", f"{user_id}#{institution_code}", at_one, _DAY_S),
        Limit("confirmation_day", user_id, over_all, _DAY_S),
    ]


@retry_on_conflict
def _choose(user_id: str, institution_code: str, typed: str, counters: Sequence[Counter]) -> WorkPlace:
    user, institution = _both(user_id, institution_code)
    if institution is None or not ids.same_secret(typed, institution.current_confirmation_code()):
        raise ConfirmationCodeInvalid
    if not user.is_verified:
        raise IdentityRequired
    tx = Transaction()
    tx.check(Institution, institution.key, institution.has_same_code())
    detail = {"institution_code": institution_code, "before": user.work_unit_code}
    version = memberships.version_of(institution)
    chosen = memberships.join_in(tx, user, institution_code, code_version=version)
    audit.change(tx, user, chosen, "work_unit_chosen", actor=user_id, detail=detail, condition=User.VERIFIED)
    for counter in counters:
        refund_in(tx, counter)
    tx.commit()
    joined = Member.new(keys.member(institution_code, user_id), user_id=user_id, since=clock.now(), by="code")
    return WorkPlace(institution, joined)


def _both(user_id: str, institution_code: str) -> tuple[User, Institution | None]:
    """The user and the institution. One BatchGetItem."""
    found = get_many(keys.user(user_id), keys.institution(institution_code))
    user, institution = found.get(keys.user(user_id)), found.get(keys.institution(institution_code))
    if not isinstance(user, User):
        raise Unauthenticated
    return user, institution if isinstance(institution, Institution) else None


def _user(user_id: str) -> User:
    user = get(User, keys.user(user_id))
    if user is None:
        raise Unauthenticated
    return user
