"""Face checks: a fresh selfie compared with the portrait, for one user, one purpose and one subject.

    requested ──▶ passed ──▶ consumed          five minutes; consumed in the transaction of what it allows
              └─▶ failed

A try is counted before it is compared, and given back when it passes or when the provider fails. Too many failures
pause all face checks of the user.
"""

from datetime import datetime
from typing import Any

import msgspec

from functions.identity import evidence, gateways, store
from functions.identity.domain.evidence import PassedFace
from functions.identity.errors import (
    ApplicationRequired,
    FaceCheckExpired,
    FaceCheckUsed,
    FaceNotUploaded,
    FacePaused,
    FaceUnavailable,
    IdentityInReview,
    ScansMissing,
)
from functions.identity.gateways import Faces, Selfie, Upload
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.errors import NotFound
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, FaceCheckStatus, Identity
from functions.shared.table.transactions import Transaction, decide_again

# Longer than an API request may take: a comparison that has not ended by then never will.
COMPARISON_LEASE_S = 35
KEPT_S = 7 * 86_400


class FaceTicket(msgspec.Struct, frozen=True):
    """A face check to upload a selfie for."""

    face_check_id: str
    upload: Upload
    expires_at: datetime
    attempts_left: int


class Comparison(msgspec.Struct, frozen=True):
    """How a comparison ended; the similarity is not told."""

    passed: bool
    reasons: list[str]
    attempts_left: int


def identity_subject(identity: Identity) -> str:
    """What a face check for identity verification is bound to: this application as it stands."""
    return f"identity:{identity.user_id}:{int(identity.revision)}"


@decide_again
def request_face_check(user_id: str) -> FaceTicket:
    """A form to upload a selfie with, to verify the application in draft. Two round trips.

    Raises `ApplicationRequired`, `IdentityInReview`, `ScansMissing` while there is no portrait to compare with and
    scanning is still open, `FacePaused`.
    """
    identity = store.identity(user_id)
    if identity is None or identity.status not in {"draft", "in_review"}:
        raise ApplicationRequired
    if identity.status == "in_review":
        raise IdentityInReview
    if evidence.accepted(identity, "front") is None and evidence.scan_attempts_left(identity) > 0:
        raise ScansMissing
    if evidence.face_paused(identity) and identity.face_paused_until is not None:
        raise FacePaused(clock.seconds_until(identity.face_paused_until))
    check = FaceCheck.new(
        keys.face_check(user_id, check_id := ids.new_id()),
        face_check_id=check_id,
        user_id=user_id,
        purpose="identity",
        subject=identity_subject(identity),
        valid_until=clock.after(settings().face_check_s),
        expires_at=clock.after(KEPT_S),
    )
    tx = Transaction()
    tx.create(check)
    detail = {"face_check_id": check_id, "purpose": "identity"}
    audit.change(tx, identity, [], "face_check_requested", actor=user_id, detail=detail)
    tx.commit()
    form = gateways.upload_form(
        gateways.upload_key("selfies", user_id, check_id), "image/jpeg", None, settings().upload_form_s
    )
    return FaceTicket(check_id, form, check.valid_until, evidence.face_attempts_left(identity))


def compare_face(user_id: str, face_check_id: str) -> Comparison:
    """Compare the uploaded selfie. Three round trips to the table, two to the provider, one to S3.

    Raises `NotFound`, `FaceCheckExpired`, `FaceCheckUsed`, `FaceNotUploaded`, `FacePaused`, `FaceUnavailable`.
    """
    key = gateways.upload_key("selfies", user_id, face_check_id)
    version = gateways.uploaded_version(key)
    lease_until = clock.after(COMPARISON_LEASE_S)
    check, identity = _begin(user_id, face_check_id, version, lease_until)
    selfie = Selfie(key, version)
    try:
        reason = _compare(identity, selfie)
    except FaceUnavailable:
        _end(check, lease_until, "requested", [], selfie)
        raise
    reasons = [reason] if reason else []
    after = _end(check, lease_until, "failed" if reasons else "passed", reasons, selfie)
    return Comparison(not reasons, reasons, evidence.face_attempts_left(after))


def _compare(identity: Identity, selfie: Selfie) -> str | None:
    """The reason why it fails, or None.

    Where scanning was closed before there was an accepted portrait, there is nothing a machine could compare with: the
    selfie only has to be usable, and a reviewer compares. Such an application can never be verified by the machine.
    """
    faces = Faces()
    problem = faces.selfie_problem(selfie)
    portrait = evidence.accepted(identity, "front")
    if problem is not None or portrait is None or portrait.image_key is None:
        return problem
    return faces.mismatch(portrait.image_key, selfie)


@decide_again
def _begin(user_id: str, face_check_id: str, version: str | None, lease_until: datetime) -> tuple[FaceCheck, Identity]:
    """Count the try and take the check on. A check whose comparison went silent was counted before."""
    identity, check = store.identity_and_face_check(user_id, face_check_id)
    if check is None or identity is None:
        raise NotFound
    if check.status != "requested" or check.subject != identity_subject(identity):
        raise FaceCheckUsed
    if check.valid_until <= clock.now():
        raise FaceCheckExpired
    if version is None:
        raise FaceNotUploaded
    actions: list[Any] = []
    if check.counted_at is None:
        if evidence.face_paused(identity) and identity.face_paused_until is not None:
            raise FacePaused(clock.seconds_until(identity.face_paused_until))
        failed = evidence.failures_with_now(identity.face_failed_at, settings().face_failures_window_s)
        check.counted_at = failed[-1]
        actions.append(Identity.face_failed_at.set(failed))
        if len(failed) >= settings().face_failures:
            actions.append(Identity.face_paused_until.set(clock.after(settings().face_pause_s)))
    tx = Transaction()
    store.begin_comparison(tx, check, lease_until, version, FaceCheckUsed)
    detail = {"face_check_id": face_check_id}
    audit.change(tx, identity, actions, "face_comparison_begun", actor=user_id, detail=detail)
    tx.commit()
    return check, identity


@decide_again
def _end(
    check: FaceCheck, lease_until: datetime, status: FaceCheckStatus, reasons: list[str], selfie: Selfie
) -> Identity:
    """Write down how it ended, and give the try back unless it failed through the user's fault."""
    identity = store.identity(check.user_id)
    if identity is None:
        raise NotFound
    tx = Transaction()
    store.end_comparison(tx, check, lease_until, status, reasons)
    actions: list[Any] = []
    failed = [int(moment) for moment in identity.face_failed_at]
    if status != "failed" and check.counted_at in failed:
        failed.remove(int(check.counted_at))
        actions.append(Identity.face_failed_at.set(failed))
        if len(failed) < settings().face_failures:
            actions.append(Identity.face_paused_until.remove())
    if status == "passed" and check.subject == identity_subject(identity):
        kept = gateways.selfie_key(check.user_id, check.face_check_id, selfie.version)
        passed = PassedFace(check.face_check_id, check.valid_until, kept)
        actions.append(Identity.face.set(evidence.stored(passed)))
    event = {"passed": "face_check_passed", "failed": "face_check_failed"}.get(status, "face_comparison_given_back")
    detail = {"face_check_id": check.face_check_id, "reasons": reasons}
    audit.change(tx, identity, actions, event, actor=check.user_id, detail=detail)
    tx.commit()
    return store.identity(check.user_id) or identity
