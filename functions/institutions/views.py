"""What the institutions area answers: the shapes of its JSON, and how items become them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from functions.institutions import store, waiting
from functions.institutions.domain.registrations import REJECTION_REASONS, RejectionCode, Status
from functions.institutions.registrations import contact_of
from functions.institutions.summaries import InstitutionSummary, Supervisor, summary, supervisor_of
from functions.shared.http import Request
from functions.shared.memberships import WorkUnit
from functions.shared.parsing import Url
from functions.shared.reviews import ClaimView, appeal_of, claim_view
from functions.shared.table.institutions import Institution, Registration


class HowToRegister(msgspec.Struct):
    """What to do when the institution is not in the directory."""

    agreement: str
    url: Url


class SearchPage(msgspec.Struct):
    """A page of search results; `registration` only when nothing was found."""

    items: list[InstitutionSummary]
    next_cursor: str | None
    registration: HowToRegister | msgspec.UnsetType = msgspec.UNSET


class WorkUnitAnswer(msgspec.Struct):
    """The user's work unit, or null."""

    work_unit: WorkUnit | None


class Agreement(msgspec.Struct):
    """The registration agreement in force."""

    version: str
    text: str


class PublicStatus(msgspec.Struct):
    """Where a name below a supervisor stands."""

    status: Literal["pending", "rejected", "included", "none"]


class RegistrationReceipt(msgspec.Struct):
    """That a registration was taken."""

    registration_id: str
    status: Status


class RegistrationStatus(msgspec.Struct):
    """That a registration is under review again."""

    status: Status


class RegistrationRejection(msgspec.Struct):
    """Why a registration was rejected, with what to do about it."""

    code: RejectionCode
    detail: str


class OwnRegistrationView(msgspec.Struct, kw_only=True):
    """A registration that the caller submitted; of somebody else's with the same phone only id, status and date."""

    registration_id: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    supervisor: Supervisor | msgspec.UnsetType | None = msgspec.UNSET
    status: Status
    rejection: RegistrationRejection | msgspec.UnsetType | None = msgspec.UNSET
    may_appeal: bool | msgspec.UnsetType = msgspec.UNSET
    submitted_at: datetime


class OwnRegistrationPage(msgspec.Struct):
    """A page of a person's registrations, newest first."""

    items: list[OwnRegistrationView]
    next_cursor: str | None


class QueuedRegistration(msgspec.Struct):
    """A registration that waits for a reviewer; at least `equal_count` others ask for the same name or credit code."""

    registration_id: str
    name: str
    supervisor: Supervisor | None
    category: str
    submitted_at: datetime
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


class RegistrationPage(msgspec.Struct):
    """A page of the review queue, oldest first."""

    items: list[QueuedRegistration]
    next_cursor: str | None


class RegistrationView(msgspec.Struct):
    """A registration, as a reviewer sees it; `institution` once it is included.

    On appeal `rejection` is the one that it is against. A decision names the `revision` that was seen. `equal` are up
    to 25 others for each of name and credit code that wait as well: including one rejects the others.
    """

    registration_id: str
    status: Status
    name: str
    supervisor: Supervisor | None
    category: str
    unified_social_credit_code: str
    region_code: str
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


class InstitutionDetails(msgspec.Struct):
    """An institution, as an administrator sees it."""

    institution_code: str
    name: str
    supervisor: Supervisor | None
    category: str
    unified_social_credit_code: str
    region_code: str
    revision: int


def work_unit_answer(institution: Institution | None) -> WorkUnitAnswer:
    """A work unit."""
    if institution is None:
        return WorkUnitAnswer(None)
    return WorkUnitAnswer(WorkUnit(institution.institution_code, institution.name))


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
        revision=int(institution.version),
    )


def own_registrations(
    request: Request, registrations: list[Registration], submitted: Collection[str]
) -> list[OwnRegistrationView]:
    """Registrations of a person's list; those that they `submitted` in full."""
    names = _supervisors([item for item in registrations if item.registration_id in submitted])
    return [
        _own_registration(request, item, names)
        if item.registration_id in submitted
        else OwnRegistrationView(
            registration_id=item.registration_id, status=item.status, submitted_at=item.submitted_at
        )
        for item in registrations
    ]


def _own_registration(request: Request, item: Registration, names: Mapping[str, str]) -> OwnRegistrationView:
    return OwnRegistrationView(
        registration_id=item.registration_id,
        name=item.name,
        supervisor=supervisor_of(item.supervisor_code, names),
        status=item.status,
        rejection=_rejection(request, item) if item.status == "rejected" else None,
        may_appeal=item.status == "rejected" and item.appealed_from is None,
        submitted_at=item.submitted_at,
    )


def queued_registrations(request: Request, registrations: list[Registration]) -> list[QueuedRegistration]:
    """Registrations in the queue."""
    waiting_ones, standing = waiting.settle_listed(registrations)
    names = _supervisors(waiting_ones)
    return [
        QueuedRegistration(
            registration_id=item.registration_id,
            name=item.name,
            supervisor=supervisor_of(item.supervisor_code, names),
            category=item.category,
            submitted_at=item.submitted_at,
            on_appeal=item.appealed_from is not None,
            claim=claim_view(item, request.user_id),
            equal_count=waiting.equal_count(item, standing),
        )
        for item in waiting_ones
    ]


def registration_view(
    request: Request, registration: Registration, equal: Sequence[Registration] = ()
) -> RegistrationView:
    """A registration for a reviewer, with the `equal` ones that wait."""
    contact = contact_of(registration)
    names = _supervisors([registration, *equal])
    code = registration.institution_code
    institution = store.institution(code) if code is not None else None
    return RegistrationView(
        registration_id=registration.registration_id,
        status=registration.status,
        name=registration.name,
        supervisor=supervisor_of(registration.supervisor_code, names),
        category=registration.category,
        unified_social_credit_code=registration.credit_code,
        region_code=registration.region_code,
        address=registration.address,
        contact_name=contact.name,
        contact_phone=contact.phone,
        agreement_version=registration.agreement_version,
        submitted_at=registration.submitted_at,
        decided_at=registration.decided_at,
        rejection=_rejection(request, registration),
        appeal_comment=appeal_of(registration),
        claim=claim_view(registration, request.user_id),
        institution=summary(institution) if institution is not None else None,
        revision=int(registration.revision),
        equal=[_equal(registration, other, names) for other in equal],
    )


def _equal(registration: Registration, other: Registration, names: Mapping[str, str]) -> EqualRegistration:
    because: list[Literal["name", "credit_code"]] = []
    name, credit_code = (
        mine == theirs for mine, theirs in zip(waiting.asked_by(registration), waiting.asked_by(other), strict=True)
    )
    because += ["name"] if name else []
    because += ["credit_code"] if credit_code else []
    return EqualRegistration(
        registration_id=other.registration_id,
        name=other.name,
        supervisor=supervisor_of(other.supervisor_code, names),
        unified_social_credit_code=other.credit_code,
        submitted_at=other.submitted_at,
        because=because,
    )


def _supervisors(registrations: Sequence[Registration]) -> Mapping[str, str]:
    return store.names(item.supervisor_code for item in registrations)


def _rejection(request: Request, registration: Registration) -> RegistrationRejection | None:
    if registration.rejection is None:
        return None
    code, comment = registration.rejection["code"], registration.rejection["comment"]
    text = request.say(REJECTION_REASONS[code])
    return RegistrationRejection(code, f"{text} {comment}" if comment else text)
