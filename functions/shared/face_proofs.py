"""Passed face checks as proofs: whether one is valid for a subject, and its use in the transaction of what it allows.

A face check is requested and compared in the identity area. Every area that requires one uses it up here: each is valid
for one user and one subject, for five minutes, once.
"""

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck
from functions.shared.table.transactions import DomainError, Transaction, get


def account_subject(user_id: str) -> str:
    """Return the subject of a face check that allows one change of who an account is or how it is entered."""
    return f"account:{user_id}"


def session_subject(token_fingerprint: str) -> str:
    """Return the subject of a face check that gives one session full assurance."""
    return f"session:{token_fingerprint}"


def find(user_id: str, face_check_id: str) -> FaceCheck | None:
    """Return a face check of the user, or None. One read."""
    return get(FaceCheck, keys.face_check(user_id, face_check_id))


def is_valid_for(check: FaceCheck | None, subject: str) -> bool:
    """Whether a face check has passed for this subject, is unused and has not expired."""
    if check is None:
        return False
    return check.status == "passed" and check.subject == subject and check.valid_until > clock.now()


def consume_in(tx: Transaction, user_id: str, face_check_id: str, subject: str, *, on_failure: DomainError) -> None:
    """Use up a passed face check of the user for this subject, in the transaction of what it allows.

    The transaction fails with `on_failure` where the check is missing, not passed, used, expired or for another
    subject, so reading it before is not necessary. The id may come from a client: a check of another user is not found.
    """
    valid = (FaceCheck.status == "passed") & (FaceCheck.subject == subject) & (FaceCheck.valid_until > clock.now())
    check = FaceCheck.new(keys.face_check(user_id, face_check_id))
    tx.update(check, [FaceCheck.status.set("consumed")], valid, on_failure=on_failure)
