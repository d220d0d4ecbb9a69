"""What every refusal looks like from the inside: a class with a status, a stable code and a text for the person.

    AppError                      status, code, text; answered as problem+json by `shared.http`
    ├── Invalid              422  one or more fields are wrong (`FieldError`)
    ├── Unauthenticated      401  no or unknown session      ── SessionExpired, SessionEnded
    ├── Forbidden            403  ── IdentityRequired, FaceCheckRequired
    ├── NotFound             404  also for what the caller may not know of
    ├── Conflict             409  the state has moved on
    ├── Gone                 410  it has expired
    ├── TooManyRequests      429  `retry_after_s` says when to come back
    └── Unavailable          503  something we depend on does not answer

Each area derives its own from these in its `errors.py`, named for what went wrong.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple


class Text(NamedTuple):
    """One message for the person at the phone, in both languages of the platform."""

    zh: str
    en: str


FieldCode = Literal[
    # Any field
    "FORMAT",
    "MISSING",
    "NOT_NEEDED",
    "TOO_SHORT",
    "TYPE",
    "UNKNOWN",
    # Identity
    "DOCUMENT_EXPIRED",
    "ID_BIRTH_DATE",
    "ID_CHECKSUM",
    "ID_FORMAT",
    "ID_WRONG_TYPE",
    "IMAGE_TOO_LARGE",
    "NAME_FORMAT",
    "NATIONALITY_FORMAT",
    # Institutions
    "CATEGORY_UNKNOWN",
    "CREDIT_CODE_CHECKSUM",
    "CREDIT_CODE_FORMAT",
    "INSTITUTION_CODE_FORMAT",
    "NAME_TOO_LONG",
    "NAME_TOO_SHORT",
    "QUERY_TOO_SHORT",
    "REGION_CODE_FORMAT",
    "REGION_CODE_UNKNOWN",
    "SUPERVISOR_UNKNOWN",
    # Businesses
    "BEFORE_OPENING",
    "NOT_CHANGEABLE",
    "RESERVED",
]


class FieldError(NamedTuple):
    """One wrong field of a request: `field` is its name in the body or query, `code` is stable."""

    field: str
    code: FieldCode
    detail: Text


TEXTS = "[text]"  # the shape of a member that is a list of texts


class AppError(Exception):
    """Base of everything that is answered to the client; never raised itself."""

    status: ClassVar[int]
    code: ClassVar[str]
    text: ClassVar[Text]
    retry_after_s: int | None = None  # answered as `Retry-After` and as `retry_at`
    attempts_left: int | None = None  # of a guessed code, where this answer counted as a try
    extra: Mapping[str, Any] = MappingProxyType({})  # members of the answer beside the standard ones
    # The names of their shapes in the OpenAPI document, or `TEXTS`
    extra_shapes: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __str__(self) -> str:
        """The code: messages for people never reach a log."""
        return self.code


class Malformed(AppError):
    """The body is not JSON."""

    status = 400
    code = "MALFORMED"
    text = Text("请求内容不是有效的 JSON。", "The request body is not valid JSON.")


class Unauthenticated(AppError):
    """There is no session behind this request."""

    status = 401
    code = "UNAUTHENTICATED"
    text = Text("请先登录。", "Please sign in first.")


class SessionExpired(Unauthenticated):
    """There was a session, and its time is over."""

    code = "SESSION_EXPIRED"
    text = Text("登录已过期，请重新登录。", "Your session has expired. Please sign in again.")


class SessionEnded(Unauthenticated):
    """There was a session, and it was ended before its time: signed out, here or elsewhere, or by a change."""

    code = "SESSION_ENDED"
    text = Text("登录已退出，请重新登录。", "This session was ended. Please sign in again.")


class Forbidden(AppError):
    """The caller is known and may not do this."""

    status = 403
    code = "FORBIDDEN"
    text = Text("您没有权限进行此操作。", "You are not allowed to do this.")


class IdentityRequired(Forbidden):
    """Only verified users are bound to an institution or take part in a business."""

    code = "IDENTITY_REQUIRED"
    text = Text("请先完成实名认证。", "Please verify your identity first.")


class FaceCheckRequired(Forbidden):
    """The face check is missing, another user's, for another purpose or subject, used or expired: all alike."""

    code = "FACE_CHECK_REQUIRED"
    text = Text("请先完成人脸识别。", "Please complete a face check first.")


class NotFound(AppError):
    """It does not exist, or the caller may not know that it does."""

    status = 404
    code = "NOT_FOUND"
    text = Text("未找到该内容。", "Not found.")


class Conflict(AppError):
    """The state has moved on since the caller last looked."""

    status = 409
    code = "CONFLICT"
    text = Text("状态已发生变化，请刷新后重试。", "The state has changed. Please refresh and try again.")


class Gone(AppError):
    """It was there, and its time is over."""

    status = 410
    code = "GONE"
    text = Text("内容已失效。", "This is no longer valid.")


class TooManyRequests(AppError):
    """A limit is reached; `retry_after_s` is the number of seconds after which it makes sense to try again."""

    status = 429
    code = "TOO_MANY_REQUESTS"
    text = Text("操作过于频繁，请稍后再试。", "Too many attempts. Please try again later.")

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(self.code)
        self.retry_after_s = retry_after_s


class Unavailable(AppError):
    """Something we depend on does not answer; nothing was counted against the caller."""

    status = 503
    code = "SERVICE_UNAVAILABLE"
    text = Text("服务暂时不可用，请稍后再试。", "The service is briefly unavailable. Please try again.")
    retry_after_s = 5


class Invalid(AppError):
    """Fields of the request are wrong; `errors` names each of them."""

    status = 422
    code = "INVALID"
    text = Text("提交的内容有误，请检查后重试。", "Some of the information is not valid. Please check it.")

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(self.code)
        self.errors = errors
