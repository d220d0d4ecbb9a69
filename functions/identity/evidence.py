"""Reading the evidence that an identity holds, and judging what it is worth now."""

from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from functions.identity.domain.applications import Evidence, FaceEvidence, Person, sides_of
from functions.identity.domain.attempts import attempts_left, opens_at, recent
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import SIDES, FailedFace, PassedFace, SideScan
from functions.identity.domain.face_methods import methods_for, suffices
from functions.identity.domain.names import has_unknown
from functions.identity.domain.persons import facts_of
from functions.identity.domain.validity import is_plausible
from functions.shared import clock
from functions.shared.config import settings
from functions.shared.table.identity import Identity
from functions.shared.vocabulary import FaceMethod, Side

StructT = TypeVar("StructT", bound=msgspec.Struct)


def to_attribute(value: msgspec.Struct) -> Any:
    """A struct as the JSON attribute of an item holds it."""
    return msgspec.to_builtins(value)


def _read(value: Any, shape: type[StructT]) -> StructT | None:
    return None if value is None else msgspec.convert(value, shape)


def side_scan(identity: Identity, side: Side) -> SideScan | None:
    """The scan that counts for a side, or None."""
    return _read(identity.front if side == "front" else identity.back, SideScan)


def passed_face(identity: Identity) -> PassedFace | None:
    """The passed face check, which may have expired, or None."""
    return _read(identity.face, PassedFace)


def failed_face(identity: Identity) -> FailedFace | None:
    """The last face check that failed because the faces differ, whose selfie is for a reviewer; or None."""
    return _read(identity.failed_face, FailedFace)


def accepted(identity: Identity, side: Side) -> SideScan | None:
    """The accepted scan of a side, or None."""
    scan = side_scan(identity, side)
    return scan if scan is not None and scan.status == "accepted" else None


def for_review(identity: Identity, side: Side) -> SideScan | None:
    """The photo of a side for the reviewer's eyes, or None."""
    scan = side_scan(identity, side)
    return scan if scan is not None and scan.status == "for_review" else None


def is_for_review(identity: Identity, side: Side) -> bool:
    """Whether there is a photo of a side for the reviewer's eyes."""
    return for_review(identity, side) is not None


def all_sides_accepted(identity: Identity) -> bool:
    """Whether every side that the document has is accepted."""
    return all(accepted(identity, side) for side in sides_of(DocumentType(identity.document_type)))


def scan_attempts_left(identity: Identity | None) -> int:
    """How many more scans may fail before only manual review is open."""
    failed = identity.scan_failed_at if identity else []
    return attempts_left(failed, _now_s(), settings().scan_failures_window_s, settings().scan_failures)


def face_attempts_left(identity: Identity) -> int:
    """How many more face checks may fail before there is a pause; none while there is one."""
    if face_paused(identity):
        return 0
    return attempts_left(identity.face_failed_at, _now_s(), settings().face_failures_window_s, settings().face_failures)


def scanning_closed(identity: Identity) -> bool:
    """Whether only manual review is open: too many scans have failed, or each missing side has one for a reviewer."""
    if scan_attempts_left(identity) == 0:
        return True
    sides = sides_of(DocumentType(identity.document_type))
    missing = [side for side in sides if accepted(identity, side) is None]
    return bool(missing) and all(is_for_review(identity, side) for side in missing)


def scan_again_at(identity: Identity | None) -> datetime | None:
    """When a scan may be read by the machine again; None while it may."""
    failed = identity.scan_failed_at if identity else []
    window_s, most = settings().scan_failures_window_s, settings().scan_failures
    opens_s = opens_at(failed, _now_s(), window_s, most)
    return None if opens_s is None else datetime.fromtimestamp(opens_s, UTC)


def face_again_at(identity: Identity) -> datetime | None:
    """When a face check may be requested again; None while it may."""
    return identity.face_paused_until if face_paused(identity) else None


def face_paused(identity: Identity) -> bool:
    """Whether face checks are closed for a while."""
    return identity.face_paused_until is not None and identity.face_paused_until > clock.now()


def failures_with_now(failed_at: list[int], window_s: int) -> list[int]:
    """The failures that still count, and one more of this second."""
    return [*recent(failed_at, _now_s(), window_s), _now_s()]


def face_evidence(identity: Identity) -> FaceEvidence:
    """What the face check of an application is worth now."""
    face, front = passed_face(identity), accepted(identity, "front")
    portrait = front.scan_id if front else None
    compared = face is not None and (face.method == "wechat" or face.compared_with == portrait)
    if face is not None and face.valid_until > clock.now() and compared:
        return "passed"
    return "used_up" if face_paused(identity) else "missing"


def evidence_of(identity: Identity, person: Person) -> Evidence:
    """What a submission of this application, which is the person's, would be decided on now."""
    face, front = passed_face(identity), accepted(identity, "front")
    ends = [end for side in SIDES if (scan := accepted(identity, side)) and (end := scan.valid_until)]
    return Evidence(
        document_type=DocumentType(identity.document_type),
        sides_accepted=all_sides_accepted(identity),
        scan_limit_reached=scanning_closed(identity),
        text_mismatch=bool(identity.text_mismatch),
        area_code_known=identity.area_code_known is not False,
        portrait_cut_out=front is not None and front.portrait_key is not None,
        days_left=(min(ends) - clock.today()).days if ends else None,
        validity_plausible=_validity_plausible(identity, person),
        face=face_evidence(identity),
        name_clear=not has_unknown(person.name),
        number_check_agrees=identity.number_check_agrees is not False,
        face_suffices=suffices(settings().automatic_verification, face.method if face else None),
    )


def pictures_of_front(identity: Identity) -> list[str]:
    """Return the perceptual hashes of the accepted front and of its portrait: pictures of them are no selfies."""
    front = front_shown(identity)
    hashes = (front.scan_hash, front.portrait_hash) if front is not None else ()
    return [one for one in hashes if one is not None]


def front_shown(identity: Identity) -> SideScan | None:
    """Return the front that a decision is made on: the accepted one, or the reviewer's."""
    return accepted(identity, "front") or for_review(identity, "front")


def slots_of_cuts(identity: Identity) -> set[int]:
    """Return where cuts around portraits are kept: of the last front, even a rejected one, and of the one in force."""
    slots = (slot_of_front(side_scan(identity, "front")), identity.verified_cuts_slot)
    return {int(slot) for slot in slots if slot is not None}


def slot_of_front(front: SideScan | None) -> int | None:
    """Return where the cuts around a front's portrait are kept, or None."""
    return front.cuts_slot if front is not None else None


def last_day(identity: Identity, person: Person) -> date | None:
    """Return the day on which the document of an application ends: as it was read, else as it was typed."""
    ends = [scan.valid_until for side in SIDES if (scan := accepted(identity, side)) is not None and scan.valid_until]
    return min(ends) if ends else person.valid_until


def verified_last_day(identity: Identity) -> date | None:
    """Return the last day of the verified document, or None where there is none, or it has no end."""
    return date.fromisoformat(identity.verified_until) if identity.verified_until else None


def _validity_plausible(identity: Identity, person: Person) -> bool:
    birth = facts_of(person).birth
    scans = [scan for side in SIDES if (scan := accepted(identity, side)) is not None]
    return all(
        is_plausible(person.document_type, birth, scan.valid_from, scan.valid_until, clock.today()) for scan in scans
    )


def face_methods(identity: Identity, *, of_verified: bool) -> list[FaceMethod]:
    """Return the methods of face checks for the application, or for the person verified, best first.

    None where that is a person without a portrait, whom WeChat cannot check: see `errors.PortraitNotKept`.
    """
    stored_type = identity.verified_document_type if of_verified else identity.document_type
    document_type = DocumentType(stored_type) if stored_type else None
    refused = identity.wechat_refused_until is not None and identity.wechat_refused_until > clock.now()
    available = settings().wechat_face_check and not refused
    methods = methods_for(document_type, wechat_available=available, verified_by=identity.verified_by)
    return [one for one in methods if one == "wechat" or not of_verified or identity.portrait_key is not None]


def _now_s() -> int:
    return int(clock.now().timestamp())
