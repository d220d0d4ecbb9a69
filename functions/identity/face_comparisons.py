"""Deciding a face check: the selfie is compared with the portrait, or WeChat is asked for its result.

A try is counted before it is compared, and given back when it passes, when the provider fails or when the user
cancelled. Too many failures pause all face checks of the user.

A picture counts once: every selfie that was compared is claimed in the transaction that ends the comparison, over all
users. A copy of one, or of the document's own scan, fails (`domain.picture_hash`, docs/adr/0023).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from functions.identity import evidence, gateways, picture_store, store
from functions.identity.domain.evidence import FailedFace, PassedFace, SideScan
from functions.identity.domain.face_methods import COUNTED_REASONS, wechat_reason
from functions.identity.domain.picture_claims import ClaimedPicture
from functions.identity.domain.portrait_cuts import is_cut_out
from functions.identity.errors import (
    FaceCheckExpired,
    FaceCheckUsed,
    FaceMethodUnavailable,
    FaceNotDone,
    FaceNotUploaded,
    FacePaused,
    FaceUnavailable,
    WechatCapabilityMissing,
)
from functions.identity.face_checks import certified_person, has_reference, remember_refusal
from functions.identity.face_subjects import identity_subject
from functions.identity.gateways import FaceService, Selfie
from functions.identity.wechat_faces import wechat_faces
from functions.shared import audit, clock, face_proofs
from functions.shared.admission import Assurance, SessionClient, StepUpRequired
from functions.shared.config import settings
from functions.shared.errors import NotFound, Unauthenticated
from functions.shared.table.auth import Session
from functions.shared.table.identity import FaceCheck, Identity, PortraitCuts
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict
from functions.shared.vocabulary import FaceCheckStatus
from functions.shared.wechat import WechatLimit, WechatUserBlocked

if TYPE_CHECKING:
    from functions.identity.imaging.fingerprint import Picture

# Longer than an API request may take: a comparison that has not ended by then never will.
COMPARISON_LEASE_S = 35
_ENDED_EVENTS: dict[FaceCheckStatus, str] = {
    "passed": "face_check_passed",
    "failed": "face_check_failed",
    "consumed": "session_assurance_raised",
}


class FullSession(msgspec.Struct, frozen=True):
    """The session that a face check of purpose `session` gave full assurance."""

    client: SessionClient
    assurance: Literal["full"]
    expires_at: datetime


class Comparison(msgspec.Struct, frozen=True):
    """How a comparison ended; the similarity is not told. `session` is there for a passed check of that purpose."""

    passed: bool
    reasons: list[str]
    attempts_left: int
    session: FullSession | None = None


class _VerifiedAs(NamedTuple):
    """Whom an account is verified as, and by which portrait: both are of one verification."""

    person_hash: str | None
    portrait_key: str | None

    @classmethod
    def of(cls, identity: Identity) -> "_VerifiedAs":
        return cls(identity.verified_person_hash, identity.portrait_key)


class _Ending(msgspec.Struct, frozen=True):
    """How a comparison ends: `requested` gives the check back; a session is given full assurance.

    `verified_as` is the person in force who was compared with, for whatever is not an application.
    """

    status: FaceCheckStatus
    reasons: list[str] = []
    passed: PassedFace | None = None
    session: Session | None = None
    picture: "Picture | None" = None
    verified_as: "_VerifiedAs | None" = None


def compare_face(
    user_id: str, face_check_id: str, token_fingerprint: str, *, assurance: Assurance = "full"
) -> Comparison:
    """Compare the uploaded selfie, or query WeChat's result. Four round trips to the table.

    A selfie takes two to the provider and two to S3, WeChat's result one to WeChat and one to KMS.

    The provider is only called while there is time left to write down how it ended; else the try is given back. A check
    of purpose `session` is compared by the session that asked for it, and consumed when it passes; a session with
    basic assurance compares no other one.

    Raises `NotFound`, `StepUpRequired`, `FaceCheckExpired`, `FaceCheckUsed`, `FaceNotUploaded`, `FaceNotDone`,
    `FacePaused`, `FaceUnavailable`, `FaceMethodUnavailable` where WeChat refuses the capability, `WechatLimit`,
    `WechatUserBlocked`; `Unauthenticated` where the session ended
    meanwhile, with the try given back.
    """
    lease_until = clock.after(COMPARISON_LEASE_S)
    check, identity, cuts = _begin(
        user_id, face_check_id, token_fingerprint, lease_until=lease_until, assurance=assurance
    )
    portrait = evidence.accepted(identity, "front") if check.purpose == "identity" else None
    try:
        session = _session(token_fingerprint) if check.purpose == "session" else None
        if check.method == "wechat":
            reason, picture = _queried(check, identity), None
        else:
            reason, picture = _compared(check, identity, portrait, cuts)
    except WechatCapabilityMissing:
        _end(check, lease_until, _Ending("requested"))
        remember_refusal(user_id)
        raise
    except (FaceUnavailable, FaceMethodUnavailable, FaceNotDone, WechatLimit, WechatUserBlocked, Unauthenticated):
        _end(check, lease_until, _Ending("requested"))
        raise
    if reason is not None:
        return _fail(check, lease_until, reason, picture)
    try:
        if session is not None:
            return _pass_session(check, lease_until, session, picture, _VerifiedAs.of(identity))
        passed = _passed(check, portrait)
        ending = _Ending("passed", passed=passed, picture=picture, verified_as=_VerifiedAs.of(identity))
        after = _end(check, lease_until, ending)
    except _Repeated:
        return _fail(check, lease_until, "FACE_REPEATED", None)
    except _OtherPerson:
        _end(check, lease_until, _Ending("requested"))
        raise FaceCheckUsed from None
    return Comparison(passed=True, reasons=[], attempts_left=evidence.face_attempts_left(after))


class _Repeated(Exception):
    """The picture was used before."""


class _OtherPerson(Exception):
    """The account was verified again, or not any more, while the face was compared with the person before."""


def _fail(check: FaceCheck, lease_until: datetime, reason: str, picture: "Picture | None") -> Comparison:
    """Write down that it failed; a picture that was used before is so whatever else it shows."""
    try:
        after = _end(check, lease_until, _Ending("failed", [reason], picture=picture))
    except _Repeated:
        return _fail(check, lease_until, "FACE_REPEATED", None)
    return Comparison(passed=False, reasons=[reason], attempts_left=evidence.face_attempts_left(after))


def _queried(check: FaceCheck, identity: Identity) -> str | None:
    """The reason why WeChat's check failed, or None. It is that of the person and account that it was opened for."""
    person = certified_person(identity, check.purpose, str(check.openid))
    return wechat_reason(wechat_faces().result(person, check.face_check_id, str(check.verify_id)))


def _compared(
    check: FaceCheck, identity: Identity, portrait: SideScan | None, cuts: list[PortraitCuts]
) -> "tuple[str | None, Picture | None]":
    """The reason why a selfie fails, or None, and what it looks like.

    Only an application may be without a portrait. Where scanning was closed before there was an accepted one, or face
    detection was not available when it was scanned, there is nothing a machine could compare with: the selfie only has
    to be usable, and a reviewer compares. Such an application can never be verified by the machine.
    """
    # No other call of the API decodes pictures: a cold start does without Pillow.
    from functions.identity.imaging.fingerprint import Picture  # noqa: PLC0415
    from functions.identity.imaging.selfie import SelfieUnreadable, portrait_seen, read_selfie  # noqa: PLC0415

    selfie = Selfie(gateways.upload_key("selfies", check.user_id, check.face_check_id), check.selfie_version)
    try:
        data = gateways.read_upload(selfie.key, selfie.version)
        if data is None:  # erased meanwhile, with a withdrawal
            return "FACE_QUALITY", None
        image = read_selfie(data)
    except (gateways.UploadTooLarge, SelfieUnreadable):
        return "FACE_QUALITY", None
    picture = Picture.of(image)
    faces = FaceService()
    face = faces.check_selfie(selfie)
    if isinstance(face, str):
        return face, picture
    sights = (picture.looked_at.sight, portrait_seen(image, face))
    if any(sight.is_copy_of(known) for known in _own_pictures(identity) for sight in sights):
        return "FACE_REPEATED", None
    if is_cut_out(picture.looked_at.shades, [cut for one in cuts for cut in picture_store.unsealed_cuts(one)]):
        return "FACE_REPEATED", None
    portrait_key = identity.portrait_key if check.purpose != "identity" else portrait.portrait_key if portrait else None
    return (faces.compare(portrait_key, selfie) if portrait_key is not None else None), picture


def _own_pictures(identity: Identity) -> list[str]:
    """The hashes of the scanned front and its portrait, of the application and of the document in force."""
    return [*evidence.pictures_of_front(identity), *identity.verified_pictures]


def _own_cuts(identity: Identity, kept: picture_store.CutsBySlot) -> list[PortraitCuts]:
    """The cuts around the portraits of both: they are the same ones until a changed document is scanned.

    Raises `VersionConflict` where the front was scanned between the reads of the identity and of its cuts.
    """
    of_slots: dict[int, str | None] = {}
    if identity.verified_cuts_slot is not None:
        of_slots[int(identity.verified_cuts_slot)] = None
    front = evidence.front_shown(identity)
    if front is not None and front.cuts_slot is not None:
        of_slots[front.cuts_slot] = front.scan_id
    cuts = []
    for slot, scan_id in of_slots.items():
        found = kept.get(slot)
        if found is None or scan_id not in {None, found.scan_id}:
            raise VersionConflict
        cuts.append(found)
    return cuts


def _passed(check: FaceCheck, portrait: SideScan | None) -> PassedFace:
    if check.method == "wechat":
        return PassedFace(check.face_check_id, check.valid_until, None, None, "wechat")
    kept = gateways.selfie_key(check.user_id, check.face_check_id, check.selfie_version)
    return PassedFace(check.face_check_id, check.valid_until, kept, portrait.scan_id if portrait else None)


def _session(token_fingerprint: str) -> Session:
    """Read the session before the provider is called: afterwards there may be no time for it."""
    session = store.session(token_fingerprint)
    if session is None:
        raise Unauthenticated
    return session


def _pass_session(
    check: FaceCheck,
    lease_until: datetime,
    session: Session,
    picture: "Picture | None",
    verified_as: _VerifiedAs,
) -> Comparison:
    """Write down that a check for a session passed; the transaction that does so gives the session full assurance."""
    try:
        after = _end(check, lease_until, _Ending("consumed", session=session, picture=picture, verified_as=verified_as))
    except Unauthenticated:
        _end(check, lease_until, _Ending("requested"))
        raise
    full = FullSession(session.client, "full", session.valid_until)
    return Comparison(passed=True, reasons=[], attempts_left=evidence.face_attempts_left(after), session=full)


@retry_on_conflict
def _begin(
    user_id: str, face_check_id: str, token_fingerprint: str, *, lease_until: datetime, assurance: Assurance
) -> tuple[FaceCheck, Identity, list[PortraitCuts]]:
    """Count the try and take the check on. A check whose comparison went silent was counted before."""
    identity, check, kept = picture_store.identity_check_and_cuts(user_id, face_check_id)
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
    cuts = _own_cuts(identity, kept)
    if check.method == "selfie":
        check.selfie_version = gateways.uploaded_version(gateways.upload_key("selfies", user_id, face_check_id))
        if check.selfie_version is None:
            raise FaceNotUploaded
        FaceService.ensure_time()
        gateways.send_selfie(user_id, face_check_id, gateways.COMPARED_S)
    actions = _counting(check, identity)
    tx = Transaction()
    store.begin_comparison(tx, check, lease_until, FaceCheckUsed)
    detail = {"face_check_id": face_check_id}
    audit.change(tx, identity, actions, "face_comparison_started", actor=user_id, detail=detail)
    tx.commit()
    return check, identity, cuts


def _counting(check: FaceCheck, identity: Identity) -> list[Any]:
    """What counts the try as a failure until it has passed. Raises `FacePaused`."""
    if check.counted_at is not None:
        return []
    if evidence.face_paused(identity) and identity.face_paused_until is not None:
        raise FacePaused(clock.seconds_until(identity.face_paused_until))
    failed = evidence.failures_with_now(identity.face_failed_at, settings().face_failures_window_s)
    check.counted_at = failed[-1]
    actions = [Identity.face_failed_at.set(failed)]
    if len(failed) >= settings().face_failures:
        actions.append(Identity.face_paused_until.set(clock.after(settings().face_pause_s)))
    return actions


def _claim(tx: Transaction, picture: "Picture", claims: picture_store.PictureClaims) -> None:
    """Claim a picture for good. Raises `_Repeated` where it, or one that it is a copy of, is claimed."""
    looked_at, fingerprint = picture.looked_at, picture.fingerprint
    known = {one for claim in claims.values() for one in picture_store.claimed_pictures(claim)}
    if looked_at.exact in claims or picture.is_copy_of_any(known):
        raise _Repeated
    kept = picture_store.sealed(ClaimedPicture(looked_at.sight.hash, fingerprint))
    for mark in (looked_at.exact, *looked_at.bands):
        picture_store.claim_in(tx, mark, looked_at.sight.hash, kept, claims.get(mark))


def _may_count(check: FaceCheck, identity: Identity) -> bool:
    """Whether this is the application that the check was asked for, and it is not submitted yet.

    Without the second a reviewer could decide on another selfie than the one that was looked at. Checks for anything
    else need a verified identity in force, and are judged again by what consumes them.
    """
    if check.purpose != "identity":
        return has_reference(identity, check.method)
    return identity.status == "draft" and check.subject == identity_subject(identity)


def _for_application(check: FaceCheck, ending: _Ending) -> list[Any]:
    """What the end of a check for an application changes on it: the passed face, or the last one that differs."""
    if ending.passed is not None:
        return [Identity.face.set(evidence.to_attribute(ending.passed)), Identity.failed_face.remove()]
    if ending.reasons == ["FACE_MISMATCH"] and check.method == "selfie":
        key = gateways.failed_selfie_key(check.user_id, check.face_check_id, check.selfie_version)
        return [Identity.failed_face.set(evidence.to_attribute(FailedFace(check.face_check_id, key)))]
    return []


@retry_on_conflict
def _end(check: FaceCheck, lease_until: datetime, ending: _Ending) -> Identity:
    """Write down how it ended, and give the try back unless it failed through the user's fault.

    The identity that comes back has the attempts that are left then; it is not read again, which might be too late.
    Raises `_Repeated` where the picture, or one that it is a copy of, was used before; `_OtherPerson` where it was
    compared with a person who is not in force any more.
    Raises `Unauthenticated` where the session that the check gives full assurance has ended.
    """
    status, session = ending.status, ending.session
    picture = ending.picture
    looked_at = ending.picture.looked_at if ending.picture is not None else None
    marks = [looked_at.exact, *looked_at.bands_of_originals] if looked_at is not None else []
    identity, claims = picture_store.identity_and_claims(check.user_id, marks)
    if identity is None:
        raise NotFound
    passes = status in {"passed", "consumed"} and check.purpose != "identity"
    if passes and _VerifiedAs.of(identity) != ending.verified_as:
        raise _OtherPerson
    tx = Transaction()
    if picture is not None:
        _claim(tx, picture, claims)
    store.end_comparison(tx, check, lease_until, status, ending.reasons)
    if session is not None:
        store.give_full_assurance(tx, session, clock.after(settings().full_assurance_s))
    actions: list[Any] = []
    failed = [int(moment) for moment in identity.face_failed_at]
    if not COUNTED_REASONS.intersection(ending.reasons) and check.counted_at in failed:
        failed.remove(int(check.counted_at))
        actions.append(Identity.face_failed_at.set(failed))
        identity.face_failed_at = failed
        if len(failed) < settings().face_failures:
            actions.append(Identity.face_paused_until.remove())
            identity.face_paused_until = None
    if check.purpose == "identity" and _may_count(check, identity):
        actions += _for_application(check, ending)
    event = _ENDED_EVENTS.get(status, "face_comparison_refunded")
    detail = {"face_check_id": check.face_check_id, "reasons": ending.reasons}
    audit.change(tx, identity, actions, event, actor=check.user_id, detail=detail)
    tx.commit()
    return identity
