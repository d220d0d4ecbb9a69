"""HTTP in and out, the same for every area: parse, guard, call, answer, translate refusals, log one line.

Chalice stays here. An area declares its routes on `Routes`, a blueprint whose declarations are also what the OpenAPI
document is generated from. `App` takes an event for one of them straight to its view, which makes the whole answer:
Chalice 1.34 never shows a plain exception to middleware, and searches every answer for binary types and its CORS
headers anew, which is half the CPU of a simple request.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import unquote

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Blueprint, Chalice, CORSConfig
from pynamodb.exceptions import PynamoDBException

from functions.shared import ids
from functions.shared.clients import in_time, is_transient
from functions.shared.config import settings
from functions.shared.errors import AppError, Invalid, NotFound, Text, Unauthenticated, Unavailable
from functions.shared.languages import prefers_english
from functions.shared.observability import every_line, logger
from functions.shared.parsing import Nothing, json_body, parse_fields

Headers = dict[str, str]
Event = Mapping[str, Any]
Answer = dict[str, Any]  # as API Gateway's proxy integration wants it


class InternalError(AppError):
    """Our mistake; the log has the rest under the request id."""

    status = 500
    code = "INTERNAL_ERROR"
    text = Text("系统出现错误，请稍后再试。", "Something went wrong on our side. Please try again later.")


NO_CONTENT = int(HTTPStatus.NO_CONTENT)
# Far more than an id has, and less than what S3 and DynamoDB refuse as a key.
LONGEST_ID = 128


class Caller(msgspec.Struct, frozen=True):
    """Who is calling, as the session says: nothing here gives any authority."""

    user_id: str
    client: str
    token_fingerprint: str


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
        if len(value) > LONGEST_ID or not (value.isascii() and value.isalnum()):
            raise NotFound
        return value

    def say(self, text: Text) -> str:
        """A text in the language of whoever is calling."""
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
    takes: type[msgspec.Struct]
    gives: type[msgspec.Struct] | None
    status: int
    refusals: tuple[type[AppError], ...]
    headers: Mapping[str, str]


class Routes(Blueprint):
    """The routes of one area. `takes` is read from the body, or from the query of a GET or DELETE.

    `headers` are those that a call needs beside the usual ones, each with what it holds, for the OpenAPI document.
    """

    declared: ClassVar[list[Route]] = []

    def __init__(self, area: str) -> None:
        super().__init__(f"functions.{area}.routes")
        self._area = area

    def add(  # noqa: PLR0913 - a route has these parts
        self,
        method: str,
        path: str,
        *,
        guard: Guard,
        takes: type[msgspec.Struct] = Nothing,
        gives: type[msgspec.Struct] | None = None,
        status: int = HTTPStatus.OK,
        refusals: Sequence[type[AppError]] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a view: `view(request)`, or `view(request, taken)` when `takes` has fields."""

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            route = Route(method, path, self._area, view, guard, takes, gives, int(status), tuple(refusals), headers)
            self.declared.append(route)

            cors = _cors()
            served = View(route, cors.get_access_control_headers())
            self.route(path, methods=[method], name=view.__name__, content_types=["*/*"], cors=cors)(served)
            return view

        return declare


class View:
    """What Chalice keeps for a route that was declared: takes the event, makes the whole answer."""

    def __init__(self, route: Route, common: Headers) -> None:
        self.__name__ = route.view.__name__
        self._route = route
        self._common = common

    def __call__(self, event: Event) -> Answer:
        """The answer; whatever happens."""
        request = Request(event)
        with every_line(request_id=request.id), in_time():
            return _serve(self._route, request, event, self._common)


class App(Chalice):
    """Chalice that leaves our own routes to their views; there is no middleware, and none would see them.

    What Chalice serves itself finds a current request that belongs to its thread: Chalice 1.34 keeps it on the app, so
    that its own threaded server mixes up requests that arrive together.
    """

    _current = threading.local()

    def __call__(self, event: Any, context: Any) -> Any:
        """The answer to a request, as Lambda calls it."""
        place = event.get("requestContext", {})
        entry = self.routes.get(place.get("resourcePath"), {}).get(place.get("httpMethod"))
        if entry is not None and isinstance(entry.view_function, View):
            return entry.view_function(event)
        return super().__call__(event, context)

    @property
    def current_request(self) -> Any:
        """The request this thread is serving, or None."""
        return getattr(self._current, "request", None)

    @current_request.setter
    def current_request(self, request: Any) -> None:
        self._current.request = request


# Nothing here is a page: an answer that a browser opens by itself shows, runs, frames and sends on nothing.
_ALWAYS: Headers = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


def _serve(route: Route, request: Request, event: Event, common: Headers) -> Answer:
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
        status, headers, content = _problem(refusal, request)
    logger.info(
        "request",
        route=f"{route.method} {route.path}",
        status=status,
        code=refusal.code if refusal else None,
        user_id=request._caller.user_id if request._caller else None,  # noqa: SLF001 - None is fine here
        took_ms=round((time.perf_counter() - started) * 1000),
    )
    return {
        "statusCode": status,
        "headers": {**headers, **_ALWAYS, "X-Request-Id": request.id, **common},
        "multiValueHeaders": {},
        "body": content.decode(),
    }


def _answer(route: Route, request: Request, event: Event) -> tuple[int, Headers, bytes]:
    route.guard(request)
    if route.method in {"GET", "DELETE"}:
        given: Any = {name: values[-1] for name, values in request.query.items()}
        taken = parse_fields(given, route.takes, strict=False)
    else:
        taken = parse_fields(json_body(event, request.headers.get("content-type", "application/json")), route.takes)
    headers: Headers = {}
    idempotency_key = request.headers.get("idempotency-key") if route.method == "POST" else None
    if idempotency_key is None:
        content = _content(route, request, taken)
    else:
        content = _content_once(route, request, taken, idempotency_key, headers)
    if not content:
        return NO_CONTENT, headers, content
    headers["Content-Type"] = "application/json"
    return route.status, headers, content


def _content(route: Route, request: Request, taken: msgspec.Struct) -> bytes:
    """The body of the answer; empty when there is nothing to say."""
    result = route.view(request) if route.takes is Nothing else route.view(request, taken)
    return b"" if result is None else msgspec.json.encode(result)


def _content_once(
    route: Route, request: Request, taken: msgspec.Struct, idempotency_key: str, headers: Headers
) -> bytes:
    from functions.shared import idempotency  # noqa: PLC0415 - a cold start without the header does without it

    target = (route.method, route.path, *(value for _, value in sorted(request.path.items())))
    user_id = "" if route.guard is public else request.user_id
    call = idempotency.Call(target, user_id, idempotency_key, msgspec.json.encode(taken, order="deterministic"))
    content, again = idempotency.answer_once(call, lambda: _content(route, request, taken))
    if again:
        headers["Idempotency-Replayed"] = "true"
    return content


def _problem(error: AppError, request: Request) -> tuple[int, Headers, bytes]:
    """RFC 9457: the refusal as `application/problem+json`."""
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": request.say(error.text),
        "errors": [],
        "request_id": request.id,
    }
    if isinstance(error, Invalid):
        problem["errors"] = [{"field": e.field, "code": e.code, "detail": request.say(e.detail)} for e in error.errors]
    problem.update(error.extra)
    headers: Headers = {
        "Content-Type": "application/problem+json",
        "Content-Language": "en" if request.speaks_english else "zh-CN",
    }
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return error.status, headers, msgspec.json.encode(problem)


def _cors() -> CORSConfig:
    return CORSConfig(
        allow_origin=settings().web_origin,
        allow_headers=["Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "X-Poll-Secret"],
        expose_headers=["X-Request-Id", "Retry-After"],
        max_age=int(timedelta(hours=1).total_seconds()),
    )
