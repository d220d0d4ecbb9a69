"""Hostile images through the real scan function, in a process of its own: from the form to the decided scan.

Every one ends with a named reason or as the card that it shows; nothing of the file but its picture is kept; the
function lives, and never needs more than 300 MB.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from functions.shared import clients
from functions.shared.config import settings
from local.aws.server import Aws
from local.template import ROOT
from tests.attack.images import ACCEPTED, CARD, NEEDLES, SPECIMENS, Specimen, flat
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, Applicant, announced, message, objects, put_upload
from tests.integration.identity.fake_faces import serving

pytestmark = pytest.mark.xdist_group("images")  # one function for all
MAX_MB = 300
MODELS = ROOT / "build" / "imaging" / "models"
LOG = ROOT / "build" / "attack" / "scans.log"
# Of a JPEG: its start, JFIF, tables, the frame, the scan, its end. No text, no Exif, no profile.
PLAIN = {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}
JFIF_LENGTH = 16
Tell = Callable[[str, Any], None]


class ScanFunction:
    """The function, which is handed one message after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.peak_mb = 0.0

    def decide(self, record: dict[str, Any]) -> None:
        """Let it work off the message of an upload."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"Records": [message(record)]}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the function ended; see {LOG}"
        answer = json.loads(line)
        assert answer["failed"] == []
        self.peak_mb = answer["peak_mb"]


@contextmanager
def aws_over_http() -> Iterator[str]:
    """This process's AWS for another one; its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print a line for each request
    server = make_server("127.0.0.1", 0, Aws(), threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def scan_function(account: None) -> Iterator[ScanFunction]:
    """The function in its own process, warm."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with aws_over_http() as endpoint, serving(), LOG.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.scan_function", Clock().now().isoformat()],
            cwd=ROOT,
            env={**os.environ, "AWS_ENDPOINT_URL": endpoint, "TEXT_MODELS_DIR": str(MODELS), "POWERTOOLS_DEV": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        with process:
            yield ScanFunction(process)
            assert process.stdin is not None
            process.stdin.close()


def decided(applicant: Applicant, function: ScanFunction, content: bytes, **asked: str) -> Any:
    """A scan that was asked for, uploaded and decided."""
    size = min(max(1, len(content)), settings().upload_max_bytes)  # no form says less or more
    ticket = applicant.ticket(asked.get("side", "front"), asked.get("content_type", "image/jpeg"), size)
    function.decide(announced(*put_upload(ticket["upload"], content)))
    return applicant.scan_seen(ticket["scan_id"])


def outcome(scan: Any) -> str:
    """That it was accepted, or the reasons of the rejection."""
    return str(scan["status"]) if scan["status"] == ACCEPTED else "+".join(one["code"] for one in scan["reasons"])


def markers(jpeg: bytes) -> set[int]:
    """The kinds of segments of a JPEG file with one scan; fails where a segment is longer than it need be."""
    found, position = {0xD8}, 2
    while True:
        assert jpeg[position] == 0xFF
        kind, length = jpeg[position + 1], int.from_bytes(jpeg[position + 2 : position + 4], "big")
        found.add(kind)
        assert kind != 0xE0 or length == JFIF_LENGTH
        position += 2 + length
        if kind == 0xDA:
            end = jpeg.index(b"\xff\xd9", position)
            assert end == len(jpeg) - 2
            return found | {0xD9}


@pytest.fixture
def applicant(http: Http) -> Applicant:
    """Collins, whose application is in draft."""
    return Applicant.new(http, COLLINS)


@pytest.mark.parametrize(
    "specimen",
    [pytest.param(one, id=one.name, marks=[pytest.mark.attack] if one.long else []) for one in SPECIMENS],
)
def test_every_image_ends_by_name(applicant: Applicant, scan_function: ScanFunction, specimen: Specimen) -> None:
    """The scan is decided as the table says; what is kept is a plain JPEG; the upload is gone."""
    content = specimen.make()
    scan = decided(applicant, scan_function, content, side=specimen.side, content_type=specimen.content_type)
    assert outcome(scan) == specimen.ends
    kept = objects(applicant.user_id)
    assert all(key.split("/")[0] in {"documents", "rejected"} for key in kept)
    assert len(kept) == (0 if specimen.ends in UNREADABLE else 2 if specimen.ends == ACCEPTED else 1)
    for key in kept:
        jpeg = clients.s3().get_object(Bucket=settings().upload_bucket, Key=key)["Body"].read()
        assert markers(jpeg) <= PLAIN
        assert [needle for needle in NEEDLES if needle in jpeg] == []
    assert scan_function.peak_mb < MAX_MB


UNREADABLE = {"NOT_AN_IMAGE", "CONTENT_MISMATCH", "IMAGE_TOO_LARGE", "IMAGE_TOO_SMALL"}


def test_the_same_failed_image_again(applicant: Applicant, scan_function: ScanFunction) -> None:
    """It is known by its bytes, whatever type is declared; for the other side it is looked at again."""
    nothing = flat("JPEG")
    assert outcome(decided(applicant, scan_function, nothing)) == "IMAGE_BLURRED"
    assert outcome(decided(applicant, scan_function, nothing)) == "DUPLICATE_IMAGE"
    assert outcome(decided(applicant, scan_function, nothing, content_type="image/png")) == "DUPLICATE_IMAGE"
    assert outcome(decided(applicant, scan_function, nothing, side="back")) == "IMAGE_BLURRED"


def test_one_person_cannot_keep_the_function_busy(applicant: Applicant, scan_function: ScanFunction) -> None:
    """After five failures no form is given out, and what comes through an older one is not decoded."""
    older = applicant.ticket("front", size=CARD.stat().st_size)
    for number in range(5):
        assert outcome(decided(applicant, scan_function, b"rubbish%d" % number)) == "NOT_AN_IMAGE"
    refused = applicant.http.post("/identity/scans", {"side": "front", "content_type": "image/jpeg", "size": 9})
    assert (refused.status, refused.code) == (409, "SCAN_LIMIT")
    scan_function.decide(announced(*put_upload(older["upload"], CARD.read_bytes())))
    assert outcome(applicant.scan_seen(older["scan_id"])) == "SCAN_LIMIT"
    assert objects(applicant.user_id) == set()


def test_the_function_stayed_small(scan_function: ScanFunction, record_property: Tell) -> None:
    """After everything above, in one process, its peak is below 300 MB; `make attack` sends it the largest ones too."""
    record_property("peak_mb", round(scan_function.peak_mb))
    assert 0 < scan_function.peak_mb < MAX_MB
