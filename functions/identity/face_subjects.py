"""What a face check is for: an application with its revision, the account, or a session.

The grants area has subjects of its own (`grants.face_subjects`).
"""

from typing import Any, NamedTuple

from functions.identity.domain.face_purposes import Purpose
from functions.shared.face_proofs import account_subject, session_subject
from functions.shared.table.identity import Identity


class FaceSubject(NamedTuple):
    """What a face check is bound to; `shown` is how the business and the institution of a grant are called."""

    purpose: Purpose
    subject: str
    display_names: Any = None


def identity_subject(identity: Identity) -> str:
    """Return the subject of a face check for identity verification: this revision of this application."""
    return f"identity:{identity.user_id}:{int(identity.revision)}"


def of_account(user_id: str) -> FaceSubject:
    """Return the subject of a face check that allows one change of the account."""
    return FaceSubject("account", account_subject(user_id))


def of_session(token_fingerprint: str) -> FaceSubject:
    """Return the subject of a face check that gives a session full assurance."""
    return FaceSubject("session", session_subject(token_fingerprint))
