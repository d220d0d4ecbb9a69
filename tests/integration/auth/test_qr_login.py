"""QR sign-in over HTTP: what PC and phone are given, the way to a session, what is kept and logged."""

import re

import pytest

from functions.auth import qr_pictures, qr_routes
from functions.auth.errors import QrTaken
from functions.shared.audit import first_invalid_version
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from tests.conftest import Clock
from tests.integration.auth.qr_stage import BROWSER, Pc, administrator
from tests.integration.auth.stage import account, everything
from tests.integration.client import Http, new_user
from tests.integration.shared.configured import configured
from tests.integration.shared.gateway import send
from tests.integration.shared.log_lines import LogLines
from tests.unit.auth.fake_wechat import FakeWechat, Planned

CODE_PICTURE = b"\xff\xd8\xff\xe0 drawn by WeChat"


@pytest.fixture(autouse=True)
def wechat_draws_nothing(wechat: FakeWechat) -> FakeWechat:
    """WeChat, busy unless a test plans its answers; what was learned about it before is forgotten."""
    qr_pictures._breaker.close()
    return wechat


@pytest.fixture
def pc(http: Http) -> Pc:
    """A PC with a new ticket."""
    return Pc(http)


@pytest.fixture
def phone(http: Http) -> Http:
    """The phone of an administrator."""
    return administrator(http)


def events(user_id: str) -> list[AuditEvent]:
    """What the audit trail of a user says, whole and unbroken."""
    found = list(AuditEvent.query(keys.user_partition(user_id), AuditEvent.sk.startswith("AUDIT#PROFILE#")))
    assert first_invalid_version(found, account(user_id)) is None
    return found


def test_journey(http: Http, pc: Pc, phone: Http, clock: Clock) -> None:
    """Created, scanned, confirmed: the PC gets a console session of two hours, and ends it by signing out."""
    until = "2026-11-22T08:02:00Z"
    assert pc.poll().body == {"status": "created", "expires_at": until}
    scanned = pc.scan(phone)
    assert (scanned.status, scanned.body["status"]) == (200, "scanned")
    clock.forward(2)
    named = account(pc.ticket.scanned_by).name_masked
    shown = {"scanned_by_masked": named} if named else {}
    assert pc.poll().body == {"status": "scanned", "expires_at": until, **shown}
    confirmed = pc.confirm(phone)
    assert (confirmed.status, confirmed.body) == (200, {"status": "confirmed"})
    clock.forward(2)
    handed_out = pc.poll()
    assert handed_out.body["status"] == "confirmed"
    session = handed_out.body["session"]
    assert (session["client"], session["expires_at"]) == ("console", "2026-11-22T10:00:04Z")
    console = http.signed_in(session["token"])
    me = phone.get("/auth/me").body
    seen = console.get("/auth/me").body
    assert (seen["user"], seen["may"]) == (me["user"], me["may"])
    assert seen["session"] == {"client": "console", "assurance": "full", "expires_at": session["expires_at"]}
    clock.forward(2)
    assert pc.poll().body == handed_out.body
    (listed,) = [item for item in phone.get("/auth/sessions").body["items"] if item["client"] == "console"]
    assert (listed["confirmed_at"], listed["expires_at"]) == ("2026-11-22T08:00:02Z", session["expires_at"])
    assert console.delete("/auth/session").status == 204
    assert console.get("/auth/me").code == "SESSION_ENDED"
    assert phone.get("/auth/me").status == 200
    told = [event.event for event in events(me["user"]["user_id"])]
    assert told == [
        "user_registered",
        "console_sign_in_scanned",
        "console_sign_in_confirmed",
        "signed_in",
        "signed_out",
    ]


def test_the_console_session_lasts_two_hours(http: Http, pc: Pc, phone: Http, clock: Clock) -> None:
    """It does not slide: two hours later it is over, however much it was used."""
    pc.scan(phone)
    pc.confirm(phone)
    console = http.signed_in(pc.poll().body["session"]["token"])
    clock.forward(7_199)
    assert console.get("/auth/me").status == 200
    clock.forward(1)
    assert console.get("/auth/me").code == "SESSION_EXPIRED"


def test_what_a_pc_is_given(pc: Pc) -> None:
    """A ticket fits a scene, its QR code holds it, the number has two digits, and the secret is kept as a hash only."""
    shown = pc.shown
    assert set(shown) == {
        "qr_login_id",
        "poll_secret",
        "match_number",
        "scene",
        "qr_svg",
        "mini_program_code",
        "expires_at",
        "poll_interval_s",
    }
    assert re.fullmatch(r"[0-9a-f]{32}", shown["qr_login_id"])
    assert shown["scene"] == shown["qr_login_id"]
    assert re.fullmatch(r"[1-9][0-9]", shown["match_number"])
    assert shown["qr_svg"].startswith("<svg ")
    assert (shown["expires_at"], shown["poll_interval_s"]) == ("2026-11-22T08:02:00Z", 2)
    assert shown["poll_secret"] not in str(everything())


def test_what_a_phone_is_shown(http: Http, phone: Http) -> None:
    """Where, with what and when the request was made; no number, which the person types. The same every time."""
    pc = Pc(http)
    first = pc.scan(phone).body
    assert first["requested_from"] == {
        "address": "127.0.0.1",
        "user_agent": BROWSER,
        "browser": "Firefox",
        "system": "Windows",
        "requested_at": "2026-11-22T08:00:00Z",
        "same_network": True,
    }
    assert (set(first), first["expires_at"]) == ({"status", "requested_from", "expires_at"}, "2026-11-22T08:02:00Z")
    assert [pc.scan(phone).body for _ in range(3)] == [first] * 3


def test_a_browsers_words_are_tamed(http: Http, phone: Http) -> None:
    """A description that is endless or turns text around reaches the phone short and plain; none is none."""
    from app import app

    headers = {"User-Agent": "\u202eevil\r\n" + "x" * 5_000}
    made = send(app, "POST", "/auth/qr-logins", headers=headers, address="2001:db8::7").body
    shown = phone.post(f"/auth/qr-logins/{made['qr_login_id']}/scan").body["requested_from"]
    assert shown["user_agent"] == "evil" + "x" * 196
    assert shown["address"] == "2001:db8::7"
    made = send(app, "POST", "/auth/qr-logins", headers=None, address="").body
    shown = phone.post(f"/auth/qr-logins/{made['qr_login_id']}/scan").body["requested_from"]
    assert (shown["user_agent"], shown["address"]) == ("", "")


def test_wechats_own_code(http: Http, wechat: FakeWechat) -> None:
    """WeChat's picture comes with the ticket where WeChat gives it, with the token that all functions share."""
    for _ in range(2):
        if not wechat.asked:
            wechat.plan({"access_token": "access-1", "expires_in": 7200})
        wechat.plan(Planned(CODE_PICTURE))
        shown = Pc(http).shown
        assert shown["mini_program_code"].startswith("data:image/jpeg;base64,")
    token, picture = "/cgi-bin/stable_token", "/wxa/getwxacodeunlimit"
    assert wechat.paths() == [token, picture, picture]
    assert wechat.asked[-1].body["scene"] == shown["scene"]


def test_a_refused_token_is_renewed(http: Http, wechat: FakeWechat) -> None:
    """A token that WeChat no longer takes is fetched again, once."""
    wechat.plan({"access_token": "access-1", "expires_in": 7200}, {"errcode": 40001})
    wechat.plan({"access_token": "access-2", "expires_in": 7200}, Planned(CODE_PICTURE))
    assert Pc(http).shown["mini_program_code"] is not None
    assert [asked.query.get("access_token") for asked in wechat.asked] == [None, "access-1", None, "access-2"]
    wechat.plan({"errcode": 40001}, {"access_token": "access-3", "expires_in": 7200}, {"errcode": 40001})
    assert Pc(http).shown["mini_program_code"] is None


def test_an_outage_of_wechat_costs_nothing(http: Http, wechat: FakeWechat, phone: Http) -> None:
    """Without WeChat a PC has its QR code all the same; after a failure WeChat is left alone for a while."""
    wechat.plan(Planned(b"", 502))
    with LogLines() as logs:
        pc = Pc(http)
    assert pc.shown["mini_program_code"] is None
    assert logs.named("mini_program_code_failed")[0]["reason"] == "WechatUnavailable"
    asked = len(wechat.asked)
    assert Pc(http).shown["mini_program_code"] is None
    assert len(wechat.asked) == asked
    pc.scan(phone)
    assert pc.confirm(phone).status == 200


def test_open_tickets_of_a_network_are_limited(http: Http, clock: Clock) -> None:
    """A network has its number of tickets that no one has scanned; scanning and expiry free one, others do not wait."""
    from app import app

    phone = administrator(http)
    with configured(qr_unscanned_per_network="2"):
        answers = [send(app, "POST", "/auth/qr-logins", address=f"2001:db8:1:2::{last}") for last in range(1, 4)]
        assert [answer.status for answer in answers] == [201, 201, 429]
        assert (answers[2].code, answers[2].headers["retry-after"]) == ("QR_LIMIT", "120")
        assert send(app, "POST", "/auth/qr-logins", address="198.51.100.1").status == 201
        scanned = f"/auth/qr-logins/{answers[0].body['qr_login_id']}/scan"
        assert [phone.post(scanned).status for _ in range(3)] == [200] * 3
        freed = [send(app, "POST", "/auth/qr-logins", address="2001:db8:1:2::9").status for _ in range(2)]
        assert freed == [201, 429]
        clock.forward(120)
        assert send(app, "POST", "/auth/qr-logins", address="2001:db8:1:2::9").status == 201
    assert not [item for item in everything() if "2001:db8" in item["pk"]["S"]]


def test_nothing_of_a_ticket_stays(pc: Pc, clock: Clock) -> None:
    """A ticket that no one scans leaves the table by its TTL, and so does all that was written with it."""
    assert all("expires_at" in item for item in everything())
    assert int(pc.ticket.expires_at.timestamp()) == int(clock.now().timestamp()) + 120


REFUSALS = ("QR_TAKEN", "QR_NOT_SCANNED", "QR_DENIED", "QR_USED", "QR_EXPIRED", "SLOW_DOWN", "QR_LIMIT")


def test_both_languages(http: Http, pc: Pc, phone: Http) -> None:
    """Every refusal speaks Chinese, and English to anyone who prefers it."""
    other = http.signed_in(new_user()[1])
    pc.scan(phone)
    for language, spoken in (("zh-CN", "zh-CN"), ("en-GB", "en"), ("fr", "zh-CN")):
        answer = other.post(f"{pc.path}/scan", **{"Accept-Language": language})
        assert (answer.code, answer.headers["content-language"]) == ("QR_TAKEN", spoken)
        assert answer.body["detail"] == (QrTaken.text.en if spoken == "en" else QrTaken.text.zh)
    named = {refusal.code: refusal for route in qr_routes.routes.declared for refusal in route.errors}
    assert set(REFUSALS) <= set(named)
    for refusal in named.values():
        assert re.search(r"[\u4e00-\u9fff]", refusal.text.zh)
        assert refusal.text.en.isascii()


def test_no_personal_data_in_logs(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """Secrets, tokens, ids, numbers, addresses and browsers of these journeys stand in no log line."""
    wechat.plan({"access_token": "access-1", "expires_in": 7200}, Planned(CODE_PICTURE))
    user_id, token = new_user(administrator=True)
    phone = http.signed_in(token)
    with LogLines() as logs:
        pc, refused = Pc(http), Pc(http)
        pc.poll("wrong-secret-1f")
        pc.scan(phone)
        pc.poll()
        pc.poll()
        pc.confirm(phone)
        clock.forward(7)
        session = pc.poll().body["session"]["token"]
        refused.scan(phone)
        refused.confirm(phone, refused.wrong_number)
        clock.forward(120)
        Pc(http).scan(http.signed_in(session))
    assert len(logs.named("request")) == 12
    for shown in (pc.shown, refused.shown):
        assert shown["poll_secret"] not in logs.text
        assert shown["qr_login_id"] not in logs.text
    for secret in (session, token, "wrong-secret-1f", BROWSER, "127.0.0.1", "access-1", "local-secret"):
        assert secret not in logs.text
    assert user_id in logs.text
