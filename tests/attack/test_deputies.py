"""Confused deputies: every route, called by everybody, with every kind of session, on somebody else's things."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.attack.authorization_matrix import ANYBODY, Try, tries
from tests.attack.fixtures import BASIC, CONSOLE, PHONE, Scene
from tests.integration.client import Http

pytestmark = pytest.mark.xdist_group("attack")  # one scene for all
TRIES = tries()
# The short cut of every test run: those whom a mistake lets in first. `make attack` sends everybody.
NEARBY = {"nobody", "owner", "grandparent", "other_business"}


def test_every_route_has_a_row() -> None:
    """A route that no one wrote down who may use it fails the build."""
    from app import ROUTES

    declared = sorted({f"{route.method} {route.path}" for route in ROUTES})
    assert sorted({row.route for row in TRIES}) == declared


@pytest.mark.parametrize("row", TRIES, ids=lambda row: row.route)
def test_everybody_gets_what_is_theirs_and_no_more(
    scene: Scene, row: Try, whole: bool, record_property: Callable[[str, Any], None]
) -> None:
    """The answer is that of the row, and anyone who is refused changed nothing."""
    assert {caller for caller, _ in scene.callers} == {*ANYBODY, "nobody"}
    wrong = []
    tried = 0
    for (caller, session), client in scene.callers.items():
        if not whole and not _in_the_short_cut(row, caller, session):
            continue
        tried += 1
        with scene.untouched_after():
            method, path, body, headers = filled(row, scene)
            answer = client.call(method, path, body, **headers)
            expected = row.expected(caller, session)
            held = expected == (answer.code if answer.status >= 400 else answer.status)
            if answer.status >= 400 and scene.changed():
                held = False
            if not held:
                wrong.append((caller, session, expected, answer.status, answer.code))
    record_property("attacks", tried)
    assert wrong == []


def _in_the_short_cut(row: Try, caller: str, session: str) -> bool:
    """Those nearby with the session that is needed; one of them with the others."""
    return caller in NEARBY and (caller == "owner" or session == (CONSOLE if row.entrance == "console" else PHONE))


def test_every_route_says_for_whom_it_is(scene: Scene) -> None:
    """Every declared route states its clients and what assurance it needs, as its rows do."""
    from app import ROUTES

    entrances: dict[tuple[str, ...], set[str]] = {
        ("public",): {"public"},
        ("mini_program",): {"mini_program"},
        ("mini_program", "portal"): {"person"},
        ("mini_program", "console"): {"phone_and_console"},
        ("mini_program", "portal", "console"): {"session", "administrator"},
        ("console",): {"console"},
    }
    rows = {row.route: row for row in TRIES}
    assert (scene.callers["owner", BASIC].get("/auth/me").status, len(rows)) == (200, len(ROUTES))
    for route in ROUTES:
        row = rows[f"{route.method} {route.path}"]
        assert row.entrance in entrances[route.clients], row.route
        assert route.assurance == "full" or row.entrance in {"session", "person"}, row.route


def filled(row: Try, scene: Scene) -> tuple[str, str, Any, dict[str, str]]:
    """Method, path, body and headers of a try, on the things of the scene."""
    method, _, template = row.route.partition(" ")
    body = row.body and {
        name: scene.things[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for name, value in row.body.items()
    }
    headers = {name: value.format(**scene.things) for name, value in row.headers.items()}
    return method, (row.path or template).format(**scene.things), body, headers


def holder(row: Try, scene: Scene) -> Http:
    """Somebody who may do it, with the session that it needs."""
    who = "nobody" if row.entrance == "public" else min(row.who)
    if who in scene.steppers:
        return scene.steppers[who]
    return scene.callers[who, CONSOLE if row.entrance == "console" else PHONE]
