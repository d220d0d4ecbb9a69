"""One server for what is outside AWS, or canned in moto: WeChat, text messages, Rekognition.

    GET  /outbox/sms?phone=13800138000   the messages to a phone (or all), newest first
    POST /wechat/face-checks             {"verify_id": "…", "verify_ret": 10000, "name": "me"}: as its phone ends it
    POST /faults/wechat                  {"calls": 3}: its next calls answer 500; {"forget_tokens": true}
    POST /faults/sms                     {"calls": 3}: its next calls answer 500
    POST /faults/rekognition             {"kind": "throttling", "calls": 3, "delay_s": 0}; see `standins.rekognition`

WeChat's paths are WeChat's own; SNS is at /sns and Rekognition at /, as the products' AWS clients are told.
"""

import functools
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.aws.provision import LOCAL_SECRET
from local.child_process import exit_with_parent, once_all_are_ready, say_ready
from local.http_body import BodyRefused, read_body
from local.standins import sms
from local.standins.wechat import Wechat
from local.template import PARAMETERS

JSON = "application/json"


class StandIns:
    """What stands in, and how many calls each of them shall still fail."""

    def __init__(self) -> None:
        self.wechat = Wechat(PARAMETERS["WechatAppId"], LOCAL_SECRET)
        # In the rehearsal text messages go to MiniStack's SNS.
        self.outbox = sms.MinistackOutbox(os.environ["SMS_FROM"]) if "SMS_FROM" in os.environ else sms.Outbox()
        self._faults = {"wechat": 0, "sms": 0}
        self._lock = threading.Lock()

    def fails(self, service: str) -> bool:
        """Whether this call of a service shall fail; counts it."""
        with self._lock:
            failing = self._faults[service] > 0
            self._faults[service] -= failing
        return failing

    def arm(self, service: str, wanted: dict[str, Any]) -> None:
        """Let calls of a service fail. Raises ValueError or TypeError for what cannot be meant."""
        if service == "rekognition":
            from local.standins.rekognition import FAULTS

            FAULTS.arm(**wanted)
            return
        if service not in self._faults:
            raise ValueError(f"no service {service}")
        if service == "wechat" and wanted.pop("forget_tokens", False):
            self.wechat.forget_tokens()
        with self._lock:
            self._faults[service] = int(wanted.pop("calls", 0))
        if wanted:
            raise ValueError(f"unknown: {', '.join(wanted)}")


class Handler(BaseHTTPRequestHandler):
    """HTTP to and from the stand-ins."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stand_ins: StandIns

    def do_GET(self) -> None:
        """Reads."""
        self._handle()

    def do_POST(self) -> None:
        """Calls."""
        self._handle()

    def log_message(self, *_: Any) -> None:
        """Nothing: the run shows errors only."""

    def _handle(self) -> None:
        try:
            body = read_body(self)
        except BodyRefused as refused:
            self.close_connection = True
            self._send(refused.status, JSON, b"{}")
            return
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/outbox/sms" and self.command == "GET":
            messages = self.stand_ins.outbox.messages(query.get("phone"))
            self._send(200, JSON, json.dumps(messages, ensure_ascii=False).encode())
        elif url.path == "/wechat/face-checks" and self.command == "POST":
            self._end_face_check(body)
        elif url.path.startswith("/faults/") and self.command == "POST":
            self._arm(url.path.removeprefix("/faults/"), body)
        elif url.path == "/sns" and self.command == "POST":
            status, xml = sms.unavailable() if self.stand_ins.fails("sms") else self.stand_ins.outbox.publish(body)
            self._send(status, "text/xml", xml)
        elif url.path == "/" and "X-Amz-Target" in self.headers:
            self._compare_faces(body)
        else:
            self._answer_as_wechat(url.path, query, body)

    def _answer_as_wechat(self, path: str, query: dict[str, str], body: bytes) -> None:
        answer = self.stand_ins.wechat.answer(path, query, body)
        if answer is None:
            self._send(404, JSON, json.dumps({"detail": "nothing stands in for this path"}).encode())
        elif self.stand_ins.fails("wechat"):
            self._send(500, "text/plain", b"")
        else:
            self._send(200, *answer)

    def _compare_faces(self, body: bytes) -> None:
        from local.standins.rekognition import handle

        status, headers, answer = handle(self.headers["X-Amz-Target"], body, fetch_object)
        self._send(status, headers.pop("Content-Type"), answer, headers)

    def _end_face_check(self, body: bytes) -> None:
        try:
            ended = self.stand_ins.wechat.end_face_check(**json.loads(body))
        except (TypeError, ValueError):
            self._send(422, JSON, b"{}")
            return
        self._send(204 if ended else 409, JSON, b"" if ended else b"{}")

    def _arm(self, service: str, body: bytes) -> None:
        try:
            self.stand_ins.arm(service, json.loads(body))
        except (ValueError, TypeError, AttributeError) as error:
            self._send(422, JSON, json.dumps({"detail": str(error)}).encode())
        else:
            self._send(204, JSON, b"")

    def _send(self, status: int, media_type: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """A thread for each connection; a client that goes away is no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Only what is our own fault is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def serve(port: int) -> Server:
    """A server on 127.0.0.1 with stand-ins of its own; port 0 takes any. The caller runs `serve_forever`."""
    handler = type("BoundHandler", (Handler,), {"stand_ins": StandIns()})
    return Server(("127.0.0.1", port), handler)


def fetch_object(bucket: str, key: str, version: str | None) -> bytes:
    """An object from the local S3. Raises botocore's `ClientError` where it is not there."""
    versioned = {"VersionId": version} if version else {}
    with _s3().get_object(Bucket=bucket, Key=key, **versioned)["Body"] as content:
        return bytes(content.read())


@functools.cache
def _s3() -> Any:
    import boto3

    return boto3.session.Session().client("s3")  # a session of its own: the default one is not safe between threads


def _warm_up() -> None:
    """Load the face engine, so that the first face check is as fast as the others."""
    from local.standins import faces

    _s3()
    faces.engine()


def main() -> None:
    """Serve on `STANDIN_PORT` until the run ends."""
    exit_with_parent()
    server = serve(int(os.environ["STANDIN_PORT"]))
    say_ready()
    once_all_are_ready(_warm_up)
    server.serve_forever()
