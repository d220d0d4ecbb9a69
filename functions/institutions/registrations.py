"""Registrations: asking for an institution to be added, following the request, amending it after a rejection.

A registration belongs to a phone. Its name and credit code are claimed while it is pending or included, so of two equal
ones that arrive together one is taken and the other is told so. A phone may submit so many a day, amended ones
included, since each of them keeps a name from others; an appeal asks for nothing more, and there is one for each.
"""

import msgspec

from functions.institutions import agreement, store
from functions.institutions.details import Details, Typed, check, supervisor_unknown
from functions.institutions.directory import claim_keys, refuse_taken
from functions.institutions.domain.codes import parse_institution_code
from functions.institutions.domain.names import LONGEST, normalize
from functions.institutions.domain.registrations import Status, next_status
from functions.institutions.errors import AgreementOutdated, PhoneRequired, RegistrationLimit, RegistrationNotRejected
from functions.shared import audit, clock, ids, reviews
from functions.shared.config import settings
from functions.shared.errors import FieldError, Invalid, NotFound, Text, Unauthenticated
from functions.shared.limits import Limit, take_in
from functions.shared.personal_data import seal, unseal
from functions.shared.states import StepNotOpen
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import PhoneRegistration, Registration
from functions.shared.table.transactions import Transaction, decide_again, get

PURPOSE = "registration_contact"
_DAY_S = 86_400


class Contact(msgspec.Struct, frozen=True):
    """Whom to ask about a registration: the content of the sealed attribute."""

    name: str
    phone: str


class NewRegistration(msgspec.Struct, frozen=True):
    """Everything that is filled in to register an institution; all of it is required."""

    agreement_version: str
    institution: Typed
    address: str
    contact: Contact


class Checked(msgspec.Struct, frozen=True):
    """A registration whose fields follow the rules."""

    details: Details
    supervisor_code: str
    address: str
    contact: Contact


def register(user_id: str, wanted: NewRegistration) -> Registration:
    """A new pending registration of the caller's phone.

    Raises `PhoneRequired`, `AgreementOutdated`, `Invalid`, `InstitutionExists`, `RegistrationPending`,
    `RegistrationLimit`.
    """
    phone_hash = phone_hash_of(user_id)
    checked = _check(wanted)
    sealed = _seal(checked.contact, user_id)
    return _register(user_id, phone_hash, checked, sealed)


@decide_again
def _register(user_id: str, phone_hash: str, checked: Checked, sealed: bytes) -> Registration:
    registration_id = ids.new_id()
    began_at = clock.now()
    registration = Registration.new(
        keys.registration(registration_id),
        registration_id=registration_id,
        phone_hash=phone_hash,
        submitted_by=user_id,
        submitted_at=began_at,
        agreement_version=agreement.VERSION,
        name=checked.details.name,
        supervisor_code=checked.supervisor_code,
        category=checked.details.category,
        credit_code=checked.details.credit_code,
        region_code=checked.details.region_code,
        address=checked.address,
        contact_sealed=sealed,
        gsi1pk=keys.REGISTRATION_QUEUE,
        gsi1sk=keys.review_position(clock.rfc3339(began_at), registration_id),
    )
    tx = Transaction()
    _require_supervisor(checked.supervisor_code)
    _claim(tx, registration, checked.details)
    audit.create(tx, registration, "registration_submitted", actor=user_id, detail=_told(checked.details))
    listed = keys.phone_registration(phone_hash, clock.rfc3339(began_at), registration_id)
    tx.create(PhoneRegistration.new(listed, registration_id=registration_id))
    _count(tx, phone_hash)
    tx.commit()
    return registration


def amend(user_id: str, registration_id: str, wanted: NewRegistration) -> Registration:
    """A rejected registration of the caller's phone, amended and pending again.

    Raises the same as `register`, `NotFound` (also for another phone's), and `RegistrationNotRejected`.
    """
    phone_hash = phone_hash_of(user_id)
    checked = _check(wanted)
    sealed = _seal(checked.contact, user_id)
    return _amend(user_id, phone_hash, registration_id, checked, sealed)


@decide_again
def _amend(user_id: str, phone_hash: str, registration_id: str, checked: Checked, sealed: bytes) -> Registration:
    registration = _of_phone(phone_hash, registration_id)
    try:
        status = next_status(registration.status, "amend")
    except StepNotOpen as error:
        raise RegistrationNotRejected from error
    tx = Transaction()
    _require_supervisor(checked.supervisor_code)
    _claim(tx, registration, checked.details)
    now = clock.now()
    actions = [
        Registration.status.set(status),
        Registration.submitted_by.set(user_id),
        Registration.submitted_at.set(now),
        Registration.agreement_version.set(agreement.VERSION),
        Registration.name.set(checked.details.name),
        Registration.supervisor_code.set(checked.supervisor_code),
        Registration.category.set(checked.details.category),
        Registration.credit_code.set(checked.details.credit_code),
        Registration.region_code.set(checked.details.region_code),
        Registration.address.set(checked.address),
        Registration.contact_sealed.set(sealed),
        *reviews.begun_anew(),
        Registration.decided_at.remove(),
        Registration.gsi1pk.set(keys.REGISTRATION_QUEUE),
        Registration.gsi1sk.set(keys.review_position(clock.rfc3339(now), registration_id)),
    ]
    audit.change(tx, registration, actions, "registration_amended", actor=user_id, detail=_told(checked.details))
    _count(tx, phone_hash)
    tx.commit()
    return store.registration(registration_id) or registration


def appeal(user_id: str, registration_id: str, comment: str) -> Registration:
    """A rejected registration of the caller's phone, pending again as it was; another reviewer decides.

    Raises `PhoneRequired`, `NotFound` (also for another phone's), `RegistrationNotRejected`, `AppealUsed`,
    `InstitutionExists`, `RegistrationPending`, `Invalid` where the supervisor is gone.
    """
    return _appeal(user_id, phone_hash_of(user_id), registration_id, reviews.seal_appeal(user_id, comment))


@decide_again
def _appeal(user_id: str, phone_hash: str, registration_id: str, sealed: bytes) -> Registration:
    registration = _of_phone(phone_hash, registration_id)
    try:
        status = next_status(registration.status, "appeal")
    except StepNotOpen as error:
        raise RegistrationNotRejected from error
    now = clock.now()
    actions = [
        *reviews.appealed(registration, user_id, sealed),
        Registration.status.set(status),
        Registration.submitted_at.set(now),
        Registration.decided_at.remove(),
        Registration.gsi1pk.set(keys.REGISTRATION_QUEUE),
        Registration.gsi1sk.set(keys.review_position(clock.rfc3339(now), registration_id)),
    ]
    tx = Transaction()
    _require_supervisor(registration.supervisor_code)
    _claim(tx, registration, details_of(registration))
    detail = {"against": registration.rejection["by"]}
    audit.change(tx, registration, actions, "registration_appealed", actor=user_id, detail=detail)
    tx.commit()
    return store.registration(registration_id) or registration


def public_status(supervisor_code: str, name: str) -> Status | None:
    """Where a name below a supervisor stands, or None when nobody has asked for it. One read."""
    code, normalized = parse_institution_code(supervisor_code), normalize(name)
    if code is None or len(normalized) > LONGEST:
        return None
    key = keys.name_claim(code, normalized)
    claim = store.claims(key).get(key)
    return claim.status if claim is not None else None


def contact_of(registration: Registration) -> Contact:
    """Whom to ask, unsealed. One KMS round trip."""
    plain = unseal(registration.contact_sealed, purpose=PURPOSE, user_id=registration.submitted_by)
    return msgspec.json.decode(plain, type=Contact)


def details_of(registration: Registration, institution_code: str | None = None) -> Details:
    """The institution that was asked for."""
    return Details(
        name=registration.name,
        supervisor_code=registration.supervisor_code,
        category=registration.category,
        credit_code=registration.credit_code,
        region_code=registration.region_code,
        institution_code=institution_code,
    )


def phone_hash_of(user_id: str) -> str:
    """The keyed hash of the caller's phone. Raises `PhoneRequired` when none is bound."""
    user = get(User, keys.user(user_id))
    if user is None:
        raise Unauthenticated
    if user.phone_hash is None:
        raise PhoneRequired
    return user.phone_hash


def _of_phone(phone_hash: str, registration_id: str) -> Registration:
    registration = store.registration(registration_id)
    if registration is None or registration.phone_hash != phone_hash:
        raise NotFound
    return registration


def _check(wanted: NewRegistration) -> Checked:
    if wanted.agreement_version != agreement.VERSION:
        raise AgreementOutdated
    errors: list[FieldError] = []
    details = None
    try:
        details = check(wanted.institution)
    except Invalid as invalid:
        errors += invalid.errors
    texts = {"address": wanted.address, "contact_name": wanted.contact.name}
    cleaned = {field: " ".join(text.split()) for field, text in texts.items()}
    for field, text in cleaned.items():
        if not text or not text.isprintable():
            errors.append(FieldError(field, "MISSING", Text("此项必填。", "This is required.")))
    if errors or details is None or details.supervisor_code is None:
        raise Invalid(*errors)
    contact = Contact(cleaned["contact_name"], wanted.contact.phone)
    return Checked(details, details.supervisor_code, cleaned["address"], contact)


def _require_supervisor(supervisor_code: str) -> None:
    if store.institution(supervisor_code) is None:
        raise Invalid(supervisor_unknown())


def _claim(tx: Transaction, registration: Registration, details: Details) -> None:
    """Take the name and the credit code; give up what the registration claimed before and claims no longer."""
    wanted, before = claim_keys(details), claim_keys(details_of(registration))
    standing = store.claims(*{*wanted, *before})
    for key in wanted:
        claim = standing.get(key)
        if claim is not None:
            refuse_taken(claim)
        store.claim(tx, key, claim, status="pending", registration_id=registration.registration_id)
    for key in before:
        claim = standing.get(key)
        if key not in wanted and claim is not None and claim.registration_id == registration.registration_id:
            store.release(tx, claim)


def _count(tx: Transaction, phone_hash: str) -> None:
    """One more of a phone today, if it happens: what is refused is not counted."""
    limit = Limit("registrations_day", phone_hash, settings().registrations_per_day, _DAY_S)
    take_in(tx, limit, RegistrationLimit)


def _seal(contact: Contact, user_id: str) -> bytes:
    return seal(msgspec.json.encode(contact), purpose=PURPOSE, user_id=user_id)


def _told(details: Details) -> dict[str, str | None]:
    return {"name": details.name, "supervisor_code": details.supervisor_code, "credit_code": details.credit_code}
