"""`Idempotency-Key` on every POST there is: the same call twice is done once, and a key is good for one body."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.attack.deputies import Try, tries
from tests.attack.scene import Scene
from tests.attack.test_deputies import filled, holder

pytestmark = pytest.mark.xdist_group("attack")  # one scene for all
KEY = {"Idempotency-Key": "5a1c0de0-0000-4000-8000-0123456789ab"}
POSTS = {row.route: row for row in tries() if row.route.startswith("POST ")}
POSTS |= {row.route: row for row in tries() if row.route in POSTS and isinstance(row.answer, int)}
SENT = {"phone": "13900139000", "purpose": "sign_in"}
POSTS["POST /auth/sms-codes"] = Try("POST /auth/sms-codes", "", "public", frozenset(), 202, body=SENT)
# What succeeds only after steps that the scene has not taken: here the refusal must not be kept.
REFUSED = {
    "POST /auth/phone",
    "POST /auth/phone-logins",
    "POST /auth/wechat-logins",
    "POST /identity/appeal",
    "POST /identity/consent",
    "POST /identity/face-checks/{face_check_id}/comparison",
    "POST /identity/scans",
    "POST /identity/submission",
}


def test_every_post_has_a_row() -> None:
    """A new POST is tried with a key, or the build fails."""
    from app import app

    declared = {f"{route.method} {route.path}" for route in app.declared if route.method == "POST"}
    assert set(POSTS) == declared
    assert {route for route, row in POSTS.items() if not isinstance(row.answer, int)} == REFUSED


@pytest.mark.parametrize("row", POSTS.values(), ids=lambda row: row.route)
def test_a_key_is_one_call(scene: Scene, row: Try, record_property: Callable[[str, Any], None]) -> None:
    """The second answer is the first one again, another body is refused; a refusal is not kept."""
    client = holder(row, scene)
    with scene.untouched_after():
        method, path, body, headers = filled(row, scene)
        first = client.call(method, path, body, **headers, **KEY)
        second = client.call(method, path, body, **headers, **KEY)
        assert "idempotency-replayed" not in first.headers
        if not isinstance(row.answer, int):
            assert (first.code, second.code) == (row.answer, row.answer)
            assert "idempotency-replayed" not in second.headers
            return
        assert first.status == second.status == row.answer, first
        assert second.headers.get("idempotency-replayed") == "true"
        assert second.body == first.body
        if body:
            codes = [client.call(method, path, other, **headers, **KEY).code for other in _others(body)]
            assert "IDEMPOTENCY_KEY_REUSED" in codes
    record_property("attacks", 3)


def _others(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The body with one field changed, longer or as long as it was; some are still of the right shape."""
    texts = [(name, value) for name, value in body.items() if isinstance(value, str)]
    changed = [{**body, name: f"{value}1"} for name, value in texts]
    return changed + [{**body, name: value[:-1] + ("1" if value[-1] != "1" else "2")} for name, value in texts]
