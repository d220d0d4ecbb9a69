"""The life of an identity application: its states, what moves it, and when a machine may verify a person.

unverified ──▶ draft ──▶ in_review ──▶ verified | rejected
                 └───────(automatic)──▶ verified
rejected ──▶ draft, or in_review again on appeal
verified ──▶ draft, for a changed document, the verified one staying in force
any ──▶ unverified, by withdrawing the consent
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from functions.identity.domain.documents import DocumentType
from functions.identity.domain.review_reasons import ReviewReason
from functions.shared.transitions import transition
from functions.shared.vocabulary import IdentityStatus, Side

Step = Literal["apply", "verify", "send_to_review", "approve", "reject", "appeal", "withdraw"]
_ONE_SIDED = {DocumentType.PASSPORT, DocumentType.TEMPORARY_RESIDENT_ID}
FaceEvidence = Literal["passed", "used_up", "missing"]

TRANSITIONS: Mapping[IdentityStatus, Mapping[Step, IdentityStatus]] = {
    "unverified": {"apply": "draft", "withdraw": "unverified"},
    "draft": {"apply": "draft", "verify": "verified", "send_to_review": "in_review", "withdraw": "unverified"},
    "in_review": {"approve": "verified", "reject": "rejected", "withdraw": "unverified"},
    "rejected": {"apply": "draft", "appeal": "in_review", "withdraw": "unverified"},
    "verified": {"apply": "draft", "withdraw": "unverified"},
}


def next_status(status: IdentityStatus, step: Step) -> IdentityStatus:
    """The status after a step. Raises `shared.transitions.InvalidTransition`."""
    return transition(TRANSITIONS, status, step)


class Person(msgspec.Struct, frozen=True):
    """What an applicant typed, in canonical form: the content of the sealed attribute."""

    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None = None
    nationality: str | None = None


def sides_of(document_type: DocumentType) -> tuple[Side, ...]:
    """The sides that have to be scanned: a passport has its data page alone, a temporary resident ID one side."""
    return ("front",) if document_type in _ONE_SIDED else ("front", "back")


class Evidence(NamedTuple):
    """The facts a submission is decided on."""

    document_type: DocumentType
    sides_accepted: bool
    scan_limit_reached: bool
    text_mismatch: bool
    area_code_known: bool
    days_left: int | None  # until the document ends, negative afterwards; None where it has no end
    validity_plausible: bool
    portrait_cut_out: bool
    face: FaceEvidence
    face_suffices: bool = True
    name_clear: bool = True
    number_check_agrees: bool = True


Missing = Literal["scans", "face_check"]


def missing_for_submission(evidence: Evidence, *, manual_review: bool = False) -> Missing | None:
    """What the applicant still has to do, or None: no one is locked out, and no one skips a step that is open.

    Face recognition is never the only way: a person who prefers a reviewer needs no face check.
    """
    if not evidence.sides_accepted and not evidence.scan_limit_reached:
        return "scans"
    if evidence.face == "missing" and not manual_review:
        return "face_check"
    return None


def reasons_for_review(evidence: Evidence, *, manual_review: bool = False) -> list[ReviewReason]:
    """Why a person has to look at it; empty when the machine may verify.

    That another user has claimed the number (`duplicate_person`) is found when the claim is written.
    """
    reasons: dict[ReviewReason, bool] = {
        "document_type": evidence.document_type is not DocumentType.RESIDENT_ID,
        "scan_limit": not evidence.sides_accepted,
        "text_mismatch": not evidence.sides_accepted and evidence.text_mismatch,
        "area_code_unknown": not evidence.area_code_known,
        "name_unclear": not evidence.name_clear,
        "number_check_character": not evidence.number_check_agrees,
        "document_expired": evidence.days_left is not None and evidence.days_left < 0,
        "validity_implausible": not evidence.validity_plausible,
        "provider_unavailable": evidence.sides_accepted and not evidence.portrait_cut_out,
        "face_failed": evidence.face == "used_up",
        "no_authoritative_check": evidence.face == "passed" and not evidence.face_suffices,
        "manual_review": manual_review,
    }
    return [reason for reason, applies in reasons.items() if applies]
