"""HTTP of the identity area for administrators: the review queue, claims, looks and decisions."""

from typing import Annotated, Literal

import msgspec

from functions.identity import errors, review, store, views
from functions.identity.domain.duplicates import Outcome
from functions.identity.domain.reasons import RejectionCode
from functions.identity.duplicates import Progress
from functions.identity.opened_case import open_application
from functions.shared import cursors
from functions.shared.admission import ANY_SESSION
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import FieldError, Invalid, NotFound, Text
from functions.shared.guards import AdministratorRequired, administrator
from functions.shared.http import Request
from functions.shared.parsing import PageQuery, ShortText
from functions.shared.reviews import CaseClaimed, ClaimLimit, ClaimView, NewClaim, OtherReviewerRequired
from functions.shared.table.pages import Place

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
    """Which page of which queue."""

    status: Literal["in_review"] = "in_review"


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
    takes=QueueQuery,
    gives=views.QueuePage,
    refusals=(AdministratorRequired, CursorInvalid),
)
def list_applications(request: Request, query: QueueQuery) -> views.QueuePage:
    """Applications that wait for a reviewer, oldest first."""
    after = Place(*cursors.decode(_QUEUE, query.cursor)) if query.cursor else None
    items, following = store.review_queue(query.limit, after)
    cursor = cursors.encode(_QUEUE, list(following)) if following else None
    return views.QueuePage([views.queue_item(request, item) for item in items], cursor)


@routes.add(
    "GET",
    "/admin/identity-applications/{user_id}",
    guard=administrator,
    clients=ANY_SESSION,
    gives=views.ApplicationView,
    refusals=(AdministratorRequired, NotFound, errors.OwnApplication, errors.NotInReview),
)
def show_application(request: Request) -> views.ApplicationView:
    """An application unmasked, with its images; every look is recorded."""
    return views.application_view(request, open_application(request.user_id, request.opaque_id("user_id")))


@routes.add(
    "POST",
    "/admin/identity-applications/{user_id}/claim",
    guard=administrator,
    clients=ANY_SESSION,
    takes=NewClaim,
    gives=ClaimView,
    refusals=(*_ONLY_ONE_REVIEWER, ClaimLimit),
)
def claim_application(request: Request, wanted: NewClaim) -> ClaimView:
    """Claim an application for 15 minutes; renewed, for an hour at most, and ten at once."""
    return review.claim(request.user_id, request.opaque_id("user_id"), take_over=bool(wanted.take_over))


@routes.add(
    "DELETE",
    "/admin/identity-applications/{user_id}/claim",
    guard=administrator,
    clients=ANY_SESSION,
    status=204,
    refusals=_ONLY_ONE_REVIEWER,
)
def release_application(request: Request) -> None:
    """Let other reviewers in again."""
    review.release(request.user_id, request.opaque_id("user_id"))


@routes.add(
    "POST",
    "/admin/identity-applications/{user_id}/decision",
    guard=administrator,
    clients=ANY_SESSION,
    takes=IdentityDecision,
    gives=views.ApplicationView,
    accepts=Progress,
    refusals=(
        *_ONLY_ONE_REVIEWER,
        errors.RevisionStale,
        errors.DuplicatePerson,
        errors.ImagesGone,
        errors.RoleHeld,
    ),
)
def decide_application(request: Request, decision: IdentityDecision) -> views.ApplicationView | Progress:
    """Approve or reject an application."""
    user_id = request.opaque_id("user_id")
    if decision.decision == "approve":
        approval = review.Approval(
            revision=decision.revision,
            comment=decision.comment,
            name=decision.name,
            duplicate=decision.duplicate,
            person=decision.person,
        )
        decided = review.approve(request.user_id, user_id, approval)
        if isinstance(decided, Progress):
            return decided
        identity = decided
    elif decision.reason_code is None:
        why = Text("请选择拒绝原因。", "Please say why.")
        raise Invalid(FieldError("reason_code", "MISSING", why))
    else:
        identity = review.reject(request.user_id, user_id, decision.revision, decision.reason_code, decision.comment)
    return views.decided_view(request, identity)
