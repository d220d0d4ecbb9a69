"""Verifying a person: by the machine when everything agrees, else through review; and what becomes true by it.

One number belongs to one verified user: the claim is part of the verifying transaction, no matter who verifies. One
account is one person: `verify_in` requires a decision on how the person relates to the one in force.
"""

from datetime import date
from typing import Any, Literal, NamedTuple

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import case_search, continuity, evidence, gateways, picture_store, review_queue, store
from functions.identity.applications import decrypt_person
from functions.identity.domain.applications import (
    Person,
    Step,
    missing_for_submission,
    next_status,
    reasons_for_review,
)
from functions.identity.domain.evidence import PassedFace
from functions.identity.domain.expiry import roles_end_at
from functions.identity.domain.review_reasons import ReviewReason
from functions.identity.errors import (
    ApplicationRequired,
    DuplicatePerson,
    FaceCheckRequired,
    IdentityInReview,
    ScansMissing,
    SubmissionLimit,
)
from functions.identity.face_subjects import identity_subject
from functions.identity.store import Claims
from functions.shared import audit, clock, face_proofs
from functions.shared.config import settings
from functions.shared.limits import Limit, consume_in
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import DomainError, Transaction, VersionConflict, retry_on_conflict

Relation = Literal["first", "same_person", "another_person"]
_WEEK_S = 7 * 86_400


@retry_on_conflict
def submit(user_id: str, *, manual_review: bool = False) -> Identity:
    """The identity, verified or in review. Three round trips to the table when it is verified at once.

    `manual_review`: the person prefers a reviewer to a face check, or to a machine.
    Raises `ApplicationRequired`, `IdentityInReview`, `ScansMissing`, `FaceCheckRequired`, `SubmissionLimit`,
    and `FaceLimit` where a changed document is to be compared with the portrait in force.
    """
    identity = store.identity(user_id)
    if identity is None or identity.status not in {"draft", "in_review"}:
        raise ApplicationRequired
    if identity.status == "in_review":
        raise IdentityInReview
    person = decrypt_person(identity)
    if person is None:
        raise ApplicationRequired
    decided_on = evidence.evidence_of(identity, person)
    missing = missing_for_submission(decided_on, manual_review=manual_review)
    if missing is not None:
        raise {"scans": ScansMissing, "face_check": FaceCheckRequired}[missing]
    claims = store.claims_of(identity)
    reasons = reasons_for_review(decided_on, manual_review=manual_review)
    reasons += duplicate_reasons(identity, claims)
    reasons += continuity.reasons_against(identity, person)
    face = evidence.passed_face(identity) if decided_on.face == "passed" else None
    if reasons:
        _send_to_review(identity, person, face, reasons)
    else:
        _verify_automatically(identity, person, face, claims)
    return store.identity(user_id) or identity


def duplicate_reasons(identity: Identity, claims: Claims) -> list[ReviewReason]:
    """Return why other accounts are a reason for review: the same number, or the same name and birth date."""
    reasons: list[ReviewReason] = []
    if claims.owner_id not in {None, identity.user_id}:
        reasons.append("duplicate_person")
    if any(one != claims.owner_id for one in claims.sharing(identity)):
        reasons.append("possible_duplicate")
    return reasons


def _verify_automatically(identity: Identity, person: Person, face: PassedFace | None, claims: Claims) -> None:
    if face is None:
        raise FaceCheckRequired
    kept = copy_verified_images(identity)
    if kept.portrait_key is None:
        # The front left the bucket after it was compared: without a portrait they could never pass a face check.
        raise ScansMissing
    tx = Transaction()
    face_proofs.consume_in(
        tx, identity.user_id, face.face_check_id, identity_subject(identity), on_failure=VersionConflict
    )
    verification = Verification(
        person=person,
        kept=kept,
        claims=claims,
        relation="same_person" if identity.is_in_force else "first",
        event="identity_verified",
        step="verify",
        actor=identity.user_id,
        also=[Identity.route.set("automatic"), Identity.submitted_at.set(clock.now())],
        when_taken=VersionConflict,
    )
    verify_in(tx, identity, verification)
    tx.commit()
    carry_on(identity, verification)


def _send_to_review(identity: Identity, person: Person, face: PassedFace | None, reasons: list[ReviewReason]) -> None:
    tx = Transaction()
    if face is not None:
        face_proofs.consume_in(
            tx, identity.user_id, face.face_check_id, identity_subject(identity), on_failure=VersionConflict
        )
    weekly = Limit("review_submissions_week", identity.user_id, settings().review_submissions_per_week, _WEEK_S)
    consume_in(tx, weekly, SubmissionLimit)
    now = clock.now()
    first = identity.first_submitted_at or now
    actions = [
        Identity.status.set(next_status(identity.status, "send_to_review")),
        Identity.route.set("manual"),
        Identity.submitted_at.set(now),
        Identity.first_submitted_at.set(first),
        Identity.review_reasons.set(reasons),
        *review_queue.enter_in(tx, identity, first, reasons),
        *case_search.mark_in(tx, identity, person),
    ]
    audit.change(tx, identity, actions, "identity_sent_to_review", actor=identity.user_id, detail={"reasons": reasons})
    if identity.verified_at is None:
        store.show_on_account(tx, identity.user_id, "in_review")
    tx.commit()


class Kept(NamedTuple):
    """What a verification rests on: the key of the portrait for later face checks, and all that the images show."""

    portrait_key: str | None
    shows: list[str]


def copy_verified_images(identity: Identity) -> Kept:
    """Copy the images that a decision rests on to where they are kept.

    The portrait is the one cut out of the front, or the selfie where there is none; None where a review took longer
    than the selfie is kept, or where there is neither: then nothing is kept. Doing it again is harmless.

    The verification may still be refused, or its request die. So a message comes first that has deleted, some minutes
    later, whatever no verification stands on; the copies of the one before go with it.
    """
    gateways.send_leftovers(identity.user_id)
    sources = {}
    for side in ("front", "back"):
        scan = evidence.accepted(identity, side) or evidence.for_review(identity, side)
        if scan is not None and scan.image_key is not None:
            sources[side] = scan.image_key
            if scan.portrait_key is not None:
                sources["portrait"] = scan.portrait_key
    face = evidence.passed_face(identity)
    if "portrait" not in sources:
        if face is None or face.selfie_key is None:
            return Kept(None, [])
        sources["selfie"] = face.selfie_key
    places = {shows: gateways.kept_key(identity.user_id, int(identity.revision), shows) for shows in sources}
    kept = {shows: key for shows, key in places.items() if gateways.copy_image(sources[shows], key)}
    if "front" in sources and "front" not in kept:
        return Kept(None, [])
    return Kept(kept.get("portrait") or kept.get("selfie"), list(kept))


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification is decided on, and by whom.

    `relation` is how the person relates to the one whom the account is verified as: there is none (`first`), or it is
    the same or another one. `from_identity` is whose the number is until then. `also` are further changes.
    """

    person: Person
    kept: Kept
    claims: Claims
    relation: Relation
    event: str
    step: Step
    actor: str
    also: list[Any]
    detail: audit.Detail | None = None
    condition: Any = None
    from_identity: Identity | None = None
    when_taken: DomainError = DuplicatePerson


def verify_in(tx: Transaction, identity: Identity, verification: Verification) -> None:
    """Add to a transaction everything that is true once a person is verified: the only place where that happens.

    The commit raises `when_taken` where the number is another user's, `VersionConflict` where the claims have changed.
    What the account of another person loses is for the caller (`relation`): the account's item can be written once.
    """
    if identity.is_in_force == (verification.relation == "first"):
        raise ValueError("How the person relates to the one in force was not decided.")
    person_hash, user_id = str(identity.person_hash), identity.user_id
    former_owner = verification.from_identity.user_id if verification.from_identity is not None else None
    store.claim_document(tx, person_hash, user_id, verification.when_taken, from_user=former_owner)
    former = _release_former(tx, identity)
    _move_name_birth(tx, identity, verification)
    ends = evidence.last_day(identity, verification.person)
    _schedule(tx, identity, verification.relation, ends)
    face, front = evidence.passed_face(identity), evidence.front_shown(identity)
    keeps = evidence.slot_of_front(evidence.side_scan(identity, "front"))
    picture_store.forget_cuts_in(tx, user_id, evidence.slots_of_cuts(identity) - {keeps})
    actions = [
        Identity.status.set(next_status(identity.status, verification.step)),
        Identity.verified_at.set(clock.now()),
        Identity.verified_document_type.set(identity.document_type),
        Identity.verified_person_hash.set(person_hash),
        Identity.verified_person_sealed.set(identity.person_sealed),
        Identity.verified_name_masked.set(identity.name_masked),
        _set(Identity.verified_name_birth_hash, identity.name_birth_hash),
        _set(Identity.verified_until, ends.isoformat() if ends is not None else None),
        Identity.former_person_hashes.set(former),
        Identity.verified_by.set(face.method) if face else Identity.verified_by.remove(),
        Identity.verified_pictures.set(evidence.pictures_of_front(identity)),
        _set(Identity.verified_cuts_slot, evidence.slot_of_front(front)),
        Identity.face.remove(),
        Identity.first_submitted_at.remove(),
        Identity.duplicate.remove(),
        *review_queue.leave_in(tx, identity, "verified" if verification.step == "approve" else None),
        # What was submitted to review is found already; operators, who approve too, cannot compute the marks.
        *(case_search.mark_in(tx, identity, verification.person) if verification.step == "verify" else []),
        _set(Identity.portrait_key, verification.kept.portrait_key),
        Identity.verified_images.set(verification.kept.shows),
        *verification.also,
    ]
    audit.change(
        tx,
        identity,
        actions,
        verification.event,
        actor=verification.actor,
        detail=verification.detail,
        condition=verification.condition,
    )
    if verification.relation != "another_person":
        store.show_on_account(tx, user_id, "verified", str(identity.name_masked))


def carry_on(identity: Identity, verification: Verification) -> None:
    """Start what follows a verification outside of its transaction; what this misses, the hourly run does."""
    if _renames(identity, verification.relation):
        gateways.send_person_steps(identity.user_id)


def _release_former(tx: Transaction, identity: Identity) -> list[str]:
    """Give up the number of the document before, which stays traceable; the numbers of all documents before."""
    former = [str(one) for one in identity.former_person_hashes]
    before = identity.verified_person_hash
    if before in {None, identity.person_hash}:
        return former
    store.release_document(tx, str(before), identity.user_id)
    store.remember_document(tx, str(before), identity.user_id, clock.now(), None)
    return [*(one for one in former if one != before), str(before)]


def _move_name_birth(tx: Transaction, identity: Identity, verification: Verification) -> None:
    changes: dict[str, dict[str, bool]] = {}
    for former in (identity, verification.from_identity):
        if former is not None and former.verified_name_birth_hash is not None:
            changes.setdefault(str(former.verified_name_birth_hash), {})[former.user_id] = False
    if identity.name_birth_hash is not None:
        changes.setdefault(str(identity.name_birth_hash), {})[identity.user_id] = True
    store.hold_name_birth(tx, verification.claims, changes)


def _schedule(tx: Transaction, identity: Identity, relation: Relation, ends: date | None) -> None:
    user_id, token = identity.user_id, f"{int(identity.revision)}:{clock.rfc3339(clock.now())}"
    if ends is None:
        store.drop_step(tx, user_id, "document_expiry")
    else:
        store.put_step(tx, user_id, "document_expiry", roles_end_at(ends), token)
    if _renames(identity, relation):
        store.put_step(tx, user_id, "rename", clock.now(), token)


def _renames(identity: Identity, relation: Relation) -> bool:
    return relation == "same_person" and identity.verified_name_masked != identity.name_masked


def _set(attribute: Any, value: Any) -> Action:
    action: Action = attribute.set(value) if value is not None else attribute.remove()
    return action
