"""HTTP of the identity area."""

from datetime import date
from typing import Annotated

import msgspec

from functions.identity import (
    appeals,
    applications,
    consent,
    duplicates,
    errors,
    face_comparisons,
    scans,
    store,
    verification,
    views,
)
from functions.identity.domain.documents import DocumentType
from functions.identity.photos import PhotoType, require_size
from functions.identity.scans import ScanTicket
from functions.shared.admission import PERSON, PHONE, StepUpRequired
from functions.shared.blueprint import Blueprint
from functions.shared.errors import (
    FaceCheckRequired,
    NotFound,
    TooManyRequests,
)
from functions.shared.guards import signed_in
from functions.shared.http import Request
from functions.shared.parsing import ShortText
from functions.shared.reviews import AppealUsed, NewAppeal
from functions.shared.vocabulary import Side
from functions.shared.wechat import WechatLimit, WechatUserBlocked

routes = Blueprint("identity")


class NewConsent(msgspec.Struct):
    """The version that the user agrees to."""

    version: ShortText


class NewApplication(msgspec.Struct):
    """The details of an application; a passport also requires the nationality (ICAO 9303 code).

    A field that is left out stays as it was saved; of another document type only the name does. On a verified
    account a new application needs a face check of purpose `account`. One character of the name that cannot be
    typed is written as its pinyin, or as `?`, in its place. `number_as_printed` says that the document really has
    the number so, where its check character disagrees.
    """

    document_type: DocumentType | msgspec.UnsetType = msgspec.UNSET
    name: ShortText | msgspec.UnsetType = msgspec.UNSET
    number: ShortText | msgspec.UnsetType = msgspec.UNSET
    valid_until: date | msgspec.UnsetType | None = msgspec.UNSET
    nationality: ShortText | msgspec.UnsetType | None = msgspec.UNSET
    number_as_printed: bool | None = None
    face_check_id: ShortText | None = None


class NewObjection(msgspec.Struct):
    """The face check of purpose `account` with which the person of this account objects."""

    face_check_id: ShortText


class NewScan(msgspec.Struct):
    """The photo that will be uploaded.

    When too many scans have failed, one photo of each missing side may be sent `for_review`, for the reviewer alone.
    """

    side: Side
    content_type: PhotoType
    size: Annotated[int, msgspec.Meta(ge=1)]
    for_review: bool = False


class NewSubmission(msgspec.Struct):
    """With `manual_review` a reviewer decides without a face check."""

    manual_review: bool = False


@routes.add("GET", "/identity/consent", guard=signed_in, clients=PHONE, response_model=views.ConsentView)
def show_consent(request: Request) -> views.ConsentView:
    """Return the current consent."""
    return _consent_view(request)


@routes.add(
    "POST",
    "/identity/consent",
    guard=signed_in,
    clients=PHONE,
    request_model=NewConsent,
    response_model=views.ConsentView,
    errors=(errors.ConsentOutdated, errors.ErasureUnderWay),
)
def accept_consent(request: Request, accepted: NewConsent) -> views.ConsentView:
    """Agree to the consent."""
    consent.accept_consent(request.user_id, accepted.version)
    return _consent_view(request)


def _consent_view(request: Request) -> views.ConsentView:
    identity = store.identity(request.user_id)
    return views.ConsentView(
        version=consent.VERSION,
        text=request.localize(consent.TEXT),
        accepted_version=identity.consent_version if identity else None,
        erasure_under_way=identity is not None and identity.erasing_since is not None,
    )


@routes.add("GET", "/identity", guard=signed_in, clients=PHONE, response_model=views.IdentityView)
def show_identity(request: Request) -> views.IdentityView:
    """Return the user's identity, verified or in progress."""
    return views.identity_view(request, store.identity(request.user_id))


@routes.add(
    "GET",
    "/identity/application",
    guard=signed_in,
    clients=PHONE,
    response_model=views.ApplicationDetails,
    errors=(NotFound,),
)
def show_own_application(request: Request) -> views.ApplicationDetails:
    """Return the details of the caller's application, unmasked, for correction."""
    return views.own_details(*applications.own_application(request.user_id))


@routes.add(
    "PUT",
    "/identity/application",
    guard=signed_in,
    clients=PHONE,
    request_model=NewApplication,
    response_model=views.IdentityView,
    errors=(errors.ConsentRequired, errors.IdentityInReview, FaceCheckRequired),
)
def save_application(request: Request, typed: NewApplication) -> views.IdentityView:
    """Fill in or change the application."""
    details = applications.Given(
        typed.document_type,
        typed.name,
        typed.number,
        typed.valid_until,
        typed.nationality,
        typed.number_as_printed,
    )
    proof = applications.Proof(typed.face_check_id, request.caller.token_fingerprint)
    return views.identity_view(request, applications.save_application(request.user_id, details, proof))


@routes.add(
    "POST",
    "/identity/scans",
    guard=signed_in,
    clients=PHONE,
    request_model=NewScan,
    response_model=ScanTicket,
    status=201,
    errors=(
        errors.ApplicationRequired,
        errors.IdentityInReview,
        errors.ScanLimit,
        errors.ScanBudget,
        TooManyRequests,
    ),
)
def create_scan(request: Request, wanted: NewScan) -> ScanTicket:
    """Create a form for uploading a photo of one side."""
    require_size(wanted.size)
    photo = scans.WantedScan(wanted.side, wanted.content_type, wanted.size, wanted.for_review)
    return scans.request_scan(request.user_id, photo)


@routes.add(
    "GET",
    "/identity/scans/{scan_id}",
    guard=signed_in,
    clients=PHONE,
    response_model=views.ScanView,
    errors=(NotFound,),
)
def show_scan(request: Request) -> views.ScanView:
    """Scan status."""
    return views.scan_view(request, *scans.find_scan(request.user_id, request.opaque_id("scan_id")))


@routes.add(
    "POST",
    "/identity/face-checks/{face_check_id}/comparison",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    response_model=views.ComparisonView,
    errors=(
        NotFound,
        errors.FaceNotUploaded,
        errors.FaceCheckUsed,
        errors.FaceCheckExpired,
        errors.FacePaused,
        errors.FaceUnavailable,
        errors.FaceMethodUnavailable,
        errors.FaceNotDone,
        WechatUserBlocked,
        WechatLimit,
        StepUpRequired,
    ),
)
def compare_face(request: Request) -> views.ComparisonView:
    """Compare the uploaded selfie with the portrait, or fetch the result of WeChat's check."""
    caller = request.caller
    check_id = request.opaque_id("face_check_id")
    compared = face_comparisons.compare_face(
        caller.user_id, check_id, caller.token_fingerprint, assurance=caller.assurance
    )
    return views.comparison_view(request, compared)


@routes.add(
    "POST",
    "/identity/submission",
    guard=signed_in,
    clients=PHONE,
    request_model=NewSubmission,
    response_model=views.IdentityView,
    errors=(
        errors.ApplicationRequired,
        errors.IdentityInReview,
        errors.ScansMissing,
        errors.FaceCheckRequired,
        errors.FaceLimit,
        errors.SubmissionLimit,
    ),
)
def submit_application(request: Request, wanted: NewSubmission) -> views.IdentityView:
    """Submit the application; verified at once if everything matches, otherwise reviewed."""
    submitted = verification.submit(request.user_id, manual_review=wanted.manual_review)
    return views.identity_view(request, submitted)


@routes.add(
    "POST",
    "/identity/appeal",
    guard=signed_in,
    clients=PHONE,
    request_model=NewAppeal,
    response_model=views.IdentityView,
    errors=(errors.NothingRejected, AppealUsed),
)
def appeal_rejection(request: Request, wanted: NewAppeal) -> views.IdentityView:
    """Appeal against a rejection; a different reviewer decides."""
    return views.identity_view(request, appeals.appeal(request.user_id, wanted.comment))


@routes.add(
    "POST",
    "/identity/objection",
    guard=signed_in,
    clients=PHONE,
    request_model=NewObjection,
    response_model=views.IdentityView,
    errors=(errors.NothingContested, FaceCheckRequired),
)
def object_to_decision(request: Request, given: NewObjection) -> views.IdentityView:
    """Object to the decision that the number belongs to another person; the case is reviewed again."""
    return views.identity_view(request, duplicates.object_to_decision(request.user_id, given.face_check_id))
