"""HTTP of the grants area for everybody who takes a business on, and for its managers and assistants."""

from typing import Annotated

import msgspec

from functions.grants import errors, invitations, managers, redemption, resignation, store, views
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
MAX_BUSINESS_CODE = 40


class NewRedemption(msgspec.Struct):
    """A grant code and the face check for it."""

    grant_code: ShortText
    face_check_id: OpaqueId | None = None


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
    request_model=PageQuery,
    response_model=views.BusinessPage,
    errors=(CursorInvalid,),
)
def list_businesses(_: Request, wanted: PageQuery) -> views.BusinessPage:
    """List all businesses, by code."""
    after = cursors.decode(_BUSINESSES, wanted.cursor)[0] if wanted.cursor else None
    found, next_key = store.businesses(wanted.limit, after)
    cursor = cursors.encode(_BUSINESSES, [next_key]) if next_key is not None else None
    return views.BusinessPage([views.business_details(one) for one in found], cursor)


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
