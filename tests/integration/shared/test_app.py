"""Which modules serve which paths, and that a cold start imports those of its first request alone."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from app import app
from functions.shared.http import Route
from local.template import ROOT, Template

# A cold start: the app, one request without a token, and which areas are there then.
PROGRAM = """
import sys
from app import app
from tests.integration.shared.gateway import send
print(send(app, "GET", sys.argv[1]).status)
print(*sorted({name.split(".")[1] for name in sys.modules if name.startswith("functions.")} - {"shared"}))
"""


def named(route: Route) -> str:
    """The operation."""
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", app.declared, ids=named)
def test_every_route_is_declared_where_its_path_leads(route: Route) -> None:
    """A route that the first word of its path does not lead to would be packaged, and serve nobody."""
    modules = app._areas[route.path.split("/")[1]]
    assert route in [view.route for module in modules for view in import_module(module).routes.views]


def test_what_chalice_packages_is_what_is_declared() -> None:
    """Chalice's table has every route once."""
    packaged = [f"{method} {path}" for path, methods in app.routes.items() for method in methods]
    assert sorted(packaged) == sorted(named(route) for route in app.declared)


@pytest.mark.parametrize(
    ("path", "status", "areas"),
    [("/healthz", 200, ""), ("/auth/me", 401, "auth"), ("/identity", 401, "grants identity")],
)
def test_a_cold_start_imports_the_area_of_its_request(path: str, status: int, areas: str) -> None:
    """No other area; but a withdrawal of consent, below /identity, ends roles, so the grants area serves it."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, path],
        cwd=ROOT,
        env={**os.environ, **Template().environment()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-2:] == [str(status), areas]
