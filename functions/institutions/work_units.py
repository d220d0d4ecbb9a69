"""Work units: where a verified user says they work, proved by the institution's confirmation code.

A try is counted before the code is compared, under both limits, and given back when the code was right. The account
keeps the institution's code only, so that a renamed institution shows its new name; its audit trail is the history.
"""

from collections.abc import Sequence

from functions.institutions import store
from functions.institutions.domain.codes import fold_confirmation_code
from functions.institutions.errors import ConfirmationCodeInvalid, ConfirmationLimit
from functions.shared import audit, ids, memberships
from functions.shared.config import settings
from functions.shared.errors import IdentityRequired, NotFound, Unauthenticated
from functions.shared.limits import Counter, Limit, count_attempt, refund_in
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Transaction, get, get_many, retry_on_conflict

_DAY_S = 86_400


def work_unit(user_id: str) -> Institution | None:
    """The institution where the user works, or None. Two reads."""
    user = _user(user_id)
    return store.institution(user.work_unit_code) if user.work_unit_code is not None else None


def choose_work_unit(user_id: str, institution_code: str, confirmation_code: str) -> Institution:
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
def _choose(user_id: str, institution_code: str, typed: str, counters: Sequence[Counter]) -> Institution:
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
    return institution


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
