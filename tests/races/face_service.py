"""A face service that sees one usable face in every picture, and the same person or a stranger as a test decides.

It speaks as much of Rekognition's protocol as the product asks for, and counts the comparisons: what must happen once
is seen to happen once.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_FACE = {
    "BoundingBox": {"Width": 0.4, "Height": 0.5, "Left": 0.3, "Top": 0.2},
    "Quality": {"Sharpness": 90.0, "Brightness": 80.0},
    "Pose": {"Yaw": 0.0, "Pitch": 0.0, "Roll": 0.0},
    "Confidence": 99.9,
}


class FaceService:
    """The service on a free port; `comparisons` lists the selfies it was asked to compare."""

    def __init__(self) -> None:
        self.comparisons: list[str] = []
        self.same_person = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def begin(self, *, same_person: bool) -> None:
        """Forget what was asked before; from now on selfies show the same person, or a stranger."""
        self.comparisons.clear()
        self.same_person = same_person

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """What the service says."""
        if operation == "DetectFaces":
            return {"FaceDetails": [_FACE]}
        self.comparisons.append(asked["TargetImage"]["S3Object"]["Name"])
        match = [{"Similarity": 99.9, "Face": {"BoundingBox": _FACE["BoundingBox"]}}]
        stranger = [{"BoundingBox": _FACE["BoundingBox"]}]
        return {
            "FaceMatches": match if self.same_person else [],
            "UnmatchedFaces": [] if self.same_person else stranger,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                body = json.dumps(service.answer(operation, asked)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
