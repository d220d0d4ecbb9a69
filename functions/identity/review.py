"""Manual review: an administrator looks at an application and decides on the revision they saw.

Every look at the images is an audit event. Nobody reviews themselves. Of two reviewers, one decides; a claim keeps the
others away while one is at work (`shared.reviews`).
"""

from typing import Literal

import msgspec

from functions.identity import evidence, gateways, store
from functions.identity.applications import person_of
from functions.identity.domain.applications import Person, next_status
from functions.identity.errors import ImagesGone, NotInReview, OwnApplication, RevisionStale
from functions.identity.verification import keep_images, verify_in
from functions.shared import audit, clock, reviewers, reviews
from functions.shared.errors import NotFound
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, decide_again

RejectionCode = Literal[
    "PHOTO_UNREADABLE",
    "DOCUMENT_EXPIRED",
    "DOCUMENT_MISMATCH",
    "DOCUMENT_NOT_ACCEPTED",
    "FACE_MISMATCH",
    "DUPLICATE_PERSON",
    "OTHER",
]


class Image(msgspec.Struct, frozen=True):
    """An image of an application, behind a link that works for five minutes."""

    side: Literal["front", "back", "selfie"]
    url: str


class Opened(msgspec.Struct, frozen=True):
    """An application as a reviewer sees it."""

    identity: Identity
    person: Person
    images: list[Image]
    appeal: str | None


@decide_again
def open_application(reviewer_id: str, user_id: str) -> Opened:
    """The application unmasked, with its images; the look is an audit event.

    A decided one can be looked at again; a draft is nobody's business yet. Raises `NotFound`, `OwnApplication`,
    `NotInReview`.
    """
    identity = store.identity(user_id)
    if identity is None or identity.person_sealed is None:
        raise NotFound
    if user_id == reviewer_id:
        raise OwnApplication
    if identity.status == "draft":
        raise NotInReview
    person = person_of(identity)
    if person is None:
        raise NotFound
    images = _images(identity)
    tx = Transaction()
    detail = {"revision": int(identity.revision), "images": [image.side for image in images]}
    audit.change(tx, identity, [], "application_viewed", actor=reviewer_id, detail=detail)
    tx.commit()
    return Opened(identity, person, images, reviews.appeal_of(identity))


def _images(identity: Identity) -> list[Image]:
    found: list[Image] = []
    for side in ("front", "back"):
        scan = evidence.side_scan(identity, side)
        if scan is not None and scan.image_key is not None:
            found.append(Image(side, gateways.view_link(scan.image_key)))
    face = evidence.passed_face(identity)
    if face is not None and face.selfie_key is not None:
        found.append(Image("selfie", gateways.view_link(face.selfie_key)))
    return found


@decide_again
def claim(reviewer_id: str, user_id: str, *, take_over: bool = False) -> reviews.ClaimView:
    """Keep other reviewers away for a while; again, for longer; with `take_over` from a colleague who holds it.

    Raises `NotFound`, `OwnApplication`, `NotInReview`, `OtherReviewerRequired`, `CaseClaimed`, `ClaimLimit`.
    """
    tx = Transaction()
    claimed = reviews.claim_in(tx, _in_review(reviewer_id, user_id, take_over=take_over), reviewer_id)
    tx.commit()
    return claimed


@decide_again
def release(reviewer_id: str, user_id: str) -> None:
    """Let other reviewers in again; nothing to do where the claim is over. Raises the same as `claim`."""
    identity = _in_review(reviewer_id, user_id)
    if reviews.claim_view(identity, reviewer_id) is None:
        return
    tx = Transaction()
    reviews.release_in(tx, identity, reviewer_id)
    tx.commit()


@decide_again
def approve(reviewer_id: str, user_id: str, revision: int, comment: str | None) -> Identity:
    """The identity, verified.

    Raises what `claim` raises, `RevisionStale`, `DuplicatePerson`, `ImagesGone`.
    """
    identity = _to_decide(reviewer_id, user_id, revision)
    portrait_key = keep_images(identity)
    face = evidence.passed_face(identity)
    if portrait_key is None and (evidence.accepted(identity, "front") or (face is not None and face.selfie_key)):
        # Verified without the portrait that there was, they could never pass a face check.
        raise ImagesGone
    tx = Transaction()
    detail = {"revision": revision}
    # Comments may name the person, so they stand where they can be erased, not in the audit trail.
    noted = Identity.approval_comment.set(comment) if comment else Identity.approval_comment.remove()
    verify_in(
        tx,
        identity,
        portrait_key,
        [*reviews.unclaimed(), *reviews.begun_anew(), noted],
        "identity_approved",
        actor=reviewer_id,
        step="approve",
        detail=detail,
        condition=reviews.open_to(reviewer_id),
    )
    tx.commit()
    return store.identity(user_id) or identity


@decide_again
def reject(reviewer_id: str, user_id: str, revision: int, code: RejectionCode, comment: str | None) -> Identity:
    """The identity, rejected with a reason. Raises what `claim` raises, and `RevisionStale`."""
    identity = _to_decide(reviewer_id, user_id, revision)
    tx = Transaction()
    rejection = {"code": code, "comment": comment, "at": clock.rfc3339(clock.now()), "by": reviewer_id}
    actions = [
        Identity.status.set(next_status(identity.status, "reject")),
        Identity.rejection.set(rejection),
        Identity.gsi1pk.remove(),
        Identity.gsi1sk.remove(),
        *reviews.unclaimed(),
    ]
    detail = {"revision": revision, "code": code}
    unheld = reviews.open_to(reviewer_id)
    audit.change(tx, identity, actions, "identity_rejected", actor=reviewer_id, detail=detail, condition=unheld)
    if identity.verified_at is None:
        store.show_on_account(tx, user_id, "rejected")
    tx.commit()
    return store.identity(user_id) or identity


def _to_decide(reviewer_id: str, user_id: str, revision: int) -> Identity:
    identity = _in_review(reviewer_id, user_id)
    if int(identity.revision) != revision:
        raise RevisionStale
    return identity


def _in_review(reviewer_id: str, user_id: str, *, take_over: bool = False) -> Identity:
    parties = reviewers.parties(reviewer_id, user_id)
    identity = parties.applicant.identity
    if identity is None:
        raise NotFound
    if parties.are_one_person():
        raise OwnApplication
    if identity.status != "in_review":
        raise NotInReview
    reviews.require_open_to(identity, reviewer_id, take_over=take_over)
    return identity
