"""The app: takes each request to the view that was declared for it.

An area is imported when the first request for it arrives: a cold start pays for the area that it serves, and for no
other one. Whoever needs every route (packaging, the local server, the OpenAPI document) asks for `routes`, `declared`.

A request goes straight to its view, which makes the whole answer. Chalice (1.34) never shows a plain exception to
middleware, and searches every answer for binary types and its CORS headers anew, which is half the CPU of a simple one.
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any

from chalice.app import Chalice, CORSConfig

from functions.shared.config import settings
from functions.shared.http import Route, Routes, View


class App(Chalice):
    """`areas` names, for the first word of a path, the modules that declare what is below it as their `routes`."""

    def __init__(self, app_name: str, areas: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        self._areas = areas
        self._views: dict[tuple[str, str], View] = {}
        self._cors = _cors()
        self._headers = self._cors.get_access_control_headers()
        # The app's name and `configure_logs=False`: Chalice and Powertools share one JSON line for each event.
        super().__init__(app_name, configure_logs=False)

    def __call__(self, event: Any, context: Any) -> Any:
        """The answer to a request, as Lambda calls it."""
        place = event.get("requestContext", {})
        view = self._view(place.get("resourcePath", ""), place.get("httpMethod", ""))
        return view(event, self._headers) if view else super().__call__(event, context)

    def add(self, routes: Routes) -> None:
        """Serve these routes."""
        self._views.update(((view.route.path, view.route.method), view) for view in routes.views)

    @property
    def declared(self) -> list[Route]:
        """Every route; imports all areas."""
        for word in self._areas:
            self._import(word)
        return [view.route for view in self._views.values()]

    @property
    def routes(self) -> dict[str, dict[str, Any]]:
        """Every route by path and method, as Chalice packages and serves it locally; imports all areas."""
        return self._for_chalice

    @routes.setter
    def routes(self, _: object) -> None:
        """Chalice begins with an empty table; ours is made when it is asked for."""

    @functools.cached_property
    def _for_chalice(self) -> dict[str, dict[str, Any]]:
        chalice = Chalice(self.app_name, configure_logs=False)
        for route in self.declared:
            chalice.route(
                route.path, methods=[route.method], name=route.view.__name__, content_types=["*/*"], cors=self._cors
            )(route.view)
        return chalice.routes

    def _view(self, path: str, method: str) -> View | None:
        view = self._views.get((path, method))
        if view is None:
            self._import(path.strip("/").partition("/")[0])
            view = self._views.get((path, method))
        return view

    def _import(self, word: str) -> None:
        for module in self._areas.get(word, ()):
            self.add(import_module(module).routes)


def _cors() -> CORSConfig:
    return CORSConfig(
        allow_origin=settings().web_origin,
        allow_headers=[
            *("Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "If-None-Match", "X-Poll-Secret"),
        ],
        expose_headers=["X-Request-Id", "Retry-After", "ETag"],
        max_age=int(timedelta(hours=1).total_seconds()),
    )
