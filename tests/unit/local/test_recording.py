"""Comparing what two platforms answered: what differs by nature does not count, everything else does."""

import urllib3

from local.client import Answer, Client
from local.rehearsal.recording import differences, recorded


def answered(*exchanges: tuple[str, str, int, object]) -> list:
    """A recording of these."""
    with recorded() as heard:
        for method, path, status, body in exchanges:
            assert Client.heard is not None
            Client.heard(method, path, Answer(status, urllib3.HTTPHeaderDict(), body))
    assert Client.heard is None
    return heard


def test_ids_times_tokens_and_addresses_do_not_count() -> None:
    """The same answers of two runs are the same."""
    one = {
        "user_id": "0" * 32,
        "at": "2026-11-24T22:59:32Z",
        "token": "a",
        "upload": {"url": "http://a/", "fields": {}},
    }
    two = {"user_id": "f" * 32, "at": "2026-11-25T00:00:00Z", "token": "b", "upload": {"url": "http://b/", "fields": 1}}
    path = "/admin/identity-applications/"
    left = answered(("GET", path + "0" * 32, 200, one))
    right = answered(("GET", path + "f" * 32, 200, two))
    assert differences(left, right) == []


def test_everything_else_counts() -> None:
    """Another status, another value, a field more, a secret that is not there: each is a difference."""
    base = ("GET", "/identity", 200, {"status": "draft", "token": "a"})
    for other in (
        ("GET", "/identity", 201, {"status": "draft", "token": "a"}),
        ("GET", "/identity", 200, {"status": "verified", "token": "a"}),
        ("GET", "/identity", 200, {"status": "draft", "token": "a", "route": None}),
        ("GET", "/identity", 200, {"status": "draft", "token": None}),
        ("PUT", "/identity", 200, {"status": "draft", "token": "a"}),
    ):
        assert differences(answered(base), answered(other))
    assert differences(answered(base), answered(base, ("POST", "/identity/submission", 200, None)))


def test_a_poll_counts_once() -> None:
    """How often a client looked is a matter of speed; what it saw in the end is not."""
    waiting, decided = {"status": "processing"}, {"status": "accepted"}
    slow = answered(*[("GET", "/identity/scans/1", 200, waiting)] * 5, ("GET", "/identity/scans/1", 200, decided))
    fast = answered(("GET", "/identity/scans/1", 200, decided))
    assert differences(slow, fast) == []
    assert differences(slow, answered(("GET", "/identity/scans/1", 200, waiting)))


def test_pages_count_each_and_their_cursors_do_not() -> None:
    """A page after another one is no poll, and cursors are signed with a key of each platform's own."""
    pages = [{"items": [number], "next_cursor": "x"} for number in range(3)]
    left, right = (
        answered(
            *[("GET", f"/institutions?query=a&cursor={key}{place}", 200, page) for place, page in enumerate(pages)]
        )
        for key in ("k", "q")
    )
    assert differences(left, right) == []
    assert len(left) == 3
