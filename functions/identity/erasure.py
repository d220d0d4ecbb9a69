"""Erasing the images of a user who has withdrawn their consent: what the scan function does with such a message.

It can be done again at any point. When the last upload form has expired, and whoever was at work when the consent was
withdrawn has ended, nothing can arrive any more: then the erasure is the last one, and the user may consent again.
"""

from datetime import datetime, timedelta

from functions.identity import gateways, store
from functions.shared import audit, clock
from functions.shared.config import settings
from functions.shared.observability import logger
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, decide_again

LONGEST_WORK_S = 75  # the lease of a scan; a request and a comparison end sooner
ACTOR = "erasure"


def erase(user_id: str) -> None:
    """Delete all images of the user, if they are to be erased, and finish if nothing can follow any more."""
    identity = store.identity(user_id)
    if identity is None or identity.erasing_since is None:
        logger.info("erasure_ignored", user_id=user_id)
        return
    images = gateways.erase_images(user_id)
    done = clock.now() >= identity.erasing_since + timedelta(seconds=settings().upload_form_s + LONGEST_WORK_S)
    if done:
        store.forget_photos(user_id, identity.erasing_since)
        _finish(user_id, identity.erasing_since, images)
    logger.info("images_erased", user_id=user_id, images=images, done=done)


@decide_again
def _finish(user_id: str, erasing_since: datetime, images: int) -> None:
    """End the erasure that was begun then; a later withdrawal has one of its own."""
    identity = store.identity(user_id)
    if identity is None or identity.erasing_since != erasing_since:
        return
    tx = Transaction()
    actions = [Identity.erasing_since.remove()]
    audit.change(tx, identity, actions, "images_erased", actor=ACTOR, detail={"images": images})
    tx.commit()
