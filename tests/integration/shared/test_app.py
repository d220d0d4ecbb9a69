"""What Chalice packages and serves is what the areas declare."""

from app import ROUTES, app
from functions.shared.http import Route


def named(route: Route) -> str:
    """The operation."""
    return f"{route.method} {route.path}"


def test_what_chalice_packages_is_what_is_declared() -> None:
    """Chalice's table has every route once."""
    packaged = [f"{method} {path}" for path, methods in app.routes.items() for method in methods]
    assert sorted(packaged) == sorted(named(route) for route in ROUTES)
