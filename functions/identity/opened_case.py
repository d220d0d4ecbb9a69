"""An application as a reviewer sees it: unmasked, with its images, and with the other people it may concern.

Every look is an audit event of the application, and of each other person whose details or images are shown.
"""

from typing import Literal

import msgspec

from functions.identity import continuity, evidence, gateways, store
from functions.identity.applications import person_of
from functions.identity.domain.applications import Person
from functions.identity.errors import NotInReview, OwnApplication
from functions.shared import audit, reviewers, reviews
from functions.shared.errors import NotFound
from functions.shared.guards import require_administrator_in
from functions.shared.parsing import Url
from functions.shared.roles import Role, roles_of
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, decide_again

_OTHERS_SHOWN = 5


class Image(msgspec.Struct, frozen=True):
    """An image of an application, behind a link that works for five minutes."""

    side: Literal["front", "back", "selfie", "portrait"]
    url: Url


class VerifiedPerson(msgspec.Struct, frozen=True):
    """Somebody whom an account is verified as."""

    user_id: str
    identity: Identity
    person: Person
    images: list[Image]


class Opened(msgspec.Struct, frozen=True):
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


@decide_again
def open_application(reviewer_id: str, user_id: str) -> Opened:
    """Return the application unmasked, with its images; the look is an audit event.

    A decided one can be looked at again; drafts are private. Raises `NotFound`, `OwnApplication`, `NotInReview`.
    """
    parties = reviewers.parties(reviewer_id, user_id)
    account, identity = parties.applicant.user, parties.applicant.identity
    if identity is None or identity.person_sealed is None or account is None:
        raise NotFound
    if parties.are_one_person():
        raise OwnApplication
    if identity.status == "draft":
        raise NotInReview
    person = person_of(identity)
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
    audit.change(tx, identity, [], "application_viewed", actor=reviewer_id, detail=detail)
    for shown in (*([other] if other is not None else []), *possible):
        beside = {"beside": user_id, "images": [image.side for image in shown.images]}
        audit.change(tx, shown.identity, [], "identity_viewed", actor=reviewer_id, detail=beside)
    tx.commit()
    return Opened(
        identity=identity,
        person=person,
        images=images,
        appeal=reviews.appeal_of(identity),
        account=account,
        roles=roles_of(user_id),
        verified_as=_in_force(identity),
        other=other,
        possible=possible,
    )


def images_of(identity: Identity) -> list[Image]:
    """Return links to the images of an application that are there.

    The selfie is copied some seconds after its comparison (docs/adr/0024), and is kept for a week.
    """
    found: list[Image] = []
    for side in evidence.SIDES:
        scan = evidence.side_scan(identity, side)
        if scan is not None and scan.image_key is not None:
            found.append(Image(side, gateways.view_link(scan.image_key)))
    face = evidence.passed_face(identity)
    if face is not None and face.selfie_key is not None and gateways.is_kept(face.selfie_key):
        found.append(Image("selfie", gateways.view_link(face.selfie_key)))
    return found


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
        return [Image("portrait", gateways.view_link(identity.portrait_key))]
    beside = str(identity.portrait_key).rpartition("-")[0]
    return [Image(shows, gateways.view_link(f"{beside}-{shows}.jpg")) for shows in identity.verified_images]
