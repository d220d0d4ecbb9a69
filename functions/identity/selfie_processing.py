"""Selfies after their comparison: one clean copy for a reviewer where one may be needed, and nothing else left.

Of an application the selfies that passed are kept, and the last one that failed because the faces differ, until one
passes: a reviewer could not compare anything otherwise.

An upload of a selfie starts nothing: its form could be used any number of times. Two messages of the API do: one when a
comparison begins, handled once it has ended, and one when the form is given out, handled once that has expired. Doing
it again changes nothing.
"""

from functions.identity import evidence, gateways, store
from functions.identity.imaging.decoding import PhotoRejected
from functions.identity.imaging.photo import read_photo
from functions.identity.imaging.photo_file import content_type_of
from functions.shared import clock
from functions.shared.observability import logger
from functions.shared.table.identity import FaceCheck, Identity


class SelfieBusy(Exception):
    """A comparison is in progress: look again later."""


def process_selfie(user_id: str, face_check_id: str) -> None:
    """Copy the version that was compared for an application; delete every upload of the check.

    Without a consent nothing is kept. A check that may still be compared is left alone: the second message comes when
    it no longer may. Raises `SelfieBusy` while it is compared.
    """
    identity, check = store.identity_and_face_check(user_id, face_check_id)
    if check is not None and check.status == "requested":
        if check.lease_until is not None and check.lease_until > clock.now():
            raise SelfieBusy
        if check.valid_until > clock.now():
            return
    agreed = identity is not None and identity.consent_version is not None and identity.erasing_since is None
    if agreed and identity is not None and check is not None and check.purpose == "identity":
        _keep_for_reviewer(identity, check)
    erased = gateways.erase_uploads("selfies", user_id, face_check_id)
    logger.info("selfie_processed", user_id=user_id, face_check_id=face_check_id, erased=erased)


def _keep_for_reviewer(identity: Identity, check: FaceCheck) -> None:
    failed = evidence.failed_face(identity)
    if check.status in {"passed", "consumed"}:
        _keep(check, gateways.selfie_key(check.user_id, check.face_check_id, check.selfie_version))
    elif failed is not None and failed.face_check_id == check.face_check_id:
        _keep(check, failed.selfie_key)
    gateways.erase_failed_selfies(check.user_id, but=failed.selfie_key if failed is not None else None)


def _keep(check: FaceCheck, kept_key: str) -> None:
    """Keep a clean copy of the compared version, unless it is gone because that was done before."""
    key = gateways.upload_key("selfies", check.user_id, check.face_check_id)
    try:
        photo = gateways.read_upload(key, check.selfie_version)
        if photo is None:
            return
        clean = read_photo(photo, content_type_of(photo) or "image/jpeg")
    except (gateways.UploadTooLarge, PhotoRejected):
        logger.info("selfie_not_kept", user_id=check.user_id, face_check_id=check.face_check_id)
        return
    gateways.write_image(kept_key, clean.to_jpeg(), clean.image.size)
