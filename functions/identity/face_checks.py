"""Requesting a face check: for one user, one purpose and one subject, by a selfie or by WeChat's check.

    requested ──▶ passed ──▶ consumed          five minutes; consumed in the transaction of what it allows
              └─▶ failed

`face_comparisons` decides it; `shared.face_proofs` consumes it.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from functions.identity import evidence, gateways, store
from functions.identity.applications import decrypt_person, decrypt_verified_person
from functions.identity.errors import (
    ApplicationRequired,
    FaceMethodUnavailable,
    FacePaused,
    IdentityInReview,
    PortraitNotKept,
    ScansMissing,
    WechatCapabilityMissing,
)
from functions.identity.face_budget import spend
from functions.identity.face_subjects import FaceSubject, identity_subject
from functions.identity.gateways import Upload
from functions.identity.wechat_faces import CertifiedPerson, wechat_faces
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.errors import IdentityRequired, TooManyRequests
from functions.shared.limits import Limit, consume, consume_in
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.vocabulary import FaceMethod

RETENTION_S = 7 * 86_400
REFUSED_S = 3_600


class FaceCheckMethod(NamedTuple):
    """How a face check is to be done; `js_code` says in which WeChat account, where it is not the bound one.

    A selfie is a photo of a type, and of a size where that is known before.
    """

    method: FaceMethod = "selfie"
    js_code: str | None = None
    content_type: str = "image/jpeg"
    size: int | None = None


class FaceTicket(msgspec.Struct, frozen=True):
    """A face check to upload a selfie for, or the session of WeChat's check."""

    face_check_id: str
    method: FaceMethod
    expires_at: datetime
    attempts_left: int
    upload: Upload | None = None
    verify_id: str | None = None


def request_face_check(
    user_id: str, subject: FaceSubject | None = None, how: FaceCheckMethod | None = None
) -> FaceTicket:
    """A face check to verify the application in draft, or for another subject.

    Four round trips, five and WeChat's for its method. Raises `FaceLimit`, `ApplicationRequired`, `IdentityInReview`,
    `ScansMissing` while there is no portrait to compare with and scanning is still open, `FacePaused`,
    `FaceMethodUnavailable`; for another subject also `IdentityRequired`, `PortraitNotKept`; for WeChat's method also
    `FaceUnavailable`, `WechatCodeInvalid`, `WechatUserBlocked`, `WechatLimit`.
    """
    how = how or FaceCheckMethod()
    check_id = ids.new_id()
    if how.method == "selfie":
        spend(user_id)
        return _with_form(_request(user_id, check_id, subject, None), user_id, how)
    # WeChat is asked before the transaction, so its answer is stored with the check; counted before it is asked.
    identity = store.identity(user_id)
    person = _certified(_open_for(identity, subject, how.method)[0], subject, how.js_code)
    consume(_forms(user_id), TooManyRequests)
    spend(user_id)
    try:
        verify_id = wechat_faces().open_check(person, check_id)
    except WechatCapabilityMissing:
        remember_refusal(user_id)
        raise
    return _request(user_id, check_id, subject, _WechatSession(verify_id, person.openid))


@retry_on_conflict
def remember_refusal(user_id: str) -> None:
    """Note that WeChat refuses its face check to the mini-program: for an hour the user has the methods without it."""
    identity = store.identity(user_id)
    if identity is None:
        return
    tx = Transaction()
    actions = [Identity.wechat_refused_until.set(clock.after(REFUSED_S))]
    audit.change(tx, identity, actions, "wechat_check_refused", actor=user_id)
    tx.commit()


class _WechatSession(NamedTuple):
    verify_id: str
    openid: str


def _forms(user_id: str) -> Limit:
    return Limit("selfie_forms", user_id, settings().uploads_per_hour, 3_600)


def _certified(identity: Identity, subject: FaceSubject | None, js_code: str | None) -> CertifiedPerson:
    """The person, as WeChat knows them, and their WeChat account. Raises `FaceMethodUnavailable` without one."""
    if js_code is not None:
        openid: str | None = wechat_faces().openid(js_code)
    else:
        account = store.account(identity.user_id)
        openid = account.wechat_openid if account is not None else None
    if openid is None:
        raise FaceMethodUnavailable
    return certified_person(identity, "identity" if subject is None else subject.purpose, openid)


def certified_person(identity: Identity, purpose: str, openid: str) -> CertifiedPerson:
    """Return the applicant, or for any other purpose the person in force, as WeChat knows them. One KMS round trip.

    Raises `FaceMethodUnavailable` where there is none.
    """
    person = decrypt_person(identity) if purpose == "identity" else decrypt_verified_person(identity)
    if person is None:
        raise FaceMethodUnavailable
    return CertifiedPerson(person.name, person.number, openid)


def _open_for(
    identity: Identity | None, subject: FaceSubject | None, method: FaceMethod
) -> tuple[Identity, FaceSubject]:
    """The identity and what a check is for, where this user may be checked now by this method."""
    if subject is not None:
        if identity is None or identity.verified_at is None:
            raise IdentityRequired
        if not has_reference(identity, method):
            raise PortraitNotKept
    elif identity is None or identity.status not in {"draft", "in_review"}:
        raise ApplicationRequired
    elif identity.status == "in_review":
        raise IdentityInReview
    elif evidence.accepted(identity, "front") is None and not evidence.scanning_closed(identity):
        raise ScansMissing
    else:
        subject = FaceSubject("identity", identity_subject(identity))
    if evidence.face_paused(identity) and identity.face_paused_until is not None:
        raise FacePaused(clock.seconds_until(identity.face_paused_until))
    if method not in evidence.face_methods(identity, of_verified=subject.purpose != "identity"):
        raise FaceMethodUnavailable
    return identity, subject


@retry_on_conflict
def _request(user_id: str, check_id: str, wanted: FaceSubject | None, session: _WechatSession | None) -> FaceTicket:
    method: FaceMethod = "selfie" if session is None else "wechat"
    identity, subject = _open_for(store.identity(user_id), wanted, method)
    check = FaceCheck.new(
        keys.face_check(user_id, check_id),
        face_check_id=check_id,
        user_id=user_id,
        purpose=subject.purpose,
        subject=subject.subject,
        display_names=subject.display_names,
        method=method,
        verify_id=session.verify_id if session else None,
        openid=session.openid if session else None,
        valid_until=clock.after(settings().face_check_s),
        expires_at=clock.after(RETENTION_S),
    )
    tx = Transaction()
    if session is None:
        gateways.send_selfie(user_id, check_id, gateways.FORM_EXPIRED_S)
        consume_in(tx, _forms(user_id), TooManyRequests)
    tx.create(check)
    detail = {"face_check_id": check_id, "purpose": subject.purpose, "method": method}
    audit.change(tx, identity, [], "face_check_requested", actor=user_id, detail=detail)
    tx.commit()
    left = evidence.face_attempts_left(identity)
    if session is not None:
        return FaceTicket(check_id, method, check.valid_until, left, verify_id=session.verify_id)
    return FaceTicket(check_id, method, check.valid_until, left)


def _with_form(ticket: FaceTicket, user_id: str, how: FaceCheckMethod) -> FaceTicket:
    """The check with the form for its selfie."""
    key = gateways.upload_key("selfies", user_id, ticket.face_check_id)
    upload = gateways.upload_form(key, how.content_type, how.size, settings().upload_form_s)
    return msgspec.structs.replace(ticket, upload=upload)


def has_reference(identity: Identity, method: FaceMethod) -> bool:
    """Whether there is a person in force, and for a selfie their portrait, to compare with."""
    return identity.verified_at is not None and (method == "wechat" or identity.portrait_key is not None)
