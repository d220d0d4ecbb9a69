"""HTTP of the review of registrations, for administrators."""

from typing import Annotated, Literal

import msgspec

from functions.institutions import errors, review, views
from functions.institutions.details import CODE_FORMAT
from functions.institutions.domain.codes import parse_institution_code
from functions.institutions.domain.registrations import FormField, RejectionCode
from functions.institutions.registration_queue import queue_page
from functions.institutions.registration_views import queued_registrations, registration_view
from functions.shared import cursors
from functions.shared.admission import ANY_SESSION
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import FieldError, Invalid, NotFound, Text
from functions.shared.guards import AdministratorRequired, administrator
from functions.shared.http import Request
from functions.shared.parsing import PageQuery, ShortText
from functions.shared.reviews import CaseClaimed, ClaimLimit, ClaimView, NewClaim, OtherReviewerRequired
from functions.shared.table.pages import PagePosition
from functions.shared.vocabulary import RegistrationState

routes = Blueprint("institutions")

_QUEUE = "institution-registrations"
_ONLY_ONE_REVIEWER = (
    AdministratorRequired,
    NotFound,
    errors.OwnRegistration,
    errors.RegistrationDecided,
    OtherReviewerRequired,
    CaseClaimed,
)


class QueueQuery(PageQuery):
    """Registrations of one status; with `query` those whose name or credit code holds it."""

    status: RegistrationState = "pending"
    query: ShortText | None = None


class RegistrationDecision(msgspec.Struct):
    """A reviewer's decision on the revision they saw; an approval may name a code.

    A rejection has a reason, `OTHER` also a comment, and may name the `fields` that it concerns.
    """

    decision: Literal["approve", "reject"]
    revision: int
    reason_code: RejectionCode | None = None
    comment: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    institution_code: ShortText | None = None
    fields: Annotated[list[FormField], msgspec.Meta(max_length=8)] | None = None


@routes.add(
    "GET",
    "/admin/institution-registrations",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=QueueQuery,
    response_model=views.RegistrationPage,
    etag=True,
    errors=(AdministratorRequired, CursorInvalid),
)
def list_pending_registrations(request: Request, query: QueueQuery) -> views.RegistrationPage:
    """Registrations waiting for review, oldest first; or decided ones, newest first."""
    list_name = f"{_QUEUE}:{query.status}:{query.query or ''}"
    after = PagePosition(*cursors.decode(list_name, query.cursor)) if query.cursor else None
    found = queue_page(request.user_id, query.status, query.query, query.limit, after)
    cursor = cursors.encode(list_name, list(found.next_place)) if found.next_place else None
    return views.RegistrationPage(queued_registrations(request, found.items), cursor, found.counts)


@routes.add(
    "GET",
    "/admin/institution-registrations/{registration_id}",
    guard=administrator,
    clients=ANY_SESSION,
    response_model=views.RegistrationView,
    errors=(AdministratorRequired, NotFound),
)
def show_registration(request: Request) -> views.RegistrationView:
    """Return a registration with its contact and similar entries; every view is audited."""
    return registration_view(request, review.open_registration(request.user_id, request.opaque_id("registration_id")))


@routes.add(
    "POST",
    "/admin/institution-registrations/{registration_id}/claim",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=NewClaim,
    response_model=ClaimView,
    errors=(*_ONLY_ONE_REVIEWER, ClaimLimit),
)
def claim_registration(request: Request, wanted: NewClaim) -> ClaimView:
    """Claim a registration for 15 minutes; renewable up to an hour, at most ten claims at once."""
    return review.claim(request.user_id, request.opaque_id("registration_id"), take_over=bool(wanted.take_over))


@routes.add(
    "DELETE",
    "/admin/institution-registrations/{registration_id}/claim",
    guard=administrator,
    clients=ANY_SESSION,
    status=204,
    errors=_ONLY_ONE_REVIEWER,
)
def release_registration(request: Request) -> None:
    """Release the claim."""
    review.release(request.user_id, request.opaque_id("registration_id"))


@routes.add(
    "POST",
    "/admin/institution-registrations/{registration_id}/decision",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=RegistrationDecision,
    response_model=views.RegistrationView,
    errors=(
        *_ONLY_ONE_REVIEWER,
        errors.RegistrationChanged,
        errors.InstitutionExists,
        errors.InstitutionCodeTaken,
        errors.HierarchyRefused,
    ),
)
def decide_registration(request: Request, decision: RegistrationDecision) -> views.RegistrationView:
    """Include the institution in the directory, or reject the registration.

    Including it rejects the other registrations that ask for the same name or credit code.
    """
    registration_id = request.opaque_id("registration_id")
    if decision.decision == "approve":
        code = _given_code(decision.institution_code)
        registration, _ = review.include(request.user_id, registration_id, decision.revision, decision.comment, code)
    else:
        reason, comment = _reason(decision)
        registration = review.reject(
            *(request.user_id, registration_id, decision.revision, reason, comment), fields=decision.fields or ()
        )
    return registration_view(request, review.Looked(registration, [], [], None))


def _reason(decision: RegistrationDecision) -> tuple[RejectionCode, str | None]:
    """The reason of a rejection and the comment. Raises `Invalid`: anyone who is rejected must know what to do."""
    comment = (decision.comment or "").strip() or None
    if decision.reason_code is None and comment is None:
        raise Invalid(FieldError("reason_code", "MISSING", Text("请选择拒绝原因。", "Please choose a reason.")))
    reason = decision.reason_code or "OTHER"
    if reason == "OTHER" and comment is None:
        what = Text(
            "选择“其他”时请填写审核说明，告诉申请人如何修改。", "With OTHER, write what the applicant has to change."
        )
        raise Invalid(FieldError("comment", "MISSING", what))
    return reason, comment


def _given_code(raw: str | None) -> str | None:
    if raw is None:
        return None
    code = parse_institution_code(raw)
    if code is None:
        raise Invalid(FieldError("institution_code", "INSTITUTION_CODE_FORMAT", CODE_FORMAT))
    return code
