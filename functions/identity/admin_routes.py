"""HTTP of the identity area for administrators: lists, search, claims, looks and decisions."""

from typing import Annotated, Literal

import msgspec

from functions.identity import case_search, desk_views, errors, review, review_queue
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.duplicates import Outcome
from functions.identity.domain.reasons import RejectionCode
from functions.identity.domain.review_reasons import ReviewReason
from functions.identity.duplicates import Progress
from functions.identity.opened_case import open_application, renew_links
from functions.shared import cursors
from functions.shared.admission import ANY_SESSION
from functions.shared.blueprint import Blueprint
from functions.shared.config import settings
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import FieldError, Invalid, NotFound, Text
from functions.shared.guards import AdministratorRequired, administrator
from functions.shared.http import Request
from functions.shared.limits import Limit, consume
from functions.shared.parsing import MainlandPhone, PageQuery, ShortText
from functions.shared.reviews import CaseClaimed, ClaimLimit, ClaimView, NewClaim, OtherReviewerRequired
from functions.shared.table.identity import Identity
from functions.shared.table.pages import PagePosition

routes = Blueprint("identity")

_QUEUE = "identity-applications"
_ONLY_ONE_REVIEWER = (
    AdministratorRequired,
    NotFound,
    errors.OwnApplication,
    errors.NotInReview,
    errors.DecisionPending,
    OtherReviewerRequired,
    CaseClaimed,
)


class QueueQuery(PageQuery):
    """Which page of which list; the filters are of applications in review. `mine` are those that the caller holds."""

    status: review_queue.Listed = "in_review"
    reason: ReviewReason | None = None
    document_type: DocumentType | None = None
    claimed: review_queue.Claimed | None = None


class CaseSearch(msgspec.Struct):
    """Search criteria; all given values must match. The name must be complete."""

    name: ShortText | None = None
    number: ShortText | None = None
    phone: MainlandPhone | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, msgspec.Meta(max_length=1024)] | None = None


class IdentityDecision(msgspec.Struct):
    """A reviewer's decision on the revision they saw; a rejection says why.

    An approval may correct the `name` to what the document has. It says which case a `duplicate` is, where the number
    is verified on another account, and whether the `person` is the one whom the account is verified as, where that is
    not certain.
    """

    decision: Literal["approve", "reject"]
    revision: int
    reason_code: RejectionCode | None = None
    comment: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    name: ShortText | None = None
    duplicate: Outcome | None = None
    person: Literal["same_person", "another_person"] | None = None


@routes.add(
    "GET",
    "/admin/identity-applications",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=QueueQuery,
    response_model=desk_views.QueuePage,
    etag=True,
    errors=(AdministratorRequired, CursorInvalid),
)
def list_applications(request: Request, query: QueueQuery) -> desk_views.QueuePage:
    """Applications waiting for review, oldest first; or decided ones, newest first."""
    wanted = review_queue.Wanted(query.status, query.reason, query.document_type, query.claimed)
    list_name = f"{_QUEUE}:{wanted.status}:{wanted.reason}:{wanted.document_type}:{wanted.claimed}"
    after = PagePosition(*cursors.decode(list_name, query.cursor)) if query.cursor else None
    totals = review_queue.totals(request.user_id)
    items, next_key = review_queue.page(wanted, query.limit, after, totals.held)
    cursor = cursors.encode(list_name, list(next_key)) if next_key else None
    from_the_oldest = wanted == review_queue.Wanted() and after is None
    oldest_at = review_queue.oldest_at(items if from_the_oldest else None)
    return desk_views.queue_page(request, items, cursor, totals.counts, oldest_at)


@routes.add(
    "POST",
    "/admin/identity-applications/search",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=CaseSearch,
    response_model=desk_views.FoundPage,
    errors=(AdministratorRequired, CursorInvalid, errors.CaseSearchLimit),
)
def search_applications(request: Request, wanted: CaseSearch) -> desk_views.FoundPage:
    """Find an application by name, document number or phone; all given values must match."""
    limit = Limit("case_searches_hour", request.user_id, settings().case_searches_per_hour, 3_600)
    consume(limit, errors.CaseSearchLimit)
    search = case_search.search_for(wanted.name, wanted.number, wanted.phone)
    after = PagePosition("", cursors.decode(search.list_name, wanted.cursor)[0], "") if wanted.cursor else None
    items, next_key = case_search.find(search, wanted.limit, after)
    cursor = cursors.encode(search.list_name, [next_key.sk]) if next_key else None
    return desk_views.found_page(request, items, cursor)


@routes.add(
    "GET",
    "/admin/identity-applications/{user_id}",
    guard=administrator,
    clients=ANY_SESSION,
    response_model=desk_views.ApplicationView,
    errors=(AdministratorRequired, NotFound, errors.OwnApplication, errors.NotInReview),
)
def show_application(request: Request) -> desk_views.ApplicationView:
    """Return an application unmasked, with its images; every view is audited."""
    return desk_views.application_view(request, open_application(request.user_id, request.opaque_id("user_id")))


@routes.add(
    "POST",
    "/admin/identity-applications/{user_id}/image-links",
    guard=administrator,
    clients=ANY_SESSION,
    response_model=desk_views.ImageLinks,
    errors=(
        AdministratorRequired,
        NotFound,
        errors.OwnApplication,
        errors.NotInReview,
        errors.ClaimRequired,
        errors.RevisionStale,
    ),
)
def renew_image_links(request: Request) -> desk_views.ImageLinks:
    """Renew the links to the images of a claimed application, without recording another view."""
    return desk_views.ImageLinks(renew_links(request.user_id, request.opaque_id("user_id")))


@routes.add(
    "POST",
    "/admin/identity-applications/{user_id}/claim",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=NewClaim,
    response_model=ClaimView,
    errors=(*_ONLY_ONE_REVIEWER, ClaimLimit),
)
def claim_application(request: Request, wanted: NewClaim) -> ClaimView:
    """Claim an application for 15 minutes; renewable up to an hour, at most ten claims at once."""
    return review.claim(request.user_id, request.opaque_id("user_id"), take_over=bool(wanted.take_over))


@routes.add(
    "DELETE",
    "/admin/identity-applications/{user_id}/claim",
    guard=administrator,
    clients=ANY_SESSION,
    status=204,
    errors=_ONLY_ONE_REVIEWER,
)
def release_application(request: Request) -> None:
    """Release the claim."""
    review.release(request.user_id, request.opaque_id("user_id"))


@routes.add(
    "POST",
    "/admin/identity-applications/{user_id}/decision",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=IdentityDecision,
    response_model=desk_views.DecidedApplication,
    accepts=desk_views.DecisionProgress,
    errors=(
        *_ONLY_ONE_REVIEWER,
        errors.RevisionStale,
        errors.DuplicatePerson,
        errors.ImagesGone,
        errors.RoleHeld,
    ),
)
def decide_application(
    request: Request, decision: IdentityDecision
) -> desk_views.DecidedApplication | desk_views.DecisionProgress:
    """Approve or reject an application; `next` in the response is the next case."""
    user_id = request.opaque_id("user_id")
    decided: Identity | Progress
    if decision.decision == "approve":
        approval = review.Approval(
            revision=decision.revision,
            comment=decision.comment,
            name=decision.name,
            duplicate=decision.duplicate,
            person=decision.person,
        )
        decided = review.approve(request.user_id, user_id, approval)
    elif decision.reason_code is None:
        why = Text("请选择拒绝原因。", "Choose a reason.")
        raise Invalid(FieldError("reason_code", "MISSING", why))
    else:
        decided = review.reject(request.user_id, user_id, decision.revision, decision.reason_code, decision.comment)
    next_key = review_queue.next_case(request.user_id, user_id)
    if isinstance(decided, Progress):
        return desk_views.progress_view(decided, next_key)
    return desk_views.decided_view(request, decided, next_key)
