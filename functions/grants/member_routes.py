"""HTTP of the console for what the managers of an institution keep there: its confirmation code, and its members."""

from datetime import datetime

import msgspec

from functions.grants import confirmation_codes
from functions.grants.confirmation_codes import MemberPage, ShownCode
from functions.grants.console_parameters import institution_in
from functions.grants.errors import NotManager, RoleEnded, RotationLimit
from functions.shared import cursors, memberships
from functions.shared.admission import CONSOLE
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import Forbidden, NotFound
from functions.shared.guards import console_session
from functions.shared.http import Request
from functions.shared.parsing import PageQuery
from functions.shared.vocabulary import WorkUnitBy

routes = Blueprint("grants")

_MEMBERS = "members"


class Rotation(msgspec.Struct):
    """How to rotate; with `forget_older` everybody who joined by an older code is removed."""

    forget_older: bool | None = None


class ConfirmationCodeView(msgspec.Struct):
    """The confirmation code of an institution, since when it is in force, and who made it.

    `rotated_by_masked` is null for the first code, and for those from before it was kept, in December 2026.
    `rotation_advised` when somebody who saw the code has lost a role since; `forgetting` while members who joined by
    older codes are being removed.
    """

    confirmation_code: str
    rotated_at: datetime
    rotated_by_masked: str | None
    members_count: int
    rotation_advised: bool
    forgetting: bool


class MemberView(msgspec.Struct):
    """A member of the institution's work unit.

    `current_code` says whether they joined by the code in force; null for those who came with a grant.
    """

    user_id: str
    name_masked: str | None
    since: datetime
    by: WorkUnitBy
    current_code: bool | None


class MembersPage(msgspec.Struct):
    """A page of an institution's members; `forgetting` while those who joined by older codes are being removed."""

    items: list[MemberView]
    next_cursor: str | None
    forgetting: bool


@routes.add(
    "GET",
    "/console/institutions/{institution_code}/confirmation-code",
    guard=console_session,
    clients=CONSOLE,
    response_model=ConfirmationCodeView,
    errors=(Forbidden, RoleEnded, NotFound),
)
def show_confirmation_code(request: Request) -> ConfirmationCodeView:
    """Return the confirmation code of an institution, for its managers and assistants."""
    return _code(confirmation_codes.show_confirmation_code(request.user_id, institution_in(request)))


@routes.add(
    "POST",
    "/console/institutions/{institution_code}/confirmation-code",
    guard=console_session,
    clients=CONSOLE,
    request_model=Rotation,
    response_model=ConfirmationCodeView,
    errors=(Forbidden, RoleEnded, NotManager, NotFound, RotationLimit),
)
def rotate_confirmation_code(request: Request, wanted: Rotation) -> ConfirmationCodeView:
    """Make a new confirmation code; the previous one stops working. Assistants may do so once an hour."""
    forget_older = bool(wanted.forget_older)
    rotated = confirmation_codes.rotate_confirmation_code(
        request.user_id, institution_in(request), forget_older=forget_older
    )
    return _code(rotated)


@routes.add(
    "GET",
    "/console/institutions/{institution_code}/members",
    guard=console_session,
    clients=CONSOLE,
    request_model=PageQuery,
    response_model=MembersPage,
    errors=(Forbidden, RoleEnded, NotFound, CursorInvalid),
)
def list_members(request: Request, wanted: PageQuery) -> MembersPage:
    """List the members of an institution and how they joined, for its managers and assistants."""
    institution_code = institution_in(request)
    list_name = f"{_MEMBERS}:{institution_code}"
    after = cursors.decode(list_name, wanted.cursor)[0] if wanted.cursor else None
    page = confirmation_codes.list_members(request.user_id, institution_code, wanted.limit, after)
    cursor = cursors.encode(list_name, [page.next_key]) if page.next_key else None
    return MembersPage(_items(page), cursor, forgetting=page.institution.forget_before is not None)


@routes.add(
    "DELETE",
    "/console/institutions/{institution_code}/members/{user_id}",
    guard=console_session,
    clients=CONSOLE,
    status=204,
    errors=(Forbidden, RoleEnded, NotManager, NotFound),
)
def remove_member(request: Request) -> None:
    """Remove a member from the work unit, as the manager; roles are not affected."""
    confirmation_codes.remove_member(request.user_id, institution_in(request), request.opaque_id("user_id"))


def _code(shown: ShownCode) -> ConfirmationCodeView:
    code = shown.code
    return ConfirmationCodeView(
        confirmation_code=code.confirmation_code,
        rotated_at=code.rotated_at,
        rotated_by_masked=shown.rotated_by_masked,
        members_count=shown.members_count,
        rotation_advised=code.rotation_advised,
        forgetting=code.forgetting,
    )


def _items(page: MemberPage) -> list[MemberView]:
    version = memberships.version_of(page.institution)
    return [
        MemberView(
            user_id=member.user_id,
            name_masked=member.name_masked,
            since=member.since,
            by=member.by,
            current_code=None if member.by == "grant" else not memberships.is_older(member, version),
        )
        for member in page.members
    ]
