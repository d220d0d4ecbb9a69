"""Verifying a person: by the machine when everything agrees, else through review; and what becomes true by it.

One number belongs to one verified user: the claim is part of the verifying transaction, whoever verifies.
"""

from typing import Any

from pynamodb.expressions.condition import Condition

from functions.identity import evidence, gateways, store
from functions.identity.domain.applications import Step, missing_for_submission, next_status, reasons_for_review
from functions.identity.domain.evidence import PassedFace
from functions.identity.domain.review_reasons import ReviewReason
from functions.identity.errors import (
    ApplicationRequired,
    DuplicatePerson,
    FaceCheckRequired,
    IdentityInReview,
    ScansMissing,
)
from functions.identity.face_subjects import identity_subject
from functions.shared import audit, clock, face_proofs
from functions.shared.table import keys
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Stale, Transaction, decide_again


@decide_again
def submit(user_id: str, *, manual_review: bool = False) -> Identity:
    """The identity, verified or in review. Two round trips to the table when it is verified at once.

    `manual_review`: the person prefers a reviewer to a face check, or to a machine.
    Raises `ApplicationRequired`, `IdentityInReview`, `ScansMissing`, `FaceCheckRequired`.
    """
    identity = store.identity(user_id)
    if identity is None or identity.status not in {"draft", "in_review"}:
        raise ApplicationRequired
    if identity.status == "in_review":
        raise IdentityInReview
    stands_on = evidence.evidence_of(identity)
    missing = missing_for_submission(stands_on, manual_review=manual_review)
    if missing is not None:
        raise {"scans": ScansMissing, "face_check": FaceCheckRequired}[missing]
    reasons = reasons_for_review(stands_on, manual_review=manual_review)
    face = evidence.passed_face(identity) if stands_on.face == "passed" else None
    if not reasons:
        try:
            _verify_automatically(identity, face)
        except DuplicatePerson:
            reasons = ["duplicate_person"]
    if reasons:
        _send_to_review(identity, face, reasons)
    return store.identity(user_id) or identity


def _verify_automatically(identity: Identity, face: PassedFace | None) -> None:
    if face is None:
        raise FaceCheckRequired
    portrait_key = keep_images(identity)
    if portrait_key is None:
        # The front left the bucket after it was compared: without a portrait they could never pass a face check.
        raise ScansMissing
    tx = Transaction()
    face_proofs.consume_in(tx, identity.user_id, face.face_check_id, identity_subject(identity), otherwise=Stale)
    actions = [Identity.route.set("automatic"), Identity.submitted_at.set(clock.now())]
    verify_in(tx, identity, portrait_key, actions, "identity_verified", actor=identity.user_id, step="verify")
    tx.commit()


def _send_to_review(identity: Identity, face: PassedFace | None, reasons: list[ReviewReason]) -> None:
    tx = Transaction()
    if face is not None:
        face_proofs.consume_in(tx, identity.user_id, face.face_check_id, identity_subject(identity), otherwise=Stale)
    now = clock.now()
    actions = [
        Identity.status.set(next_status(identity.status, "send_to_review")),
        Identity.route.set("manual"),
        Identity.submitted_at.set(now),
        Identity.review_reasons.set(reasons),
        Identity.gsi1pk.set(keys.REVIEW_QUEUE),
        Identity.gsi1sk.set(keys.review_position(clock.rfc3339(now), identity.user_id)),
    ]
    audit.change(tx, identity, actions, "identity_sent_to_review", actor=identity.user_id, detail={"reasons": reasons})
    if identity.verified_at is None:
        store.show_on_account(tx, identity.user_id, "in_review")
    tx.commit()


def keep_images(identity: Identity) -> str | None:
    """Copy what the decision stands on to where it is kept; the key of the portrait for later face checks.

    The portrait is the one cut out of the front, or the selfie where there is none; None where a review took longer
    than the selfie is kept, or where there is neither: then nothing is kept. Doing it again is harmless.

    The verification may still be refused, or its request die. So a message comes first that has deleted, some minutes
    later, whatever no verification stands on; the copies of the one before go with it.
    """
    gateways.send_leftovers(identity.user_id)
    sources = {}
    for side in ("front", "back"):
        scan = evidence.accepted(identity, side)
        if scan is not None and scan.image_key is not None:
            sources[side] = scan.image_key
            if scan.portrait_key is not None:
                sources["portrait"] = scan.portrait_key
    face = evidence.passed_face(identity)
    if "portrait" not in sources:
        if face is None:
            return None
        if face.selfie_key is None:
            return None
        sources["selfie"] = face.selfie_key
    places = {shows: gateways.kept_key(identity.user_id, int(identity.revision), shows) for shows in sources}
    kept = {shows: key for shows, key in places.items() if gateways.copy_image(sources[shows], key)}
    if "front" in sources and "front" not in kept:
        return None
    return kept.get("portrait") or kept.get("selfie")


def verify_in(  # noqa: PLR0913 - one verification has these parts
    tx: Transaction,
    identity: Identity,
    portrait_key: str | None,
    also: list[Any],
    event: str,
    *,
    actor: str,
    step: Step,
    detail: audit.Detail | None = None,
    condition: Condition | None = None,
) -> None:
    """Add to a transaction all that becomes true when a person is verified. It fails with `DuplicatePerson`."""
    person_hash = str(identity.person_hash)
    store.claim_document(tx, person_hash, identity.user_id, DuplicatePerson)
    if identity.verified_person_hash not in {None, person_hash}:
        store.release_document(tx, str(identity.verified_person_hash), identity.user_id)
    face = evidence.passed_face(identity)
    actions = [
        Identity.status.set(next_status(identity.status, step)),
        Identity.verified_at.set(clock.now()),
        Identity.verified_document_type.set(identity.document_type),
        Identity.verified_person_hash.set(person_hash),
        Identity.verified_person_sealed.set(identity.person_sealed),
        Identity.verified_name_masked.set(identity.name_masked),
        Identity.verified_by.set(face.method) if face else Identity.verified_by.remove(),
        Identity.face.remove(),
        Identity.gsi1pk.remove(),
        Identity.gsi1sk.remove(),
        Identity.portrait_key.set(portrait_key) if portrait_key else Identity.portrait_key.remove(),
        *also,
    ]
    audit.change(tx, identity, actions, event, actor=actor, detail=detail, condition=condition)
    store.show_on_account(tx, identity.user_id, "verified", str(identity.name_masked))
