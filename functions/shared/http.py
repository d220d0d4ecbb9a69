"""HTTP in and out, the same for every area: parse, guard, call, answer, translate refusals, log one line.

An area declares its routes on a `Blueprint` (`shared.blueprint`).
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from functions.shared import ids
from functions.shared.accept_language import prefers_english
from functions.shared.admission import (
    PUBLIC,
    Assurance,
    ClientNotAllowed,
    RouteClient,
    SessionClient,
    StepUpRequired,
    admit,
)
from functions.shared.clients import is_transient, request_deadline
from functions.shared.errors import AppError, FieldError, Invalid, NotFound, Text, Unauthenticated, Unavailable
from functions.shared.observability import log_context, logger
from functions.shared.parsing import NoBody, json_body, parse_fields, query_values
from functions.shared.problems import InternalError, problem

Headers = dict[str, str]
Event = Mapping[str, Any]
NO_CONTENT, ACCEPTED = int(HTTPStatus.NO_CONTENT), int(HTTPStatus.ACCEPTED)
NOT_MODIFIED = int(HTTPStatus.NOT_MODIFIED)
_ETAG_DIGITS = 32
# Far more than an id has, and less than what S3 and DynamoDB refuse as a key.
MAX_ID = 128


class Caller(msgspec.Struct, frozen=True):
    """Who is calling, as the session says: nothing here gives any authority."""

    user_id: str
    client: SessionClient
    token_fingerprint: str
    assurance: Assurance = "basic"
    expires_at: datetime | None = None  # of the session

    def require_full(self) -> None:
        """Require full assurance, where it depends on the body of a request. Raises `StepUpRequired`."""
        if self.assurance != "full":
            raise StepUpRequired


class Request:
    """One request, parsed: path parameters decoded, header names in any case."""

    def __init__(self, event: Event) -> None:
        context = event["requestContext"]
        self.route: str = context["resourcePath"]
        self.method: str = context["httpMethod"]
        self.path = {name: unquote(value) for name, value in (event["pathParameters"] or {}).items()}
        self.headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
        self.query: Mapping[str, Sequence[str]] = event["multiValueQueryStringParameters"] or {}
        self.id: str = context.get("requestId") or ids.new_id()
        self.address: str = context["identity"].get("sourceIp", "")
        self._caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who is calling. Raises `Unauthenticated` on a route without a guard that found out."""
        if self._caller is None:
            raise Unauthenticated
        return self._caller

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._caller = caller

    @property
    def user_id(self) -> str:
        """The id of the calling user."""
        return self.caller.user_id

    def opaque_id(self, name: str) -> str:
        """An id from the path. Raises `NotFound` for what can be the id of nothing, such as one too long for a key."""
        value = self.path[name]
        if len(value) > MAX_ID or not (value.isascii() and value.isalnum()):
            raise NotFound
        return value

    def localize(self, text: Text) -> str:
        """A text in the language of the caller."""
        return text.en if self.speaks_english else text.zh

    @property
    def speaks_english(self) -> bool:
        """Whether `Accept-Language` prefers English to Chinese; without a preference it is Chinese."""
        return prefers_english(self.headers.get("accept-language", ""))


Guard = Callable[[Request], None]


def public(_: Request) -> None:
    """Anybody may call this."""


class Route(msgspec.Struct, frozen=True):
    """One declared route: what the wrapper needs to serve it and the OpenAPI document to describe it."""

    method: str
    path: str
    area: str
    view: Callable[..., Any]
    guard: Guard
    clients: tuple[RouteClient, ...]
    assurance: Assurance
    request_model: type[msgspec.Struct]
    response_model: type[msgspec.Struct] | None
    accepts: type[msgspec.Struct] | None
    status: int
    errors: tuple[type[AppError], ...]
    headers: Mapping[str, str]
    cache_s: int | None
    etag: bool
    other_errors: Callable[[Mapping[str, Any]], Sequence[FieldError]] | None


# Nothing here is a page: an answer that a browser opens by itself shows, runs, frames and sends on nothing.
_ALWAYS: Headers = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


def serve(route: Route, event: Event) -> tuple[int, Headers, str]:
    """The answer of a route to a request, whatever happens: status, headers, body."""
    request = Request(event)
    with log_context(request_id=request.id), request_deadline(event["requestContext"].get("requestTimeEpoch")):
        return _serve(route, request, event)


def _serve(route: Route, request: Request, event: Event) -> tuple[int, Headers, str]:
    started = time.perf_counter()
    refusal: AppError | None = None
    try:
        status, headers, content = _answer(route, request, event)
    except AppError as error:
        refusal = error
    except (PynamoDBException, ClientError, BotoCoreError) as error:
        logger.exception("dependency_failed", route=route.path)
        refusal = Unavailable() if is_transient(error) else InternalError()
    except Exception:  # noqa: BLE001 - the last resort: a bug must be logged and answered like everything else
        logger.exception("unexpected_error", route=route.path)
        refusal = InternalError()
    if refusal is not None:
        status, headers, content = problem(refusal, english=request.speaks_english, request_id=request.id)
    logger.info(
        "request",
        route=f"{route.method} {route.path}",
        status=status,
        code=refusal.code if refusal else None,
        user_id=request._caller.user_id if request._caller else None,  # noqa: SLF001 - None is fine here
        took_ms=round((time.perf_counter() - started) * 1000),
    )
    return status, {**_ALWAYS, **headers, "X-Request-Id": request.id}, content.decode()


def _answer(route: Route, request: Request, event: Event) -> tuple[int, Headers, bytes]:
    if not route.clients:
        raise ClientNotAllowed
    route.guard(request)
    if route.clients != PUBLIC:
        admit(route.clients, request.caller.client)
        if route.assurance == "full":
            request.caller.require_full()
    taken = _taken(route, request, event)
    headers: Headers = {}
    idempotency_key = request.headers.get("idempotency-key") if route.method == "POST" else None
    if idempotency_key is None:
        content = _content(route, request, taken)
    else:
        content = _content_once(route, request, taken, idempotency_key, headers)
    if not content:
        return NO_CONTENT, headers, content
    headers["Content-Type"] = "application/json"
    if route.cache_s is not None:
        headers |= {"Cache-Control": f"public, max-age={route.cache_s}", "Vary": "Accept-Language"}
    if route.etag:
        headers["ETag"] = _etag(content)
        if headers["ETag"] in _known_etags(request):
            return NOT_MODIFIED, headers, b""
    return _status(route, content), headers, content


def _taken(route: Route, request: Request, event: Event) -> msgspec.Struct:
    """Return the query or body of a request. Raises `Invalid` with every field that is wrong."""
    if route.method in {"GET", "DELETE"}:
        return parse_fields(query_values(request.query, route.request_model), route.request_model, strict=False)
    body = json_body(event, request.headers.get("content-type", "application/json"))
    try:
        return parse_fields(body, route.request_model)
    except Invalid as invalid:
        if route.other_errors is None or not isinstance(body, dict):
            raise
        named = {error.field for error in invalid.errors}
        parsed = {name: value for name, value in body.items() if name not in named}
        others = [error for error in route.other_errors(parsed) if error.field not in named]
        raise Invalid(*invalid.errors, *others) from invalid


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:_ETAG_DIGITS]}"'


def _known_etags(request: Request) -> set[str]:
    """Return the answers that the client has, by their ETags; a proxy may have marked them as weak."""
    return {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}


def _status(route: Route, content: bytes) -> int:
    """The status of an answer, which a repeated call under its key has again: 202 for what the route `accepts`."""
    if route.accepts is None:
        return route.status
    try:
        msgspec.json.decode(content, type=route.accepts)
    except msgspec.ValidationError:
        return route.status
    return ACCEPTED


def _content(route: Route, request: Request, taken: msgspec.Struct) -> bytes:
    """The body of the answer; empty when there is nothing to say."""
    result = route.view(request) if route.request_model is NoBody else route.view(request, taken)
    return b"" if result is None else msgspec.json.encode(result)


def _content_once(
    route: Route, request: Request, taken: msgspec.Struct, idempotency_key: str, headers: Headers
) -> bytes:
    from functions.shared import idempotency  # noqa: PLC0415 - a cold start without the header does without it

    target = (route.method, route.path, *(value for _, value in sorted(request.path.items())))
    user_id = "" if route.guard is public else request.user_id
    call = idempotency.Call(target, user_id, idempotency_key, msgspec.json.encode(taken, order="deterministic"))
    content, again = idempotency.run_once(call, lambda: _content(route, request, taken))
    if again:
        headers["Idempotency-Replayed"] = "true"
    return content
