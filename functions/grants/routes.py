"""HTTP of the grants area for everybody who takes a business on, and for its managers and assistants."""

from typing import Annotated

import msgspec

from functions.grants import errors, invitations, managers, previews, redemption, resignation, store, views
from functions.grants.console_parameters import MAX_BUSINESS_CODE
from functions.grants.domain import BusinessState
from functions.institutions.domain.codes import parse_institution_code
from functions.shared import cursors
from functions.shared.admission import PHONE, PHONE_AND_CONSOLE
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import FaceCheckRequired, Forbidden, IdentityRequired, NotFound
from functions.shared.guards import signed_in
from functions.shared.http import Request
from functions.shared.parsing import OpaqueId, PageQuery, ShortText
from functions.shared.vocabulary import RoleName

routes = Blueprint("grants")

_MINE, _BUSINESSES = "my-grants", "businesses"


class BusinessQuery(PageQuery):
    """Which page, of the businesses of which state; of all without one."""

    state: BusinessState | None = None


class NewRedemption(msgspec.Struct):
    """A grant code and the face check for it."""

    grant_code: ShortText
    face_check_id: OpaqueId | None = None


class TypedCode(msgspec.Struct):
    """A grant code, as it was typed."""

    grant_code: ShortText


class TypedInvitation(msgspec.Struct):
    """An invitation code, as it was typed."""

    invitation_code: ShortText


class NewInvitation(msgspec.Struct):
    """Role to invite, and the manager's own face check.

    `note` is shown to the members of the grant, to recognize the invitation by, such as "手术室". It is not sealed, so
    it must not hold names or numbers.
    """

    role: RoleName
    face_check_id: OpaqueId | None = None
    note: Annotated[str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=40)] | None = None


class NewAcceptance(msgspec.Struct):
    """An invitation code and the invitee's own face check."""

    invitation_code: ShortText
    face_check_id: OpaqueId | None = None


@routes.add(
    "GET",
    "/businesses",
    guard=signed_in,
    clients=PHONE_AND_CONSOLE,
    request_model=BusinessQuery,
    response_model=views.BusinessPage,
    etag=True,
    errors=(CursorInvalid,),
)
def list_businesses(_: Request, wanted: BusinessQuery) -> views.BusinessPage:
    """The businesses, by code: all of them, or those of one state."""
    list_name = f"{_BUSINESSES}:{wanted.state or ''}"
    after = cursors.decode(list_name, wanted.cursor)[0] if wanted.cursor else None
    found, next_key = store.businesses(wanted.limit, after, wanted.state)
    cursor = cursors.encode(list_name, [next_key]) if next_key is not None else None
    return views.BusinessPage([views.business_details(one) for one in found], cursor)


@routes.add(
    "GET",
    "/businesses/{business}",
    guard=signed_in,
    clients=PHONE_AND_CONSOLE,
    response_model=views.BusinessDetails,
    errors=(NotFound,),
)
def show_business(request: Request) -> views.BusinessDetails:
    """One business. Its days are of Asia/Shanghai, the last one included."""
    code = request.path["business"]
    found = store.business(code) if 0 < len(code) <= MAX_BUSINESS_CODE else None
    if found is None:
        raise NotFound
    return views.business_details(found)


@routes.add(
    "GET",
    "/grants/mine",
    guard=signed_in,
    clients=PHONE,
    request_model=PageQuery,
    response_model=views.MyGrantPage,
    errors=(CursorInvalid,),
)
def list_my_grants(request: Request, wanted: PageQuery) -> views.MyGrantPage:
    """List the businesses in which the caller has a role, with the entry link while open."""
    list_name = f"{_MINE}:{request.user_id}"
    after = cursors.decode(list_name, wanted.cursor)[0] if wanted.cursor else None
    roles, next_key = store.roles(request.user_id, wanted.limit, after)
    cursor = cursors.encode(list_name, [next_key]) if next_key is not None else None
    return views.MyGrantPage(views.my_grants(roles), cursor)


@routes.add(
    "POST",
    "/grants/redemptions",
    guard=signed_in,
    clients=PHONE,
    request_model=NewRedemption,
    response_model=views.RedemptionAnswer,
    status=201,
    errors=(
        IdentityRequired,
        errors.GrantCodeInvalid,
        errors.GrantTaken,
        errors.OwnAuthority,
        FaceCheckRequired,
        errors.BusinessClosed,
        errors.GrantCodeLimit,
    ),
)
def redeem_grant(request: Request, wanted: NewRedemption) -> views.RedemptionAnswer:
    """Redeem a grant code; sets the work unit if none is set."""
    redeemed = redemption.redeem_grant(request.user_id, wanted.grant_code, wanted.face_check_id)
    grant = views.grant_view(redeemed.grant, request.user_id, names_at_check=redeemed.display_names)
    return views.RedemptionAnswer(grant, redeemed.work_unit_set)


@routes.add(
    "POST",
    "/grants/code-preview",
    guard=signed_in,
    clients=PHONE,
    request_model=TypedCode,
    response_model=views.CodePreviewView,
    errors=(
        errors.GrantCodeInvalid,
        errors.GrantTaken,
        errors.GrantCodeLimit,
        errors.OwnAuthority,
    ),
)
def preview_code(request: Request, wanted: TypedCode) -> views.CodePreviewView:
    """Return what a grant code is for. A wrong one counts as a try; a right one stays as it is."""
    return views.code_preview(previews.preview_code(request.user_id, wanted.grant_code))


@routes.add(
    "POST",
    "/grants/invitations/preview",
    guard=signed_in,
    clients=PHONE,
    request_model=TypedInvitation,
    response_model=views.InvitationPreviewView,
    errors=(errors.InvitationInvalid,),
)
def preview_invitation(request: Request, wanted: TypedInvitation) -> views.InvitationPreviewView:
    """Return what an invitation is to. It stays as it is."""
    found = previews.preview_invitation(request.user_id, wanted.invitation_code)
    return views.InvitationPreviewView(*found)


@routes.add(
    "POST",
    "/grants/invitations/acceptance",
    guard=signed_in,
    clients=PHONE,
    request_model=NewAcceptance,
    response_model=views.GrantAnswer,
    errors=(
        IdentityRequired,
        errors.InvitationInvalid,
        errors.GrantChanged,
        errors.AlreadyMember,
        errors.OwnAuthority,
        FaceCheckRequired,
        errors.BusinessClosed,
    ),
)
def accept_invitation(request: Request, wanted: NewAcceptance) -> views.GrantAnswer:
    """Accept an invitation."""
    grant = managers.accept_invitation(request.user_id, wanted.invitation_code, wanted.face_check_id)
    return views.GrantAnswer(views.grant_view(grant, request.user_id, store.open_invitations(grant)))


@routes.add(
    "GET",
    "/grants/{business}/{institution_code}",
    guard=signed_in,
    clients=PHONE,
    response_model=views.GrantView,
    errors=(Forbidden,),
)
def show_grant(request: Request) -> views.GrantView:
    """Return a grant, for its manager and assistants."""
    grant, open_invitations = managers.open_grant(request.user_id, *_grant_in(request))
    return views.grant_view(grant, request.user_id, open_invitations)


@routes.add(
    "POST",
    "/grants/{business}/{institution_code}/invitations",
    guard=signed_in,
    clients=PHONE,
    request_model=NewInvitation,
    response_model=invitations.IssuedInvitation,
    status=201,
    errors=(
        errors.NotManager,
        errors.TransferOpen,
        errors.AssistantLimit,
        FaceCheckRequired,
        errors.BusinessClosed,
    ),
)
def create_invitation(request: Request, wanted: NewInvitation) -> invitations.IssuedInvitation:
    """Invite an assistant or a successor."""
    grant = _grant_in(request)
    return invitations.invite(request.user_id, *grant, wanted.role, wanted.face_check_id, note=wanted.note)


@routes.add(
    "DELETE",
    "/grants/{business}/{institution_code}/invitations/{invitation_id}",
    guard=signed_in,
    clients=PHONE,
    status=204,
    errors=(errors.NotManager, NotFound),
)
def delete_invitation(request: Request) -> None:
    """Withdraw an open invitation."""
    invitations.withdraw_invitation(request.user_id, *_grant_in(request), request.opaque_id("invitation_id"))


@routes.add(
    "DELETE",
    "/grants/{business}/{institution_code}/assistants/{user_id}",
    guard=signed_in,
    clients=PHONE,
    status=204,
    errors=(errors.NotManager, NotFound),
)
def delete_assistant(request: Request) -> None:
    """Remove an assistant, as the manager or the assistant."""
    user_id = request.opaque_id("user_id")
    if user_id == request.user_id:
        resignation.leave(user_id, *_grant_in(request))
    else:
        managers.remove_assistant(request.user_id, *_grant_in(request), user_id)


@routes.add(
    "DELETE",
    "/grants/{business}/{institution_code}/manager",
    guard=signed_in,
    clients=PHONE,
    status=204,
    errors=(errors.NotManager,),
)
def resign_as_manager(request: Request) -> None:
    """Resign as manager; the grant becomes vacant."""
    resignation.resign(request.user_id, *_grant_in(request))


def _grant_in(request: Request) -> tuple[str, str]:
    """Business and institution of the path; what cannot be a grant is no one's, like any other that is not there."""
    business, code = request.path["business"], parse_institution_code(request.path["institution_code"])
    if code is None or not business or len(business) > MAX_BUSINESS_CODE:
        raise Forbidden
    return business, code
