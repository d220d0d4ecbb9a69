"""What the institutions area answers: the shapes of its JSON, and how items become them."""

from datetime import date, datetime
from typing import Literal

import msgspec

from functions.institutions.domain.registrations import FormField, RejectionCode
from functions.institutions.registration_queue import RegistrationCounts
from functions.institutions.search import SearchedInstitution
from functions.institutions.summaries import InstitutionSummary, RegionView, Supervisor, region_view, summary
from functions.institutions.work_units import WorkPlace
from functions.shared.parsing import Url
from functions.shared.reviews import ClaimView
from functions.shared.table.institutions import Institution
from functions.shared.vocabulary import RegistrationState


class HowToRegister(msgspec.Struct):
    """What to do when the institution is not in the directory."""

    agreement: str
    url: Url


class SearchPage(msgspec.Struct):
    """A page of search results, in the order of what follows the word in the names.

    `more_than` is how many the first page shows, where more were found. `registration` only when nothing was found.
    """

    items: list[SearchedInstitution]
    next_cursor: str | None
    more_than: int | None
    registration: HowToRegister | msgspec.UnsetType = msgspec.UNSET


class InstitutionView(InstitutionSummary, frozen=True):
    """An institution, and where it is in the hierarchy: `path` are those above it, the topmost first.

    A closed one has `closed_at`, and a `successor` where there is one.
    """

    region: RegionView
    path: list[Supervisor]
    children_count: int
    closed_at: datetime | None
    successor: Supervisor | None


class ChildrenPage(msgspec.Struct):
    """A page of the institutions directly below one, by code; with a query in the order of the search."""

    items: list[SearchedInstitution]
    next_cursor: str | None


class AdminInstitution(InstitutionSummary, frozen=True):
    """An institution in the administrators' list."""

    region: RegionView
    unified_social_credit_code: str
    children_count: int
    closed_at: datetime | None


class AdminInstitutionPage(msgspec.Struct):
    """A page of institutions: by code, or in the order of the search."""

    items: list[AdminInstitution]
    next_cursor: str | None


class InstitutionChange(msgspec.Struct):
    """One detail that an event changed; null where there was or is none."""

    field: str
    before: str | None
    after: str | None


class InstitutionEvent(msgspec.Struct):
    """What happened to an institution, as a sentence; `by_masked` is null for the operator's commands."""

    at: datetime
    event: str
    text: str
    by_masked: str | None
    changes: list[InstitutionChange]


class InstitutionHistory(msgspec.Struct):
    """A page of an institution's history, newest first."""

    items: list[InstitutionEvent]
    next_cursor: str | None


class WorkUnitDetails(msgspec.Struct):
    """The institution where the user works, since when, and whether by its confirmation code or with a grant.

    `since` and `by` are null where they were not kept.
    """

    institution_code: str
    name: str
    supervisor: Supervisor | None
    since: datetime | None
    by: Literal["code", "grant"] | None


class WorkUnitAnswer(msgspec.Struct):
    """The user's work unit, or null."""

    work_unit: WorkUnitDetails | None


class Agreement(msgspec.Struct):
    """The registration agreement in force."""

    version: str
    text: str


class PublicStatus(msgspec.Struct):
    """Status of a name below a supervisor; a day (Asia/Shanghai) is null where it is not known or not yet due."""

    status: Literal["pending", "rejected", "included", "none"]
    submitted_on: date | None
    decided_on: date | None


class RegistrationReceipt(msgspec.Struct):
    """A registration that was received."""

    registration_id: str
    status: RegistrationState


class RegistrationStatus(msgspec.Struct):
    """A registration that is under review again."""

    status: RegistrationState


class RegistrationRejection(msgspec.Struct):
    """Why a registration was rejected: the reason's text, what the reviewer wrote, and the fields it concerns."""

    code: RejectionCode
    detail: str
    comment: str | None
    fields: list[FormField]


class OwnRegistrationView(msgspec.Struct, kw_only=True):
    """A registration that the caller submitted; of somebody else's with the same phone only id, status and date.

    `institution` is what it became. The contact is in the answer of the registration itself.
    """

    registration_id: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    supervisor: Supervisor | msgspec.UnsetType | None = msgspec.UNSET
    category: str | msgspec.UnsetType = msgspec.UNSET
    unified_social_credit_code: str | msgspec.UnsetType = msgspec.UNSET
    region: RegionView | msgspec.UnsetType = msgspec.UNSET
    address: str | msgspec.UnsetType = msgspec.UNSET
    status: RegistrationState
    rejection: RegistrationRejection | msgspec.UnsetType | None = msgspec.UNSET
    may_appeal: bool | msgspec.UnsetType = msgspec.UNSET
    submitted_at: datetime
    decided_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    institution: Supervisor | msgspec.UnsetType | None = msgspec.UNSET
    revision: int | msgspec.UnsetType = msgspec.UNSET


class OwnRegistrationPage(msgspec.Struct):
    """A page of a person's registrations, newest first."""

    items: list[OwnRegistrationView]
    next_cursor: str | None


class OwnRegistration(msgspec.Struct):
    """A registration as the person who submitted it sees it, with everything that they filled in.

    `institution` is what it became. An amendment names the `revision` that it was made from.
    """

    registration_id: str
    status: RegistrationState
    name: str
    supervisor: Supervisor | None
    supervisor_code: str
    category: str
    unified_social_credit_code: str
    region: RegionView
    address: str
    contact_name: str
    contact_phone: str
    agreement_version: str
    submitted_at: datetime
    decided_at: datetime | None
    rejection: RegistrationRejection | None
    may_appeal: bool
    institution: Supervisor | None
    revision: int


class QueuedRegistration(msgspec.Struct):
    """A registration in the reviewers' list; at least `equal_count` others ask for the same name or credit code."""

    registration_id: str
    status: RegistrationState
    name: str
    supervisor: Supervisor | None
    category: str
    unified_social_credit_code: str
    submitted_at: datetime
    decided_at: datetime | None
    on_appeal: bool
    claim: ClaimView | None
    equal_count: int


class EqualRegistration(msgspec.Struct):
    """Another pending registration that asks for the same name or credit code."""

    registration_id: str
    name: str
    supervisor: Supervisor | None
    unified_social_credit_code: str
    submitted_at: datetime
    because: list[Literal["name", "credit_code"]]


class SimilarInstitution(msgspec.Struct):
    """An institution of the directory that may be the one that is asked for."""

    institution: InstitutionSummary
    because: list[Literal["name", "credit_code"]]


class EarlierDecision(msgspec.Struct):
    """A rejection before; `by_masked` is null where the institution was listed meanwhile."""

    at: datetime
    code: RejectionCode
    comment: str | None
    by_masked: str | None


class RegistrationPage(msgspec.Struct):
    """A page of registrations: pending ones oldest first, others by their decision, newest first.

    `counts` only with the first page of pending ones.
    """

    items: list[QueuedRegistration]
    next_cursor: str | None
    counts: RegistrationCounts | None


class RegistrationView(msgspec.Struct):
    """A registration, as a reviewer sees it; `institution` once it is included.

    On appeal `rejection` is the one that it is against. A decision names the `revision` that was seen. `equal` are up
    to 25 others for each of name and credit code that wait as well: including one rejects the others. `similar` are up
    to six institutions of the directory; `earlier` are the newest ten rejections, the newest first.
    """

    registration_id: str
    status: RegistrationState
    name: str
    supervisor: Supervisor | None
    category: str
    unified_social_credit_code: str
    region_code: str
    region: RegionView
    address: str
    contact_name: str
    contact_phone: str
    agreement_version: str
    submitted_at: datetime
    decided_at: datetime | None
    rejection: RegistrationRejection | None
    appeal_comment: str | None
    claim: ClaimView | None
    institution: InstitutionSummary | None
    revision: int
    equal: list[EqualRegistration]
    similar: list[SimilarInstitution]
    earlier: list[EarlierDecision]


class InstitutionDetails(msgspec.Struct):
    """An institution, as an administrator sees it."""

    institution_code: str
    name: str
    supervisor: Supervisor | None
    category: str
    unified_social_credit_code: str
    region_code: str
    region: RegionView
    revision: int


def work_unit_answer(found: WorkPlace | None) -> WorkUnitAnswer:
    """A work unit. One read for the supervisor's name."""
    if found is None:
        return WorkUnitAnswer(None)
    shown, member = summary(found.institution), found.member
    return WorkUnitAnswer(
        WorkUnitDetails(
            institution_code=shown.institution_code,
            name=shown.name,
            supervisor=shown.supervisor,
            since=member.since if member is not None else None,
            by=member.by if member is not None else None,
        )
    )


def details_view(institution: Institution) -> InstitutionDetails:
    """An institution for an administrator."""
    shown = summary(institution)
    return InstitutionDetails(
        institution_code=shown.institution_code,
        name=shown.name,
        supervisor=shown.supervisor,
        category=shown.category,
        unified_social_credit_code=institution.credit_code,
        region_code=institution.region_code,
        region=region_view(institution.region_code),
        revision=int(institution.version),
    )
