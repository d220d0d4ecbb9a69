"""What the identity area answers: the shapes of its JSON, and how items become them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeVar, cast

import msgspec

from functions.identity import evidence
from functions.identity.applications import person_of
from functions.identity.domain.applications import Side, Status, sides_of
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.duplicates import Outcome
from functions.identity.domain.evidence import Extracted, ScanStatus, SideScan
from functions.identity.domain.expiry import is_asked_again, roles_end_on
from functions.identity.domain.face_methods import Method
from functions.identity.domain.reasons import (
    FACE_REASONS,
    REJECTION_REASONS,
    SCAN_REASONS,
    FaceReasonCode,
    RejectionCode,
    ScanReasonCode,
)
from functions.identity.domain.review_reasons import REVIEW_REASONS, ReviewReason, ShownReason, shown_to_applicant
from functions.identity.duplicates import decision_of
from functions.identity.errors import NotInReview
from functions.identity.face_checks import FaceTicket
from functions.identity.face_comparisons import Comparison, FullSession
from functions.identity.gateways import Upload
from functions.identity.opened_case import Image, Opened, VerifiedPerson
from functions.shared import clock
from functions.shared.errors import Text
from functions.shared.http import Request
from functions.shared.reviews import ClaimView, claim_view
from functions.shared.table.identity import Identity, Scan

CodeT = TypeVar("CodeT", bound=str)
ReasonT = TypeVar("ReasonT")


class ScanReason(msgspec.Struct):
    """Why a scan was rejected, with what to do about it."""

    code: ScanReasonCode
    detail: str


class FaceReason(msgspec.Struct):
    """Why a face check failed, with what to do about it."""

    code: FaceReasonCode
    detail: str


class ReviewDetail(msgspec.Struct):
    """Why an application is reviewed, in words."""

    code: ShownReason
    detail: str


class IdentityRejection(msgspec.Struct):
    """Why an application was rejected, with what to do about it."""

    code: RejectionCode
    detail: str


class ConsentView(msgspec.Struct):
    """The consent in force, and the version that the user has accepted."""

    version: str
    text: str
    accepted_version: str | None


class SideView(msgspec.Struct):
    """The scan that counts for one side."""

    scan_id: str
    status: Literal["accepted", "rejected"]
    reasons: list[ScanReason]


class ScansView(msgspec.Struct):
    """Both sides; a side without a decided scan is null."""

    front: SideView | None
    back: SideView | None


class IdentityView(msgspec.Struct):
    """An identity, as its user sees it.

    `verified_until` is the last day of the verified document; `renewal_asked` from 90 days before it; roles end on
    `roles_end_on` unless a new document is verified. Until `contested_until` the person may object to a decision that
    the number is somebody else's.
    """

    status: Status
    document_type: DocumentType | None
    name_masked: str | None
    number_masked: str | None
    route: Literal["automatic", "manual"] | None
    sides: list[Side]
    scans: ScansView
    scan_attempts_left: int
    face_attempts_left: int
    face_methods: list[Method]
    manual_review_open: bool
    review_reasons: list[ShownReason]
    review_details: list[ReviewDetail]
    rejection: IdentityRejection | None
    may_appeal: bool
    revision: int
    verified_at: datetime | None
    verified_until: date | None
    renewal_asked: bool
    roles_end_on: date | None
    contested_until: datetime | None


class ScanView(msgspec.Struct):
    """One scan."""

    scan_id: str
    status: ScanStatus
    side: Side
    reasons: list[ScanReason]
    extracted: Extracted | None
    attempts_left: int


class FaceTicketView(msgspec.Struct, omit_defaults=True):
    """A face check: `upload` is the form for the selfie; `verify_id` is for `wx.requestFacialVerify`."""

    face_check_id: str
    expires_at: datetime
    attempts_left: int
    method: Method
    upload: Upload | None = None
    verify_id: str | None = None


class ComparisonView(msgspec.Struct, omit_defaults=True):
    """How a comparison ended; `session` is the session that has full assurance from now on, for purpose `session`."""

    status: Literal["passed", "failed"]
    reasons: list[FaceReason]
    attempts_left: int
    session: FullSession | None = None


class DecisionView(msgspec.Struct):
    """A decision on a duplicate that is not carried out yet."""

    outcome: Outcome
    other_user_id: str
    proposed_by: str
    proposed_at: datetime
    takes_effect_at: datetime | None


class QueueItem(msgspec.Struct):
    """An application that waits for a reviewer."""

    user_id: str
    document_type: DocumentType
    submitted_at: datetime
    review_reasons: list[ReviewReason]
    pending_decision: DecisionView | None
    claim: ClaimView | None


class QueuePage(msgspec.Struct):
    """A page of the review queue, oldest first."""

    items: list[QueueItem]
    next_cursor: str | None


class DetailsView(msgspec.Struct):
    """What a document says about a person, unmasked."""

    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None
    nationality: str | None


class VerifiedView(msgspec.Struct):
    """Somebody whom an account is verified as, with the images that are kept."""

    user_id: str
    application: DetailsView
    images: list[Image]
    verified_at: datetime | None


class RoleView(msgspec.Struct):
    """A role in a grant."""

    business: str
    institution_code: str
    role: Literal["manager", "assistant"]


class AccountView(msgspec.Struct):
    """The account of an application: whom it is verified as, its roles and its work unit."""

    verified_as: VerifiedView | None
    roles: list[RoleView]
    work_unit: str | None


class ValidityView(msgspec.Struct):
    """The validity as it was read from one side."""

    side: Side
    issuer: str | None
    valid_from: date | None
    valid_until: date | None
    long_term: bool


class ApplicationView(msgspec.Struct):
    """An application, unmasked, as a reviewer sees it; on appeal with the rejection that it is against.

    `other` is verified with the same number on another account, `possible_duplicates` under the same name and birth
    date. These and `account` are null or empty in the answer to a decision.
    """

    user_id: str
    status: Status
    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None
    nationality: str | None
    submitted_at: datetime | None
    review_reasons: list[ReviewReason]
    review_details: list[ReviewDetail]
    rejection: IdentityRejection | None
    appeal_comment: str | None
    claim: ClaimView | None
    revision: int
    images: list[Image]
    validity: list[ValidityView]
    pending_decision: DecisionView | None
    account: AccountView | None
    other: VerifiedView | None
    possible_duplicates: list[VerifiedView]


def identity_view(request: Request, identity: Identity | None) -> IdentityView:
    """An identity; without one, what it is before anything was done."""
    if identity is None:
        identity = Identity()
    document_type = DocumentType(identity.document_type) if identity.document_type else None
    shown = shown_to_applicant(identity.review_reasons)
    last_day = date.fromisoformat(identity.verified_until) if identity.verified_until else None
    return IdentityView(
        status=identity.status,
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
        face_attempts_left=evidence.face_attempts_left(identity),
        face_methods=_face_methods(identity),
        manual_review_open=_manual_review_open(identity),
        review_reasons=shown,
        review_details=_reasons(request, shown, REVIEW_REASONS, ReviewDetail),
        rejection=_applicants_rejection(request, identity),
        may_appeal=identity.status == "rejected" and identity.appealed_from is None,
        revision=int(identity.revision),
        verified_at=identity.verified_at,
        verified_until=last_day,
        renewal_asked=last_day is not None and is_asked_again(last_day, clock.today()),
        roles_end_on=roles_end_on(last_day) if last_day is not None else None,
        contested_until=identity.contested_until,
    )


def _face_methods(identity: Identity) -> list[Method]:
    if identity.status == "draft":
        return evidence.face_methods(identity, of_verified=False)
    return evidence.face_methods(identity, of_verified=True) if identity.verified_at is not None else []


def _manual_review_open(identity: Identity) -> bool:
    if identity.status != "draft":
        return False
    return evidence.all_sides_accepted(identity) or evidence.scan_attempts_left(identity) == 0


def scan_view(request: Request, scan: Scan, attempts_left: int) -> ScanView:
    """A scan."""
    return ScanView(
        scan_id=scan.scan_id,
        status=scan.status,
        side=scan.side,
        reasons=_reasons(request, scan.reasons, SCAN_REASONS, ScanReason),
        extracted=msgspec.convert(scan.extracted, Extracted) if scan.extracted else None,
        attempts_left=attempts_left,
    )


def face_ticket_view(ticket: FaceTicket) -> FaceTicketView:
    """A face check that was requested."""
    return FaceTicketView(
        ticket.face_check_id, ticket.expires_at, ticket.attempts_left, ticket.method, ticket.upload, ticket.verify_id
    )


def comparison_view(request: Request, comparison: Comparison) -> ComparisonView:
    """How a comparison ended."""
    reasons = _reasons(request, comparison.reasons, FACE_REASONS, FaceReason)
    status: Literal["passed", "failed"] = "passed" if comparison.passed else "failed"
    return ComparisonView(status, reasons, comparison.attempts_left, comparison.session)


def application_view(request: Request, opened: Opened) -> ApplicationView:
    """An application for a reviewer."""
    identity, person = opened.identity, opened.person
    view = _application(request, identity, person, opened.images, opened.appeal)
    view.account = AccountView(
        verified_as=_verified(opened.verified_as),
        roles=[RoleView(held.business, held.institution_code, held.role) for held in opened.roles],
        work_unit=opened.account.work_unit_code,
    )
    view.other = _verified(opened.other)
    view.possible_duplicates = [shown for one in opened.possible if (shown := _verified(one)) is not None]
    return view


def _verified(person: VerifiedPerson | None) -> VerifiedView | None:
    if person is None:
        return None
    details = DetailsView(**msgspec.structs.asdict(person.person))
    return VerifiedView(person.user_id, details, person.images, person.identity.verified_at)


def decided_view(request: Request, identity: Identity) -> ApplicationView:
    """An application that was just decided; its images are not looked at again. Raises `NotInReview` if it is gone."""
    person = person_of(identity)
    if person is None:
        raise NotInReview  # the applicant has withdrawn everything since
    return _application(request, identity, person, [], None)


def queue_item(request: Request, identity: Identity) -> QueueItem:
    """An application in the queue."""
    return QueueItem(
        user_id=identity.user_id,
        document_type=DocumentType(identity.document_type),
        submitted_at=identity.submitted_at,
        review_reasons=list(identity.review_reasons),
        pending_decision=_pending(identity),
        claim=claim_view(identity, request.user_id),
    )


def _application(
    request: Request, identity: Identity, person: Any, images: list[Image], appeal_comment: str | None
) -> ApplicationView:
    return ApplicationView(
        user_id=identity.user_id,
        status=identity.status,
        document_type=person.document_type,
        name=person.name,
        number=person.number,
        valid_until=person.valid_until,
        nationality=person.nationality,
        submitted_at=identity.submitted_at,
        review_reasons=list(identity.review_reasons),
        review_details=_reasons(request, identity.review_reasons, REVIEW_REASONS, ReviewDetail),
        rejection=_rejection(request, identity),
        appeal_comment=appeal_comment,
        claim=claim_view(identity, request.user_id),
        revision=int(identity.revision),
        images=images,
        validity=_validity(identity),
        pending_decision=_pending(identity),
        account=None,
        other=None,
        possible_duplicates=[],
    )


def _rejection(
    request: Request, identity: Identity, shown_code: RejectionCode | None = None
) -> IdentityRejection | None:
    if identity.rejection is None:
        return None
    code, comment = shown_code or identity.rejection["code"], identity.rejection["comment"]
    text = request.say(REJECTION_REASONS[code])
    return IdentityRejection(code, f"{text} {comment}" if comment else text)


def _validity(identity: Identity) -> list[ValidityView]:
    scans = [scan for side in evidence.SIDES if (scan := evidence.side_scan(identity, side)) is not None]
    return [
        ValidityView(scan.side, scan.issuer, scan.valid_from, scan.valid_until, scan.long_term)
        for scan in scans
        if scan.valid_from is not None or scan.valid_until is not None
    ]


def _pending(identity: Identity) -> DecisionView | None:
    decision = decision_of(identity)
    if decision is None:
        return None
    return DecisionView(
        decision.outcome, decision.other, decision.proposed_by, decision.proposed_at, decision.takes_effect_at
    )


def _applicants_rejection(request: Request, identity: Identity) -> IdentityRejection | None:
    """The rejection as its applicant sees it: that somebody else is registered is not reported."""
    if identity.status != "rejected" or identity.rejection is None:
        return None
    code = identity.rejection["code"]
    return _rejection(request, identity, "OTHER" if code == "DUPLICATE_PERSON" else code)


def _side(request: Request, scan: SideScan | None) -> SideView | None:
    if scan is None:
        return None
    return SideView(scan.scan_id, scan.status, _reasons(request, scan.reasons, SCAN_REASONS, ScanReason))


def _reasons(
    request: Request, codes: Sequence[str], texts: Mapping[CodeT, Text], shape: Callable[[CodeT, str], ReasonT]
) -> list[ReasonT]:
    """Reasons with their texts. What is stored is one of the codes: raises `KeyError` for any other."""
    return [shape(code, request.say(texts[code])) for code in cast("Sequence[CodeT]", codes)]
