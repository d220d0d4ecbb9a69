"""What the grants area answers: the shapes of its JSON, and how items become them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

import msgspec

from functions.grants import names
from functions.grants.domain import (
    GrantEventName,
    Invited,
    JobFailureCode,
    JobKind,
    JobStatus,
    RoleName,
    SkipCode,
    Status,
)
from functions.grants.errors import BusinessClosed, ReasonRequired
from functions.grants.history import Told
from functions.grants.jobs import Shown
from functions.grants.listing import Child
from functions.grants.names import BusinessView
from functions.institutions.summaries import InstitutionSummary
from functions.shared.crockford import in_fours
from functions.shared.errors import Forbidden, Text
from functions.shared.parsing import Url
from functions.shared.table.grants import Business, Grant, Role


class BusinessDetails(msgspec.Struct):
    """A business, as it is maintained."""

    business: str
    name: str
    entry_url: str
    opens_on: date
    closes_on: date
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
    grant_status: Status


class MyGrantPage(msgspec.Struct):
    """A page of them."""

    items: list[MyGrant]
    next_cursor: str | None


class Member(msgspec.Struct):
    """Somebody with a place in a grant."""

    user_id: str
    name_masked: str | None


class InvitationView(msgspec.Struct):
    """An open invitation."""

    invitation_id: str
    role: RoleName
    expires_at: datetime


class GrantView(msgspec.Struct):
    """A grant, as its manager and assistants see it."""

    business: BusinessView
    institution: InstitutionSummary
    status: Status
    manager: Member | None
    assistants: list[Member]
    invitations: list[InvitationView]


class GrantAnswer(msgspec.Struct):
    """The grant that was taken on."""

    grant: GrantView


class ChildGrant(msgspec.Struct):
    """The grant of an institution directly below, as its superior sees it."""

    institution: InstitutionSummary
    status: Status
    grant_code: str | None
    code_expires_at: datetime | None
    manager_name_masked: str | None
    issued_at: datetime | None
    activated_at: datetime | None


class ChildGrantPage(msgspec.Struct):
    """A page of them, by institution code."""

    items: list[ChildGrant]
    next_cursor: str | None


class GrantEvent(msgspec.Struct):
    """One event in the life of a grant."""

    at: datetime
    event: GrantEventName
    actor_masked: str
    epoch: int
    detail: dict[str, Any]


class GrantHistory(msgspec.Struct):
    """A page of events, newest first."""

    items: list[GrantEvent]
    next_cursor: str | None


class JobTicket(msgspec.Struct):
    """A bulk job that is on its way."""

    job_id: str


class SkippedInstitution(msgspec.Struct):
    """An institution that a job left as it was."""

    institution_code: str
    code: SkipCode


class JobFailure(msgspec.Struct):
    """Why a job ended before its time; what it had done stays done."""

    code: JobFailureCode
    detail: str


class JobView(msgspec.Struct):
    """A bulk job: of `total` institutions, `done` are dealt with and those of `skipped` were left as they are."""

    kind: JobKind
    status: JobStatus
    total: int
    done: int
    skipped: list[SkippedInstitution]
    failure: JobFailure | None
    download_url: Url | None


_FAILURES: Mapping[JobFailureCode, Text] = {
    "FORBIDDEN": Forbidden.text,
    "REASON_REQUIRED": ReasonRequired.text,
    "BUSINESS_CLOSED": BusinessClosed.text,
}


def job_view(shown: Shown, say: Callable[[Text], str]) -> JobView:
    """A job, in the caller's words. `total` is 0 until a job over all children has counted them."""
    job = shown.job
    return JobView(
        kind=job.job_kind,
        status=job.status,
        total=int(job.total or 0),
        done=int(job.done),
        skipped=[SkippedInstitution(*one) for one in shown.skipped],
        failure=_failure(job.failure, say) if job.failure is not None else None,
        download_url=shown.download_url,
    )


def _failure(stored: str, say: Callable[[Text], str]) -> JobFailure:
    """A failure in words. Raises `KeyError` for a code that no job ends with."""
    code = cast("JobFailureCode", stored)
    return JobFailure(code, say(_FAILURES[code]))


def business_details(item: Business) -> BusinessDetails:
    """A business."""
    first, last = date.fromisoformat(item.opens_on), date.fromisoformat(item.closes_on)
    return BusinessDetails(item.business, item.name, item.entry_url, first, last, int(item.version))


def my_grants(roles: Sequence[Role]) -> list[MyGrant]:
    """The grants behind a user's places. One read for the names that are not remembered.

    A place is removed in the transaction that ends it, so its grant is active.
    """
    found = names.find_names(
        (one.business for one in roles),
        (one.institution_code for one in roles),
        (one.supervisor_code for one in roles),
    )
    return [
        MyGrant(found.business(one.business), found.institution(one.institution_code), one.role, "active")
        for one in roles
    ]


def grant_view(grant: Grant, still_open: Sequence[Invited] = (), shown: Any = None) -> GrantView:
    """A grant. One or two reads for names that are not remembered, none when a face check has `shown` them."""
    called = names.shown_names(shown)
    if called is None:
        found = names.find_names([grant.business], [grant.institution_code])
        called = found.business(grant.business), found.institution(grant.institution_code)
    business, institution = called
    return GrantView(
        business=business,
        institution=institution,
        status=grant.status,
        manager=Member(grant.manager_id, grant.manager_name_masked) if grant.manager_id is not None else None,
        assistants=[Member(one, grant.assistant_names.get(one)) for one in grant.assistants],
        invitations=[InvitationView(one.invitation_id, one.role, one.expires_at) for one in still_open],
    )


def child_grant(child: Child) -> ChildGrant:
    """The grant of an institution directly below."""
    grant = child.grant
    code = grant.open_code() if child.shows_code else None
    return ChildGrant(
        institution=child.institution,
        status=grant.status,
        grant_code=in_fours(code) if code is not None else None,
        code_expires_at=grant.code_expires_at,
        manager_name_masked=grant.manager_name_masked,
        issued_at=grant.issued_at,
        activated_at=grant.activated_at,
    )


def grant_event(told: Told) -> GrantEvent:
    """An event; its epoch stands beside its other details."""
    event = told.event
    detail = {name: value for name, value in event.detail.items() if name != "epoch"}
    return GrantEvent(
        event.at, cast("GrantEventName", event.event), told.actor_masked, int(event.detail["epoch"]), detail
    )
