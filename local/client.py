"""A client of the HTTP contract, as the mini-program would be one: what the demo and the journey tests walk with.

It knows three addresses only: the API, the stand-ins' outbox, and the upload forms it is handed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import msgspec
import urllib3

from local.camera import frame

SAMPLES = Path(__file__).resolve().parent / "samples"
POLL_S = 0.1
FRAMES = 3


class Answer(NamedTuple):
    """A response; `body` is parsed JSON, or None."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: Any

    @property
    def code(self) -> str | None:
        """The stable code of a refusal, None for a success."""
        return self.body.get("code") if isinstance(self.body, dict) else None


def codes(reasons: list[Any]) -> list[str]:
    """The codes of a list of reasons in an answer."""
    return [one["code"] for one in reasons]


class Unexpected(Exception):
    """An answer that the journey did not expect."""


class Client:
    """One device; it remembers the session it signed in with."""

    # Told of every request and its answer, where somebody compares platforms.
    heard: ClassVar[Callable[[str, str, Answer], None] | None] = None

    def __init__(self, api_url: str, standin_url: str) -> None:
        self._api_url, self._standin_url = api_url, standin_url
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(30))
        self.token: str | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request to the API."""
        sent = {"Accept-Language": "en", **headers}
        if self.token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.token}"
        content = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = msgspec.json.encode(body)
        answer = self._http.request(method, self._api_url + path, body=content, headers=sent)
        told = Answer(answer.status, answer.headers, msgspec.json.decode(answer.data) if answer.data else None)
        if Client.heard:
            Client.heard(method, path, told)
        return told

    def expect(self, status: int, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer with this status. Raises `Unexpected`."""
        answer = self.call(method, path, body)
        if answer.status != status:
            raise Unexpected(f"{method} {path}: expected {status}, got {answer.status} {answer.body}")
        return answer.body

    def sign_in_by_wechat(self, name: str) -> Any:
        """Sign in as the local WeChat user of that name; the user."""
        signed_in = self.expect(201, "POST", "/auth/wechat-logins", {"js_code": f"local-{name}"})
        self.token = signed_in["session"]["token"]
        return signed_in["user"]

    def sign_in_to_console(self, phone: Client) -> None:
        """Sign in on this PC as the person with the phone: they scan its QR code and type the number it shows."""
        ticket = self.expect(201, "POST", "/auth/qr-logins")
        path = f"/auth/qr-logins/{ticket['qr_login_id']}"
        phone.expect(200, "POST", f"{path}/scan")
        phone.expect(200, "POST", f"{path}/confirmation", {"number": ticket["match_number"]})
        confirmed = self.call("GET", path, **{"X-Poll-Secret": ticket["poll_secret"]})
        if "session" not in (confirmed.body or {}):
            raise Unexpected(f"GET {path}: no session, {confirmed.status} {confirmed.body}")
        self.token = confirmed.body["session"]["token"]

    def sms_code(self, phone: str, purpose: str) -> dict[str, str]:
        """Ask for a code and read it from the phone: `challenge_id`, `phone` and `code`."""
        challenge = self.expect(202, "POST", "/auth/sms-codes", {"phone": phone, "purpose": purpose})
        return {"challenge_id": challenge["challenge_id"], "phone": phone, "code": self.newest_code(phone)}

    def messages(self, phone: str) -> list[str]:
        """The texts of the messages to a phone, newest first."""
        outbox = self._http.request("GET", f"{self._standin_url}/outbox/sms", fields={"phone": phone})
        return [message["text"] for message in msgspec.json.decode(outbox.data)]

    def newest_code(self, phone: str) -> str:
        """The six digits of the newest message to a phone."""
        text = self.messages(phone)[0]
        digits = "".join(character if character.isdigit() else " " for character in text).split()
        return next(number for number in digits if len(number) == 6)

    def upload(self, form: dict[str, Any], photo: bytes) -> int:
        """Send a photo with an upload form; the status."""
        fields = [*form["fields"].items(), ("file", ("photo", photo, form["fields"]["Content-Type"]))]
        return self._http.request("POST", form["url"], fields=fields).status

    def scan(self, side: str, photo: bytes, content_type: str = "image/jpeg", *, for_review: bool = False) -> Any:
        """Upload a photo of one side and wait for the decision; the scan."""
        wanted = {"side": side, "content_type": content_type, "size": len(photo), "for_review": for_review}
        ticket = self.expect(201, "POST", "/identity/scans", wanted)
        status = self.upload(ticket["upload"], photo)
        if status != 204:
            raise Unexpected(f"upload: expected 204, got {status}")
        return self.decided_scan(ticket["scan_id"])

    def decided_scan(self, scan_id: str, patience_s: float = 60) -> Any:
        """Wait until a scan is decided; the scan. Raises `Unexpected` when that takes too long."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            scan = self.expect(200, "GET", f"/identity/scans/{scan_id}")
            if scan["poll_after_s"] is None:
                return scan
            time.sleep(POLL_S)
        raise Unexpected(f"scan {scan_id} was not decided within {patience_s:.0f} seconds")

    def face_check(self, selfie: bytes, **wanted: str) -> Any:
        """Take a face check with a selfie, for the identity or for what is wanted; the comparison with its id.

        As a camera does, it takes a new frame each time: the same picture counts once. Where a frame is too much like
        an earlier one, it does as the person is asked to, and takes another.
        """
        for _ in range(FRAMES):
            ticket = self.expect(201, "POST", "/identity/face-checks", wanted or {"purpose": "identity"})
            status = self.upload(ticket["upload"], frame(selfie))
            if status != 204:
                raise Unexpected(f"upload: expected 204, got {status}")
            face_check_id = ticket["face_check_id"]
            comparison = self.expect(200, "POST", f"/identity/face-checks/{face_check_id}/comparison")
            if [reason["code"] for reason in comparison["reasons"]] != ["FACE_REPEATED"]:
                break
        return {"face_check_id": face_check_id, **comparison}

    def opened_application(self, user_id: str, sides: set[str], patience_s: float = 60) -> Any:
        """Open an application as its reviewer, once these images are there: a selfie is copied some seconds later.

        Raises `Unexpected` when that takes too long.
        """
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            opened = self.expect(200, "GET", f"/admin/identity-applications/{user_id}")
            if sides <= {image["side"] for image in opened["images"]}:
                return opened
            time.sleep(POLL_S)
        raise Unexpected(f"the images of {user_id} were not all there within {patience_s:.0f} seconds")

    def withdraw(self, selfie: bytes) -> None:
        """Withdraw the consent, with the face check that a verified account needs."""
        query = ""
        if self.expect(200, "GET", "/identity")["verified_at"] is not None:
            query = f"?face_check_id={self.face_check(selfie, purpose='account')['face_check_id']}"
        self.expect(204, "DELETE", f"/identity/consent{query}")

    def face_check_by_wechat(self, verify_ret: int = 10_000, **wanted: str) -> Any:
        """Take a face check by WeChat, which ends so on the phone; the comparison with its id."""
        ticket = self.expect(201, "POST", "/identity/face-checks", {**wanted, "method": "wechat"})
        ended = {"verify_id": ticket["verify_id"], "verify_ret": verify_ret}
        phone = self._http.request("POST", f"{self._standin_url}/wechat/face-checks", body=msgspec.json.encode(ended))
        if phone.status != 204:
            raise Unexpected(f"WeChat's face check: expected 204, got {phone.status}")
        face_check_id = ticket["face_check_id"]
        comparison = self.expect(200, "POST", f"/identity/face-checks/{face_check_id}/comparison")
        return {"face_check_id": face_check_id, **comparison}

    def finished_job(self, job_id: str, patience_s: float = 120) -> Any:
        """Wait until a bulk job is over; the job. Raises `Unexpected` when that takes too long."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            job = self.expect(200, "GET", f"/console/jobs/{job_id}")
            if job["status"] in {"succeeded", "failed"}:
                return job
            time.sleep(POLL_S)
        raise Unexpected(f"job {job_id} was not over within {patience_s:.0f} seconds")

    def download(self, url: str) -> tuple[bytes, str]:
        """What a link leads to, and the name that it is saved under. Raises `Unexpected`."""
        answer = self._http.request("GET", url)
        if answer.status != 200:
            raise Unexpected(f"download: expected 200, got {answer.status}")
        return answer.data, answer.headers.get("Content-Disposition", "")

    def consent(self) -> None:
        """Read the consent and accept it."""
        version = self.expect(200, "GET", "/identity/consent")["version"]
        self.expect(200, "POST", "/identity/consent", {"version": version})

    def apply(self, **details: str) -> Any:
        """Fill in the application; the identity."""
        return self.expect(200, "PUT", "/identity/application", details)


def sample(name: str) -> bytes:
    """A sample photo of `local/samples`."""
    return (SAMPLES / name).read_bytes()
