"""The pages of the local run on `WEB_PORT`, with production's headers and on one origin with the API.

    /                   the portal
    /console/           the console and the administrators' pages
    /console-sign-in    the address inside the QR code, for anyone who scans it with something else than WeChat
    /api/*              the API of the run
    /phone/             the mini-program's build for browsers; only the local run has it
    /local/phone/       a page that stands in for the mini-program; only the local run has it

The links to that page and to the outbox of text messages are written into the HTML as it is served: the files
themselves are those that are published.
"""

import gzip
import http.client
import json
import mimetypes
import os
import sys
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from local.child_process import exit_with_parent, say_ready
from local.http_body import BodyRefused, read_body
from local.template import ROOT

PAGES: Final = ROOT / "build" / "pages"
PHONE: Final = Path(__file__).resolve().parent / "phone"
MINI_PROGRAM: Final = ROOT / "build" / "phone"
TEMPLATE: Final = ROOT / "infra" / "pages.json"
HOST: Final = "127.0.0.1"

ENTRIES: Final = {"console": "console/index.html", "console-sign-in": "console-sign-in/index.html"}
MEDIA_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}
COMPRESSED: Final = {"text/html", "text/css", "text/javascript", "image/svg+xml", "application/json"}
# Of one connection, not of what is sent through it (RFC 9110, 7.6.1).
HOP_BY_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"}


class File(NamedTuple):
    """A file to serve."""

    content: bytes
    compressed: bytes | None
    media_type: str
    cache_control: str


def entry_of(path: str) -> str:
    """The file of an address, as the distribution's function finds it: without a dot in its name it is a page."""
    name = unquote(path).strip("/")
    if "." in name.rpartition("/")[2]:
        return name
    return ENTRIES.get(name.partition("/")[0], "index.html")


def find(path: str, local_links: dict[str, str]) -> File | None:
    """The file of an address, or None."""
    name = entry_of(path)
    root, relative = PAGES, name
    for prefix, folder in (("/local/phone/", PHONE), ("/phone/", MINI_PROGRAM)):
        if path.startswith(prefix):
            asked = unquote(path).removeprefix(prefix)
            root, relative = folder, asked if "." in asked else "index.html"
    file = (root / relative).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        return None
    return _load(file, file.stat().st_mtime_ns, json.dumps(local_links), immutable=name.startswith("assets/"))


@cache
def _load(file: Path, _changed: int, local_links: str, *, immutable: bool) -> File:
    content = file.read_bytes()
    media_type = MEDIA_TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if media_type == "text/html":
        links = "".join(f'<meta name="{name}" content="{link}">' for name, link in json.loads(local_links).items())
        content = content.replace(b"</title>", b"</title>" + links.encode(), 1)
    compressed = gzip.compress(content, 6) if media_type in COMPRESSED else None
    cache_control = "public, max-age=31536000, immutable" if immutable else "no-cache"
    shown = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    return File(content, compressed, shown, cache_control)


def production_headers(upload_origin: str) -> dict[str, str]:
    """The headers that the distribution adds to every answer, from its template."""
    config = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"]["Headers"]["Properties"][
        "ResponseHeadersPolicyConfig"
    ]
    security = config["SecurityHeadersConfig"]
    policy = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    transport = security["StrictTransportSecurity"]
    return {
        "Content-Security-Policy": policy.replace("${UploadOrigin}", upload_origin),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains",
        **{item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]},
    }


def phone_headers(headers: dict[str, str], upload_origin: str) -> dict[str, str]:
    """The same for the mini-program in a browser: it has a camera, shows its own photos, and uploads to the bucket."""
    policy = headers["Content-Security-Policy"]
    for rule, more in (
        ("img-src 'self'", "blob:"),
        ("connect-src 'self'", f"blob: {upload_origin}"),
        # uni-app's own widgets set their size in `style` attributes.
        ("style-src 'self'", "'unsafe-inline'"),
    ):
        policy = policy.replace(rule, f"{rule} {more}")
    permissions = headers["Permissions-Policy"].replace("camera=()", "camera=(self)")
    return {**headers, "Content-Security-Policy": policy, "Permissions-Policy": permissions}


class Handler(BaseHTTPRequestHandler):
    """One connection of a browser, and the one to the API that it needs."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    api_port: int
    local_links: dict[str, str]
    headers_of_all: dict[str, str]
    headers_of_phone: dict[str, str]
    _api: http.client.HTTPConnection | None = None

    def log_message(self, *_: Any) -> None:
        """Nothing: the API logs its requests itself."""

    def handle_call(self) -> None:
        """One request."""
        try:
            body = read_body(self)
        except BodyRefused as refused:
            self.close_connection = True
            self._send(refused.status, {"Content-Type": "text/plain"}, b"")
            return
        path = urlsplit(self.path).path
        if path == "/api" or path.startswith("/api/"):
            self._forward(body)
        elif self.command in {"GET", "HEAD"}:
            self._file(path)
        else:
            self._send(HTTPStatus.METHOD_NOT_ALLOWED, {"Content-Type": "text/plain", "Allow": "GET, HEAD"}, b"")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = handle_call  # noqa: N815

    def finish(self) -> None:
        """The end of the connection."""
        super().finish()
        if self._api:
            self._api.close()

    def _file(self, path: str) -> None:
        if path in {"/console", "/phone"}:
            self._send(HTTPStatus.MOVED_PERMANENTLY, {"Location": f"{path}/"}, b"")
            return
        found = find(path, self.local_links)
        if found is None:
            missing = not (PAGES / "index.html").is_file()
            text = "The pages are not built: run make run." if missing else "Not found."
            status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.NOT_FOUND
            self._send(status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode())
            return
        headers = {"Content-Type": found.media_type, "Cache-Control": found.cache_control, "Vary": "Accept-Encoding"}
        content = found.content
        if found.compressed is not None and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = found.compressed
            headers["Content-Encoding"] = "gzip"
        self._send(HTTPStatus.OK, headers, content)

    def _forward(self, body: bytes) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        path = self.path.removeprefix("/api") or "/"
        for last in (False, True):  # an idle connection may have been closed meanwhile
            self._api = self._api or http.client.HTTPConnection(HOST, self.api_port, timeout=60)
            try:
                self._api.request(self.command, path, body or None, headers)
                answer = self._api.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                self._api.close()
                self._api = None
                if last or self.command not in {"GET", "HEAD"}:
                    self._send(HTTPStatus.BAD_GATEWAY, {"Content-Type": "text/plain"}, b"The API does not answer.")
                    return
                continue
            kept = {
                name: value
                for name, value in answer.getheaders()
                if name.lower() not in HOP_BY_HOP | {"content-length", "date", "server"}
            }
            self._send(answer.status, kept, content)
            return

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        ours = self.headers_of_phone if self.path.startswith("/phone/") else self.headers_of_all
        for name, value in {**headers, **ours}.items():
            self.send_header(name, value)
        if status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """A thread for each connection; a browser that goes away is no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Only what is our own fault is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def make_server(port: int, api_port: int, aws_port: int, standin_port: int) -> Server:
    """The server of the pages; port 0 takes any. The caller runs `serve_forever`."""

    class Configured(Handler):
        pass

    Configured.api_port = api_port
    upload_origin = f"http://{HOST}:{aws_port}"
    Configured.headers_of_all = production_headers(upload_origin)
    Configured.headers_of_phone = phone_headers(Configured.headers_of_all, upload_origin)
    Configured.local_links = {
        "local-phone": "/local/phone/",
        "local-outbox": f"http://{HOST}:{standin_port}/outbox/sms",
    }
    return Server((HOST, port), Configured)


def main() -> None:
    """Serve until the run ends."""
    exit_with_parent()
    ports = (int(os.environ[name]) for name in ("WEB_PORT", "PORT", "AWS_PORT", "STANDIN_PORT"))
    server = make_server(*ports)
    say_ready()
    server.serve_forever()


if __name__ == "__main__":
    main()
