"""What the person of an identity can do next, so that a page knows where to go on without knowing the rules.

    consent → application → scan_front, scan_back → face → submit → wait → (appeal, application)

Only steps that are open now are named, the one that leads on first. A step that is merely possible is not: scanning an
accepted side again, or changing details that nothing speaks against.
"""

from typing import Literal

from functions.identity import consent, evidence
from functions.identity.domain.applications import sides_of
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.expiry import is_asked_again
from functions.shared import clock
from functions.shared.table.identity import Identity
from functions.shared.vocabulary import Side

NextStep = Literal["consent", "application", "scan_front", "scan_back", "face", "submit", "wait", "appeal"]
_SCANS: dict[Side, NextStep] = {"front": "scan_front", "back": "scan_back"}


def next_steps(identity: Identity) -> list[NextStep]:
    """Return the steps that are open now, the one that leads on first; none where there is nothing to do."""
    if identity.status == "in_review":
        return ["wait"]
    if identity.status == "verified":
        return ["application"] if _renewal_asked(identity) else []
    appeal: list[NextStep] = ["appeal"] if may_appeal(identity) else []
    if identity.consent_version != consent.VERSION:
        return ["consent", *appeal]
    if identity.status == "draft":
        return _steps_of_draft(identity)
    return ["application", *appeal]


def may_appeal(identity: Identity) -> bool:
    """Whether the rejection can be appealed against."""
    return identity.status == "rejected" and identity.appealed_from is None


def _steps_of_draft(identity: Identity) -> list[NextStep]:
    sides = sides_of(DocumentType(identity.document_type))
    steps: list[NextStep] = [_SCANS[side] for side in sides if _is_asked(identity, side)]
    scanning_open = not evidence.scanning_closed(identity)
    if evidence.face_evidence(identity) == "missing":
        # A face is compared with the portrait of the front, as long as there can be one.
        if evidence.accepted(identity, "front") is not None or not scanning_open:
            steps.append("face")
    elif evidence.all_sides_accepted(identity) or not scanning_open:
        steps.append("submit")
    return steps


def _is_asked(identity: Identity, side: Side) -> bool:
    """Whether a photo of a side is missing; once scans are closed, one for the reviewer does."""
    return evidence.accepted(identity, side) is None and not evidence.is_for_review(identity, side)


def _renewal_asked(identity: Identity) -> bool:
    last_day = evidence.verified_last_day(identity)
    return last_day is not None and is_asked_again(last_day, clock.today())
