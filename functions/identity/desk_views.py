"""What the review desk of the identity area is answered: the queue, one application, and how far a decision is."""

from datetime import date, datetime
from typing import Literal

import msgspec

from functions.identity import evidence
from functions.identity.case_history import CaseHistory, EarlierIdentityDecision, earlier_decisions
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.duplicates import Outcome
from functions.identity.domain.evidence import ReadText
from functions.identity.duplicates import Progress, decision_of
from functions.identity.errors import NotInReview
from functions.identity.opened_case import ApplicationForReview, Image, VerifiedPerson
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
from functions.identity.review_queue import QueueCounts
from functions.shared.http import Request
from functions.shared.reviews import ClaimView, claim_view
from functions.shared.table.identity import Identity
from functions.shared.vocabulary import FaceMethod, IdentityStatus, RoleName, Side


class DecisionView(msgspec.Struct):
    """A decision on a duplicate that is not carried out yet."""

    outcome: Outcome
    other_user_id: str
    proposed_by: str
    proposed_at: datetime
    takes_effect_at: datetime | None


class QueueItem(msgspec.Struct):
    """An application in a list of the review desk. `decided_at` is when a reviewer decided it last."""

    user_id: str
    status: IdentityStatus
    document_type: DocumentType
    name_masked: str | None
    number_masked: str | None
    submitted_at: datetime | None
    decided_at: datetime | None
    review_reasons: list[ReviewDetail]
    on_appeal: bool
    pending_decision: DecisionView | None
    claim: ClaimView | None


class QueuePage(msgspec.Struct):
    """A page of applications; those in review oldest first, decided ones newest first.

    `counts` are of all that wait, whatever the page is filtered by; `oldest_at` is when the first of them was
    submitted.
    """

    items: list[QueueItem]
    next_cursor: str | None
    counts: QueueCounts
    oldest_at: datetime | None


class FoundPage(msgspec.Struct):
    """A page of the applications that a search has found."""

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
    """A person whom an account is verified as, with the kept images."""

    user_id: str
    application: DetailsView
    images: list[Image]
    verified_at: datetime | None


class RoleView(msgspec.Struct):
    """A role in a grant."""

    business: str
    institution_code: str
    role: RoleName


class AccountView(msgspec.Struct):
    """The account of an application: since when, whom it is verified as, its roles and its work unit."""

    created_at: datetime
    phone_masked: str | None
    verified_as: VerifiedView | None
    roles: list[RoleView]
    work_unit: str | None


class ReadSide(msgspec.Struct):
    """The text read from one side, unmasked; null if not printed on this side or unreadable."""

    name: str | None
    number: str | None
    nationality: str | None
    issuer: str | None
    valid_from: date | None
    valid_until: date | None
    long_term: bool


class ReadSides(msgspec.Struct):
    """What the machine read from the scan that counts for each side; null without one."""

    front: ReadSide | None
    back: ReadSide | None


class DecidedScan(msgspec.Struct):
    """How a scan was decided."""

    side: Side
    status: Literal["accepted", "rejected", "for_review"]
    reasons: list[ScanReason]
    at: datetime


class DecidedFaceCheck(msgspec.Struct):
    """How a face check of this application ended."""

    method: FaceMethod
    status: Literal["passed", "failed"]
    reasons: list[FaceReason]
    at: datetime


class NextCase(msgspec.Struct):
    """The application that has waited longest among those this reviewer may open."""

    user_id: str


class ApplicationView(msgspec.Struct):
    """An application, unmasked, as a reviewer sees it; on appeal with the rejection appealed against.

    `other` is verified with the same number on another account, `possible_duplicates` under the same name and birth
    date. `scans` and `face_checks` are the newest ones, newest first, `earlier` are the decisions of reviewers.
    """

    user_id: str
    status: IdentityStatus
    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None
    nationality: str | None
    submitted_at: datetime | None
    review_reasons: list[ReviewDetail]
    rejection: IdentityRejection | None
    on_appeal: bool
    appeal_comment: str | None
    claim: ClaimView | None
    revision: int
    images: list[Image]
    read: ReadSides
    scans: list[DecidedScan]
    face_checks: list[DecidedFaceCheck]
    earlier: list[EarlierIdentityDecision]
    pending_decision: DecisionView | None
    account: AccountView
    other: VerifiedView | None
    possible_duplicates: list[VerifiedView]


class DecidedApplication(msgspec.Struct):
    """The application that was decided; `next` is the next case, if any."""

    user_id: str
    status: IdentityStatus
    document_type: DocumentType
    name_masked: str | None
    revision: int
    rejection: IdentityRejection | None
    next: NextCase | None


class DecisionProgress(msgspec.Struct):
    """Progress of a decision on a duplicate; `next` is the next case, if any.

    `awaiting_second`: another administrator has to decide the same. `takes_effect_at`: the other account may object
    until then. `joined`: the accounts are one, the other one.
    """

    status: Literal["awaiting_second", "takes_effect_at", "joined"]
    other_user_id: str
    takes_effect_at: datetime | None
    next: NextCase | None


class ImageLinks(msgspec.Struct):
    """New links to the images that were looked at."""

    images: list[Image]


def queue_page(
    request: Request, items: list[Identity], cursor: str | None, counts: QueueCounts, oldest_at: datetime | None
) -> QueuePage:
    """A page of a list of the review desk."""
    return QueuePage([queue_item(request, item) for item in items], cursor, counts, oldest_at)


def found_page(request: Request, items: list[Identity], cursor: str | None) -> FoundPage:
    """A page of what a search has found."""
    return FoundPage([queue_item(request, item) for item in items], cursor)


def queue_item(request: Request, identity: Identity) -> QueueItem:
    """An application in a list."""
    return QueueItem(
        user_id=identity.user_id,
        status=identity.status,
        document_type=DocumentType(identity.document_type),
        name_masked=identity.name_masked,
        number_masked=identity.number_masked,
        submitted_at=identity.submitted_at,
        decided_at=identity.decided_at,
        review_reasons=review_reasons(request, identity.review_reasons),
        on_appeal=_on_appeal(identity),
        pending_decision=_pending(identity),
        claim=claim_view(identity, request.user_id),
    )


def application_view(request: Request, opened: ApplicationForReview) -> ApplicationView:
    """An application for a reviewer."""
    identity, person, account = opened.identity, opened.person, opened.account
    return ApplicationView(
        user_id=identity.user_id,
        status=identity.status,
        document_type=person.document_type,
        name=person.name,
        number=person.number,
        valid_until=person.valid_until,
        nationality=person.nationality,
        submitted_at=identity.submitted_at,
        review_reasons=review_reasons(request, identity.review_reasons),
        rejection=rejection_view(request, identity),
        on_appeal=_on_appeal(identity),
        appeal_comment=opened.appeal,
        claim=claim_view(identity, request.user_id),
        revision=int(identity.revision),
        images=opened.images,
        read=ReadSides(_read(opened, "front"), _read(opened, "back")),
        scans=_scans(request, opened.history),
        face_checks=_face_checks(request, opened.history),
        earlier=earlier_decisions(identity),
        pending_decision=_pending(identity),
        account=AccountView(
            created_at=account.created_at,
            phone_masked=account.phone_masked,
            verified_as=_verified(opened.verified_as),
            roles=[RoleView(held.business, held.institution_code, held.role) for held in opened.roles],
            work_unit=account.work_unit_code,
        ),
        other=_verified(opened.other),
        possible_duplicates=[shown for one in opened.possible if (shown := _verified(one)) is not None],
    )


def decided_view(request: Request, identity: Identity, next_key: str | None) -> DecidedApplication:
    """An application that was just decided. Raises `NotInReview` if its applicant has withdrawn it since."""
    if identity.document_type is None:
        raise NotInReview
    return DecidedApplication(
        user_id=identity.user_id,
        status=identity.status,
        document_type=DocumentType(identity.document_type),
        name_masked=identity.name_masked,
        revision=int(identity.revision),
        rejection=rejection_view(request, identity),
        next=_next(next_key),
    )


def progress_view(progress: Progress, next_key: str | None) -> DecisionProgress:
    """Progress of a decision on a duplicate."""
    return DecisionProgress(progress.status, progress.other_user_id, progress.takes_effect_at, _next(next_key))


def _next(user_id: str | None) -> NextCase | None:
    return NextCase(user_id) if user_id is not None else None


def _on_appeal(identity: Identity) -> bool:
    return identity.status == "in_review" and identity.appealed_from is not None


def _verified(person: VerifiedPerson | None) -> VerifiedView | None:
    if person is None:
        return None
    details = DetailsView(**msgspec.structs.asdict(person.person))
    return VerifiedView(person.user_id, details, person.images, person.identity.verified_at)


def _read(opened: ApplicationForReview, side: Side) -> ReadSide | None:
    scan = evidence.side_scan(opened.identity, side)
    if scan is None:
        return None
    read = opened.read.get(side, ReadText())
    validity = (scan.issuer, scan.valid_from, scan.valid_until, scan.long_term)
    return ReadSide(read.name, read.number, read.nationality, *validity)


def _scans(request: Request, history: CaseHistory) -> list[DecidedScan]:
    return [
        DecidedScan(one.side, one.status, scan_reasons(request, one.reasons, one.mismatched), one.at)
        for one in history.scans
    ]


def _face_checks(request: Request, history: CaseHistory) -> list[DecidedFaceCheck]:
    return [
        DecidedFaceCheck(one.method, one.status, face_reasons(request, one.reasons), one.at)
        for one in history.face_checks
    ]


def _pending(identity: Identity) -> DecisionView | None:
    decision = decision_of(identity)
    if decision is None:
        return None
    return DecisionView(
        decision.outcome, decision.other, decision.proposed_by, decision.proposed_at, decision.takes_effect_at
    )
