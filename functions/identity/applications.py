"""The application: what a person says about themselves, until it is submitted."""

from datetime import date

import msgspec

from functions.identity import consent, store
from functions.identity.domain.applications import Person, next_status
from functions.identity.domain.documents import (
    DocumentRefused,
    DocumentType,
    mask_number,
    parse_nationality,
    parse_number,
)
from functions.identity.domain.names import mask_name, parse_name
from functions.identity.errors import ConsentRequired, IdentityInReview
from functions.shared import audit, clock, reviews
from functions.shared.errors import FieldError, Invalid, Text
from functions.shared.personal_data import keyed_hash, seal, unseal
from functions.shared.states import StepNotOpen
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, decide_again

PURPOSE = "identity"


class Typed(msgspec.Struct, frozen=True):
    """The details as they were typed."""

    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None = None
    nationality: str | None = None


class CheckedPerson(msgspec.Struct, frozen=True):
    """A person whose details follow the rules of their document."""

    person: Person
    person_key: str  # what stays the same when the document is issued again
    area_code_known: bool


def check(typed: Typed) -> CheckedPerson:
    """The details in canonical form. Raises `Invalid` with every field that cannot be right."""
    errors: list[FieldError] = []
    name = nationality = number = None
    try:
        name = parse_name(typed.name)
    except DocumentRefused as refused:
        errors.append(FieldError("name", refused.code, refused.text))
    try:
        nationality = parse_nationality(typed.nationality) if typed.nationality is not None else None
    except DocumentRefused as refused:
        errors.append(FieldError("nationality", refused.code, refused.text))
    if typed.document_type is DocumentType.PASSPORT and typed.nationality is None:
        errors.append(FieldError("nationality", "MISSING", Text("请填写国籍。", "Please give your nationality.")))
    try:
        number = parse_number(typed.document_type, typed.number, today=clock.today(), nationality=nationality)
    except DocumentRefused as refused:
        errors.append(FieldError("number", refused.code, refused.text))
    if typed.valid_until is not None and typed.valid_until < clock.today():
        expired = Text("证件已过有效期。", "The document has expired.")
        errors.append(FieldError("valid_until", "DOCUMENT_EXPIRED", expired))
    if errors or name is None or number is None:
        raise Invalid(*errors)
    person = Person(typed.document_type, name, number.value, typed.valid_until, nationality)
    return CheckedPerson(person, f"{number.type}:{number.person_key}", number.area_code_known is not False)


def save_application(user_id: str, typed: Typed) -> Identity:
    """The identity with these details in draft; scans of other details no longer count.

    Saving the same details again changes nothing. Raises `Invalid`, `ConsentRequired`, `IdentityInReview`.
    """
    checked = check(typed)
    person_hash = keyed_hash("document", checked.person_key)
    return _save(user_id, checked, person_hash)


@decide_again
def _save(user_id: str, checked: CheckedPerson, person_hash: str) -> Identity:
    identity = store.identity(user_id)
    if identity is None or identity.consent_version != consent.VERSION:
        raise ConsentRequired
    try:
        status = next_status(identity.status, "apply")
    except StepNotOpen as error:
        raise IdentityInReview from error
    if identity.status in {"draft", "verified"} and person_of(identity) == checked.person:
        return identity
    person = checked.person
    sealed = seal(msgspec.json.encode(person), purpose=PURPOSE, user_id=user_id)
    actions = [
        Identity.status.set(status),
        Identity.revision.set(int(identity.revision) + 1),
        Identity.document_type.set(str(person.document_type)),
        Identity.person_sealed.set(sealed),
        Identity.person_hash.set(person_hash),
        Identity.name_masked.set(mask_name(person.name)),
        Identity.number_masked.set(mask_number(person.number)),
        Identity.area_code_known.set(checked.area_code_known),
        Identity.front.remove(),
        Identity.back.remove(),
        Identity.face.remove(),
        Identity.route.remove(),
        Identity.submitted_at.remove(),
        *reviews.begun_anew(),
        Identity.review_reasons.set([]),
        Identity.rejected_images.set([]),
        Identity.text_mismatch.set(False),
    ]
    tx = Transaction()
    detail = {"document_type": str(person.document_type), "revision": int(identity.revision) + 1}
    audit.change(tx, identity, actions, "application_saved", actor=user_id, detail=detail)
    if identity.verified_at is None:
        store.show_on_account(tx, user_id, status)
    tx.commit()
    saved = store.identity(user_id)
    return saved or identity


def person_of(identity: Identity) -> Person | None:
    """What the applicant typed, unsealed, or None before anything was. One KMS round trip."""
    if identity.person_sealed is None:
        return None
    plain = unseal(identity.person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=Person)


def verified_person_of(identity: Identity) -> Person | None:
    """Return the person in force, unsealed, or None. One KMS round trip."""
    if identity.verified_person_sealed is None:
        return None
    plain = unseal(identity.verified_person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=Person)
