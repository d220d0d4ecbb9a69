"""One account, one person, for life: whether an application is by the person whom the account is verified as.

Name, birth date and sex are compared as far as both documents say, then the new portrait with the portrait in force,
without anything that the user does. What disagrees or cannot be compared is for a reviewer.
"""

import msgspec

from functions.identity import evidence
from functions.identity.applications import PURPOSE
from functions.identity.domain.applications import Person
from functions.identity.domain.persons import may_be_one_person
from functions.identity.domain.review_reasons import ReviewReason
from functions.identity.errors import FaceUnavailable
from functions.identity.face_budget import spend
from functions.identity.gateways import FaceService, Selfie
from functions.shared.personal_data import unseal
from functions.shared.table.identity import Identity


def verified_person(identity: Identity) -> Person | None:
    """Return the person whom the account is verified as, or None. One KMS round trip."""
    if identity.verified_person_sealed is None:
        return None
    plain = unseal(identity.verified_person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=Person)


def reasons_against(identity: Identity, person: Person) -> list[ReviewReason]:
    """Return why the application may be another person's; nothing for an account that was never verified.

    One KMS round trip, and one call of the provider, counted like a face check: a submission that is refused
    afterwards may come again. Raises `FaceLimit`.
    """
    if not identity.is_in_force:
        return []
    before = verified_person(identity)
    if before is None or not may_be_one_person(before, person):
        return ["other_person"]
    return _portrait_against(identity)


def _portrait_against(identity: Identity) -> list[ReviewReason]:
    portrait = new_portrait(identity)
    if identity.portrait_key is None or portrait is None:
        return ["other_person"]
    spend(identity.user_id)
    try:
        mismatch = FaceService().compare(identity.portrait_key, Selfie(portrait, None))
    except FaceUnavailable:
        return ["provider_unavailable"]
    return [] if mismatch is None else ["other_person"]


def new_portrait(identity: Identity) -> str | None:
    """Return where the portrait of the application is kept: cut out of the front, or the selfie where there is none."""
    front = evidence.accepted(identity, "front")
    if front is not None and front.portrait_key is not None:
        return front.portrait_key
    face = evidence.passed_face(identity)
    return face.selfie_key if face is not None else None
