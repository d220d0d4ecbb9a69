"""A face comparison service for tests, over HTTP, so that the product's own boto3 client calls it.

It looks at the objects in the bucket: a made photo (`made_photos`) says which people it shows, any other file
shows one unknown person. Pictures whose bytes are in the request are looked at by the real face engine. `faults` are
answered first, in order; `during` runs once, within the next call.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from functions.identity import gateways
from functions.shared import clients
from local.standins import rekognition
from local.standins.faces import engine
from tests.integration.identity.made_photos import note_in


@dataclass
class FakeFaces:
    """What the service was asked, and what it shall do next."""

    calls: list[str] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    during: Callable[[], None] | None = None
    handle: Callable[[str, bytes], tuple[int, bytes]] | None = None

    def forget(self) -> None:
        """Be as new, and have the product's breaker closed."""
        self.calls, self.faults, self.during, self.handle = [], [], None, None
        gateways._breaker.close()

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        operation = target.rpartition(".")[2]
        self.calls.append(operation)
        during, self.during = self.during, None
        if during is not None:
            during()
        if self.faults:
            status, code = self.faults.pop(0)
            return status, json.dumps({"__type": code, "Message": code}).encode()
        if self.handle is not None:
            return self.handle(target, body)
        asked = json.loads(body)
        if "Bytes" in asked.get("Image", {}):
            real_status, _, real = rekognition.handle(target, body, _no_objects)
            return real_status, real
        answer = _detect(asked) if operation == "DetectFaces" else _compare(asked)
        return 200, json.dumps(answer).encode()


def _no_objects(bucket: str, key: str, version: str | None) -> bytes:
    raise LookupError(bucket, key, version)


def _shown(image: dict[str, Any]) -> dict[str, Any]:
    where = image["S3Object"]
    version = {"VersionId": where["Version"]} if "Version" in where else {}
    return note_in(clients.s3().get_object(Bucket=where["Bucket"], Key=where["Name"], **version)["Body"].read())


def _face(sharpness: float) -> dict[str, Any]:
    return {
        "BoundingBox": {"Width": 0.4, "Height": 0.5, "Left": 0.3, "Top": 0.2},
        "Pose": {"Roll": 0.0, "Yaw": 3.0, "Pitch": -4.0},
        "Quality": {"Brightness": 70.0, "Sharpness": sharpness},
        "Confidence": 99.9,
    }


def _detect(asked: dict[str, Any]) -> dict[str, Any]:
    shown = _shown(asked["Image"])
    return {"FaceDetails": [_face(shown["sharpness"]) for _ in shown["faces"]]}


def _compare(asked: dict[str, Any]) -> dict[str, Any]:
    (source,) = _shown(asked["SourceImage"])["faces"]
    scored = [99.9 if one == source else 31.41592653 for one in _shown(asked["TargetImage"])["faces"]]
    threshold = asked["SimilarityThreshold"]
    return {
        "FaceMatches": [{"Similarity": score, "Face": _face(90)} for score in scored if score >= threshold],
        "UnmatchedFaces": [_face(90) for score in scored if score < threshold],
    }


def found_where_it_is(target: str, body: bytes) -> tuple[int, bytes]:
    """An answer that finds faces where the real engine does, all of good quality, each the right one."""
    asked = json.loads(body)
    if target.endswith("CompareFaces"):
        return 200, json.dumps(
            {"FaceMatches": [{"Similarity": 99.9, "Face": _face(90)}], "UnmatchedFaces": []}
        ).encode()
    where = asked["Image"]["S3Object"]
    stored = clients.s3().get_object(Bucket=where["Bucket"], Key=where["Name"], VersionId=where["Version"])
    boxes = [
        {"Width": one.width, "Height": one.height, "Left": one.left, "Top": one.top}
        for one in engine().detect(stored["Body"].read())
    ]
    return 200, json.dumps({"FaceDetails": [{**_face(90), "BoundingBox": box} for box in boxes]}).encode()


@contextmanager
def serving() -> Iterator[FakeFaces]:
    """The service, which the product's client is pointed at meanwhile; the breaker is closed before and after."""
    fake = FakeFaces()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = fake.answer(self.headers["X-Amz-Target"], body)
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    os.environ["AWS_ENDPOINT_URL_REKOGNITION"] = f"http://127.0.0.1:{server.server_port}"
    clients.rekognition.cache_clear()
    try:
        yield fake
    finally:
        clients.rekognition().close()
        del os.environ["AWS_ENDPOINT_URL_REKOGNITION"]
        clients.rekognition.cache_clear()
        gateways._breaker.close()
        server.shutdown()
        thread.join()
        server.server_close()
