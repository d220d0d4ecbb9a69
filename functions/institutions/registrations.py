"""Registrations: asking for an institution to be added, following the request, amending it after a rejection.

A registration belongs to the person who submitted it, and claims nothing: equal ones of different people wait side by
side, and no administrator or import waits for them (`institutions.waiting`). A person, and a phone, may submit this
many a day, amended ones included, since reviewers read each of them; an appeal asks for nothing more, and there is one
for each.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from functions.institutions import agreement, store, waiting
from functions.institutions.claims import ClaimChanges, claim_keys
from functions.institutions.details import Details, supervisor_unknown
from functions.institutions.directory import raise_if_taken
from functions.institutions.domain.names import normalize
from functions.institutions.domain.registrations import next_status
from functions.institutions.errors import (
    OwnRegistrationChanged,
    PhoneRequired,
    RegistrationLimit,
    RegistrationNotRejected,
    RegistrationPending,
)
from functions.institutions.registration_forms import Checked, Contact, NewRegistration, check
from functions.institutions.waiting import details_of
from functions.shared import audit, clock, ids, reviews
from functions.shared.config import settings
from functions.shared.errors import Invalid, NotFound, Unauthenticated
from functions.shared.limits import Limit, consume_in
from functions.shared.personal_data import seal, unseal
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import PhoneRegistration, Registration, UserRegistration
from functions.shared.table.transactions import Transaction, get, get_many, retry_on_conflict
from functions.shared.transitions import InvalidTransition

PURPOSE = "registration_contact"
_DAY_S = 86_400
_MAX_JOINED = 3  # accounts one after another: a blank one is joined, so that more than two are rare


def register(user_id: str, wanted: NewRegistration) -> Registration:
    """A new pending registration of the caller's.

    Raises `PhoneRequired`, `AgreementOutdated`, `Invalid`, `InstitutionExists`, `RegistrationPending` (their own),
    `RegistrationLimit`.
    """
    phone_hash = phone_hash_of(user_id)
    checked = check(wanted)
    sealed = _seal(checked.contact, user_id)
    with _naming_the_pending(checked.details, user_id):
        return _register(user_id, phone_hash, checked, sealed)


def check_registration(user_id: str, wanted: NewRegistration) -> None:
    """Refuse what `register` would refuse, apart from its limit; nothing is counted. Three round trips.

    Raises `PhoneRequired`, `AgreementOutdated`, `Invalid`, `InstitutionExists`, `RegistrationPending`.
    """
    phone_hash_of(user_id)
    details = check(wanted).details
    _free(details)
    pending = waiting.pending_of(details, user_id)
    if pending is not None:
        raise RegistrationPending(pending)


@contextmanager
def _naming_the_pending(details: Details, user_id: str) -> Iterator[None]:
    """Let `RegistrationPending` name the registration that is pending. One read where there is one."""
    try:
        yield
    except RegistrationPending as error:
        raise RegistrationPending(waiting.pending_of(details, user_id)) from error


@retry_on_conflict
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
        search_text=search_text(checked.details),
        contact_sealed=sealed,
        counted=True,
        gsi1pk=keys.REGISTRATION_QUEUE,
        gsi1sk=keys.review_position(clock.rfc3339(began_at), registration_id),
    )
    tx = Transaction()
    changes = _free(checked.details)
    waiting.ask_in(tx, changes, checked.details, registration_id, user_id)
    changes.write_in(tx)
    audit.create(tx, registration, "registration_submitted", actor=user_id, detail=_told(checked.details))
    listed = clock.rfc3339(began_at), registration_id
    tx.create(UserRegistration.new(keys.user_registration(user_id, *listed), registration_id=registration_id))
    tx.create(PhoneRegistration.new(keys.phone_registration(phone_hash, *listed), registration_id=registration_id))
    _count(tx, user_id, phone_hash)
    tx.commit()
    return registration


def amend(user_id: str, registration_id: str, wanted: NewRegistration, revision: int | None = None) -> Registration:
    """A rejected registration of the caller's, amended and pending again; `revision` is the one that was amended.

    Raises the same as `register`, `NotFound` (also for another person's), `RegistrationNotRejected` and
    `OwnRegistrationChanged`.
    """
    phone_hash = phone_hash_of(user_id)
    checked = check(wanted)
    sealed = _seal(checked.contact, user_id)
    with _naming_the_pending(checked.details, user_id):
        return _amend(user_id, phone_hash, registration_id, checked, sealed=sealed, revision=revision)


@retry_on_conflict
def _amend(  # noqa: PLR0913 - an amendment has these parts
    user_id: str, phone_hash: str, registration_id: str, checked: Checked, *, sealed: bytes, revision: int | None
) -> Registration:
    registration = own(user_id, registration_id)
    if revision is not None and revision != int(registration.revision):
        raise OwnRegistrationChanged
    try:
        status = next_status(registration.status, "amend")
    except InvalidTransition as error:
        raise RegistrationNotRejected from error
    tx = Transaction()
    changes = _free(checked.details, registration)
    waiting.reopen_in(changes, registration)
    waiting.ask_in(tx, changes, checked.details, registration_id, user_id)
    changes.write_in(tx)
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
        Registration.search_text.set(search_text(checked.details)),
        Registration.contact_sealed.set(sealed),
        Registration.counted.set(True),
        Registration.revision.set(int(registration.revision) + 1),
        *reviews.reset_review(),
        Registration.decided_at.remove(),
        Registration.gsi1pk.set(keys.REGISTRATION_QUEUE),
        Registration.gsi1sk.set(keys.review_position(clock.rfc3339(now), registration_id)),
    ]
    audit.change(tx, registration, actions, "registration_amended", actor=user_id, detail=_told(checked.details))
    _count(tx, user_id, phone_hash)
    tx.commit()
    return store.registration(registration_id) or registration


def appeal(user_id: str, registration_id: str, comment: str) -> Registration:
    """A rejected registration of the caller's, pending again as it was; another reviewer decides.

    Raises `NotFound` (also for another person's), `RegistrationNotRejected`, `AppealUsed`, `InstitutionExists`,
    `RegistrationPending` (another one of their own), `Invalid` where the supervisor is gone.
    """
    return _appeal(user_id, registration_id, reviews.seal_appeal(user_id, comment))


@retry_on_conflict
def _appeal(user_id: str, registration_id: str, sealed: bytes) -> Registration:
    registration = own(user_id, registration_id)
    try:
        status = next_status(registration.status, "appeal")
    except InvalidTransition as error:
        raise RegistrationNotRejected from error
    now = clock.now()
    actions = [
        *reviews.record_appeal(registration, user_id, sealed),
        Registration.status.set(status),
        Registration.submitted_at.set(now),
        Registration.decided_at.remove(),
        Registration.counted.set(True),
        Registration.revision.set(int(registration.revision) + 1),
        Registration.gsi1pk.set(keys.REGISTRATION_QUEUE),
        Registration.gsi1sk.set(keys.review_position(clock.rfc3339(now), registration_id)),
    ]
    tx = Transaction()
    _require_supervisor(registration.supervisor_code)
    changes = _free(details_of(registration), registration)
    waiting.reopen_in(changes, registration)
    # The contact is sealed for the one who submitted it, who waits again.
    waiting.ask_in(tx, changes, details_of(registration), registration_id, registration.submitted_by)
    changes.write_in(tx)
    detail = {"against": registration.rejection["by"]}
    audit.change(tx, registration, actions, "registration_appealed", actor=user_id, detail=detail)
    tx.commit()
    return store.registration(registration_id) or registration


def search_text(details: Details) -> str:
    """What the queue is searched in: the normalized name and the credit code."""
    return f"{normalize(details.name)} {details.credit_code.lower()}"


def contact_of(registration: Registration) -> Contact:
    """Whom to ask, unsealed. One KMS round trip."""
    plain = unseal(registration.contact_sealed, purpose=PURPOSE, user_id=registration.submitted_by)
    return msgspec.json.decode(plain, type=Contact)


def account_of(user_id: str) -> User:
    """The caller's account. One read."""
    user = get(User, keys.user(user_id))
    if user is None:
        raise Unauthenticated
    return user


def phone_hash_of(user_id: str) -> str:
    """The keyed hash of the caller's phone. Raises `PhoneRequired` when none is bound."""
    phone_hash = account_of(user_id).phone_hash
    if phone_hash is None:
        raise PhoneRequired
    return phone_hash


def submitted_by_accounts(user_id: str, registrations: Sequence[Registration]) -> set[str]:
    """Which of these a person submitted, by this account or by one that was joined to it; their ids.

    One BatchGetItem for each account that was joined one after another, none where all are of this account.
    """
    accounts = {item.submitted_by: item.submitted_by for item in registrations}
    for _ in range(_MAX_JOINED):
        others = sorted(set(accounts.values()) - {user_id})
        if not others:
            break
        read = get_many(*map(keys.user, others))
        joined = {one.user_id: one.merged_into for one in read.values() if isinstance(one, User) and one.merged_into}
        if not joined:
            break
        accounts = {first: joined.get(last, last) for first, last in accounts.items()}
    return {item.registration_id for item in registrations if accounts[item.submitted_by] == user_id}


def own(user_id: str, registration_id: str) -> Registration:
    """A registration that the user submitted. One read, more where accounts were joined. Raises `NotFound`."""
    registration = store.registration(registration_id)
    if registration is None or not submitted_by_accounts(user_id, [registration]):
        raise NotFound
    return registration


def _require_supervisor(supervisor_code: str) -> None:
    if store.institution(supervisor_code) is None:
        raise Invalid(supervisor_unknown())


def _free(wanted: Details, before: Registration | None = None) -> ClaimChanges:
    """The claims of what is asked for, and of what was before. Raises `InstitutionExists`. One round trip."""
    asked = claim_keys(wanted)
    also = waiting.asked_by(before) if before is not None else ()
    changes = ClaimChanges(store.claims(*dict.fromkeys([*asked, *also])))
    for key in asked:
        raise_if_taken(changes.standing.get(key))
    return changes


def _count(tx: Transaction, user_id: str, phone_hash: str) -> None:
    """One more of a person and of a phone today, if it happens: what is refused is not counted."""
    for name, subject in (("registrations_person_day", user_id), ("registrations_day", phone_hash)):
        consume_in(tx, Limit(name, subject, settings().registrations_per_day, _DAY_S), RegistrationLimit)


def _seal(contact: Contact, user_id: str) -> bytes:
    return seal(msgspec.json.encode(contact), purpose=PURPOSE, user_id=user_id)


def _told(details: Details) -> dict[str, str | None]:
    return {"name": details.name, "supervisor_code": details.supervisor_code, "credit_code": details.credit_code}
