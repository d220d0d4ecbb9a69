"""What a platform answered to a journey, so that two platforms can be compared: bodies without what differs by nature.

Ids, times, tokens, addresses and signatures become words for their kind. A poll that was repeated counts once, with its
last answer.
"""

import contextlib
import difflib
import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from local import camera
from local.client import Answer, Client

_KINDS: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"https?://[^\"\s]*"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"(?<=[?&]cursor=)[^&\s]+"), "<signed>"),
)
# Fields of random or signed content.
_SECRET: Final = {
    *("token", "cursor", "next_cursor", "fields", "grant_code"),
    # Of a face check that WeChat opened.
    "verify_id",
    # Of a QR sign-in, where the request came from included.
    *("poll_secret", "match_number", "scene", "qr_svg", "mini_program_code", "requested_from"),
}


class Exchange(NamedTuple):
    """One request and what was answered, both without what differs by nature."""

    request: str
    status: int
    body: str


@contextlib.contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """Every exchange of every client within the block. The camera takes the same frames within each block."""
    camera.start_over(1)
    heard: list[Exchange] = []
    polled = ""

    def hear(method: str, path: str, answer: Answer) -> None:
        nonlocal polled
        if method == "GET" and path == polled:
            heard.pop()
        polled = path if method == "GET" else ""
        request = f"{method} {_plain(path)}"
        heard.append(Exchange(request, answer.status, _plain(json.dumps(_open(answer.body), ensure_ascii=False))))

    Client.heard = staticmethod(hear)
    try:
        yield heard
    finally:
        Client.heard = None


def differences(one: list[Exchange], other: list[Exchange]) -> list[str]:
    """The lines in which two recordings differ, none where both platforms answered the same."""
    before, after = ([f"{made.request}: {made.status} {made.body}" for made in heard] for heard in (one, other))
    return list(difflib.unified_diff(before, after, lineterm="", n=0))


def _open(node: Any) -> Any:
    """A body whose secret fields are named only."""
    if isinstance(node, dict):
        return {
            name: "<secret>" if name in _SECRET and part is not None else _open(part) for name, part in node.items()
        }
    return [_open(part) for part in node] if isinstance(node, list) else node


def _plain(text: str) -> str:
    for pattern, word in _KINDS:
        text = pattern.sub(word, text)
    return text
