"""Cutting the portrait out of what was kept of people who were verified before portraits were cut out.

The operator asks for it, once for each person; the scan function looks at the kept front as at a new photo. Where it
shows one document and one portrait, later face checks use the cut-out; else nothing but the audit trail changes, and
the operator sees why. Doing it again is harmless.
"""

from functions.identity import gateways, store
from functions.identity.applications import decrypt_verified_person
from functions.identity.errors import FaceUnavailable
from functions.identity.photo_check import Check, check_photo
from functions.shared import audit, clock
from functions.shared.observability import logger
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict

ACTOR = "portraits"
CUT_OUT, LEFT_AS_IT_IS = "portrait_cut_out", "portrait_not_cut_out"


@retry_on_conflict
def recheck_portrait(user_id: str, *, check: Check = check_photo) -> None:
    """Replace a portrait that is a whole document by the portrait cut out of it. Raises `FaceUnavailable`."""
    identity = store.identity(user_id)
    person = decrypt_verified_person(identity) if identity is not None else None
    whole = identity.portrait_key if identity is not None else None
    if identity is None or person is None or identity.verified_at is None or whole is None:
        logger.info("portrait_recheck_ignored", user_id=user_id)
        return
    if not gateways.is_whole_document(whole):
        return  # it was cut out by an earlier delivery, or is a selfie
    photo = gateways.read_upload(whole, None)
    if photo is None:
        reasons, portrait = ["NOT_AN_IMAGE"], None
    else:
        # The document was valid when the person was verified; whether it still is, is not asked here.
        verdict = check(photo, "image/jpeg", "front", person, identity.verified_at.astimezone(clock.SHANGHAI).date())
        if verdict.faces_unavailable:
            raise FaceUnavailable
        portrait = verdict.portrait
        reasons = verdict.reasons if verdict.reasons or portrait is not None else ["PORTRAIT_MISSING"]
    actions = []
    if portrait is not None:
        key = whole.removesuffix("-front.jpg") + "-portrait.jpg"
        gateways.write_image(key, portrait)
        actions.append(Identity.portrait_key.set(key))
    tx = Transaction()
    event = CUT_OUT if portrait is not None else LEFT_AS_IT_IS
    audit.change(tx, identity, actions, event, actor=ACTOR, detail={"reasons": reasons})
    tx.commit()
    logger.info("portrait_rechecked", user_id=user_id, reasons=reasons)
