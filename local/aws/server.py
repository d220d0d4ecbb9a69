"""AWS in the local run: moto's server, made more like AWS where the product depends on it, with everything provisioned.

Four things moto (5.2) does differently are fixed here, in its own process: S3 events lack the version and the
sequencer, upload forms are not checked, conditional writes of two threads can both succeed, and a transaction that
comes again under its token, because its answer was lost, is written again.
"""

import itertools
import json
import logging
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3 import notifications
from werkzeug.serving import make_server

from local.aws.moto_tables import patch_moto_tables
from local.aws.provision import provision
from local.aws.upload_forms import FormRefused, check_form
from local.child_process import exit_with_parent, say_ready
from local.template import Template

StartResponse = Callable[..., Any]


class Aws:
    """The WSGI application: moto behind the checks that moto leaves out."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._table_lock = threading.Lock()
        self._written: set[str] = set()  # the tokens of the transactions that have happened

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
            return self._take_form(environ, start_response)
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            # DynamoDB's writes are isolated from each other, moto's are not: one at a time.
            with self._table_lock:
                if environ["HTTP_X_AMZ_TARGET"].endswith(".TransactWriteItems"):
                    return self._transact(environ, start_response)
                return list(self._moto(environ, start_response))
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer

    def _transact(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        """Write a transaction, once under its token: DynamoDB keeps one for ten minutes, this as long as it runs."""
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        token = json.loads(body).get("ClientRequestToken", "")
        if token in self._written:
            start_response("200 OK", [("Content-Type", "application/x-amz-json-1.0")])
            return [b"{}"]

        def answered(status: str, headers: list[tuple[str, str]]) -> Any:
            if token and status.startswith("200"):
                self._written.add(token)
            return start_response(status, headers)

        return list(self._moto(environ, answered))

    def _take_form(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        bucket = environ["PATH_INFO"].strip("/").partition("/")[0]
        try:
            check_form(body, environ["CONTENT_TYPE"], bucket, datetime.now(UTC))
        except FormRefused as refused:
            headers = [("Content-Type", "application/xml"), ("Access-Control-Allow-Origin", "*")]
            start_response(f"{refused.status} {refused.code}", headers)
            return [refused.xml()]
        environ["wsgi.input"] = BytesIO(body)
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer


def complete_s3_events() -> None:
    """Let S3's events name the version and its place in the order of events, as S3 does."""
    counter = itertools.count(1)
    incomplete = notifications._get_s3_event  # noqa: SLF001 - moto has no public place for this

    def complete(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, list[dict[str, Any]]]:
        event = incomplete(event_name, bucket, key, notification_id)
        for record in event["Records"]:
            written = record["s3"]["object"]
            written["versionId"] = key.version_id
            written["sequencer"] = f"{next(counter):018X}"
        return event

    notifications._get_s3_event = complete  # noqa: SLF001


def main() -> None:
    """Serve on `AWS_PORT` until the run ends."""
    exit_with_parent()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print a line for each request
    complete_s3_events()
    patch_moto_tables()
    port = int(os.environ["AWS_PORT"])
    server = make_server("127.0.0.1", port, Aws(), threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    provision(Template(), f"http://127.0.0.1:{port}", retry_s=int(os.environ["RETRY_S"]), streams=True)
    say_ready()
    threading.Event().wait()
