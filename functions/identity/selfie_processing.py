"""Selfies: a clean copy is kept for a reviewer; the comparison itself reads the upload, which then leaves by itself."""

from functions.identity import gateways, store
from functions.identity.imaging.photo import PhotoRejected, read_photo
from functions.identity.imaging.photo_file import content_type_of
from functions.shared.observability import logger


def process_selfie(user_id: str, face_check_id: str, key: str, version: str | None) -> None:
    """Keep a clean copy of one version of a selfie. Doing it again writes the same copy again.

    The form declares JPEG, but the comparison reads PNG as well: what was compared shall be there for the reviewer.
    Without a consent nothing is kept, the upload neither: S3 looks at a form's end when an upload begins, so a slow one
    may arrive after the last erasure.
    """
    identity = store.identity(user_id)
    if identity is None or identity.consent_version is None or identity.erasing_since is not None:
        gateways.delete_upload(key, version)
        logger.info("selfie_not_kept", user_id=user_id, face_check_id=face_check_id)
        return
    try:
        photo = gateways.read_upload(key, version)
        if photo is None:
            return
        clean = read_photo(photo, content_type_of(photo) or "image/jpeg").to_jpeg()
    except (gateways.UploadTooLarge, PhotoRejected):
        logger.info("selfie_not_kept", user_id=user_id, face_check_id=face_check_id)
        return
    gateways.write_image(gateways.selfie_key(user_id, face_check_id, version), clean)
