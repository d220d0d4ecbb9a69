"""WeChat's server for tests: answers what it was told to, in order, and remembers what it was asked."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    """One request as it arrived."""

    path: str
    query: dict[str, str]
    body: Any


class Planned(NamedTuple):
    """One answer to come."""

    body: bytes
    status: int = 200
    delay_s: float = 0
    hang_up: bool = False


class FakeWechat:
    """A server on a port of its own; without a plan it answers as `always` says of the path, or busy (-1)."""

    def __init__(self, always: Mapping[str, dict[str, Any]] | None = None) -> None:
        self._always = always or {}
        self.asked: list[Asked] = []
        self.before_answering: list[Callable[[], None]] = []  # what happens elsewhere meanwhile, once each
        self._planned: deque[Planned] = deque()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def plan(self, *answers: dict[str, Any] | Planned) -> None:
        """What to answer next; a dict is a JSON answer with status 200."""
        for answer in answers:
            self._planned.append(answer if isinstance(answer, Planned) else Planned(json.dumps(answer).encode()))

    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [asked.path for asked in self.asked]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        split = urlsplit(handler.path)
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        self.asked.append(Asked(split.path, query, json.loads(sent) if sent else None))
        standing = Planned(json.dumps(self._always.get(split.path, {"errcode": -1})).encode())
        planned = self._planned.popleft() if self._planned else standing
        if self.before_answering:
            self.before_answering.pop(0)()
        time.sleep(planned.delay_s)
        if planned.hang_up:
            handler.close_connection = True
            return
        handler.send_response(planned.status)
        handler.send_header("Content-Length", str(len(planned.body)))
        handler.end_headers()
        handler.wfile.write(planned.body)


def phone_info(phone: str, country: str = "86") -> dict[str, Any]:
    """WeChat's answer with a phone."""
    return {
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {"phoneNumber": f"+{country}{phone}", "purePhoneNumber": phone, "countryCode": country},
    }
