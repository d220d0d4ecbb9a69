"""HTTP of requesting a face check, whose subject may be a grant or an invitation; so it is served by this area."""

from typing import Annotated

import msgspec

from functions.grants.errors import (
    GrantCodeInvalid,
    GrantCodeLimit,
    GrantTaken,
    InvitationInvalid,
    NotManager,
    OwnAuthority,
)
from functions.grants.face_subjects import find_subject
from functions.identity import errors as identity_errors
from functions.identity import face_checks, face_subjects, views
from functions.identity.domain.face_purposes import NEEDED, Purpose
from functions.identity.face_subjects import FaceSubject
from functions.identity.photos import PhotoType, require_size
from functions.shared.admission import PERSON, PHONE, MiniProgramSessionRequired, StepUpRequired, admit
from functions.shared.blueprint import Blueprint
from functions.shared.errors import FieldError, IdentityRequired, Invalid, Text, TooManyRequests
from functions.shared.guards import signed_in
from functions.shared.http import Request
from functions.shared.parsing import ShortText
from functions.shared.vocabulary import FaceMethod
from functions.shared.wechat import WechatCodeInvalid, WechatLimit, WechatUserBlocked

routes = Blueprint("identity")


class NewFaceCheck(msgspec.Struct):
    """What the face check is for, and what that purpose needs: a grant code, a grant, or an invitation code.

    `session` gives the session that asks full assurance for some hours; `account` allows one change of the account.
    Method `wechat` is done in the WeChat account that is bound, or in the one of `js_code` where a person has another.
    The form for a selfie is of `content_type`, and of exactly `size` bytes where that is given.
    """

    purpose: Purpose
    method: FaceMethod = "selfie"
    content_type: PhotoType = "image/jpeg"
    size: Annotated[int, msgspec.Meta(ge=1)] | None = None
    js_code: ShortText | None = None
    grant_code: ShortText | None = None
    business: ShortText | None = None
    institution_code: ShortText | None = None
    invitation_code: ShortText | None = None


@routes.add(
    "POST",
    "/identity/face-checks",
    guard=signed_in,
    clients=PERSON,
    assurance="basic",
    request_model=NewFaceCheck,
    response_model=views.FaceTicketView,
    status=201,
    errors=(
        identity_errors.ApplicationRequired,
        identity_errors.IdentityInReview,
        identity_errors.ScansMissing,
        identity_errors.FacePaused,
        TooManyRequests,
        IdentityRequired,
        NotManager,
        GrantCodeInvalid,
        GrantCodeLimit,
        GrantTaken,
        OwnAuthority,
        InvitationInvalid,
        identity_errors.FaceLimit,
        identity_errors.FaceMethodUnavailable,
        identity_errors.PortraitNotKept,
        identity_errors.FaceUnavailable,
        WechatCodeInvalid,
        WechatUserBlocked,
        WechatLimit,
        MiniProgramSessionRequired,
        StepUpRequired,
    ),
)
def create_face_check(request: Request, asked: NewFaceCheck) -> views.FaceTicketView:
    """Request a face check; returns an upload form for the selfie, or the session of WeChat's check.

    A session with basic assurance, or of the portal, may only ask for the purpose `session`.
    """
    if asked.purpose != "session":
        admit(PHONE, request.caller.client)
        request.caller.require_full()
    if asked.size is not None:
        require_size(asked.size)
    subject = _subject(request, asked)
    how = face_checks.FaceCheckMethod(asked.method, asked.js_code, asked.content_type, asked.size)
    return views.face_ticket_view(face_checks.request_face_check(request.user_id, subject, how))


def _subject(request: Request, asked: NewFaceCheck) -> FaceSubject | None:
    details = _details(asked)
    match asked.purpose:
        case "identity":
            return None
        case "session":
            return face_subjects.of_session(request.caller.token_fingerprint)
        case "account":
            return face_subjects.of_account(request.user_id)
        case purpose:
            return find_subject(request.user_id, purpose, details)


def _details(asked: NewFaceCheck) -> dict[str, str]:
    """Return what the purpose needs. Raises `Invalid` for details that are missing or not needed."""
    given = {name: getattr(asked, name) for name in ("grant_code", "business", "institution_code", "invitation_code")}
    needed = NEEDED[asked.purpose]
    errors = [
        FieldError(name, "MISSING", Text("此项必填。", "This is required.")) for name in needed if not given[name]
    ]
    errors += [
        FieldError(name, "NOT_NEEDED", Text("此用途不需要该项。", "Not allowed for this purpose."))
        for name, value in given.items()
        if value is not None and name not in needed
    ]
    if errors:
        raise Invalid(*errors)
    return {name: given[name] for name in needed}
