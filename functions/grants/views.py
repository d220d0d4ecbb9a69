"""What phones are answered about businesses and grants; the console has `console_views` and `jobs.views`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from functions.grants import display_names
from functions.grants.display_names import BusinessView
from functions.grants.domain import (
    BusinessState,
    MemberAction,
    OpenInvitation,
    assistants_left,
    business_state,
    member_may,
)
from functions.grants.previews import CodePreview, Need
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared import clock
from functions.shared.table.grants import Business, Grant, Role
from functions.shared.vocabulary import GrantStatus, RoleName


class BusinessDetails(msgspec.Struct):
    """A business, as administrators see it."""

    business: str
    name: str
    entry_url: str
    opens_on: date
    closes_on: date
    state: BusinessState
    revision: int


class BusinessPage(msgspec.Struct):
    """A page of the businesses, by code."""

    items: list[BusinessDetails]
    next_cursor: str | None


class MyGrant(msgspec.Struct):
    """A business that the user takes part in as manager or assistant."""

    business: BusinessView
    institution: InstitutionSummary
    role: RoleName
    grant_status: GrantStatus


class MyGrantPage(msgspec.Struct):
    """A page of my grants."""

    items: list[MyGrant]
    next_cursor: str | None


class Member(msgspec.Struct):
    """A manager or assistant; `since` is null for roles from before it was kept, in December 2026."""

    user_id: str
    name_masked: str | None
    since: datetime | None


class InvitationView(msgspec.Struct):
    """An open invitation; `note` is what the manager wrote to recognize it by."""

    invitation_id: str
    role: RoleName
    created_at: datetime | None
    expires_at: datetime
    note: str | None


class GrantView(msgspec.Struct):
    """A grant, as its manager and assistants see it; `may` is what the caller may do with it.

    `assistants_left` is how many more assistants may be invited.
    """

    business: BusinessView
    institution: InstitutionSummary
    status: GrantStatus
    manager: Member | None
    assistants: list[Member]
    invitations: list[InvitationView]
    may: list[MemberAction]
    assistants_left: int


class GrantAnswer(msgspec.Struct):
    """The activated grant."""

    grant: GrantView


class RedemptionAnswer(msgspec.Struct):
    """The grant that was taken on, and whether its institution has become the work unit by it."""

    grant: GrantView
    work_unit_set: bool


class CodePreviewView(msgspec.Struct):
    """What a grant code is for, before it is redeemed.

    `issued_by` is the institution that issued it; null where an administrator did, at the top. `needs` is what the
    caller has to do before: `identity` is verifying their identity.
    """

    business: BusinessView
    institution: InstitutionSummary
    issued_by: Supervisor | None
    expires_at: datetime
    needs: list[Need]


class InvitationPreviewView(msgspec.Struct):
    """What an invitation is to, before it is accepted; `needs` is what the caller has to do before."""

    business: BusinessView
    institution: InstitutionSummary
    role: RoleName
    invited_by_masked: str | None
    expires_at: datetime
    needs: list[Need]


def code_preview(found: CodePreview) -> CodePreviewView:
    """A grant code: its institution's supervisor has issued it, or an administrator in their place."""
    issued_by = found.institution.supervisor
    return CodePreviewView(found.business, found.institution, issued_by, found.expires_at, found.needs)


def business_details(item: Business) -> BusinessDetails:
    """A business."""
    first, last = date.fromisoformat(item.opens_on), date.fromisoformat(item.closes_on)
    state = business_state(first, last, clock.today())
    return BusinessDetails(item.business, item.name, item.entry_url, first, last, state, int(item.version))


def my_grants(roles: Sequence[Role]) -> list[MyGrant]:
    """The grants behind a user's places. One read for the names that are not remembered.

    A place is removed in the transaction that ends it, so its grant is active.
    """
    found = display_names.find_names(
        (one.business for one in roles),
        (one.institution_code for one in roles),
        (one.supervisor_code for one in roles),
    )
    return [
        MyGrant(found.business(one.business), found.institution(one.institution_code), one.role, "active")
        for one in roles
    ]


def grant_view(
    grant: Grant, user_id: str | None, open_invitations: Sequence[OpenInvitation] = (), names_at_check: Any = None
) -> GrantView:
    """A grant, for one of its members. One or two reads for names, none when a face check has `shown` them."""
    called = display_names.names_of_face_check(names_at_check)
    if called is None:
        found = display_names.find_names([grant.business], [grant.institution_code])
        called = found.business(grant.business), found.institution(grant.institution_code)
    business, institution = called
    role = grant.role_of(user_id) if user_id is not None else None
    return GrantView(
        business=business,
        institution=institution,
        status=grant.status,
        manager=manager_of(grant),
        assistants=assistants_of(grant),
        invitations=invitations_of(open_invitations),
        may=member_may(role, grant.assistants, open_invitations, is_closed=business.state == "closed"),
        assistants_left=assistants_left(grant.assistants, open_invitations),
    )


def manager_of(grant: Grant) -> Member | None:
    """The manager of a grant."""
    user_id = grant.manager_id
    return Member(user_id, grant.manager_name_masked, grant.since_of(user_id)) if user_id is not None else None


def assistants_of(grant: Grant) -> list[Member]:
    """The assistants of a grant."""
    return [Member(one, grant.assistant_names.get(one), grant.since_of(one)) for one in grant.assistants]


def invitations_of(open_invitations: Sequence[OpenInvitation]) -> list[InvitationView]:
    """Open invitations."""
    return [
        InvitationView(one.invitation_id, one.role, one.created_at, one.expires_at, one.note)
        for one in open_invitations
    ]
