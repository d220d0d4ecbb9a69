"""Scans that survive a change of the application: a slip in the name asks for no new photo.

The back always does: it shows nothing that is typed. A front is compared again with what was read from it, where it
would do but for what was typed; so it is accepted once the details are right, and rejected while they are not. A photo
for the reviewer stays one. Nothing survives another type of document, a new application of a verified person, or a
rejection that concerns the side.
"""

from datetime import date
from typing import NamedTuple

import msgspec

from functions.identity import evidence, gateways, read_texts
from functions.identity.domain.agreement import disagreeing
from functions.identity.domain.applications import Person
from functions.identity.domain.evidence import ReadText, SideScan
from functions.identity.domain.reasons import REJECTION_CONCERNS
from functions.shared.table.identity import Identity
from functions.shared.vocabulary import Side


class KeptScans(NamedTuple):
    """The scans that count for the changed application; `birth` was read from the front, where the number has none."""

    front: SideScan | None = None
    back: SideScan | None = None
    birth: date | None = None


def surviving(identity: Identity, person: Person) -> KeptScans:
    """Return what counts of an application's scans for these details.

    One KMS round trip for a front whose text was read, and one S3 round trip for each image, which may have been
    deleted after its time. An image that is accepted now is copied to where accepted ones are kept.
    """
    if identity.status not in {"draft", "rejected"} or identity.document_type != str(person.document_type):
        return KeptScans()
    front, birth = _front(identity, person) if _may_stay(identity, "front") else (None, None)
    back = evidence.side_scan(identity, "back") if _may_stay(identity, "back") else None
    if back is not None and (back.status == "rejected" or not _is_there(back)):
        back = None
    return KeptScans(front, back, birth)


def _may_stay(identity: Identity, side: Side) -> bool:
    if identity.status != "rejected" or identity.rejection is None:
        return True
    return side not in REJECTION_CONCERNS[identity.rejection["code"]]


def _front(identity: Identity, person: Person) -> tuple[SideScan | None, date | None]:
    scan = evidence.side_scan(identity, "front")
    if scan is None or not _is_there(scan):
        return None, None
    if scan.status == "for_review":
        return scan, None
    read = read_texts.unsealed(identity, scan) if scan.status == "accepted" or scan.comparable else None
    return (_compared_again(identity, scan, read, person), read.birth) if read is not None else (None, None)


def _compared_again(identity: Identity, scan: SideScan, read: ReadText, person: Person) -> SideScan | None:
    fields = disagreeing(read, person)
    if fields:
        return msgspec.structs.replace(
            scan, status="rejected", reasons=["TEXT_MISMATCH"], mismatched=fields, comparable=True
        )
    return _accepted(identity, scan) if scan.status == "rejected" else scan


def _accepted(identity: Identity, scan: SideScan) -> SideScan | None:
    """The scan, accepted; None where its images are gone."""
    image = gateways.scan_key(identity.user_id, scan.scan_id, accepted=True)
    portrait = gateways.portrait_key(identity.user_id, scan.scan_id, accepted=True)
    for source, target in ((scan.image_key, image), (scan.portrait_key, portrait)):
        if source is None or (source != target and not gateways.copy_image(source, target)):
            return None
    return msgspec.structs.replace(
        scan, status="accepted", reasons=[], mismatched=[], image_key=image, portrait_key=portrait
    )


def _is_there(scan: SideScan) -> bool:
    return scan.image_key is not None and gateways.kept_image(scan.image_key) is not None
