"""`Idempotency-Key` on every POST there is: the same call twice is done once, and a key is good for one body."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.attack.authorization_matrix import Try, tries
from tests.attack.fixtures import Scene
from tests.attack.steps import steps
from tests.attack.test_deputies import filled, holder

pytestmark = pytest.mark.xdist_group("attack")  # one scene for all
KEY = {"Idempotency-Key": "5a1c0de0-0000-4000-8000-0123456789ab"}
SUCCESSES = [row for row in [*steps(), *tries()] if isinstance(row.answer, int)]
POSTS = {row.route: row for row in SUCCESSES if row.route.startswith("POST ")}
REFUSED = [row for row in tries() if row.route in POSTS and isinstance(row.answer, str)]


def test_every_post_has_a_row() -> None:
    """A new POST is tried with a key, or the build fails."""
    from app import ROUTES

    declared = {f"{route.method} {route.path}" for route in ROUTES if route.method == "POST"}
    assert set(POSTS) == declared


@pytest.mark.parametrize("row", POSTS.values(), ids=lambda row: row.route)
def test_a_key_is_one_call(scene: Scene, row: Try, record_property: Callable[[str, Any], None]) -> None:
    """The second answer is the first one again, and another body is refused."""
    client = holder(row, scene)
    with scene.untouched_after():
        method, path, body, headers = filled(row, scene)
        first = client.call(method, path, body, **headers, **KEY)
        second = client.call(method, path, body, **headers, **KEY)
        assert "idempotency-replayed" not in first.headers
        assert first.status == second.status == row.answer, first
        assert second.headers.get("idempotency-replayed") == "true"
        assert second.body == first.body
        if body:
            codes = [client.call(method, path, other, **headers, **KEY).code for other in _others(body)]
            assert "IDEMPOTENCY_KEY_REUSED" in codes
    record_property("attacks", 3)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.route)
def test_a_refusal_is_not_kept(scene: Scene, row: Try, record_property: Callable[[str, Any], None]) -> None:
    """Anyone who is refused is judged again under the same key."""
    client = holder(row, scene)
    with scene.untouched_after():
        method, path, body, headers = filled(row, scene)
        for answer in [client.call(method, path, body, **headers, **KEY) for _ in range(2)]:
            assert answer.code == row.answer
            assert "idempotency-replayed" not in answer.headers
    record_property("attacks", 2)


def _others(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The body with one field changed, longer or as long as it was; some are still of the right shape."""
    counts = [{**body, name: value + 1} for name, value in body.items() if isinstance(value, int)]
    texts = [(name, value) for name, value in body.items() if isinstance(value, str)]
    changed = [{**body, name: f"{value}1"} for name, value in texts]
    return counts + changed + [{**body, name: value[:-1] + ("1" if value[-1] != "1" else "2")} for name, value in texts]
