"""The routes of an area: a Chalice blueprint that `app.py` registers, and the source of the OpenAPI document.

Chalice's router takes a request to its view. The view makes the whole answer (`shared.http.serve`), because Chalice
(1.34) shows no plain exception to middleware and has its own form for errors.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
from chalice import app as chalice

from functions.shared.admission import PUBLIC, Assurance, RouteClient
from functions.shared.config import settings
from functions.shared.errors import AppError, FieldError
from functions.shared.http import Guard, Route, public, serve
from functions.shared.parsing import NoBody

_CORS = chalice.CORSConfig(
    allow_origin=settings().web_origin,
    allow_headers=[
        *("Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "If-None-Match", "X-Poll-Secret"),
    ],
    expose_headers=["X-Request-Id", "Retry-After", "ETag"],
    max_age=int(timedelta(hours=1).total_seconds()),
)


class Blueprint(chalice.Blueprint):
    """The routes of one area. `request_model` is read from the body, or from the query of a GET or DELETE.

    `clients` are those whose sessions may call the route; one that states none is closed to everyone. `assurance` is
    what the session needs: `full` unless the route states `basic` (`shared.admission`).

    `accepts` is what a view may answer instead of `response_model` where something is left to do: 202. No answer of the
    one shape may decode as the other.

    `headers` are those that a call needs beside the usual ones, each with what it holds, for the OpenAPI document.

    A GET with `etag` answers 304 to a client that names the answer it has (`If-None-Match`). `cache_s` lets everybody
    keep a public answer for that long; all others are for one caller and kept by no one (`no-store`).

    `other_errors` are the errors of the fields that could be parsed, where others could not: a form gets all at once.
    """

    def __init__(self, area: str) -> None:
        super().__init__(area)
        self.declared: list[Route] = []
        self._area = area

    def add(  # noqa: PLR0913 - a route has these parts
        self,
        method: str,
        path: str,
        *,
        guard: Guard,
        clients: tuple[RouteClient, ...] = (),
        assurance: Assurance = "full",
        request_model: type[msgspec.Struct] = NoBody,
        response_model: type[msgspec.Struct] | None = None,
        accepts: type[msgspec.Struct] | None = None,
        status: int = HTTPStatus.OK,
        errors: Sequence[type[AppError]] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        cache_s: int | None = None,
        etag: bool = False,
        other_errors: Callable[[Mapping[str, Any]], Sequence[FieldError]] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a view: `view(request)`, or `view(request, taken)` when `request_model` has fields.

        Raises `ValueError` for a public guard on a route that is for sessions, and the other way round; and for what
        cannot be cached.
        """
        if clients and (guard is public) != (clients == PUBLIC):
            raise ValueError(f"{method} {path}: `clients` and `guard` disagree about who may call it")
        if cache_s is not None and clients != PUBLIC:
            raise ValueError(f"{method} {path}: only what is public may be cached")
        if etag and method != "GET":
            raise ValueError(f"{method} {path}: only a GET has an `etag`")

        def declare(view: Callable[..., Any]) -> Callable[..., Any]:
            route = Route(
                method=method,
                path=path,
                area=self._area,
                view=view,
                guard=guard,
                clients=clients,
                assurance=assurance,
                request_model=request_model,
                response_model=response_model,
                accepts=accepts,
                status=int(status),
                errors=tuple(errors),
                headers=headers,
                cache_s=cache_s,
                etag=etag,
                other_errors=other_errors,
            )
            self.declared.append(route)
            self.route(path, methods=[method], name=view.__name__, content_types=["*/*"], cors=_CORS)(
                self._served(route)
            )
            return view

        return declare

    def _served(self, route: Route) -> Callable[..., chalice.Response]:
        def view(**_: str) -> chalice.Response:
            """Answer the current request; `serve` decodes the path parameters, which Chalice does not."""
            status, headers, content = serve(route, self.current_request.to_original_event())
            return chalice.Response(content, {**headers}, status)

        return view
