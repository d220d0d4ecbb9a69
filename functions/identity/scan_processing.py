"""Deciding a scan: what the scan function does with an uploaded photo.

The upload itself starts the work. A scan is claimed once, by the first upload of it, so a duplicate, late or reordered
event changes nothing; a worker that went silent is followed by a retry of the same event. Every step before the
decision can be done again without harm.
"""

import hashlib
from typing import Any, Literal

import msgspec

from functions.identity import evidence, gateways, picture_store, read_texts, store
from functions.identity.applications import decrypt_person, name_birth_hash
from functions.identity.domain.applications import Person
from functions.identity.domain.evidence import Extracted, SideScan
from functions.identity.errors import FaceUnavailable
from functions.identity.photo_check import Check, Verdict, check_photo
from functions.shared import audit, clock
from functions.shared.config import settings
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.identity import Identity, Scan
from functions.shared.table.transactions import Transaction, get, retry_on_conflict

# Reasons that count neither for nor against the user: the photo was not looked at.
_NOT_CONSIDERED = {"APPLICATION_CHANGED", "SCAN_LIMIT"}


DecidedStatus = Literal["accepted", "rejected", "for_review"]
# A message comes again after six minutes, and ends among the dead letters after five deliveries.
TRIES_FOR_FACES = 3


class ScanBusy(Exception):
    """Another worker holds this scan: look again later."""


def process_scan(  # noqa: PLR0913 - an upload has these parts
    user_id: str,
    scan_id: str,
    key: str,
    version: str | None,
    sequencer: str,
    *,
    tries: int = 1,
    check: Check = check_photo,
) -> None:
    """Decide a scan by its uploaded photo, keep the clean copy, delete the upload.

    Raises `ScanBusy` while another worker is at it, `FaceUnavailable` where the faces could not be looked for and this
    is not the last try: then the scan is decided without its portrait, and a reviewer sees it. Whatever else is raised
    leaves the scan to a retry.
    """
    upload_event = f"{version}/{sequencer}"
    scan = Scan.new(keys.scan(user_id, scan_id))
    if not store.claim_scan(scan, upload_event, clock.after(settings().scan_lease_s)):
        _ignore_event(user_id, scan_id, upload_event)
        gateways.delete_upload(key, version)
        return
    identity = store.identity(user_id)
    photo, too_large = _fetch(key, version)
    verdict = _evaluate(identity, scan, photo, check, too_large=too_large)
    if verdict.faces_unavailable and tries < TRIES_FOR_FACES:
        store.release_scan(scan)
        raise FaceUnavailable
    kept = _keep(scan, verdict)
    reasons = _decide(scan, verdict, kept, _photo_hash(scan, photo) if photo else None)
    if _NOT_CONSIDERED.intersection(reasons):
        # This worker has kept a copy before the decision, or one that died before it.
        gateways.erase_scan(user_id, scan_id)
    gateways.delete_upload(key, version)
    logger.info("scan_decided", user_id=user_id, scan_id=scan_id, reasons=reasons)


class Kept(msgspec.Struct, frozen=True):
    """Where the pictures of a scan are kept, and what is kept with the decision: both are sealed."""

    image_key: str | None
    portrait_key: str | None
    read_sealed: str | None
    cuts: bytes | None


def _keep(scan: Scan, verdict: Verdict) -> Kept:
    image_key = portrait_key = None
    accepted = verdict.accepted or bool(scan.for_review)
    if verdict.jpeg is not None:
        image_key = gateways.scan_key(scan.user_id, scan.scan_id, accepted=accepted)
        gateways.write_image(image_key, verdict.jpeg)
    if verdict.portrait is not None:
        portrait_key = gateways.portrait_key(scan.user_id, scan.scan_id, accepted=accepted)
        gateways.write_image(portrait_key, verdict.portrait)
    read_sealed = read_texts.sealed(scan.user_id, verdict.text)
    return Kept(image_key, portrait_key, read_sealed, picture_store.sealed_cuts(verdict.cuts))


def _ignore_event(user_id: str, scan_id: str, upload_event: str) -> None:
    """Raise `ScanBusy` if the scan is being worked on for this same upload; else it needs nothing more."""
    found = get(Scan, keys.scan(user_id, scan_id))
    if found is not None and found.status == "processing" and found.upload_event == upload_event:
        raise ScanBusy
    if found is None or _NOT_CONSIDERED.intersection(found.reasons):
        gateways.erase_scan(user_id, scan_id)  # its worker may have died after the decision
    logger.info("scan_event_ignored", user_id=user_id, scan_id=scan_id, status=found.status if found else None)


def _fetch(key: str, version: str | None) -> tuple[bytes | None, bool]:
    try:
        return gateways.read_upload(key, version), False
    except gateways.UploadTooLarge:
        return None, True


def _evaluate(identity: Identity | None, scan: Scan, photo: bytes | None, check: Check, *, too_large: bool) -> Verdict:
    person = decrypt_person(identity) if identity else None
    if identity is None or person is None:
        return Verdict(["APPLICATION_CHANGED"])
    if reason := _not_considered(identity, scan):
        return Verdict([reason])
    if too_large:
        return Verdict(["IMAGE_TOO_LARGE"])
    if photo is None:
        return Verdict(["NOT_AN_IMAGE"])
    if not scan.for_review and _photo_hash(scan, photo) in identity.rejected_images:
        return Verdict(["DUPLICATE_IMAGE"])
    return _with_name_birth(check(photo, scan.content_type, scan.side, person, clock.today()), person)


def _with_name_birth(verdict: Verdict, person: Person) -> Verdict:
    """Add what the person's other accounts are found by, where the birth date was read from the document."""
    if verdict.birth is None:
        return verdict
    held_under = name_birth_hash(person.name, verdict.birth)
    return msgspec.structs.replace(verdict, name_birth_hash=held_under)


def _photo_hash(scan: Scan, photo: bytes) -> str:
    """What a photo that failed is known by; it may still do for the other side."""
    return f"{scan.side}:{hashlib.sha256(photo).hexdigest()}"


def _not_considered(identity: Identity, scan: Scan) -> str | None:
    """Why the photo does not matter any more: a form that was asked for earlier is not a way around the limit.

    Nor is one for a reviewer: the machine accepts none of them, and one of each side counts.
    """
    if identity.status != "draft" or identity.revision != scan.application_revision:
        return "APPLICATION_CHANGED"
    if scan.for_review:
        seen = evidence.accepted(identity, scan.side) is not None or evidence.is_for_review(identity, scan.side)
        return "SCAN_LIMIT" if seen else None
    return "SCAN_LIMIT" if evidence.scan_attempts_left(identity) == 0 else None


@retry_on_conflict
def _decide(scan: Scan, verdict: Verdict, kept: Kept, mark: str | None) -> list[str]:
    """Write the decision on the scan and what follows from it for the application, in one transaction.

    Returns the reasons that stand in the end. A photo that is not considered after all leaves nothing of it.
    """
    identity = store.identity(scan.user_id)
    tx = Transaction()
    reasons = verdict.reasons
    if identity is None:
        reasons = ["APPLICATION_CHANGED"]
    elif reason := _not_considered(identity, scan):
        reasons = [reason]
    considered = not _NOT_CONSIDERED.intersection(reasons)
    status: DecidedStatus = "rejected" if reasons else "accepted"
    if scan.for_review and considered and verdict.jpeg is not None:
        status = "for_review"
    read = {
        "extracted": msgspec.to_builtins(verdict.extracted) if considered and verdict.extracted else None,
        "image_key": kept.image_key if considered else None,
    }
    mismatched = verdict.disagreeing if considered else []
    store.decide_scan(tx, scan, status=status, reasons=reasons, mismatched=mismatched, **read)
    if identity is not None and considered:
        detail: dict[str, Any] = {"scan_id": scan.scan_id, "side": scan.side, "reasons": reasons}
        if mismatched:
            detail["mismatched"] = mismatched
        side_scan = _side_scan(scan, status, verdict, kept)
        if _counts(identity, side_scan):
            side_scan = _with_cuts(tx, identity, side_scan, kept.cuts)
        actions = _application_updates(identity, side_scan, verdict, mark, counted=not scan.for_review)
        if verdict.accepted and evidence.accepted(identity, scan.side) is not None:
            gateways.send_leftovers(scan.user_id)  # the one that it takes the place of
        audit.change(tx, identity, actions, f"scan_{status}", actor="scans", detail=detail)
    tx.commit()
    return reasons


def _side_scan(scan: Scan, status: DecidedStatus, verdict: Verdict, kept: Kept) -> SideScan:
    read = verdict.extracted or Extracted()
    return SideScan(
        scan.scan_id,
        scan.side,
        status,
        verdict.reasons,
        kept.image_key,
        valid_until=read.valid_until,
        portrait_key=kept.portrait_key,
        scan_hash=verdict.scan_hash,
        portrait_hash=verdict.portrait_hash,
        valid_from=read.valid_from,
        long_term=read.long_term,
        issuer=read.issuer,
        mismatched=verdict.disagreeing,
        comparable=verdict.comparable,
        read_sealed=kept.read_sealed,
        size=verdict.size,
        portrait_size=verdict.portrait_size,
    )


def _counts(identity: Identity, scan: SideScan) -> bool:
    """Whether this is the scan that counts for its side: a rejected one does where there is no better one."""
    has_better = evidence.accepted(identity, scan.side) is not None or evidence.is_for_review(identity, scan.side)
    return scan.status != "rejected" or not has_better


def _with_cuts(tx: Transaction, identity: Identity, scan: SideScan, cuts: bytes | None) -> SideScan:
    """Keep the cuts around the portrait of a front that counts, beside those of the one in force."""
    if scan.side != "front":
        return scan
    in_force, slot = identity.verified_cuts_slot, None
    if cuts is not None:
        slot = next(one for one in keys.CUTS_SLOTS if one != in_force)
        picture_store.keep_cuts_in(tx, identity.user_id, slot, scan.scan_id, cuts)
    picture_store.forget_cuts_in(tx, identity.user_id, evidence.slots_of_cuts(identity) - {slot, in_force})
    return msgspec.structs.replace(scan, cuts_slot=slot)


def _application_updates(
    identity: Identity, scan: SideScan, verdict: Verdict, mark: str | None, *, counted: bool
) -> list[Any]:
    """What a decision changes on the application; a photo for a reviewer is no try, and so no failed one."""
    attribute = Identity.front if scan.side == "front" else Identity.back
    actions: list[Any] = []
    if _counts(identity, scan):
        actions.append(attribute.set(evidence.to_attribute(scan)))
    if verdict.accepted and verdict.name_birth_hash is not None:
        actions.append(Identity.name_birth_hash.set(verdict.name_birth_hash))
    if scan.status == "rejected" and counted:
        failed = evidence.failures_with_now(identity.scan_failed_at, settings().scan_failures_window_s)
        actions.append(Identity.scan_failed_at.set(failed))
        if mark is not None and mark not in identity.rejected_images:
            actions.append(Identity.rejected_images.set([*identity.rejected_images, mark][-20:]))
    if "TEXT_MISMATCH" in verdict.reasons:
        actions.append(Identity.text_mismatch.set(True))
    return actions
