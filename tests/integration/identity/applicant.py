"""Applicants for tests: people who go through identity verification over HTTP, with photos that cost nothing to read.

A made photo (`made_photos`) says which faces it shows; `fake_faces` compares them. `accept` lets a scan pass without
text recognition, through the seam that `process_scan` has for it; other uploads go through the real event function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from functions.identity.domain.evidence import Extracted
from functions.identity.events import process_uploads
from functions.identity.photo_check import Verdict
from functions.identity.scan_processing import process_scan
from functions.shared import clients, clock
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from tests.integration.client import Answer, Http, new_user
from tests.integration.identity.made_photos import made_photo

COLLINS = {"document_type": "resident_id", "name": "柯爱琳", "number": "420106198611190025"}
HARPER = {"document_type": "passport", "name": "Grace Anne Harper", "number": "925076473", "nationality": "GBR"}
IDENTITY_CHECK = {"purpose": "identity"}
RUBBISH = b"GIF89a rubbish"


def numbered(body: str) -> str:
    """17 digits with their check character (GB 11643)."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def resident(sequence: int, area: str = "420106") -> dict[str, str]:
    """Details of a resident whose birth date differs by the sequence: no one shares a name and a birth date."""
    birth = date(1970, 1, 1) + timedelta(days=sequence)
    return {"document_type": "resident_id", "name": "柯爱琳", "number": numbered(f"{area}{birth:%Y%m%d}002")}


def reissued(sequence: int) -> dict[str, str]:
    """Details of Collins under another number: same name, birth date and sex."""
    return {**COLLINS, "number": numbered(f"42010619861119{2 * sequence:03d}")}


def review_codes(reasons: list[Any]) -> list[str]:
    """The codes of `review_reasons` in an answer."""
    return [one["code"] for one in reasons]


def photo_of(*people: str, sharpness: float = 90.0) -> bytes:
    """A new photo that shows these people."""
    return made_photo(*people, sharpness=sharpness)


def put_upload(upload: dict[str, Any], content: bytes) -> tuple[str, str]:
    """What S3 does with a form: key and version of the object."""
    key = upload["fields"]["key"]
    stored = clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=content)
    return key, stored["VersionId"]


def announced(key: str, version: str | None, sequencer: str = "01") -> dict[str, Any]:
    """One record of an S3 notification."""
    described: dict[str, Any] = {"key": key, "sequencer": sequencer}
    if version is not None:
        described["versionId"] = version
    return {
        "eventName": "ObjectCreated:Post",
        "s3": {"bucket": {"name": settings().upload_bucket}, "object": described},
    }


def message(*records: Any, body: str | None = None, message_id: str = "m1", deliveries: int = 1) -> dict[str, Any]:
    """One message of the queue, delivered that often."""
    return {
        "messageId": message_id,
        "body": json.dumps({"Records": list(records)}) if body is None else body,
        "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": str(deliveries)},
    }


def form_expired(user_id: str, face_check_id: str) -> dict[str, Any]:
    """The message that says: what was compared of a face check is kept, everything else of it deleted."""
    return message(body=json.dumps({"selfie": f"{user_id}/{face_check_id}"}))


def deliver(*messages: dict[str, Any]) -> list[str]:
    """Hand messages to the function; the ids of those that come again."""
    answer = process_uploads({"Records": list(messages)}, None)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def objects(of: str) -> set[str]:
    """The keys in the upload bucket that have something to do with a user."""
    found = clients.s3().list_objects_v2(Bucket=settings().upload_bucket)
    return {one["Key"] for one in found.get("Contents", []) if f"/{of}/" in one["Key"]}


@contextmanager
def during(client: Any, operation: str, do: Callable[[], Any]) -> Iterator[None]:
    """While entered, something happens once, just before the first call of an operation such as `s3.CopyObject`."""
    left = [do]

    def strike(**_: Any) -> None:
        if left:
            left.pop()()

    event = f"before-call.{operation}"
    client.meta.events.register_first(event, strike, unique_id="during")
    try:
        yield
    finally:
        client.meta.events.unregister(event, strike, unique_id="during")
    assert not left


@dataclass
class Applicant:
    """A person on the way."""

    http: Http
    user_id: str

    @classmethod
    def new(cls, http: Http, details: dict[str, str] | None = None) -> Applicant:
        """Signed in and agreed; with details, the application is in draft."""
        user_id, token = new_user()
        made = cls(http.signed_in(token), user_id)
        version = made.http.get("/identity/consent").body["version"]
        assert made.http.post("/identity/consent", {"version": version}).status == 200
        if details is not None:
            assert made.apply(details).status == 200
        return made

    def apply(self, details: dict[str, Any]) -> Answer:
        return self.http.put("/identity/application", details)

    def seen(self) -> Any:
        """`GET /identity`."""
        return self.http.get("/identity").body

    def account(self) -> Any:
        """The user as `GET /auth/me` shows them."""
        return self.http.get("/auth/me").body["user"]

    def ticket(self, side: str, content_type: str = "image/jpeg", size: int = 1000) -> Any:
        answer = self.http.post("/identity/scans", {"side": side, "content_type": content_type, "size": size})
        assert answer.status == 201, answer
        return answer.body

    def scan(self, side: str, content: bytes, content_type: str = "image/jpeg") -> Any:
        """Ask for a scan, upload, let the function decide; the scan."""
        ticket = self.ticket(side, content_type, len(content))
        key, version = put_upload(ticket["upload"], content)
        assert deliver(message(announced(key, version))) == []
        return self.scan_seen(ticket["scan_id"])

    def scan_seen(self, scan_id: str) -> Any:
        return self.http.get(f"/identity/scans/{scan_id}").body

    def accept(self, side: str, shows: str = "collins", valid_until: date | None = None) -> str:
        """Have a scan accepted whose picture shows somebody; its id."""
        ticket = self.ticket(side)
        portrait = photo_of(shows) if side == "front" else None
        verdict = Verdict([], photo_of(shows), Extracted(valid_until=valid_until), portrait)
        self.decide(ticket, verdict, photo_of(shows))
        scan_id = str(ticket["scan_id"])
        assert self.scan_seen(scan_id)["status"] == "accepted"
        return scan_id

    def decide(self, ticket: Any, verdict: Verdict, content: bytes = b"photo") -> None:
        """Upload, and let the scan be decided with this verdict."""
        key, version = put_upload(ticket["upload"], content)
        process_scan(self.user_id, ticket["scan_id"], key, version, "01", check=lambda *_: verdict)

    def fail_scans(self, times: int = 5) -> None:
        """Fail that often, each time with another photo."""
        for number in range(times):
            assert self.scan("front", RUBBISH + bytes([number]))["status"] == "rejected"

    def close_scanning(self) -> None:
        """As if five scans had failed."""
        now = int(clock.now().timestamp())
        self.identity.update(actions=[Identity.scan_failed_at.set([now] * 5)])

    def selfie(self, content: bytes) -> str:
        """Ask for a face check and upload a selfie; the check's id."""
        answer = self.http.post("/identity/face-checks", IDENTITY_CHECK)
        assert answer.status == 201, answer
        put_upload(answer.body["upload"], content)
        return str(answer.body["face_check_id"])

    def compare(self, check_id: str) -> Answer:
        return self.http.post(f"/identity/face-checks/{check_id}/comparison")

    def face(self, *people: str) -> Answer:
        """A whole face check with a selfie of these people (Collins)."""
        return self.compare(self.selfie(photo_of(*(people or ("collins",)))))

    def prove(self, *people: str) -> str:
        """A passed face check for changes to the account; its id."""
        answer = self.http.post("/identity/face-checks", {"purpose": "account"})
        assert answer.status == 201, answer
        put_upload(answer.body["upload"], photo_of(*(people or ("collins",)), sharpness=91.0))
        check_id = str(answer.body["face_check_id"])
        assert self.compare(check_id).body["status"] == "passed"
        return check_id

    def apply_as_owner(self, details: dict[str, Any], *people: str) -> Answer:
        """Apply with another document on a verified account, after the face check that it needs."""
        return self.apply({**details, "face_check_id": self.prove(*people)})

    def submit(self) -> Answer:
        return self.http.post("/identity/submission")

    def ready(self) -> None:
        """Everything done but the submission."""
        sides = ["front"] if self.seen()["document_type"] == "passport" else ["front", "back"]
        for side in sides:
            self.accept(side)
        assert self.face().body["status"] == "passed"
        self.keep_selfie()

    def keep_selfie(self) -> None:
        """Copy the selfie as the scan function does some seconds later; made photos are too small for it."""
        key = self.identity.face["selfie_key"]
        if key is not None:
            clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=photo_of("collins"))

    @property
    def identity(self) -> Identity:
        return Identity.get(*keys.identity(self.user_id), consistent_read=True)

    @property
    def user(self) -> User:
        return User.get(*keys.user(self.user_id), consistent_read=True)

    def events(self) -> list[AuditEvent]:
        """The audit events of the identity, oldest first."""
        key = keys.identity(self.user_id)
        return list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), consistent_read=True))
