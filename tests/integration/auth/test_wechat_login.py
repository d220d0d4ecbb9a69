"""Signing in by WeChat, and the phone that WeChat vouches for."""

from typing import Any

from functions.shared import clients
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.wechat import AccessToken, share_access_token
from tests.conftest import Clock
from tests.integration.auth.stage import PHONE, account, users
from tests.integration.client import Http, new_user
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import answering, dynamodb, timing_out
from tests.unit.auth.fake_wechat import FakeWechat, phone_info


def sign_in(http: Http, wechat: FakeWechat, openid: str = "oABC") -> Any:
    """A sign-in as this WeChat user."""
    wechat.plan({"openid": openid, "session_key": "k"})
    return http.post("/auth/wechat-logins", {"js_code": "code"})


def test_first_and_second_sign_in(http: Http, wechat: FakeWechat) -> None:
    """The first sign-in makes the account, the second finds it; each has a session of its own."""
    first, second = sign_in(http, wechat), sign_in(http, wechat)
    assert (first.status, second.status) == (201, 201)
    assert (first.body["created"], second.body["created"]) == (True, False)
    assert first.body["user"] == second.body["user"]
    assert first.body["session"]["token"] != second.body["session"]["token"]
    session = first.body["session"]
    assert set(session) == {"token", "client", "assurance", "expires_at"}
    assert (session["client"], session["assurance"]) == ("mini_program", "full")
    assert session["expires_at"] == "2026-12-22T08:00:00Z"
    assert first.body["user"] == {
        "user_id": users()[0],
        "phone_masked": None,
        "wechat_bound": True,
        "identity_status": "unverified",
        "name_masked": None,
        "work_unit": None,
        "roles": [],
        "is_administrator": False,
    }


def test_made_up_codes_are_limited_before_wechat_is_asked(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """Codes that WeChat does not know count for their network; good ones, and faults of WeChat's, do not."""
    with configured(wechat_refused_per_network_hour="2"):
        assert [sign_in(http, wechat).status for _ in range(3)] == [201] * 3
        wechat.plan(*[{"errcode": -1}] * 3)
        assert http.post("/auth/wechat-logins", {"js_code": "code"}).code == "WECHAT_UNAVAILABLE"
        wechat.plan({"errcode": 40029}, {"errcode": 40163})
        codes = [http.post("/auth/wechat-logins", {"js_code": "made up"}).code for _ in range(2)]
        assert codes == ["WECHAT_CODE_INVALID"] * 2
        asked = len(wechat.asked)
        refused = http.post("/auth/wechat-logins", {"js_code": "made up"})
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "WECHAT_LIMIT", "3600")
        assert len(wechat.asked) == asked
        clock.forward(3_600)
        assert sign_in(http, wechat).status == 201


def test_two_first_sign_ins_at_once(http: Http, wechat: FakeWechat) -> None:
    """Two devices that sign in first at once make one account."""
    raced: list[Any] = []

    def overtake(**_: object) -> None:
        if not raced:
            raced.append(None)
            raced.append(sign_in(http, wechat))

    events = dynamodb().meta.events
    events.register_first("before-call.dynamodb.TransactWriteItems", overtake, unique_id="overtake")
    try:
        second = sign_in(http, wechat)
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", unique_id="overtake")
    assert raced[1].body["created"]
    assert (second.status, second.body["created"]) == (201, False)
    assert second.body["user"]["user_id"] == raced[1].body["user"]["user_id"]
    assert len(users()) == 1


def test_wechats_refusals(http: Http, wechat: FakeWechat) -> None:
    """Each of WeChat's numbers has the status and code of the contract; waiting ones say for how long."""
    for errcode, status, code, retry_after in (
        (40029, 401, "WECHAT_CODE_INVALID", None),
        (40163, 401, "WECHAT_CODE_INVALID", None),
        (40226, 403, "WECHAT_USER_BLOCKED", None),
        (45011, 429, "WECHAT_LIMIT", "60"),
        (40013, 503, "WECHAT_UNAVAILABLE", "5"),
    ):
        wechat.plan({"errcode": errcode})
        answer = http.post("/auth/wechat-logins", {"js_code": "code"})
        assert (answer.status, answer.code, answer.headers.get("retry-after")) == (status, code, retry_after)
    wechat.plan({"errcode": -1}, {"errcode": -1})
    assert http.post("/auth/wechat-logins", {"js_code": "code"}).code == "WECHAT_UNAVAILABLE"
    assert users() == []


def test_secret_is_read_once(http: Http, wechat: FakeWechat) -> None:
    """The app's secret comes from its parameter, once a process; without it no one can sign in, and may try again."""
    with timing_out(clients.ssm(), "ssm.GetParameter"):
        assert http.post("/auth/wechat-logins", {"js_code": "code"}).status == 503
    sign_in(http, wechat)
    with timing_out(clients.ssm(), "ssm.GetParameter"):
        assert sign_in(http, wechat).status == 201
    assert wechat.asked[0].query["secret"] == "local-secret"


def test_mistakes_of_ours_are_500(http: Http, wechat: FakeWechat) -> None:
    """A refusal of AWS that waiting cannot fix is our mistake, and says so without details."""
    denied = {"Error": {"Code": "AccessDeniedException", "Message": "secret"}, "ResponseMetadata": {}}
    with answering(clients.ssm(), "ssm.GetParameter", denied):
        answer = http.post("/auth/wechat-logins", {"js_code": "code"})
    assert (answer.status, answer.code) == (500, "INTERNAL_ERROR")
    assert "secret" not in str(answer.body)


def test_phone_by_wechat(http: Http, wechat: FakeWechat) -> None:
    """The phone that WeChat vouches for is bound and shown masked."""
    user_id, token = new_user()
    wechat.plan({"access_token": "t1", "expires_in": 7200}, phone_info(PHONE))
    answer = http.signed_in(token).post("/auth/phone", {"wechat_phone_code": "code"})
    assert answer.status == 200
    assert answer.body["user"]["phone_masked"] == "138****8000"
    assert account(user_id).phone_hash is not None


def test_access_token_is_shared(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """One access token serves all calls of all functions until five minutes before its end."""
    me = http.signed_in(new_user()[1])
    wechat.plan({"access_token": "t1", "expires_in": 7200}, phone_info(PHONE), phone_info(PHONE))
    for _ in range(2):
        assert me.post("/auth/phone", {"wechat_phone_code": "code"}).status == 200
    clock.forward(6_900)
    wechat.plan({"access_token": "t2", "expires_in": 7200}, phone_info(PHONE))
    assert me.post("/auth/phone", {"wechat_phone_code": "code"}).status == 200
    assert wechat.paths().count("/cgi-bin/stable_token") == 2
    assert [asked.query["access_token"] for asked in wechat.asked if "phonenumber" in asked.path] == ["t1", "t1", "t2"]


def test_access_token_is_sealed(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """The token is nowhere in the table in clear, and one that an earlier release stored in clear is not used."""
    key = keys.wechat_access_token(settings().wechat_app_id)
    clear = {"pk": key.pk, "sk": key.sk, "kind": "wechat_access_token", "token": "clear", "valid_until": 2**31}
    stored = {name: {"N" if isinstance(value, int) else "S": str(value)} for name, value in clear.items()}
    dynamodb().put_item(TableName=settings().table_name, Item=stored)
    wechat.plan({"access_token": "t-51c0", "expires_in": 7200}, phone_info(PHONE))
    me = http.signed_in(new_user()[1])
    assert me.post("/auth/phone", {"wechat_phone_code": "code"}).status == 200
    kept = dynamodb().get_item(TableName=settings().table_name, Key={"pk": stored["pk"], "sk": stored["sk"]})["Item"]
    assert "t-51c0" not in str(kept)
    assert "token" not in kept


def test_refused_token_is_renewed_once(http: Http, wechat: FakeWechat) -> None:
    """A token that WeChat no longer takes is renewed by force and the call made once more, not twice."""
    me = http.signed_in(new_user()[1])
    wechat.plan({"access_token": "t1", "expires_in": 7200}, {"errcode": 40001})
    wechat.plan({"access_token": "t2", "expires_in": 7200}, phone_info(PHONE))
    assert me.post("/auth/phone", {"wechat_phone_code": "code"}).status == 200
    forced = [asked.body["force_refresh"] for asked in wechat.asked if asked.path == "/cgi-bin/stable_token"]
    assert forced == [False, True]
    wechat.plan({"errcode": 42001}, {"access_token": "t3", "expires_in": 7200}, {"errcode": 42001})
    answer = me.post("/auth/phone", {"wechat_phone_code": "code"})
    assert (answer.status, answer.code) == (503, "WECHAT_UNAVAILABLE")


def test_token_that_another_function_renewed(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """When another function has renewed the refused token meanwhile, its token is taken: no second renewal."""
    app_id = settings().wechat_app_id
    until = clock.time.replace(hour=10)
    share_access_token(app_id, AccessToken("old", until))
    me = http.signed_in(new_user()[1])

    wechat.plan({"errcode": 40001}, phone_info(PHONE))
    wechat.before_answering.append(lambda: share_access_token(app_id, AccessToken("new", until)))
    assert me.post("/auth/phone", {"wechat_phone_code": "code"}).status == 200
    assert [asked.query.get("access_token") for asked in wechat.asked] == ["old", "new"]


def test_refused_phone_codes(http: Http, wechat: FakeWechat) -> None:
    """An invalid or used phone code, and a phone abroad, are 422; WeChat's other refusals are those of signing in."""
    me = http.signed_in(new_user()[1])
    wechat.plan({"access_token": "t1", "expires_in": 7200})
    for planned, status, code in (
        ({"errcode": 40029}, 422, "WECHAT_PHONE_CODE_INVALID"),
        ({"errcode": 40163}, 422, "WECHAT_PHONE_CODE_INVALID"),
        (phone_info("51234567", "852"), 422, "WECHAT_PHONE_CODE_INVALID"),
        ({"errcode": 45011}, 429, "WECHAT_LIMIT"),
        ({"errcode": 47001}, 503, "WECHAT_UNAVAILABLE"),
    ):
        wechat.plan(planned)
        answer = me.post("/auth/phone", {"wechat_phone_code": "code"})
        assert (answer.status, answer.code) == (status, code)
    assert me.get("/auth/me").body["user"]["phone_masked"] is None
