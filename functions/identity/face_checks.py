"""Face checks: a fresh selfie compared with the portrait, for one user, one purpose and one subject.

    requested ──▶ passed ──▶ consumed          five minutes; consumed in the transaction of what it allows
              └─▶ failed

A try is counted before it is compared, and given back when it passes or when the provider fails. Too many failures
pause all face checks of the user.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from functions.identity import evidence, face_subjects, gateways, store
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
from functions.identity.face_subjects import FaceSubject, WantedFaceCheck, identity_subject
from functions.identity.gateways import Faces, Selfie, Upload
from functions.shared import audit, clock, face_proofs, ids
from functions.shared.admission import Assurance, StepUpRequired
from functions.shared.config import settings
from functions.shared.errors import IdentityRequired, NotFound, TooManyRequests, Unauthenticated
from functions.shared.limits import Limit, take_in
from functions.shared.table import keys
from functions.shared.table.auth import Client, Session
from functions.shared.table.identity import FaceCheck, FaceCheckStatus, Identity
from functions.shared.table.transactions import Transaction, decide_again

# Longer than an API request may take: a comparison that has not ended by then never will.
COMPARISON_LEASE_S = 35
KEPT_S = 7 * 86_400
_ENDED_EVENTS: dict[FaceCheckStatus, str] = {
    "passed": "face_check_passed",
    "failed": "face_check_failed",
    "consumed": "session_assurance_raised",
}


class FaceTicket(msgspec.Struct, frozen=True):
    """A face check to upload a selfie for."""

    face_check_id: str
    upload: Upload
    expires_at: datetime
    attempts_left: int


class FullSession(msgspec.Struct, frozen=True):
    """The session that a face check of purpose `session` gave full assurance."""

    client: Client
    assurance: Literal["full"]
    expires_at: datetime


class Comparison(msgspec.Struct, frozen=True):
    """How a comparison ended; the similarity is not told. `session` is there for a passed check of that purpose."""

    passed: bool
    reasons: list[str]
    attempts_left: int
    session: FullSession | None = None


class _Ending(msgspec.Struct, frozen=True):
    """How a comparison ends: `requested` gives the check back; a session is given full assurance."""

    status: FaceCheckStatus
    reasons: list[str] = []
    passed: PassedFace | None = None
    session: Session | None = None


def request_face_check(user_id: str, wanted: WantedFaceCheck | None = None) -> FaceTicket:
    """A form to upload a selfie with: to verify the application in draft, or for what is `wanted`.

    Two round trips. Raises `ApplicationRequired`, `IdentityInReview`, `ScansMissing` while there is no portrait to
    compare with and scanning is still open, `FacePaused`; for what is wanted also `IdentityRequired` and what
    `face_subjects.find_subject` raises.
    """
    return _request(user_id, face_subjects.find_subject(user_id, wanted) if wanted is not None else None)


@decide_again
def _request(user_id: str, subject: FaceSubject | None) -> FaceTicket:
    identity = store.identity(user_id)
    if subject is not None:
        if identity is None or not _has_portrait_in_force(identity):
            raise IdentityRequired
    elif identity is None or identity.status not in {"draft", "in_review"}:
        raise ApplicationRequired
    elif identity.status == "in_review":
        raise IdentityInReview
    elif evidence.accepted(identity, "front") is None and evidence.scan_attempts_left(identity) > 0:
        raise ScansMissing
    else:
        subject = FaceSubject("identity", identity_subject(identity))
    if evidence.face_paused(identity) and identity.face_paused_until is not None:
        raise FacePaused(clock.seconds_until(identity.face_paused_until))
    check = FaceCheck.new(
        keys.face_check(user_id, check_id := ids.new_id()),
        face_check_id=check_id,
        user_id=user_id,
        purpose=subject.purpose,
        subject=subject.subject,
        shown=subject.shown,
        valid_until=clock.after(settings().face_check_s),
        expires_at=clock.after(KEPT_S),
    )
    tx = Transaction()
    take_in(tx, Limit("selfie_forms", user_id, settings().uploads_per_hour, 3_600), TooManyRequests)
    tx.create(check)
    detail = {"face_check_id": check_id, "purpose": subject.purpose}
    audit.change(tx, identity, [], "face_check_requested", actor=user_id, detail=detail)
    tx.commit()
    form = gateways.upload_form(
        gateways.upload_key("selfies", user_id, check_id), "image/jpeg", None, settings().upload_form_s
    )
    return FaceTicket(check_id, form, check.valid_until, evidence.face_attempts_left(identity))


def compare_face(
    user_id: str, face_check_id: str, token_fingerprint: str, *, assurance: Assurance = "full"
) -> Comparison:
    """Compare the uploaded selfie. Four round trips to the table, two to the provider, one to S3.

    The provider is only called while there is time left to write down how it ended; else the try is given back. A check
    of purpose `session` is compared by the session that asked for it, and consumed when it passes; a session with
    basic assurance compares no other one.

    Raises `NotFound`, `StepUpRequired`, `FaceCheckExpired`, `FaceCheckUsed`, `FaceNotUploaded`, `FacePaused`,
    `FaceUnavailable`; `Unauthenticated` where the session ended meanwhile, with the try given back.
    """
    key = gateways.upload_key("selfies", user_id, face_check_id)
    version = gateways.uploaded_version(key)
    lease_until = clock.after(COMPARISON_LEASE_S)
    check, identity = _begin(
        user_id, face_check_id, token_fingerprint, version=version, lease_until=lease_until, assurance=assurance
    )
    portrait = evidence.accepted(identity, "front") if check.purpose == "identity" else None
    portrait_key = identity.portrait_key if check.purpose != "identity" else portrait.portrait_key if portrait else None
    try:
        session = _session(token_fingerprint) if check.purpose == "session" else None
        reason = _compare(portrait_key, Selfie(key, version))
    except (FaceUnavailable, Unauthenticated):
        _end(check, lease_until, _Ending("requested"))
        raise
    if reason is not None:
        after = _end(check, lease_until, _Ending("failed", [reason]))
        return Comparison(passed=False, reasons=[reason], attempts_left=evidence.face_attempts_left(after))
    kept = gateways.selfie_key(user_id, face_check_id, version)
    passed = PassedFace(face_check_id, check.valid_until, kept, portrait.scan_id if portrait else None)
    if session is not None:
        return _pass_session(check, lease_until, session)
    after = _end(check, lease_until, _Ending("passed", passed=passed))
    return Comparison(passed=True, reasons=[], attempts_left=evidence.face_attempts_left(after))


def _session(token_fingerprint: str) -> Session:
    """Read the session before the provider is called: afterwards there may be no time for it."""
    session = store.session(token_fingerprint)
    if session is None:
        raise Unauthenticated
    return session


def _pass_session(check: FaceCheck, lease_until: datetime, session: Session) -> Comparison:
    """Write down that a check for a session passed; the transaction that does so gives the session full assurance."""
    try:
        after = _end(check, lease_until, _Ending("consumed", session=session))
    except Unauthenticated:
        _end(check, lease_until, _Ending("requested"))
        raise
    full = FullSession(session.client, "full", session.valid_until)
    return Comparison(passed=True, reasons=[], attempts_left=evidence.face_attempts_left(after), session=full)


def _compare(portrait_key: str | None, selfie: Selfie) -> str | None:
    """The reason why it fails, or None.

    Only an application may be without a portrait. Where scanning was closed before there was an accepted one, or face
    detection was not available when it was scanned, there is nothing a machine could compare with: the selfie only has
    to be usable, and a reviewer compares. Such an application can never be verified by the machine.
    """
    faces = Faces()
    problem = faces.selfie_problem(selfie)
    if problem is not None or portrait_key is None:
        return problem
    return faces.mismatch(portrait_key, selfie)


@decide_again
def _begin(  # noqa: PLR0913 - a comparison has these parts
    user_id: str,
    face_check_id: str,
    token_fingerprint: str,
    *,
    version: str | None,
    lease_until: datetime,
    assurance: Assurance,
) -> tuple[FaceCheck, Identity]:
    """Count the try and take the check on. A check whose comparison went silent was counted before."""
    identity, check = store.identity_and_face_check(user_id, face_check_id)
    if check is None or identity is None:
        raise NotFound
    if check.purpose == "session" and check.subject != face_proofs.session_subject(token_fingerprint):
        raise NotFound
    if check.purpose != "session" and assurance != "full":
        raise StepUpRequired
    if check.status != "requested" or not _may_count(check, identity):
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
    Faces.demand_time()
    tx = Transaction()
    store.begin_comparison(tx, check, lease_until, version, FaceCheckUsed)
    detail = {"face_check_id": face_check_id}
    audit.change(tx, identity, actions, "face_comparison_begun", actor=user_id, detail=detail)
    tx.commit()
    return check, identity


def _may_count(check: FaceCheck, identity: Identity) -> bool:
    """Whether this is the application that the check was asked for, and it is not submitted yet.

    Without the second a reviewer could decide on another selfie than the one that was looked at. Checks for anything
    else need a verified identity in force, and are judged again by what consumes them.
    """
    if check.purpose != "identity":
        return _has_portrait_in_force(identity)
    return identity.status == "draft" and check.subject == identity_subject(identity)


@decide_again
def _end(check: FaceCheck, lease_until: datetime, ending: _Ending) -> Identity:
    """Write down how it ended, and give the try back unless it failed through the user's fault.

    The identity that comes back has the attempts that are left then; it is not read again, which might be too late.
    Raises `Unauthenticated` where the session that the check gives full assurance has ended.
    """
    status, session = ending.status, ending.session
    identity = store.identity(check.user_id)
    if identity is None:
        raise NotFound
    tx = Transaction()
    store.end_comparison(tx, check, lease_until, status, ending.reasons)
    if session is not None:
        store.give_full_assurance(tx, session, clock.after(settings().full_assurance_s))
    actions: list[Any] = []
    failed = [int(moment) for moment in identity.face_failed_at]
    if status != "failed" and check.counted_at in failed:
        failed.remove(int(check.counted_at))
        actions.append(Identity.face_failed_at.set(failed))
        identity.face_failed_at = failed
        if len(failed) < settings().face_failures:
            actions.append(Identity.face_paused_until.remove())
            identity.face_paused_until = None
    if ending.passed is not None and check.purpose == "identity" and _may_count(check, identity):
        actions.append(Identity.face.set(evidence.stored(ending.passed)))
    event = _ENDED_EVENTS.get(status, "face_comparison_given_back")
    detail = {"face_check_id": check.face_check_id, "reasons": ending.reasons}
    audit.change(tx, identity, actions, event, actor=check.user_id, detail=detail)
    tx.commit()
    return identity


def _has_portrait_in_force(identity: Identity) -> bool:
    return identity.verified_at is not None and identity.portrait_key is not None
