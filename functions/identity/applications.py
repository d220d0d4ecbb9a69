"""The application: what a person says about themselves, until it is submitted."""

from datetime import date
from typing import Any, TypeVar

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import account_changes, changes, consent, evidence, gateways, kept_scans, picture_store, store
from functions.identity.changes import ChangedField
from functions.identity.domain.applications import Person, next_status
from functions.identity.domain.documents import (
    DocumentRefused,
    DocumentType,
    mask_number,
    parse_nationality,
    parse_number,
)
from functions.identity.domain.evidence import SideScan
from functions.identity.domain.names import has_unknown, mask_name, parse_name
from functions.identity.domain.persons import facts_of, name_birth_key
from functions.identity.errors import ConsentRequired, IdentityInReview
from functions.identity.kept_scans import KeptScans
from functions.shared import account_sessions, audit, clock, reviews
from functions.shared.derived_keys import derived_mac
from functions.shared.errors import FieldError, Invalid, NotFound, Text, Unauthenticated
from functions.shared.notices import notify_phone
from functions.shared.personal_data import keyed_hash, seal, unseal
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.transitions import InvalidTransition
from functions.shared.vocabulary import Side

PURPOSE = "identity"
ValueT = TypeVar("ValueT")
_ANY_NATIONALITY = "CHN"  # for a number that is checked while the nationality is wrong or missing
_AS_THE_DOCUMENT = Text(
    "请按证件录入完整姓名，包括申请人无法输入的字。",
    "Enter the full name as printed on the document, with the character that the applicant could not type.",
)


class Given(msgspec.Struct, frozen=True):
    """The details as they were typed; what is `UNSET` stays as it was saved before, for the same type of document.

    `number_as_printed` is False or None for a number that has to agree with its check character; left out, it stays as
    it was confirmed for a number that stays.
    """

    document_type: DocumentType | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    number: str | msgspec.UnsetType = msgspec.UNSET
    valid_until: date | msgspec.UnsetType | None = msgspec.UNSET
    nationality: str | msgspec.UnsetType | None = msgspec.UNSET
    number_as_printed: bool | None = None


class ApplicationInput(msgspec.Struct, frozen=True):
    """All details of an application, as they were typed or saved before."""

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


def _filled(given: Given, before: Person | None, *, as_printed_before: bool) -> ApplicationInput:
    """The details with those that were saved before in place of what was left out. Raises `Invalid` for missing ones.

    Of another type of document only the name stays: the other details are not of that document.
    """
    document_type = _or(given.document_type, before.document_type if before else msgspec.UNSET)
    same = before if before is not None and before.document_type is document_type else None
    name = _or(given.name, before.name if before else msgspec.UNSET)
    number = _or(given.number, same.number if same else msgspec.UNSET)
    if document_type is msgspec.UNSET or name is msgspec.UNSET or number is msgspec.UNSET:
        needed = {"document_type": document_type, "name": name, "number": number}
        missing = Text("此项必填。", "This is required.")
        raise Invalid(*(FieldError(field, "MISSING", missing) for field, one in needed.items() if one is msgspec.UNSET))
    as_printed = given.number_as_printed
    if as_printed is None:
        as_printed = as_printed_before and same is not None and number == same.number
    return ApplicationInput(
        document_type=document_type,
        name=name,
        number=number,
        valid_until=_or(given.valid_until, same.valid_until if same else None),
        nationality=_or(given.nationality, same.nationality if same else None),
        number_as_printed=as_printed,
    )


def _or(given: ValueT | msgspec.UnsetType, before: ValueT | msgspec.UnsetType) -> Any:
    return before if given is msgspec.UNSET else given


def check(typed: ApplicationInput) -> CheckedPerson:
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
        errors.append(FieldError("nationality", "MISSING", Text("请填写国籍。", "Please enter your nationality.")))
    needs_nationality = typed.document_type is DocumentType.PASSPORT
    try:
        # A passport's number is one person's together with its nationality, whose error is reported by itself.
        number = parse_number(
            typed.document_type,
            typed.number,
            today=clock.today(),
            nationality=nationality or (_ANY_NATIONALITY if needs_nationality else None),
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


def save_application(user_id: str, given: Given, proof: Proof = Proof()) -> Identity:  # noqa: B008 - immutable
    """The identity with these details in draft; scans that do not agree with them no longer count (`kept_scans`).

    Saving the same details again changes nothing, unless the person was verified without a portrait. Where the account
    is verified, a new application uses up the person's face check, ends all other sessions and notifies the phone;
    correcting a draft does not.
    Raises `Invalid`, `ConsentRequired`, `IdentityInReview`, `FaceCheckRequired`.
    """
    identity, notified = _save(user_id, given, proof)
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


def own_application(user_id: str) -> tuple[Identity, Person]:
    """Return a user's identity and their own details, unmasked. One read, one KMS round trip. Raises `NotFound`."""
    identity = store.identity(user_id)
    person = decrypt_person(identity) if identity is not None else None
    if identity is None or person is None:
        raise NotFound
    return identity, person


@retry_on_conflict
def _save(user_id: str, given: Given, proof: Proof) -> tuple[Identity, User | None]:
    """The identity, and the account whose phone is to be notified."""
    identity = store.identity(user_id)
    before = decrypt_person(identity) if identity is not None else None
    as_printed_before = identity is not None and identity.number_check_agrees is False
    checked = check(_filled(given, before, as_printed_before=as_printed_before))
    if identity is None or identity.consent_version != consent.VERSION:
        raise ConsentRequired
    try:
        status = next_status(identity.status, "apply")
    except InvalidTransition as error:
        raise IdentityInReview from error
    # Whose portrait was not kept scans the same document again.
    unchanged = identity.status == "draft" or (identity.status == "verified" and identity.can_pass_face_check)
    if unchanged and before == checked.person:
        return identity, None
    person = checked.person
    person_hash = keyed_hash("document", checked.person_key)
    kept = kept_scans.surviving(identity, person)
    held_under = name_birth_hash_of(person)
    if held_under is None and kept.birth is not None:
        held_under = name_birth_hash(person.name, kept.birth)
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
        *_with_scans(kept),
        Identity.face.remove(),
        Identity.failed_face.remove(),
        Identity.route.remove(),
        Identity.submitted_at.remove(),
        *reviews.reset_review(),
        # A draft is private: it is in no list of the review desk.
        Identity.gsi1pk.remove(),
        Identity.gsi1sk.remove(),
        Identity.review_reasons.set([]),
        Identity.rejected_images.set([]),
        Identity.text_mismatch.set(kept.front is not None and bool(kept.front.mismatched)),
        *changes.noted(identity, int(identity.revision) + 1, _changed(identity, before, person, kept)),
    ]
    if identity.front is not None or identity.back is not None:
        gateways.send_leftovers(user_id)  # the scans that do not count any more
    tx = Transaction()
    detail = {"document_type": str(person.document_type), "revision": int(identity.revision) + 1}
    keeps = {evidence.slot_of_front(kept.front), identity.verified_cuts_slot}
    picture_store.forget_cuts_in(tx, user_id, evidence.slots_of_cuts(identity) - keeps)
    audit.change(tx, identity, actions, "application_saved", actor=user_id, detail=detail)
    notified = None
    if not identity.is_in_force:
        store.show_on_account(tx, user_id, status)
    elif identity.status != "draft":
        notified = _start_on_verified_account(tx, identity, proof)
    tx.commit()
    return store.identity(user_id) or identity, notified


def _with_scans(kept: KeptScans) -> list[Action]:
    sides = ((Identity.front, kept.front), (Identity.back, kept.back))
    return [attribute.set(evidence.to_attribute(scan)) if scan else attribute.remove() for attribute, scan in sides]


def _changed(identity: Identity, before: Person | None, person: Person, kept: KeptScans) -> list[ChangedField]:
    sides: tuple[tuple[Side, SideScan | None], ...] = (("front", kept.front), ("back", kept.back))
    scans: list[ChangedField] = [side for side, scan in sides if scan != evidence.side_scan(identity, side)]
    return [*changes.between(before, person), *scans]


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


def decrypt_person(identity: Identity) -> Person | None:
    """What the applicant typed, unsealed, or None before anything was. One KMS round trip."""
    if identity.person_sealed is None:
        return None
    plain = unseal(identity.person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=Person)


def decrypt_verified_person(identity: Identity) -> Person | None:
    """Return the person in force, unsealed, or None. One KMS round trip."""
    if identity.verified_person_sealed is None:
        return None
    plain = unseal(identity.verified_person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=Person)
