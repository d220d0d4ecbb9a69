"""Personal data never reaches the logs, whatever happens on the way."""

import re

from functions.shared import clients
from functions.shared.observability import logger
from tests.conftest import Clock
from tests.integration.auth.stage import (
    OTHER_PHONE,
    PHONE,
    ask_code,
    bind_by_code,
    everything,
    login,
    phone_user,
    wrong,
)
from tests.integration.client import Http
from tests.integration.shared.faults import answering, dynamodb, dynamodb_error, timing_out
from tests.integration.shared.log_lines import LogLines
from tests.unit.auth.fake_wechat import FakeWechat, Planned, phone_info

OPENID, FREE_PHONE = "oPrivate-7c1d", "15912345678"
JS_CODE, PHONE_CODE = "js-code-3b9e", "phone-code-77aa"


def test_no_personal_data_in_logs(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """Phones, codes, tokens and WeChat accounts stand in no log line of these journeys, failed ones too."""
    secrets: set[str] = {PHONE, OTHER_PHONE, FREE_PHONE, OPENID, JS_CODE, PHONE_CODE, "access-1", "local-secret"}
    with LogLines() as logs:
        challenge_id, code = ask_code(http)
        login(http, challenge_id, wrong(code))
        by_phone = login(http, challenge_id, code).body["session"]["token"]
        login(http, challenge_id, code)
        secrets |= {code, wrong(code), by_phone}
        wechat.plan({"openid": OPENID})
        token = http.post("/auth/wechat-logins", {"js_code": JS_CODE}).body["session"]["token"]
        secrets.add(token)
        me = http.signed_in(token)
        wechat.plan({"access_token": "access-1", "expires_in": 7200}, phone_info(FREE_PHONE))
        assert me.post("/auth/phone", {"wechat_phone_code": PHONE_CODE}).status == 200
        bind_by_code(http.signed_in(by_phone), OTHER_PHONE)
        for planned in (Planned(b"", 502), Planned(b"", 502), Planned(b"", hang_up=True), Planned(b"\xff")):
            wechat.plan(planned)
        for _ in range(4):
            http.post("/auth/wechat-logins", {"js_code": JS_CODE})
        with timing_out(clients.sns(), "sns.Publish"):
            clock.forward(60)
            http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        with answering(clients.sns(), "sns.Publish", dynamodb_error("ThrottledException")):
            clock.forward(60)
            http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        with timing_out(clients.kms(), "kms.GenerateMac"):
            http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        with answering(dynamodb(), "dynamodb.TransactWriteItems", dynamodb_error("ValidationException")):
            http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        with timing_out(dynamodb(), "dynamodb.GetItem"):
            me.get("/auth/me")
        http.post("/auth/sms-codes", {"phone": PHONE + "1", "purpose": PHONE, PHONE: PHONE})
        http.get(f"/auth/me?phone={PHONE}")
        me.delete("/auth/sessions")
    assert logs.named("dependency_failed")
    assert logs.named("sms_unconfirmed")
    assert logs.named("sms_failed")
    assert len(logs.named("request")) >= 15
    # Six digits can stand by chance within an id or a time; a code would stand as a word of its own.
    assert [secret for secret in secrets if re.search(rf"\b{re.escape(secret)}\b", logs.text)] == []


def test_request_line(http: Http) -> None:
    """Each request leaves one line: id, route as declared, status, code, who, how long."""
    user_id, me = phone_user(http)
    with LogLines() as logs:
        answer = me.get("/auth/me")
        http.get("/auth/me")
    good, bad = logs.named("request")
    assert good["request_id"] == answer.headers["x-request-id"]
    assert (good["route"], good["status"], good["user_id"]) == ("GET /auth/me", 200, user_id)
    assert isinstance(good["took_ms"], int)
    assert (bad["status"], bad["code"]) == (401, "UNAUTHENTICATED")


def test_every_line_names_its_request(http: Http) -> None:
    """Whatever is logged on the way carries the id that is in the answer, and nothing does afterwards."""
    with LogLines() as logs:
        challenge_id, code = ask_code(http)
        answer = login(http, challenge_id, code)
    assert all(line["request_id"] for line in logs.named("request") + logs.named("audit_event"))
    (changed,) = [line for line in logs.named("audit_event") if line["event"] == "user_registered"]
    assert changed["request_id"] == answer.headers["x-request-id"]
    with LogLines() as logs:
        phone_user(http, "13700137000")
        logger.info("alone")
    assert "request_id" not in logs.named("alone")[0]


def test_sealed_at_rest(http: Http) -> None:
    """A phone is in the table only sealed, hashed and masked."""
    _, me = phone_user(http)
    assert me.get("/auth/me").body["user"]["phone_masked"] == "138****8000"
    assert PHONE not in str(everything())
