"""Signing in and proving who one is, operation by operation."""

import re
from pathlib import Path
from typing import Any

from functions.auth import gateways, qr_pictures
from functions.identity.domain.evidence import Extracted
from functions.identity.gateways import FaceService
from functions.identity.photo_check import Verdict
from functions.identity.scan_processing import process_scan
from functions.shared import clients
from tests.call_costs.ledger import Ledger
from tests.conftest import Clock
from tests.integration.client import Http, new_user
from tests.integration.grants.builders import Someone, someone
from tests.integration.identity.applicant import (
    HARPER,
    IDENTITY_CHECK,
    Applicant,
    deliver,
    form_expired,
    message,
    put_upload,
    resident,
)
from tests.unit.auth.fake_wechat import FakeWechat, Planned, phone_info

SELFIE = Path(__file__).resolve().parents[1] / "data" / "selfie_collins.jpg"
OPENID, PHONE, OTHER_PHONE, THIRD_PHONE = "oX4f" + "a" * 24, "13800138000", "13800138001", "13800138002"
JPEG = b"\xff\xd8\xff"
CUTS = [1 << 200] * 455  # as many as a front with a portrait has
QUEUE = "/admin/identity-applications"
ONE = "{user_id}"


class Outbox:
    """The messages that SNS was handed."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        clients.sns().meta.events.register("before-parameter-build.sns.Publish", self._note)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self._texts.append(params["Message"])

    def code(self) -> str:
        """The code in the last one."""
        found = re.search(r"\d{6}", self._texts[-1])
        assert found
        return found[0]


def sign_in(ledger: Ledger, http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """By WeChat and by phone, and binding the one to the other."""
    outbox = Outbox()
    openid = {"openid": OPENID, "session_key": "k"}
    gateways.wechat()  # the secret is read once a process, and once more for the pictures of QR sign-in
    gateways.wechat(brief=True)
    for row in ("POST /auth/wechat-logins (new)", "POST /auth/wechat-logins"):
        wechat.plan(openid)
        answer = ledger.count(row, lambda: http.post("/auth/wechat-logins", {"js_code": "code"}))
    phone = http.signed_in(answer.body["session"]["token"])

    def ask(number: str, purpose: str, client: Http = http) -> dict[str, str]:
        clock.forward(61)
        asked = client.post("/auth/sms-codes", {"phone": number, "purpose": purpose})
        return {"phone": number, "challenge_id": asked.body["challenge_id"], "code": outbox.code()}

    asked = {"phone": PHONE, "purpose": "sign_in"}
    challenge = ledger.count("POST /auth/sms-codes", lambda: http.post("/auth/sms-codes", asked))
    login = {"phone": PHONE, "challenge_id": challenge.body["challenge_id"], "code": outbox.code(), "client": "portal"}
    ledger.count("POST /auth/phone-logins (new)", lambda: http.post("/auth/phone-logins", login))
    again = {**ask(PHONE, "sign_in"), "client": "portal"}
    ledger.count("POST /auth/phone-logins", lambda: http.post("/auth/phone-logins", again))
    wechat.plan({"access_token": "t" * 136, "expires_in": 7200}, phone_info(OTHER_PHONE))
    assert http.signed_in(new_user()[1]).post("/auth/phone", {"wechat_phone_code": "code"}).status == 200
    wechat.plan(phone_info(THIRD_PHONE))
    newcomer = http.signed_in(new_user()[1])
    by_wechat = {"wechat_phone_code": "code"}
    ledger.count("POST /auth/phone (by WeChat)", lambda: newcomer.post("/auth/phone", by_wechat))
    newcomer = http.signed_in(new_user()[1])
    code = ask("13800138003", "bind_phone", newcomer)
    ledger.count("POST /auth/phone (by code)", lambda: newcomer.post("/auth/phone", code))
    code = ask(PHONE, "bind_phone", phone)
    ledger.count("POST /auth/phone (joins two accounts)", lambda: phone.post("/auth/phone", code))
    newcomer = http.signed_in(new_user()[1])
    code = {**ask("13800138003", "bind_phone", newcomer), "take_over": True}
    ledger.count("POST /auth/phone (takes a number over)", lambda: newcomer.post("/auth/phone", code))
    _wechat(ledger, http, wechat, someone(http))
    new_user(OPENID)
    _sessions(ledger, phone, http)


def _wechat(ledger: Ledger, http: Http, wechat: FakeWechat, person: Someone) -> None:
    """A verified person whose account gets another WeChat, which had made a blank one."""
    new_user("oX4f" + "c" * 24)
    bound = {"js_code": "code", "face_check_id": person.face_check(purpose="account")}
    wechat.plan({"openid": "oX4f" + "c" * 24, "session_key": "k"})
    ledger.count("POST /auth/wechat (joins a blank account)", lambda: person.phone.post("/auth/wechat", bound))
    other = {"js_code": "code", "face_check_id": person.face_check(purpose="account")}
    wechat.plan({"openid": "oX4f" + "d" * 24, "session_key": "k"})
    ledger.count("POST /auth/wechat", lambda: person.phone.post("/auth/wechat", other))


def _sessions(ledger: Ledger, phone: Http, http: Http) -> None:
    ledger.count("GET /auth/me", lambda: phone.get("/auth/me"))
    sessions = ledger.count("GET /auth/sessions", lambda: phone.get("/auth/sessions")).body["items"]
    (other, *_) = [one["session_id"] for one in sessions if not one["current"]]
    row = "DELETE /auth/sessions/{session_id}"
    ledger.count(row, lambda: phone.delete(f"/auth/sessions/{other}"))
    _, token = new_user("oX4f" + "b" * 24)
    _, other_token = new_user("oX4f" + "b" * 24)
    ledger.count("DELETE /auth/session", lambda: http.signed_in(token).delete("/auth/session"))
    ledger.count("DELETE /auth/sessions", lambda: http.signed_in(other_token).delete("/auth/sessions"))


def sign_in_to_the_console(ledger: Ledger, http: Http, wechat: FakeWechat, clock: Clock, manager: Someone) -> None:
    """By QR code: shown, polled, scanned, confirmed, handed out; another one denied."""
    qr_pictures._breaker.close()
    path = "/auth/qr-logins/{qr_login_id}"

    def show() -> Any:
        wechat.plan(Planned(JPEG))
        return http.post("/auth/qr-logins")

    shown = ledger.count("POST /auth/qr-logins", show).body
    at, secret = f"/auth/qr-logins/{shown['qr_login_id']}", {"X-Poll-Secret": shown["poll_secret"]}
    ledger.count(f"GET {path}", lambda: http.get(at, **secret))
    ledger.count(f"POST {path}/scan", lambda: manager.phone.post(f"{at}/scan"))
    number = {"number": shown["match_number"]}
    ledger.count(f"POST {path}/confirmation", lambda: manager.phone.post(f"{at}/confirmation", number))
    clock.forward(2)
    ledger.count(f"GET {path} (hands the session out)", lambda: http.get(at, **secret))
    other = f"/auth/qr-logins/{show().body['qr_login_id']}"
    assert manager.phone.post(f"{other}/scan").status == 200
    ledger.count(f"POST {path}/denial", lambda: manager.phone.post(f"{other}/denial"))


def verify(ledger: Ledger, http: Http, clock: Clock) -> None:
    """From the consent to being verified by the machine, and back: the images erased."""
    user_id, token = new_user()
    person = Applicant(http.signed_in(token), user_id)
    consent = ledger.count("GET /identity/consent", lambda: person.http.get("/identity/consent"))
    version = {"version": consent.body["version"]}
    ledger.count("POST /identity/consent", lambda: person.http.post("/identity/consent", version))
    ledger.count("PUT /identity/application", lambda: person.apply(resident(1, area="420107")))
    _scan(ledger, person, "scans: a photo rejected", Verdict(["IMAGE_BLURRED"], JPEG))
    _scan(ledger, person, "scans: a photo accepted", Verdict([], JPEG, Extracted(), portrait=JPEG, cuts=CUTS))
    person.accept("back")
    wanted = IDENTITY_CHECK
    ticket = ledger.count("POST /identity/face-checks", lambda: person.http.post("/identity/face-checks", wanted))
    put_upload(ticket.body["upload"], SELFIE.read_bytes())
    check_id = ticket.body["face_check_id"]
    compared = ledger.count("POST /identity/face-checks/{face_check_id}/comparison", lambda: person.compare(check_id))
    assert compared.body["status"] == "passed"
    uploaded = form_expired(user_id, check_id)
    assert ledger.count("scans: a selfie", lambda: deliver(uploaded)) == []
    submitted = ledger.count("POST /identity/submission", person.submit)
    assert submitted.body["status"] == "verified", submitted.body
    leftovers = message(body=f'{{"leftovers": "{user_id}"}}')
    assert ledger.count("scans: leftovers of a verification", lambda: deliver(leftovers)) == []
    ledger.count("GET /identity", lambda: person.http.get("/identity"))
    ledger.count("GET /identity/application", lambda: person.http.get("/identity/application"))
    withdrawal = f"/identity/consent?face_check_id={person.prove()}"
    ledger.count("DELETE /identity/consent", lambda: person.http.delete(withdrawal))
    erasure = message(body=f'{{"erase": "{user_id}"}}')
    assert ledger.count("scans: an erasure", lambda: deliver(erasure)) == []
    clock.forward(900)
    assert ledger.count("scans: the last erasure", lambda: deliver(erasure)) == []


def _scan(ledger: Ledger, person: Applicant, row: str, verdict: Verdict) -> None:
    asked = {"side": "front", "content_type": "image/jpeg", "size": 2_000_000}
    if "POST /identity/scans" in ledger.rows:
        ticket = person.http.post("/identity/scans", asked).body
    else:
        ticket = ledger.count("POST /identity/scans", lambda: person.http.post("/identity/scans", asked)).body
    scan_id = ticket["scan_id"]
    key, version = put_upload(ticket["upload"], row.encode())

    def check(*_: object) -> Verdict:
        """The photo's text is not read here: that makes no call."""
        if verdict.portrait is not None:
            FaceService().find(JPEG)
        return verdict

    ledger.count(row, lambda: process_scan(person.user_id, scan_id, key, version, "01", check=check))
    if "GET /identity/scans/{scan_id}" not in ledger.rows:
        ledger.count("GET /identity/scans/{scan_id}", lambda: person.http.get(f"/identity/scans/{scan_id}"))


def review(ledger: Ledger, http: Http, reviewer: Http) -> None:
    """A passport, which a person looks at: rejected, appealed, approved by somebody else."""
    person = Applicant.new(http, HARPER)
    person.accept("front")
    assert person.face().body["status"] == "passed"
    submitted = ledger.count("POST /identity/submission (to review)", person.submit)
    assert submitted.body["status"] == "in_review"
    at = f"{QUEUE}/{person.user_id}"
    ledger.count(f"GET {QUEUE}", lambda: reviewer.get(QUEUE))
    filtered = f"{QUEUE}?reason=document_type&document_type=passport"
    ledger.count(f"GET {QUEUE} (filtered)", lambda: reviewer.get(filtered))
    ledger.count(f"POST {QUEUE}/{ONE}/claim", lambda: reviewer.post(f"{at}/claim"))
    ledger.count(f"GET {QUEUE} (claimed=mine)", lambda: reviewer.get(f"{QUEUE}?claimed=mine"))
    revision = ledger.count(f"GET {QUEUE}/{ONE}", lambda: reviewer.get(at)).body["revision"]
    ledger.count(f"POST {QUEUE}/{ONE}/image-links", lambda: reviewer.post(f"{at}/image-links"))
    by_name = {"name": HARPER["name"]}
    found = ledger.count(f"POST {QUEUE}/search", lambda: reviewer.post(f"{QUEUE}/search", by_name)).body
    assert [one["user_id"] for one in found["items"]] == [person.user_id]
    ledger.count(f"DELETE {QUEUE}/{ONE}/claim", lambda: reviewer.delete(f"{at}/claim"))
    reject = {"decision": "reject", "reason_code": "FACE_MISMATCH", "revision": revision}
    ledger.count(f"POST {QUEUE}/{ONE}/decision (rejects)", lambda: reviewer.post(f"{at}/decision", reject))
    comment = {"comment": "照片上就是我本人，请再看一次。"}
    appealed = ledger.count("POST /identity/appeal", lambda: person.http.post("/identity/appeal", comment)).body
    other = http.signed_in(new_user(administrator=True)[1])
    approve = {"decision": "approve", "revision": appealed["revision"]}
    ledger.count(f"POST {QUEUE}/{ONE}/decision (approves)", lambda: other.post(f"{at}/decision", approve))
    _duplicate(ledger, http, reviewer, other)


def _duplicate(ledger: Ledger, http: Http, reviewer: Http, other: Http) -> None:
    """Somebody else with the same passport: an impostor by the word of two reviewers, until the first one objects."""
    first = Applicant.new(http, {**HARPER, "number": "925076471"})
    second = Applicant.new(http, {**HARPER, "number": "925076471"})
    for person in (first, second):
        person.accept("front")
        assert person.face().body["status"] == "passed"
        assert person.submit().body["status"] == "in_review"
    approve = {"decision": "approve", "revision": 1}
    assert reviewer.post(f"{QUEUE}/{first.user_id}/decision", approve).status == 200
    at, impostor = f"{QUEUE}/{second.user_id}/decision", {**approve, "duplicate": "impostor"}
    row = f"POST {QUEUE}/{ONE}/decision"
    assert ledger.count(f"{row} (proposes)", lambda: reviewer.post(at, impostor)).status == 202
    assert ledger.count(f"{row} (contests)", lambda: other.post(at, impostor)).status == 202
    proof = {"face_check_id": first.prove()}
    objected = ledger.count("POST /identity/objection", lambda: first.http.post("/identity/objection", proof))
    assert objected.status == 200, objected
