"""What the console is answered about grants: lists, one grant, its history, the overview."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from functions.grants import views
from functions.grants.console_list import ChildPage, ChildSnapshot
from functions.grants.display_names import BusinessView
from functions.grants.domain import ChildAction, ChildrenAction, GrantEventName, ShownStatus
from functions.grants.domain import children_may as _children_may
from functions.grants.domain import shown_status as _shown_status
from functions.grants.grant_details import Details
from functions.grants.history import ActorKind, HistoryEntry
from functions.grants.jobs import views as job_views
from functions.grants.jobs.views import JobSummary
from functions.grants.overview import Overview, Place
from functions.grants.roster import Counts
from functions.grants.views import InvitationView, Member
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared import clock
from functions.shared.crockford import format_code
from functions.shared.errors import Text
from functions.shared.table.grants import Grant
from functions.shared.vocabulary import RoleName


class ChildGrant(msgspec.Struct):
    """The grant of an institution directly below, as its superior sees it."""

    institution: InstitutionSummary
    status: ShownStatus
    grant_code: str | None
    code_expires_at: datetime | None
    manager_name_masked: str | None
    assistants_count: int
    has_children: bool
    issued_at: datetime | None
    activated_at: datetime | None


class ChildGrantPage(msgspec.Struct):
    """A page of the grants of the institutions directly below one.

    `supervisor` is null and `path` empty at the top; `path` begins at the top and ends with the supervisor. `counts`
    are of all institutions below it, `matching` is how many match the filters. With `reason_required` the caller acts
    as an administrator in the superior's place, and states a reason.
    """

    supervisor: InstitutionSummary | None
    path: list[Supervisor]
    business: BusinessView
    counts: Counts
    matching: int
    may: list[ChildrenAction]
    reason_required: bool
    items: list[ChildGrant]
    next_cursor: str | None


class GrantDetails(msgspec.Struct):
    """A grant, as its superior and its own members see it on the console.

    `path` begins at the top and ends with the institution. `children_active` are the active grants directly below.
    """

    business: BusinessView
    institution: InstitutionSummary
    path: list[Supervisor]
    status: ShownStatus
    grant_code: str | None
    code_expires_at: datetime | None
    issued_at: datetime | None
    activated_at: datetime | None
    epoch: int
    manager: Member | None
    assistants: list[Member]
    invitations: list[InvitationView]
    children_active: int
    may: list[ChildAction]
    reason_required: bool


class EventActor(msgspec.Struct):
    """Who did something, and the institution by whose grant a person did it."""

    kind: ActorKind
    name_masked: str | None
    institution: Supervisor | None


class EventPerson(msgspec.Struct):
    """Whom an event is about."""

    user_id: str
    name_masked: str | None


class GrantEvent(msgspec.Struct):
    """One event of a grant; `text` is a sentence in the reader's language."""

    at: datetime
    event: GrantEventName
    text: str
    actor: EventActor
    person: EventPerson | None
    role: RoleName | None
    epoch: int


class GrantHistory(msgspec.Struct):
    """A page of events, newest first."""

    items: list[GrantEvent]
    next_cursor: str | None


class OverviewPlace(msgspec.Struct):
    """A grant in which the caller has a role, with the states of the grants directly below.

    `expiring_soon` are the codes that expire within seven days.
    """

    business: BusinessView
    institution: InstitutionSummary
    role: RoleName
    counts: Counts
    expiring_soon: int


class WaitingCases(msgspec.Struct):
    """How many cases wait in a queue, and since when the oldest one does."""

    waiting: int
    oldest_at: datetime | None


class AdministrationOverview(msgspec.Struct):
    """What waits for an administrator."""

    identities: WaitingCases
    registrations: WaitingCases


class ConsoleOverview(msgspec.Struct):
    """The console's home page: the first 20 roles, the running bulk jobs, the queues for administrators."""

    places: list[OverviewPlace]
    more_places: bool
    jobs: list[JobSummary]
    administration: AdministrationOverview | None


def child_grant_page(page: ChildPage) -> ChildGrantPage:
    """A page of the institutions below one."""
    return ChildGrantPage(
        supervisor=page.supervisor,
        path=page.path,
        business=page.business,
        counts=page.counts,
        matching=page.matching,
        may=_children_may(is_closed=page.is_closed),
        reason_required=page.reason_required,
        items=[_child_grant(child) for child in page.children],
        next_cursor=page.next_key,
    )


def _child_grant(child: ChildSnapshot) -> ChildGrant:
    grant = child.grant
    return ChildGrant(
        institution=child.institution,
        status=_shown_status(grant.status, grant.code_expires_at, clock.now()),
        grant_code=_code_of(grant) if child.shows_code else None,
        code_expires_at=grant.code_expires_at,
        manager_name_masked=grant.manager_name_masked,
        assistants_count=len(grant.assistants),
        has_children=child.has_children,
        issued_at=grant.issued_at,
        activated_at=grant.activated_at,
    )


def _code_of(grant: Grant) -> str | None:
    code = grant.open_code()
    return format_code(code) if code is not None else None


def grant_details(details: Details) -> GrantDetails:
    """One grant."""
    grant = details.grant
    return GrantDetails(
        business=details.business,
        institution=details.institution,
        path=details.path,
        status=_shown_status(grant.status, grant.code_expires_at, clock.now()),
        grant_code=_code_of(grant) if details.shows_code else None,
        code_expires_at=grant.code_expires_at,
        issued_at=grant.issued_at,
        activated_at=grant.activated_at,
        epoch=int(grant.epoch),
        manager=views.manager_of(grant),
        assistants=views.assistants_of(grant),
        invitations=views.invitations_of(details.invitations),
        children_active=details.children_active,
        may=details.may,
        reason_required=details.reason_required,
    )


def grant_event(told: HistoryEntry, localize: Callable[[Text], str]) -> GrantEvent:
    """An event, in the caller's language."""
    return GrantEvent(
        at=told.event.at,
        event=told.name,
        text=localize(told.text),
        actor=EventActor(told.actor_kind, told.actor_name, told.institution),
        person=EventPerson(told.person_id, told.person_name) if told.person_id is not None else None,
        role=told.role,
        epoch=int(told.event.detail["epoch"]),
    )


def console_overview(found: Overview, localize: Callable[[Text], str]) -> ConsoleOverview:
    """The console's home. At most one read for names of jobs that are not remembered."""
    queues = found.queues
    administration = (
        AdministrationOverview(WaitingCases(*queues.identities), WaitingCases(*queues.registrations))
        if queues is not None
        else None
    )
    places: Sequence[Place] = found.places
    return ConsoleOverview(
        places=[OverviewPlace(*place) for place in places],
        more_places=found.more_places,
        jobs=job_views.job_summaries(found.jobs, localize),
        administration=administration,
    )
