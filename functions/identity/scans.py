"""Scans: a photo of one side of the document, asked for by the user here, decided in `scan_processing`.

awaiting_upload ──▶ processing ──▶ accepted | rejected | for_review

When too many have failed, the machine accepts no more for some hours. Then one photo of each side that is missing may
be sent for the reviewer's eyes (`for_review`): otherwise the reviewer would have nothing to decide on.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from functions.identity import evidence, gateways, store
from functions.identity.domain.applications import sides_of
from functions.identity.domain.documents import DocumentType
from functions.identity.errors import ApplicationRequired, IdentityInReview, ScanBudget, ScanLimit
from functions.identity.gateways import Upload
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.errors import FieldError, Invalid, NotFound, Text, TooManyRequests
from functions.shared.limits import Limit, consume, consume_in
from functions.shared.table import keys
from functions.shared.table.identity import Identity, Scan
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.vocabulary import Side

# Kept for a while after the decision: a rejected scan is shown to a reviewer, an accepted one is named by its identity.
RETENTION_S = 30 * 86_400
POLL_AFTER_S = 2


class ScanTicket(msgspec.Struct, frozen=True):
    """A scan to upload; ask for it `poll_after_s` seconds after the upload."""

    scan_id: str
    upload: Upload
    expires_at: datetime
    poll_after_s: int = POLL_AFTER_S


class WantedScan(NamedTuple):
    """The photo that will be uploaded; `for_review` is one for the reviewer's eyes."""

    side: Side
    content_type: str
    size: int
    for_review: bool = False


def request_scan(user_id: str, wanted: WantedScan) -> ScanTicket:
    """A form to upload a photo with. Four round trips. Raises `ScanBudget` and what `_request` raises."""
    consume(Limit("scans_day", user_id, settings().scans_per_day, 86_400), ScanBudget)
    consume(Limit("scans_hour", "all", settings().scans_total_hour, 3_600), ScanBudget)
    return _request(user_id, wanted)


@retry_on_conflict
def _request(user_id: str, wanted: WantedScan) -> ScanTicket:
    """Decide and write. Two round trips.

    Raises `ApplicationRequired`, `IdentityInReview`, `ScanLimit`, `Invalid` for a side that the document has not.
    """
    identity = store.identity(user_id)
    if identity is None or identity.status not in {"draft", "in_review"}:
        raise ApplicationRequired
    if identity.status == "in_review":
        raise IdentityInReview
    side = wanted.side
    if side not in sides_of(DocumentType(identity.document_type)):
        only_front = Text("该证件只需扫描资料页（front）。", "This document has only one page to scan (front).")
        raise Invalid(FieldError("side", "NOT_NEEDED", only_front))
    _require_open(identity, wanted)
    scan = Scan.new(
        keys.scan(user_id, scan_id := ids.new_id()),
        scan_id=scan_id,
        user_id=user_id,
        side=side,
        application_revision=identity.revision,
        for_review=wanted.for_review,
        content_type=wanted.content_type,
        size=wanted.size,
        created_at=clock.now(),
        expires_at=clock.after(RETENTION_S),
    )
    tx = Transaction()
    consume_in(tx, Limit("scan_forms", user_id, settings().uploads_per_hour, 3_600), TooManyRequests)
    tx.create(scan)
    detail = {"scan_id": scan_id, "side": side, **({"for_review": True} if wanted.for_review else {})}
    audit.change(tx, identity, [], "scan_requested", actor=user_id, detail=detail)
    tx.commit()
    key = gateways.upload_key("scans", user_id, scan_id)
    lasts = settings().upload_form_s
    upload = gateways.upload_form(key, wanted.content_type, wanted.size, lasts)
    return ScanTicket(scan_id, upload, upload.expires_at)


def _require_open(identity: Identity, wanted: WantedScan) -> None:
    """Raise `ScanLimit`, or `Invalid` for a photo that no reviewer needs."""
    again_at = evidence.scan_again_at(identity)
    if not wanted.for_review:
        if again_at is not None:
            raise ScanLimit(clock.seconds_until(again_at))
    elif again_at is None:
        still_open = Text("目前仍可正常扫描，请直接扫描。", "Scanning is open. Please scan this side as usual.")
        raise Invalid(FieldError("for_review", "NOT_NEEDED", still_open))
    elif evidence.accepted(identity, wanted.side) is not None:
        accepted = Text(
            "该面已通过扫描，无需再提交。", "This side has already been accepted. No other photo is needed."
        )
        raise Invalid(FieldError("side", "NOT_NEEDED", accepted))
    elif evidence.is_for_review(identity, wanted.side):
        raise ScanLimit(clock.seconds_until(again_at))


def find_scan(user_id: str, scan_id: str) -> tuple[Scan, int]:
    """A scan of the user and how many more may fail. One round trip. Raises `NotFound`."""
    identity, scan = store.identity_and_scan(user_id, scan_id)
    if scan is None:
        raise NotFound
    return scan, evidence.scan_attempts_left(identity)
