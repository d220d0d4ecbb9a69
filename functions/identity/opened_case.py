"""An application as a reviewer sees it: unmasked, with its images, and with the other people it may concern.

Every look is an audit event of the application, and of each other person whose details or images are shown.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import changes, continuity, evidence, gateways, read_texts, store
from functions.identity.applications import decrypt_person
from functions.identity.case_history import CaseHistory, history_of
from functions.identity.domain.applications import Person
from functions.identity.domain.evidence import SIDES, ReadText
from functions.identity.errors import ClaimRequired, NotInReview, OwnApplication, RevisionStale
from functions.shared import audit, clock, reviewers, reviews
from functions.shared.config import settings
from functions.shared.errors import NotFound
from functions.shared.guards import require_administrator_in
from functions.shared.parsing import Url
from functions.shared.roles import Role, roles_of
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.vocabulary import Side

_OTHERS_SHOWN = 5
_LOOKS_KEPT = 4


class Image(msgspec.Struct, frozen=True):
    """An image of an application, behind a link that works until `expires_at`; the size is in pixels, where known.

    `image_id` is the same each time. `failed_selfie` is that of the last face check that failed because the faces
    differ, where none has passed.
    """

    image_id: str
    side: Literal["front", "back", "selfie", "failed_selfie", "portrait"]
    url: Url
    expires_at: datetime
    width: int | None
    height: int | None


class VerifiedPerson(msgspec.Struct, frozen=True):
    """Somebody whom an account is verified as."""

    user_id: str
    identity: Identity
    person: Person
    images: list[Image]


class ApplicationForReview(msgspec.Struct, frozen=True):
    """An application, the account it belongs to, and who else it may be.

    `verified_as` is whom the account is verified as. `other` is verified with the same number on another account;
    `possible` are verified under the same name and birth date.
    """

    identity: Identity
    person: Person
    images: list[Image]
    appeal: str | None
    account: User
    roles: list[Role]
    verified_as: VerifiedPerson | None
    other: VerifiedPerson | None
    possible: list[VerifiedPerson]
    history: CaseHistory
    read: dict[Side, ReadText]


@retry_on_conflict
def open_application(reviewer_id: str, user_id: str) -> ApplicationForReview:
    """Return the application unmasked, with its images; the look is an audit event.

    A decided one can be looked at again; drafts are private. Raises `NotFound`, `OwnApplication`, `NotInReview`.
    """
    account, identity = _may_be_opened(reviewer_id, user_id)
    person = decrypt_person(identity)
    if person is None:
        raise NotFound
    claims = store.claims_of(identity) if identity.status == "in_review" else store.Claims(None, {})
    owner_id = claims.owner_id if claims.owner_id != user_id else None
    sharing = [one for one in claims.sharing(identity) if one != owner_id][:_OTHERS_SHOWN]
    other = _verified(owner_id) if owner_id is not None else None
    possible = [found for one in sharing if (found := _verified(one)) is not None]
    images = images_of(identity)
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    detail = {"revision": int(identity.revision), "images": [image.side for image in images]}
    beside_it = [one.user_id for one in (*([other] if other is not None else []), *possible)]
    looked = [_looked(identity, reviewer_id, beside_it)]
    audit.change(tx, identity, looked, "application_viewed", actor=reviewer_id, detail=detail)
    for shown in (*([other] if other is not None else []), *possible):
        beside = {"beside": user_id, "images": [image.side for image in shown.images]}
        audit.change(tx, shown.identity, [], "identity_viewed", actor=reviewer_id, detail=beside)
    tx.commit()
    return ApplicationForReview(
        identity=identity,
        person=person,
        images=images,
        appeal=reviews.appeal_of(identity),
        account=account,
        roles=roles_of(user_id),
        verified_as=_in_force(identity),
        other=other,
        possible=possible,
        history=history_of(user_id),
        read=_read_of(identity),
    )


@retry_on_conflict
def renew_links(reviewer_id: str, user_id: str) -> list[Image]:
    """Return new links to the images that the reviewer has looked at, while they hold the case.

    The look was recorded; a later revision, or another person beside it, needs another look. Raises `NotFound`,
    `OwnApplication`, `NotInReview`, `ClaimRequired`, `RevisionStale`.
    """
    _, identity = _may_be_opened(reviewer_id, user_id)
    claim = reviews.claim_view(identity, reviewer_id)
    if claim is None or not claim.mine:
        raise ClaimRequired
    look = next((one for one in identity.looks if one["by"] == reviewer_id), None)
    if look is None or look["revision"] != int(identity.revision):
        raise RevisionStale(changes.since(identity, look["revision"] if look is not None else int(identity.revision)))
    images = images_of(identity)
    before = _in_force(identity)
    others = [before, *(_verified(one) for one in look["beside"])]
    return images + [image for one in others if one is not None for image in one.images]


def _may_be_opened(reviewer_id: str, user_id: str) -> tuple[User, Identity]:
    parties = reviewers.parties(reviewer_id, user_id)
    account, identity = parties.applicant.user, parties.applicant.identity
    if identity is None or identity.person_sealed is None or account is None:
        raise NotFound
    if parties.are_one_person():
        raise OwnApplication
    if identity.status == "draft":
        raise NotInReview
    return account, identity


def _looked(identity: Identity, reviewer_id: str, beside: list[str]) -> Action:
    """The change that remembers a look, beside the newest ones of others."""
    others = [one for one in identity.looks if one["by"] != reviewer_id][-_LOOKS_KEPT:]
    look = {"by": reviewer_id, "revision": int(identity.revision), "beside": beside}
    action: Action = Identity.looks.set([*others, look])
    return action


def _read_of(identity: Identity) -> dict[Side, ReadText]:
    """What was read from each side and kept sealed. One KMS round trip for each."""
    scans = [scan for side in SIDES if (scan := evidence.side_scan(identity, side)) is not None]
    return {scan.side: read for scan in scans if (read := read_texts.unsealed(identity, scan)) is not None}


def images_of(identity: Identity) -> list[Image]:
    """Return links to the images of an application that are there.

    A selfie is copied some seconds after its comparison (docs/adr/0024), and is kept for a week.
    """
    found: list[Image] = []
    for side in SIDES:
        scan = evidence.side_scan(identity, side)
        if scan is not None and scan.image_key is not None:
            found.append(_image(side, scan.image_key, scan.size))
        if scan is not None and scan.portrait_key is not None and scan.status != "rejected":
            found.append(_image("portrait", scan.portrait_key, scan.portrait_size))
    passed, failed = evidence.passed_face(identity), evidence.failed_face(identity)
    if passed is not None and passed.selfie_key is not None:
        found += _selfie("selfie", passed.selfie_key)
    elif failed is not None:
        found += _selfie("failed_selfie", failed.selfie_key)
    return found


def _selfie(side: Literal["selfie", "failed_selfie"], key: str) -> list[Image]:
    kept = gateways.kept_image(key)
    return [_image(side, key, kept.size)] if kept is not None else []


def _image(
    side: Literal["front", "back", "selfie", "failed_selfie", "portrait"], key: str, size: tuple[int, int] | None
) -> Image:
    width, height = size or (None, None)
    image_id = hashlib.sha256(key.encode()).hexdigest()[:32]
    return Image(image_id, side, gateways.view_link(key), clock.after(settings().review_link_s), width, height)


def _verified(user_id: str) -> VerifiedPerson | None:
    identity = store.identity(user_id)
    return _in_force(identity) if identity is not None else None


def _in_force(identity: Identity) -> VerifiedPerson | None:
    person = continuity.verified_person(identity)
    if person is None:
        return None
    return VerifiedPerson(identity.user_id, identity, person, _kept_images(identity))


def _kept_images(identity: Identity) -> list[Image]:
    """Return links to what the verification in force rests on; of earlier ones the portrait alone is known."""
    if identity.portrait_key is None:
        return []
    if not identity.verified_images:
        return [_image("portrait", identity.portrait_key, None)]
    beside = str(identity.portrait_key).rpartition("-")[0]
    return [_image(shows, f"{beside}-{shows}.jpg", None) for shows in identity.verified_images]
