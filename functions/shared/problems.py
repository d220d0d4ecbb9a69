"""Refusals as RFC 9457 problem documents, in the language of the caller."""

from http import HTTPStatus
from typing import Any

import msgspec

from functions.shared import clock
from functions.shared.errors import AppError, Invalid, Text, Unauthenticated


class InternalError(AppError):
    """Our mistake; the log has the rest under the request id."""

    status = 500
    code = "INTERNAL_ERROR"
    text = Text("系统出现错误，请稍后再试。", "Something went wrong on our side. Please try again later.")


def problem(error: AppError, *, english: bool, request_id: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a refusal."""

    def localize(text: Text) -> str:
        return text.en if english else text.zh

    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": localize(error.text),
        "errors": [],
        "request_id": request_id,
    }
    if isinstance(error, Invalid):
        document["errors"] = [{"field": e.field, "code": e.code, "detail": localize(e.detail)} for e in error.errors]
    document.update(error.extra)
    if error.attempts_left is not None:
        document["attempts_left"] = error.attempts_left
    headers = {"Content-Type": "application/problem+json", "Content-Language": "en" if english else "zh-CN"}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
        document["retry_at"] = clock.after(error.retry_after_s)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return error.status, headers, msgspec.json.encode(document)
