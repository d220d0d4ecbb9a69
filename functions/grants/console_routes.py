"""HTTP of the grants area for administrators and the console.

Businesses, and the grants of the institutions directly below.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec

from functions.grants import (
    businesses,
    codes,
    console_list,
    console_views,
    direct_grant,
    errors,
    grant_details,
    history,
    overview,
    revocation,
    views,
)
from functions.grants.console_parameters import MAX_BUSINESS_CODE, TOP, Reason, business_in, institution_in
from functions.grants.domain import GrantOrder, ShownStatus
from functions.institutions.domain.codes import parse_institution_code
from functions.shared.admission import ANY_SESSION, CONSOLE
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import FieldError, Forbidden, Invalid, NotFound, Text
from functions.shared.guards import AdministratorRequired, administrator, console_session
from functions.shared.http import Request
from functions.shared.parsing import PageQuery, ShortText

routes = Blueprint("grants")

_RESERVED = {"invitations"}  # taken by a path beside `/grants/{business}`

BusinessCode = Annotated[
    str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$", min_length=2, max_length=MAX_BUSINESS_CODE)
]
Name = Annotated[str, msgspec.Meta(pattern=r"^\S(.*\S)?$", min_length=1, max_length=100)]
EntryUrl = Annotated[str, msgspec.Meta(pattern=r"^https://[^\s/?#]+(?:[/?#]\S*)?$", max_length=500)]


Statuses = Annotated[list[ShownStatus], msgspec.Meta(min_length=1, max_length=8)]


class NewBusiness(msgspec.Struct):
    """A business; the code is chosen once. Its days are of Asia/Shanghai, the last one included."""

    business: BusinessCode
    name: Name
    entry_url: EntryUrl
    opens_on: date
    closes_on: date


class AmendedBusiness(msgspec.Struct):
    """All details of a business.

    With `revision`, the change fails if somebody else has changed it since.
    """

    name: Name
    entry_url: EntryUrl
    opens_on: date
    closes_on: date
    business: BusinessCode | None = None
    revision: int | None = None


class GrantsQuery(PageQuery, kw_only=True):
    """The institutions directly below one (`root`: the top) in one business, by state, name or code, and in an order.

    `query` are parts of the name or the code. `expiring_before` leaves the grants whose code expires before that time.
    """

    business: ShortText
    supervisor: ShortText
    status: Statuses | None = None
    query: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    expiring_before: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    order: GrantOrder = "code"


class StatedReason(msgspec.Struct):
    """Why an administrator acts in the superior's place; superiors need none."""

    reason: Reason | None = None


class NewDirectGrant(msgspec.Struct):
    """The person to become manager, as their document shows it; `nationality` with a passport's number.

    An administrator states a `reason` unless the institution has no supervisor.
    """

    name: ShortText
    number: ShortText
    nationality: ShortText | None = None
    reason: Reason | None = None


@routes.add(
    "POST",
    "/admin/businesses",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=NewBusiness,
    response_model=views.BusinessDetails,
    status=201,
    errors=(AdministratorRequired, errors.BusinessExists),
)
def create_business(request: Request, wanted: NewBusiness) -> views.BusinessDetails:
    """Add a business."""
    if wanted.business in _RESERVED:
        reserved = Text("该编码为保留字。", "This code is reserved.")
        raise Invalid(FieldError("business", "RESERVED", reserved))
    details = businesses.Details(wanted.name, wanted.entry_url, wanted.opens_on, wanted.closes_on)
    return views.business_details(businesses.create(wanted.business, details, actor=request.user_id))


@routes.add(
    "PUT",
    "/admin/businesses/{business}",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=AmendedBusiness,
    response_model=views.BusinessDetails,
    errors=(AdministratorRequired, NotFound, errors.BusinessChanged),
)
def amend_business(request: Request, wanted: AmendedBusiness) -> views.BusinessDetails:
    """Change a business."""
    code = business_in(request)
    if wanted.business not in {None, code}:
        kept = Text("业务编码不能修改。", "The code of a business cannot be changed.")
        raise Invalid(FieldError("business", "NOT_CHANGEABLE", kept))
    details = businesses.Details(wanted.name, wanted.entry_url, wanted.opens_on, wanted.closes_on)
    amended = businesses.amend(code, details, actor=request.user_id, revision=wanted.revision)
    return views.business_details(amended)


@routes.add(
    "GET",
    "/console/grants",
    guard=console_session,
    clients=CONSOLE,
    request_model=GrantsQuery,
    response_model=console_views.ChildGrantPage,
    errors=(Forbidden, errors.RoleEnded, NotFound, CursorInvalid),
)
def list_child_grants(request: Request, wanted: GrantsQuery) -> console_views.ChildGrantPage:
    """List the grants of all institutions directly below one, vacant ones too.

    Pages are full while there is more. Several states may be given, separated by commas or one by one.
    """
    supervisor = None if wanted.supervisor == TOP else parse_institution_code(wanted.supervisor)
    if (supervisor is None and wanted.supervisor != TOP) or len(wanted.business) > MAX_BUSINESS_CODE:
        raise Forbidden
    filters = console_list.Wanted(
        wanted.business, supervisor, wanted.query, wanted.status, wanted.expiring_before, wanted.order
    )
    page = console_list.list_grants(request.user_id, filters, wanted.limit, wanted.cursor)
    return console_views.child_grant_page(page)


@routes.add(
    "GET",
    "/console/overview",
    guard=console_session,
    clients=CONSOLE,
    response_model=console_views.ConsoleOverview,
)
def show_overview(request: Request) -> console_views.ConsoleOverview:
    """Return the caller's roles with the states of the grants below, their running jobs, and the queues."""
    return console_views.console_overview(overview.overview(request.user_id), request.localize)


@routes.add(
    "GET",
    "/console/grants/{business}/{institution_code}",
    guard=console_session,
    clients=CONSOLE,
    response_model=console_views.GrantDetails,
    errors=(Forbidden, errors.RoleEnded, NotFound),
)
def show_child_grant(request: Request) -> console_views.GrantDetails:
    """Return one grant in full, for its superior, its own members and administrators."""
    return console_views.grant_details(grant_details.grant_details(request.user_id, *_grant_in(request)))


@routes.add(
    "POST",
    "/console/grants/{business}/{institution_code}/code",
    guard=console_session,
    clients=CONSOLE,
    request_model=StatedReason,
    response_model=codes.IssuedCode,
    status=201,
    errors=(
        Forbidden,
        errors.RoleEnded,
        NotFound,
        errors.BusinessClosed,
        errors.GrantActive,
        errors.ReasonRequired,
        errors.ReissueLimit,
    ),
)
def issue_code(request: Request, wanted: StatedReason) -> codes.IssuedCode:
    """Issue a grant code, or replace the current one."""
    return codes.issue_code(request.user_id, *_grant_in(request), wanted.reason)


@routes.add(
    "POST",
    "/console/grants/{business}/{institution_code}/direct-grant",
    guard=console_session,
    clients=CONSOLE,
    request_model=NewDirectGrant,
    response_model=views.GrantAnswer,
    errors=(
        Forbidden,
        errors.RoleEnded,
        NotFound,
        errors.BusinessClosed,
        errors.CodeNotIssued,
        errors.OwnAuthority,
        errors.PersonNotVerified,
        errors.ReasonRequired,
        errors.DirectGrantLimit,
    ),
)
def grant_directly(request: Request, wanted: NewDirectGrant) -> views.GrantAnswer:
    """Make a verified person the manager, by name and document number."""
    person = direct_grant.PersonQuery(wanted.name, wanted.number, wanted.nationality)
    grant = direct_grant.grant_directly(request.user_id, *_grant_in(request), person, wanted.reason)
    return views.GrantAnswer(views.grant_view(grant, None))


@routes.add(
    "DELETE",
    "/console/grants/{business}/{institution_code}",
    guard=console_session,
    clients=CONSOLE,
    request_model=StatedReason,
    status=204,
    errors=(Forbidden, errors.RoleEnded, NotFound, errors.GrantVacant, errors.ReasonRequired),
)
def revoke_grant(request: Request, wanted: StatedReason) -> None:
    """Reset a grant to its original state."""
    revocation.revoke_grant(request.user_id, *_grant_in(request), wanted.reason)


@routes.add(
    "GET",
    "/console/grants/{business}/{institution_code}/history",
    guard=console_session,
    clients=CONSOLE,
    request_model=PageQuery,
    response_model=console_views.GrantHistory,
    errors=(Forbidden, errors.RoleEnded, NotFound, CursorInvalid),
)
def show_grant_history(request: Request, wanted: PageQuery) -> console_views.GrantHistory:
    """Return what happened to a grant, newest first, as sentences."""
    entries, cursor = history.history(request.user_id, *_grant_in(request), wanted.limit, wanted.cursor)
    return console_views.GrantHistory([console_views.grant_event(one, request.localize) for one in entries], cursor)


def _grant_in(request: Request) -> tuple[str, str]:
    return business_in(request), institution_in(request)
