"""The application: what a person says about themselves, until it is submitted."""

from datetime import date

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import account_changes, consent, gateways, store
from functions.identity.domain.applications import Person, next_status
from functions.identity.domain.documents import (
    DocumentRefused,
    DocumentType,
    mask_number,
    parse_nationality,
    parse_number,
)
from functions.identity.domain.names import has_unknown, mask_name, parse_name
from functions.identity.domain.persons import facts_of, name_birth_key
from functions.identity.errors import ConsentRequired, IdentityInReview
from functions.shared import account_sessions, audit, clock, reviews
from functions.shared.derived_keys import derived_mac
from functions.shared.errors import FieldError, Invalid, Text, Unauthenticated
from functions.shared.notices import notify_phone
from functions.shared.personal_data import keyed_hash, seal, unseal
from functions.shared.states import StepNotOpen
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, decide_again

PURPOSE = "identity"
_AS_THE_DOCUMENT = Text(
    "请按证件录入完整姓名，包括申请人无法输入的字。",
    "Enter the whole name as the document has it, with the character that the applicant could not type.",
)


class Typed(msgspec.Struct, frozen=True):
    """The details as they were typed."""

    document_type: DocumentType
    name: str
    number: str
    valid_until: date | None = None
    nationality: str | None = None
    number_as_printed: bool = False


class CheckedPerson(msgspec.Struct, frozen=True):
    """A person whose details follow the rules of their document."""

    person: Person
    person_key: str  # what stays the same when the document is issued again
    area_code_known: bool
    check_agrees: bool = True


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
        number = parse_number(
            typed.document_type,
            typed.number,
            today=clock.today(),
            nationality=nationality,
            as_printed=typed.number_as_printed,
        )
    except DocumentRefused as refused:
        errors.append(FieldError("number", refused.code, refused.text))
    if typed.valid_until is not None and typed.valid_until < clock.today():
        expired = Text("证件已过有效期。", "The document has expired.")
        errors.append(FieldError("valid_until", "DOCUMENT_EXPIRED", expired))
    if errors or name is None or number is None:
        raise Invalid(*errors)
    person = Person(typed.document_type, name, number.value, typed.valid_until, nationality)
    known = number.area_code_known is not False
    return CheckedPerson(person, f"{number.type}:{number.person_key}", known, number.check_agrees)


class Proof(msgspec.Struct, frozen=True):
    """What lets a verified person apply with another document: a face check, and the session that continues."""

    face_check_id: str | None = None
    keep_session: str | None = None  # a fingerprint


def save_application(user_id: str, typed: Typed, proof: Proof = Proof()) -> Identity:  # noqa: B008 - immutable
    """The identity with these details in draft; scans of other details no longer count.

    Saving the same details again changes nothing, unless the person was verified without a portrait. Where the account
    is verified, a new application uses up the person's face check, ends all other sessions and notifies the phone;
    correcting a draft does not.
    Raises `Invalid`, `ConsentRequired`, `IdentityInReview`, `FaceCheckRequired`.
    """
    checked = check(typed)
    person_hash = keyed_hash("document", checked.person_key)
    identity, notified = _save(user_id, checked, person_hash, name_birth_hash_of(checked.person), proof)
    if notified is not None:
        notify_phone(notified, "application_started")
    return identity


def name_birth_hash_of(person: Person) -> str | None:
    """Return what people of this name and birth date are found by, or None where the number has no birth date."""
    birth = facts_of(person).birth
    return name_birth_hash(person.name, birth) if birth is not None else None


def name_birth_hash(name: str, birth: date) -> str:
    """Return what people of a name and a birth date are found by, under a key that only the functions can use."""
    return derived_mac("name-birth/1", name_birth_key(name, birth).encode()).hex()


@decide_again
def _save(
    user_id: str, checked: CheckedPerson, person_hash: str, held_under: str | None, proof: Proof
) -> tuple[Identity, User | None]:
    """The identity, and the account whose phone is to be notified."""
    identity = store.identity(user_id)
    if identity is None or identity.consent_version != consent.VERSION:
        raise ConsentRequired
    try:
        status = next_status(identity.status, "apply")
    except StepNotOpen as error:
        raise IdentityInReview from error
    # Whose portrait was not kept scans the same document again.
    unchanged = identity.status == "draft" or (identity.status == "verified" and identity.can_pass_face_check)
    if unchanged and person_of(identity) == checked.person:
        return identity, None
    person = checked.person
    sealed = seal(msgspec.json.encode(person), purpose=PURPOSE, user_id=user_id)
    actions = [
        Identity.status.set(status),
        Identity.revision.set(int(identity.revision) + 1),
        Identity.document_type.set(str(person.document_type)),
        Identity.person_sealed.set(sealed),
        Identity.person_hash.set(person_hash),
        Identity.name_birth_hash.set(held_under) if held_under else Identity.name_birth_hash.remove(),
        Identity.name_masked.set(mask_name(person.name)),
        Identity.number_masked.set(mask_number(person.number)),
        Identity.area_code_known.set(checked.area_code_known),
        Identity.number_check_agrees.set(checked.check_agrees),
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
    if identity.front is not None or identity.back is not None:
        gateways.send_leftovers(user_id)  # the scans of the details before
    tx = Transaction()
    detail = {"document_type": str(person.document_type), "revision": int(identity.revision) + 1}
    audit.change(tx, identity, actions, "application_saved", actor=user_id, detail=detail)
    notified = None
    if not identity.is_in_force:
        store.show_on_account(tx, user_id, status)
    elif identity.status != "draft":
        notified = _start_on_verified_account(tx, identity, proof)
    tx.commit()
    return store.identity(user_id) or identity, notified


def _start_on_verified_account(tx: Transaction, identity: Identity, proof: Proof) -> User:
    account_changes.require_person_in(tx, identity, proof.face_check_id)
    user = store.account(identity.user_id)
    if user is None:
        raise Unauthenticated
    ended = account_sessions.others_to_end(user, keep=proof.keep_session, actor=user.user_id)
    account_sessions.end_in(tx, user.user_id, ended)
    changes = [account_sessions.void_tickets(user)]
    audit.change(tx, user, changes, "application_started", actor=user.user_id, detail={"sessions": len(ended)})
    return user


def require_clear_name(person: Person) -> None:
    """Raise `Invalid` where a reviewer has to enter the name, because the applicant could not type all of it."""
    if has_unknown(person.name):
        raise Invalid(FieldError("name", "MISSING", _AS_THE_DOCUMENT))


def corrected_name(identity: Identity, person: Person, raw: str) -> tuple[Person, list[Action]]:
    """Return the person under the name that a reviewer read from the document, and the changes to the application.

    `identity` has the new name then, too. Raises `Invalid` for what is no name, or has an unknown character.
    """
    try:
        corrected = msgspec.structs.replace(person, name=parse_name(raw))
    except DocumentRefused as refused:
        raise Invalid(FieldError("name", refused.code, refused.text)) from None
    if has_unknown(corrected.name):
        raise Invalid(FieldError("name", "NAME_FORMAT", _AS_THE_DOCUMENT))
    if corrected == person:
        return person, []
    identity.person_sealed = seal(msgspec.json.encode(corrected), purpose=PURPOSE, user_id=identity.user_id)
    identity.name_masked = mask_name(corrected.name)
    identity.name_birth_hash = name_birth_hash_of(corrected) or identity.name_birth_hash
    actions: list[Action] = [
        Identity.person_sealed.set(identity.person_sealed),
        Identity.name_masked.set(identity.name_masked),
    ]
    if identity.name_birth_hash is not None:
        actions.append(Identity.name_birth_hash.set(identity.name_birth_hash))
    return corrected, actions


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
