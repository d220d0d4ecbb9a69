"""HTTP of registrations for the people who submit them, and their public status."""

import msgspec

from functions.institutions import (
    agreement,
    errors,
    registration_forms,
    registration_status,
    registration_views,
    registrations,
    store,
    views,
)
from functions.institutions.details import InstitutionInput
from functions.shared import cursors
from functions.shared.admission import PERSON, PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import NotFound
from functions.shared.guards import signed_in
from functions.shared.http import Request, public
from functions.shared.parsing import PageQuery, ShortText
from functions.shared.reviews import AppealUsed, NewAppeal

routes = Blueprint("institutions")

_MINE = "registrations"
AGREEMENT_CACHE_S = 3_600


class StatusQuery(msgspec.Struct):
    """The supervisor and the exact full name of an institution."""

    supervisor_code: ShortText
    name: ShortText


class NewRegistration(msgspec.Struct):
    """Everything about an institution that is not in the directory; all of it is required."""

    agreement_version: ShortText
    name: ShortText
    supervisor_code: ShortText
    category: ShortText
    unified_social_credit_code: ShortText
    region_code: ShortText
    address: ShortText
    contact_name: ShortText
    contact_phone: ShortText


class AmendedRegistration(NewRegistration):
    """All details of a registration; with `revision`, the change fails if it has changed since."""

    revision: int | None = None


@routes.add(
    "GET",
    "/institutions/registration-agreement",
    guard=public,
    clients=PUBLIC,
    response_model=views.Agreement,
    cache_s=AGREEMENT_CACHE_S,
    etag=True,
)
def show_agreement(request: Request) -> views.Agreement:
    """Return the registration agreement."""
    return views.Agreement(agreement.VERSION, request.localize(agreement.TEXT))


@routes.add(
    "GET",
    "/institutions/registration-status",
    guard=public,
    clients=PUBLIC,
    request_model=StatusQuery,
    response_model=views.PublicStatus,
)
def show_registration_status(_: Request, wanted: StatusQuery) -> views.PublicStatus:
    """Registration status of an institution, by its supervisor and exact full name."""
    found = registration_status.public_status(wanted.supervisor_code, wanted.name)
    return views.PublicStatus(found.status or "none", found.submitted_on, found.decided_on)


@routes.add(
    "POST",
    "/institutions/registrations",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    request_model=NewRegistration,
    response_model=views.RegistrationReceipt,
    status=201,
    errors=(
        errors.PhoneRequired,
        errors.AgreementOutdated,
        errors.InstitutionExists,
        errors.RegistrationPending,
        errors.RegistrationLimit,
    ),
    other_errors=registration_forms.errors_in,
)
def create_registration(request: Request, wanted: NewRegistration) -> views.RegistrationReceipt:
    """Register an institution for the directory."""
    made = registrations.register(request.user_id, _registration(wanted))
    return views.RegistrationReceipt(made.registration_id, made.status)


@routes.add(
    "POST",
    "/institutions/registrations/check",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    request_model=NewRegistration,
    status=204,
    errors=(
        errors.PhoneRequired,
        errors.AgreementOutdated,
        errors.InstitutionExists,
        errors.RegistrationPending,
    ),
    other_errors=registration_forms.errors_in,
)
def check_registration(request: Request, wanted: NewRegistration) -> None:
    """Validate a registration without submitting it; returns all invalid fields, stores and counts nothing."""
    registrations.check_registration(request.user_id, _registration(wanted))


@routes.add(
    "GET",
    "/institutions/registrations",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    request_model=PageQuery,
    response_model=views.OwnRegistrationPage,
    errors=(CursorInvalid,),
)
def list_registrations(request: Request, wanted: PageQuery) -> views.OwnRegistrationPage:
    """List the caller's registrations, newest first; others from the same phone show only status and date."""
    caller = registrations.account_of(request.user_id)
    list_name = f"{_MINE}:{request.user_id}:{caller.phone_hash}"
    after = cursors.decode(list_name, wanted.cursor)[0] if wanted.cursor else None
    found, next_key = store.own_registrations(caller, wanted.limit, after)
    cursor = cursors.encode(list_name, [next_key]) if next_key else None
    submitted = registrations.submitted_by_accounts(request.user_id, found)
    return views.OwnRegistrationPage(registration_views.own_registrations(request, found, submitted), cursor)


@routes.add(
    "GET",
    "/institutions/registrations/{registration_id}",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    response_model=views.OwnRegistration,
    errors=(NotFound,),
)
def show_own_registration(request: Request) -> views.OwnRegistration:
    """Return a registration that the caller submitted, with all details."""
    found = registrations.own(request.user_id, request.opaque_id("registration_id"))
    return registration_views.own_registration(request, found)


@routes.add(
    "PUT",
    "/institutions/registrations/{registration_id}",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    request_model=AmendedRegistration,
    response_model=views.RegistrationStatus,
    errors=(
        errors.PhoneRequired,
        NotFound,
        errors.AgreementOutdated,
        errors.RegistrationNotRejected,
        errors.OwnRegistrationChanged,
        errors.InstitutionExists,
        errors.RegistrationPending,
        errors.RegistrationLimit,
    ),
    other_errors=registration_forms.errors_in,
)
def amend_registration(request: Request, wanted: AmendedRegistration) -> views.RegistrationStatus:
    """Amend a rejected registration and submit it again."""
    registration_id = request.opaque_id("registration_id")
    amended = registrations.amend(request.user_id, registration_id, _registration(wanted), wanted.revision)
    return views.RegistrationStatus(amended.status)


@routes.add(
    "POST",
    "/institutions/registrations/{registration_id}/appeal",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    request_model=NewAppeal,
    response_model=views.RegistrationStatus,
    errors=(
        NotFound,
        errors.RegistrationNotRejected,
        AppealUsed,
        errors.InstitutionExists,
        errors.RegistrationPending,
    ),
)
def appeal_registration(request: Request, wanted: NewAppeal) -> views.RegistrationStatus:
    """Appeal against a rejection; a different reviewer decides."""
    appealed = registrations.appeal(request.user_id, request.opaque_id("registration_id"), wanted.comment)
    return views.RegistrationStatus(appealed.status)


def _registration(wanted: NewRegistration) -> registration_forms.NewRegistration:
    return registration_forms.NewRegistration(
        agreement_version=wanted.agreement_version,
        institution=InstitutionInput(
            name=wanted.name,
            supervisor_code=wanted.supervisor_code,
            category=wanted.category,
            unified_social_credit_code=wanted.unified_social_credit_code,
            region_code=wanted.region_code,
        ),
        address=wanted.address,
        contact=registration_forms.Contact(wanted.contact_name, wanted.contact_phone),
    )
