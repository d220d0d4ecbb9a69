"""HTTP of the auth area."""

from typing import Annotated, Literal

import msgspec

from functions.auth import errors, phone_login, sessions, sms_codes, wechat_login
from functions.auth.domain import Origin
from functions.auth.sessions import ListedSession
from functions.auth.views import BoundUser, Me, SignedIn, bound_user, me, signed_in_view
from functions.shared import cursors
from functions.shared.admission import (
    ANY_SESSION,
    PERSON,
    PHONE,
    PUBLIC,
    ClientNotAllowed,
    MiniProgramSessionRequired,
    admit,
)
from functions.shared.blueprint import Blueprint
from functions.shared.clock import rfc3339
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import (
    FaceCheckRequired,
    FieldError,
    Invalid,
    NotFound,
    SessionExpired,
    Text,
    Unauthenticated,
)
from functions.shared.guards import signed_in
from functions.shared.http import Request, public
from functions.shared.parsing import MainlandPhone, OpaqueId, PageQuery
from functions.shared.vocabulary import SmsPurpose

routes = Blueprint("auth")

SmsCode = Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$", max_length=6)]
WechatCode = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class NewWechatLogin(msgspec.Struct):
    """The code of `wx.login`."""

    js_code: WechatCode


class NewSmsCode(msgspec.Struct):
    """Phone and purpose of a code."""

    phone: MainlandPhone
    purpose: SmsPurpose


class NewPhoneLogin(msgspec.Struct):
    """The code that came by SMS."""

    challenge_id: OpaqueId
    phone: MainlandPhone
    code: SmsCode
    client: Literal["mini_program", "portal"]


class NewWechat(msgspec.Struct):
    """The code of `wx.login` in the WeChat to bind; on a verified account a passed face check of purpose `account`."""

    js_code: WechatCode
    face_check_id: OpaqueId | None = None


class PhoneProof(msgspec.Struct):
    """Either the code that came by SMS, or the one of WeChat's phone button.

    On a verified account also a passed face check of purpose `account`. `take_over` (by SMS alone) takes the number
    from another account that has it, as after `PHONE_TAKEN`: its former owner keeps that account without the number.
    """

    challenge_id: OpaqueId | None = None
    phone: MainlandPhone | None = None
    code: SmsCode | None = None
    wechat_phone_code: WechatCode | None = None
    take_over: bool | None = None
    face_check_id: OpaqueId | None = None


class SessionPage(msgspec.Struct):
    """Sessions, newest first."""

    items: list[ListedSession]
    next_cursor: str | None


@routes.add(
    "POST",
    "/auth/wechat-logins",
    guard=public,
    clients=PUBLIC,
    request_model=NewWechatLogin,
    response_model=SignedIn,
    status=201,
    errors=(errors.WechatCodeInvalid, errors.WechatUserBlocked, errors.WechatLimit, errors.WechatUnavailable),
)
def create_wechat_login(request: Request, login: NewWechatLogin) -> SignedIn:
    """Sign in with WeChat; the first sign-in creates the account."""
    return signed_in_view(*wechat_login.sign_in_by_wechat(login.js_code, _origin(request)))


@routes.add(
    "POST",
    "/auth/sms-codes",
    guard=public,
    clients=PUBLIC,
    request_model=NewSmsCode,
    response_model=sms_codes.IssuedChallenge,
    status=202,
    errors=(
        Unauthenticated,
        SessionExpired,
        ClientNotAllowed,
        MiniProgramSessionRequired,
        errors.SmsLimit,
        errors.SmsUnavailable,
    ),
)
def create_sms_code(request: Request, wanted: NewSmsCode) -> sms_codes.IssuedChallenge:
    """Send an SMS code; the response does not reveal whether the phone is known. `bind_phone` requires a session."""
    if wanted.purpose == "sign_in":
        return sms_codes.request_sms_code(wanted.phone, wanted.purpose, request.address)
    signed_in(request)
    admit(PHONE, request.caller.client)
    return sms_codes.request_sms_code(wanted.phone, wanted.purpose, request.address, request.user_id)


@routes.add(
    "POST",
    "/auth/phone-logins",
    guard=public,
    clients=PUBLIC,
    request_model=NewPhoneLogin,
    response_model=SignedIn,
    status=201,
    errors=(errors.SmsCodeInvalid, errors.SmsCodeLimit),
)
def create_phone_login(request: Request, login: NewPhoneLogin) -> SignedIn:
    """Sign in by phone; the first sign-in creates the account."""
    proof = (login.challenge_id, login.phone, login.code)
    return signed_in_view(*phone_login.sign_in_by_phone(*proof, login.client, _origin(request)))


@routes.add(
    "POST",
    "/auth/phone",
    guard=signed_in,
    clients=PHONE,
    request_model=PhoneProof,
    response_model=BoundUser,
    errors=(
        errors.SmsCodeInvalid,
        errors.SmsCodeLimit,
        errors.WechatPhoneCodeInvalid,
        errors.PhoneTaken,
        FaceCheckRequired,
        errors.EntryLimit,
        errors.WechatLimit,
        errors.WechatUnavailable,
    ),
)
def bind_phone(request: Request, proof: PhoneProof) -> BoundUser:
    """Bind a phone; merges two accounts of one person where possible.

    All other sessions end. A number from WeChat's phone button is bound only if no account has it.
    """
    by_sms = (proof.challenge_id, proof.phone, proof.code)
    if proof.wechat_phone_code is not None and by_sms == (None, None, None):
        if proof.take_over:
            by_sms_alone = Text(
                "接管号码须填写发送到该号码的短信验证码。", "To take a number over, enter the code sent to it by SMS."
            )
            raise Invalid(FieldError("take_over", "NOT_NEEDED", by_sms_alone))
        return bound_user(wechat_login.bind_wechat_phone(request.caller, proof.wechat_phone_code, proof.face_check_id))
    if proof.challenge_id and proof.phone and proof.code and proof.wechat_phone_code is None:
        bound = phone_login.bind_phone_by_code(
            request.caller,
            *(proof.challenge_id, proof.phone, proof.code, request.address),
            take_over=bool(proof.take_over),
            face_check_id=proof.face_check_id,
        )
        return bound_user(bound)
    how = Text(
        "请提供 challenge_id、phone 和 code，或仅提供 wechat_phone_code。",
        "Send challenge_id, phone and code, or only wechat_phone_code.",
    )
    missing = [name for name in ("challenge_id", "phone", "code") if getattr(proof, name) is None]
    raise Invalid(*(FieldError(name, "MISSING", how) for name in missing or ["wechat_phone_code"]))


@routes.add(
    "POST",
    "/auth/wechat",
    guard=signed_in,
    clients=PHONE,
    request_model=NewWechat,
    response_model=BoundUser,
    errors=(
        errors.WechatCodeInvalid,
        errors.WechatUserBlocked,
        errors.WechatTaken,
        FaceCheckRequired,
        errors.EntryLimit,
        errors.WechatLimit,
        errors.WechatUnavailable,
    ),
)
def bind_wechat(request: Request, wanted: NewWechat) -> BoundUser:
    """Bind or replace WeChat; a blank account of that WeChat is merged. All other sessions end."""
    return bound_user(wechat_login.bind_wechat_account(request.caller, wanted.js_code, wanted.face_check_id))


@routes.add("GET", "/auth/me", guard=signed_in, clients=ANY_SESSION, assurance="basic", response_model=Me)
def show_me(request: Request) -> Me:
    """Return the calling user, their session and permissions."""
    return me(request.caller)


@routes.add("DELETE", "/auth/session", guard=signed_in, clients=ANY_SESSION, assurance="basic", status=204)
def sign_out(request: Request) -> None:
    """Sign out of this session."""
    sessions.sign_out(request.caller)


@routes.add("DELETE", "/auth/sessions", guard=signed_in, clients=PERSON, status=204)
def sign_out_everywhere(request: Request) -> None:
    """Sign out of all of the user's sessions."""
    sessions.sign_out_everywhere(request.caller)


@routes.add(
    "GET",
    "/auth/sessions",
    guard=signed_in,
    clients=PERSON,
    request_model=PageQuery,
    response_model=SessionPage,
    errors=(CursorInvalid,),
)
def list_sessions(request: Request, query: PageQuery) -> SessionPage:
    """List the user's sessions, newest first."""
    listed = sessions.sessions_of(request.caller)
    list_name = f"sessions:{request.user_id}"
    if query.cursor is not None:
        after = tuple(cursors.decode(list_name, query.cursor))
        listed = [session for session in listed if _place(session) < after]
    page = listed[: query.limit]
    more = len(listed) > len(page)
    return SessionPage(page, cursors.encode(list_name, list(_place(page[-1]))) if more else None)


@routes.add("DELETE", "/auth/sessions/{session_id}", guard=signed_in, clients=PERSON, status=204, errors=(NotFound,))
def end_session(request: Request) -> None:
    """Sign out of one of the user's sessions, such as a PC's."""
    sessions.end_session(request.caller, request.opaque_id("session_id"))


def _place(session: ListedSession) -> tuple[str, str]:
    """Where a session stands in the list."""
    return rfc3339(session.created_at), session.session_id


def _origin(request: Request) -> Origin:
    """Where a sign-in comes from."""
    return Origin(request.address, request.headers.get("user-agent", ""))
