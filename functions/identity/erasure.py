"""Erasing images: all of a user who has withdrawn their consent, and the copies that no verification stands on.

The scan function does it when a message asks for it, and it can be done again at any point. After a withdrawal, when
the last upload form has expired and anyone who was at work has ended, the erasure is the last one, and the user may
consent again. An upload that began in time may still end later: anyone who processes it keeps nothing without a
consent.
"""

from datetime import datetime, timedelta

from functions.identity import evidence, gateways, store
from functions.identity.domain.evidence import SIDES
from functions.shared import audit, clock
from functions.shared.config import settings
from functions.shared.observability import logger
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict

MAX_WORK_S = 75  # the lease of a scan; a request and a comparison end sooner
ACTOR = "erasure"


def erase(user_id: str) -> None:
    """Delete all images of the user, if they are to be erased, and finish if nothing can follow any more."""
    identity = store.identity(user_id)
    if identity is None or identity.erasing_since is None:
        logger.info("erasure_ignored", user_id=user_id)
        return
    images = gateways.erase_images(user_id)
    done = clock.now() >= identity.erasing_since + timedelta(seconds=settings().upload_form_s + MAX_WORK_S)
    if done:
        store.delete_scan_items(user_id, identity.erasing_since)
        _finish(user_id, identity.erasing_since, images)
    logger.info("images_erased", user_id=user_id, images=images, done=done)


def erase_orphaned_copies(user_id: str) -> None:
    """Delete the copies that are not those of the verification in force: of one that was refused, or came before it.

    So are the accepted scans that count for nothing any more: of a side that was scanned again, of details that were
    changed.

    What is younger than a request may last is left alone: its verification may be about to be written, and has a
    message of its own.
    """
    before = clock.after(-MAX_WORK_S)
    identity = store.identity(user_id)
    portrait_key = identity.portrait_key if identity is not None else None
    images = gateways.erase_orphaned_copies(user_id, portrait_key, before)
    images += gateways.erase_replaced(user_id, _counting(identity), before)
    logger.info("leftovers_erased", user_id=user_id, images=images)


def _counting(identity: Identity | None) -> set[str]:
    """The images of the scans that count for each side."""
    scans = [evidence.side_scan(identity, side) for side in SIDES] if identity is not None else []
    return {key for scan in scans if scan is not None for key in (scan.image_key, scan.portrait_key) if key is not None}


@retry_on_conflict
def _finish(user_id: str, erasing_since: datetime, images: int) -> None:
    """End the erasure that was started then; a later withdrawal has one of its own."""
    identity = store.identity(user_id)
    if identity is None or identity.erasing_since != erasing_since:
        return
    tx = Transaction()
    actions = [Identity.erasing_since.remove()]
    audit.change(tx, identity, actions, "images_erased", actor=ACTOR, detail={"images": images})
    tx.commit()
