"""What the identity area answers its users: the shapes of its JSON, and how items become them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from functions.identity import consent, evidence
from functions.identity.domain.applications import Person, sides_of
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import Extracted, SideScan
from functions.identity.domain.expiry import is_asked_again, roles_end_on
from functions.identity.domain.review_reasons import shown_to_applicant
from functions.identity.face_checks import FaceTicket
from functions.identity.face_comparisons import Comparison, FullSession
from functions.identity.gateways import Upload
from functions.identity.next_steps import NextStep, may_appeal, next_steps
from functions.identity.reason_views import (
    FaceReason,
    IdentityRejection,
    ReviewDetail,
    ScanReason,
    face_reasons,
    rejection_view,
    review_reasons,
    scan_reasons,
)
from functions.identity.scans import POLL_AFTER_S
from functions.shared import clock
from functions.shared.config import settings
from functions.shared.http import Request
from functions.shared.table.identity import Identity, Scan
from functions.shared.vocabulary import FaceMethod, IdentityStatus, ScanStatus, Side, VerificationRoute


class ConsentView(msgspec.Struct):
    """The consent in force, and the version that the user has accepted.

    `erasure_under_way`: the consent was withdrawn a moment ago, and it can be given again once everything is deleted.
    """

    version: str
    text: str
    accepted_version: str | None
    erasure_under_way: bool


class SideView(msgspec.Struct):
    """The scan that counts for one side; `for_review` is one that only the reviewer looks at."""

    scan_id: str
    status: Literal["accepted", "rejected", "for_review"]
    reasons: list[ScanReason]


class ScansView(msgspec.Struct):
    """Both sides; a side without a decided scan is null."""

    front: SideView | None
    back: SideView | None


class FaceView(msgspec.Struct):
    """The passed face check of an application; one that is `expired` no longer counts.

    Its time is over, or the front that the face was compared with was scanned again.
    """

    status: Literal["passed", "expired"]
    method: FaceMethod
    expires_at: datetime


class ApplicationDetails(msgspec.Struct):
    """The details of a user's own application, unmasked.

    `number_as_printed` says that the person confirmed a number whose check character disagrees.
    """

    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None
    nationality: str | None
    number_as_printed: bool
    revision: int


class IdentityView(msgspec.Struct):
    """An identity, as its user sees it.

    `next` are the steps that are possible now, the most useful first. While `scan_again_at` is set, scans are closed
    but for one photo of each side for the reviewer (`for_review`). `usual_wait_h` is how many hours a review usually
    takes.

    `verified_until` is the last day of the verified document; `renewal_asked` from 90 days before it; roles end on
    `roles_end_on` unless a new document is verified. Until `contested_until` the person may object to a decision that
    the number is somebody else's.
    """

    status: IdentityStatus
    next: list[NextStep]
    consent_accepted: bool
    document_type: DocumentType | None
    name_masked: str | None
    number_masked: str | None
    route: VerificationRoute | None
    sides: list[Side]
    scans: ScansView
    scan_attempts_left: int
    scan_again_at: datetime | None
    face: FaceView | None
    face_attempts_left: int
    face_again_at: datetime | None
    face_methods: list[FaceMethod]
    manual_review_open: bool
    submitted_at: datetime | None
    usual_wait_h: int | None
    review_reasons: list[ReviewDetail]
    rejection: IdentityRejection | None
    may_appeal: bool
    revision: int
    verified_at: datetime | None
    verified_until: date | None
    renewal_asked: bool
    roles_end_on: date | None
    contested_until: datetime | None


class ScanView(msgspec.Struct):
    """One scan; `poll_after_s` is when to ask again, null once it is decided."""

    scan_id: str
    status: ScanStatus
    side: Side
    reasons: list[ScanReason]
    extracted: Extracted | None
    attempts_left: int
    poll_after_s: int | None


class FaceTicketView(msgspec.Struct, omit_defaults=True):
    """A face check: `upload` is the form for the selfie; `verify_id` is for `wx.requestFacialVerify`."""

    face_check_id: str
    expires_at: datetime
    attempts_left: int
    method: FaceMethod
    upload: Upload | None = None
    verify_id: str | None = None


class ComparisonView(msgspec.Struct, omit_defaults=True):
    """How a comparison ended; `session` is the session that has full assurance from now on, for purpose `session`."""

    status: Literal["passed", "failed"]
    reasons: list[FaceReason]
    attempts_left: int
    session: FullSession | None = None


def identity_view(request: Request, identity: Identity | None) -> IdentityView:
    """An identity; without one, what it is before anything was done."""
    if identity is None:
        identity = Identity()
    document_type = DocumentType(identity.document_type) if identity.document_type else None
    last_day = evidence.verified_last_day(identity)
    waiting = identity.status == "in_review"
    return IdentityView(
        status=identity.status,
        next=next_steps(identity),
        consent_accepted=identity.consent_version == consent.VERSION,
        document_type=document_type,
        name_masked=identity.name_masked,
        number_masked=identity.number_masked,
        route=identity.route,
        sides=list(sides_of(document_type)) if document_type else [],
        scans=ScansView(
            front=_side(request, evidence.side_scan(identity, "front")),
            back=_side(request, evidence.side_scan(identity, "back")),
        ),
        scan_attempts_left=evidence.scan_attempts_left(identity),
        scan_again_at=evidence.scan_again_at(identity),
        face=_face(identity),
        face_attempts_left=evidence.face_attempts_left(identity),
        face_again_at=evidence.face_again_at(identity),
        face_methods=_face_methods(identity),
        manual_review_open=_manual_review_open(identity),
        submitted_at=identity.submitted_at,
        usual_wait_h=settings().review_usual_wait_h if waiting else None,
        review_reasons=review_reasons(request, shown_to_applicant(identity.review_reasons)),
        rejection=_applicants_rejection(request, identity),
        may_appeal=may_appeal(identity),
        revision=int(identity.revision),
        verified_at=identity.verified_at,
        verified_until=last_day,
        renewal_asked=last_day is not None and is_asked_again(last_day, clock.today()),
        roles_end_on=roles_end_on(last_day) if last_day is not None else None,
        contested_until=identity.contested_until,
    )


def own_details(identity: Identity, person: Person) -> ApplicationDetails:
    """The details of an application, for its user alone."""
    return ApplicationDetails(
        document_type=person.document_type,
        name=person.name,
        number=person.number,
        valid_until=person.valid_until,
        nationality=person.nationality,
        number_as_printed=identity.number_check_agrees is False,
        revision=int(identity.revision),
    )


def _face(identity: Identity) -> FaceView | None:
    face = evidence.passed_face(identity)
    if face is None or identity.status != "draft":
        return None
    counts = evidence.face_evidence(identity) == "passed"
    return FaceView("passed" if counts else "expired", face.method, face.valid_until)


def _face_methods(identity: Identity) -> list[FaceMethod]:
    if identity.status == "draft":
        return evidence.face_methods(identity, of_verified=False)
    return evidence.face_methods(identity, of_verified=True) if identity.verified_at is not None else []


def _manual_review_open(identity: Identity) -> bool:
    if identity.status != "draft":
        return False
    return evidence.all_sides_accepted(identity) or evidence.scanning_closed(identity)


def scan_view(request: Request, scan: Scan, attempts_left: int) -> ScanView:
    """A scan."""
    return ScanView(
        scan_id=scan.scan_id,
        status=scan.status,
        side=scan.side,
        reasons=_shown_reasons(request, scan.status, scan.reasons, scan.mismatched),
        extracted=msgspec.convert(scan.extracted, Extracted) if scan.extracted else None,
        attempts_left=attempts_left,
        poll_after_s=POLL_AFTER_S if scan.status in {"awaiting_upload", "processing"} else None,
    )


def face_ticket_view(ticket: FaceTicket) -> FaceTicketView:
    """A face check that was requested."""
    return FaceTicketView(
        ticket.face_check_id, ticket.expires_at, ticket.attempts_left, ticket.method, ticket.upload, ticket.verify_id
    )


def comparison_view(request: Request, comparison: Comparison) -> ComparisonView:
    """How a comparison ended."""
    reasons = face_reasons(request, comparison.reasons)
    status: Literal["passed", "failed"] = "passed" if comparison.passed else "failed"
    return ComparisonView(status, reasons, comparison.attempts_left, comparison.session)


def _applicants_rejection(request: Request, identity: Identity) -> IdentityRejection | None:
    """The rejection as its applicant sees it: that somebody else is registered is not reported."""
    if identity.status != "rejected" or identity.rejection is None:
        return None
    code = identity.rejection["code"]
    return rejection_view(request, identity, "OTHER" if code == "DUPLICATE_PERSON" else code)


def _side(request: Request, scan: SideScan | None) -> SideView | None:
    if scan is None:
        return None
    reasons = _shown_reasons(request, scan.status, scan.reasons, scan.mismatched)
    return SideView(scan.scan_id, scan.status, reasons)


def _shown_reasons(
    request: Request, status: ScanStatus, codes: Sequence[str], mismatched: Sequence[str]
) -> list[ScanReason]:
    """The reasons of a rejected scan; what the machine says of a photo for a reviewer is for the reviewer alone."""
    return scan_reasons(request, codes, mismatched) if status == "rejected" else []
