"""The API of the local run: Chalice's own local server, answering as the deployed API Gateway does.

Chalice 1.34's server is for one friendly client. What API Gateway does beside calling the function is added here: its
own answers for unknown paths and methods (texts from the template), the caller's address, a request id, bodies in
chunks or with a wrong length, and no noise about clients that go away. A path or query that is not percent-encoded is
refused: what API Gateway makes of such bytes is not documented, and Chalice would read them as Latin-1.
"""

import json
import os
import sys
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LocalChalice,
    LocalDevServer,
    LocalGateway,
    RouteMatcher,
    ThreadedHTTPServer,
)

from deployment.method_not_allowed import allowed, problem
from local import docs_page
from local.child_process import exit_with_parent, say_ready
from local.http_body import BodyRefused, read_body
from local.template import Template


class Gateway(LocalGateway):
    """One request to the function, as API Gateway would put it."""

    def __init__(self, app: Any, config: Config, address: str) -> None:
        super().__init__(app, config)
        self._address = address

    def _generate_lambda_event(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Any:
        event = super()._generate_lambda_event(method, path, headers, body)
        event["requestContext"]["requestId"] = str(uuid.uuid4())
        event["requestContext"]["identity"]["sourceIp"] = self._address
        if isinstance(event["body"], bytes):
            event["body"] = event["body"].decode("utf-8", "replace")  # an event is JSON and has no bytes
        return event


class Handler(ChaliceRequestHandler):
    """HTTP to and from the gateway."""

    disable_nagle_algorithm = True  # headers and body are written apart: a client would wait 40 ms for the second
    timeout = 120  # an idle connection

    def __init__(self, request: Any, client: Any, server: Any, app_object: Any, config: Config) -> None:
        self._app = app_object
        self._config = config
        super().__init__(request, client, server, app_object, config)

    def log_message(self, *_: Any) -> None:
        """Nothing: the function logs each request itself."""

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        """What the standard library refuses by itself (an odd request line or method)."""
        self.close_connection = True
        self.request_version = self.protocol_version  # an unreadable one would leave the answer without a head
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._method_not_allowed({})
        else:
            self._gateway_answer("DEFAULT_4XX")

    def handle_call(self) -> None:
        """One request."""
        try:
            body = read_body(self)
        except BodyRefused as refused:
            self.close_connection = True
            self._gateway_answer("REQUEST_TOO_LARGE" if refused.status == 413 else "DEFAULT_4XX")
            return
        if not self.path.isascii():
            self._gateway_answer("DEFAULT_4XX")
            return
        if self.command == "GET" and self.path.startswith(docs_page.PREFIX):
            self._docs()
            return
        try:
            route = RouteMatcher(list(self._app.routes)).match_route(self.path).route
        except ValueError:
            self._gateway_answer("MISSING_AUTHENTICATION_TOKEN")
            return
        methods = [*self._app.routes[route], "OPTIONS"]
        if self.command not in methods:
            self._method_not_allowed({"Allow": allowed(methods)})
            return
        gateway = Gateway(self._app, self._config, self.client_address[0])
        answer = gateway.handle_request(self.command, self.path, dict(self.headers), body or None)
        self._send(answer["statusCode"], {**answer["headers"], **answer["multiValueHeaders"]}, answer["body"] or "")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = handle_call  # noqa: N815

    def _docs(self) -> None:
        """The browsable API page, which only the local run has."""
        found = docs_page.page(self.path)
        if found is None:
            self._gateway_answer("MISSING_AUTHENTICATION_TOKEN")
            return
        media_type, content = found
        self._send(HTTPStatus.OK, {"Content-Type": media_type}, content)

    def _gateway_answer(self, kind: str) -> None:
        status, headers, body = Template({"WebOrigin": os.environ["WEB_ORIGIN"]}).gateway_response(kind)
        request_id = str(uuid.uuid4())
        body = body.replace("$context.requestId", request_id)
        self._send(status, {**headers, "X-Request-Id": request_id}, body)

    def _method_not_allowed(self, headers: Mapping[str, str]) -> None:
        request_id = str(uuid.uuid4())
        _, common, _ = Template({"WebOrigin": os.environ["WEB_ORIGIN"]}).gateway_response("DEFAULT_4XX")
        body = json.dumps(problem(request_id), ensure_ascii=False)
        self._send(HTTPStatus.METHOD_NOT_ALLOWED, {**common, **headers, "X-Request-Id": request_id}, body)

    def _send(self, status: int, headers: Mapping[str, Any], body: str | bytes) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if self.close_connection:
            self.send_header("Connection", "close")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status != HTTPStatus.NO_CONTENT:
            self.wfile.write(content)


class Server(ThreadedHTTPServer):
    """A thread for each connection; a client that goes away is no news."""

    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Only what is our own fault is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def one_request_a_thread(app: Any) -> None:
    """Give each thread a current request of its own, as `chalice local` does (1.34: `create_local_server`)."""
    app.__class__ = LocalChalice


def make_server(app: Any, port: int) -> Server:
    """The server of a Chalice app on 127.0.0.1; port 0 takes any. The caller runs `serve_forever`."""
    one_request_a_thread(app)
    config = Config.create(app_name=app.app_name, lambda_timeout=29, lambda_memory_size=512)
    server: Server = LocalDevServer(app, config, "127.0.0.1", port, handler_cls=Handler, server_cls=Server).server
    return server


def main() -> None:
    """Serve on `PORT` until the run ends, once AWS is provisioned."""
    exit_with_parent()
    from app import app
    from local.demo.administrators import make_administrators
    from local.demo.institutions import make_institutions, make_province
    from local.demo.people import make_people
    from local.wait_for_aws import wait_for_aws

    server = make_server(app, int(os.environ["PORT"]))
    wait_for_aws()
    make_administrators()
    if os.environ.get("DEMO_PEOPLE"):
        make_people()
    if os.environ.get("SEED") != "none":
        make_institutions()
        make_province()
    say_ready()
    server.serve_forever()


if __name__ == "__main__":
    main()
