"""WeChat's server API against a small server of our own: every error number, every fault of the line."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.auth.errors import (
    WechatCodeInvalid,
    WechatLimit,
    WechatPhoneCodeInvalid,
    WechatUnavailable,
    WechatUserBlocked,
)
from functions.auth.gateways import Wechat
from functions.shared import clock as product_clock
from functions.shared.wechat import TOKEN_MARGIN_S, TokenRefused
from tests.conftest import Clock
from tests.integration.shared.log_lines import LogLines
from tests.unit.auth.fake_wechat import FakeWechat, Planned, phone_info

SECRET = "app-secret-7f3a"
JS_CODE = "js-code-51c0"


@pytest.fixture
def server() -> Iterator[FakeWechat]:
    """WeChat."""
    with FakeWechat() as running:
        yield running


@pytest.fixture
def wechat(server: FakeWechat) -> Wechat:
    """The gateway to it."""
    return Wechat(server.url + "/", "wxapp", SECRET)


CALLS: dict[str, Callable[[Wechat], Any]] = {
    "openid": lambda wechat: wechat.openid(JS_CODE),
    "access_token": lambda wechat: wechat.access_token(),
    "phone": lambda wechat: wechat.phone("phone-code", "token"),
}


def test_login_code(wechat: Wechat, server: FakeWechat) -> None:
    """A login code leads to its WeChat account, asked for as WeChat's reference says."""
    server.plan({"openid": "oABC", "session_key": "k", "unionid": "u"})
    assert wechat.openid(JS_CODE) == "oABC"
    (asked,) = server.asked
    assert asked.path == "/sns/jscode2session"
    assert asked.query == {
        "appid": "wxapp",
        "secret": SECRET,
        "js_code": JS_CODE,
        "grant_type": "authorization_code",
    }


@pytest.mark.parametrize("code", ["a&secret=x", "代码", "\0", "a b+c%"])
def test_login_code_is_only_a_value(wechat: Wechat, server: FakeWechat, code: str) -> None:
    """Whatever a client sends as its code stays one value of the query."""
    server.plan({"openid": "oABC"})
    wechat.openid(code)
    assert server.asked[0].query["js_code"] == code
    assert server.asked[0].query["secret"] == SECRET


@pytest.mark.parametrize("force", [False, True])
def test_access_token(wechat: Wechat, server: FakeWechat, clock: Clock, force: bool) -> None:
    """An access token is good until five minutes before WeChat's end of it."""
    server.plan({"access_token": "t1", "expires_in": 7200})
    token = wechat.access_token(force_refresh=force)
    assert (token.token, token.valid_until) == ("t1", product_clock.after(7200 - TOKEN_MARGIN_S))
    assert server.asked[0].body == {
        "grant_type": "client_credential",
        "appid": "wxapp",
        "secret": SECRET,
        "force_refresh": force,
    }


def test_short_access_token_is_not_kept(wechat: Wechat, server: FakeWechat, clock: Clock) -> None:
    """A token that ends within the margin is good for this call only."""
    server.plan({"access_token": "t1", "expires_in": 30})
    assert wechat.access_token().valid_until == clock.time


def test_phone(wechat: Wechat, server: FakeWechat) -> None:
    """A phone code leads to the phone without its country."""
    server.plan(phone_info("13800138000"))
    assert wechat.phone("phone-code", "t1") == "13800138000"
    assert server.asked[0].query == {"access_token": "t1"}
    assert server.asked[0].body == {"code": "phone-code"}


@pytest.mark.parametrize(
    "answer",
    [
        phone_info("51234567", "852"),
        {"errcode": 0},
        {"phone_info": {}},
        {"phone_info": {"countryCode": "86"}},
        {"phone_info": {"countryCode": "86", "purePhoneNumber": 13800138000}},
        *[phone_info(phone) for phone in ("", "+8613800138000", "1380013800", "12800138000", "13800138000\n")],
    ],
)
def test_phone_abroad_is_refused(wechat: Wechat, server: FakeWechat, answer: dict[str, Any]) -> None:
    """A phone outside mainland China, or what is no phone at all, is as good as an invalid code."""
    server.plan(answer)
    with pytest.raises(WechatPhoneCodeInvalid):
        wechat.phone("phone-code", "t1")


@pytest.mark.parametrize(
    ("call", "errcode", "error"),
    [
        ("openid", 40029, WechatCodeInvalid),
        ("openid", 40163, WechatCodeInvalid),
        ("phone", 40029, WechatPhoneCodeInvalid),
        ("phone", 40163, WechatPhoneCodeInvalid),
        ("phone", 40001, TokenRefused),
        ("phone", 40014, TokenRefused),
        ("phone", 42001, TokenRefused),
        *[(call, 40226, WechatUserBlocked) for call in CALLS],
        *[(call, 45011, WechatLimit) for call in CALLS],
        *[(call, 40013, WechatUnavailable) for call in CALLS],
        *[(call, 99999, WechatUnavailable) for call in CALLS],
        ("openid", 0, WechatUnavailable),  # neither an error nor an account
        ("access_token", 0, WechatUnavailable),
    ],
)
def test_error_numbers(wechat: Wechat, server: FakeWechat, call: str, errcode: int, error: type[Exception]) -> None:
    """Each of WeChat's numbers has its refusal, and only "busy" is asked twice."""
    server.plan({"errcode": errcode, "errmsg": "said by WeChat"})
    with pytest.raises(error):
        CALLS[call](wechat)
    assert len(server.asked) == 1


def test_limit_says_when_to_come_back(wechat: Wechat, server: FakeWechat) -> None:
    """WeChat counts by the minute, so its limit is over after 60 seconds."""
    server.plan({"errcode": 45011})
    with pytest.raises(WechatLimit) as refused:
        wechat.openid(JS_CODE)
    assert refused.value.retry_after_s == 60


def test_busy_is_tried_once_more(wechat: Wechat, server: FakeWechat) -> None:
    """Busy once is nothing; busy twice is unavailable, and no third try is made."""
    server.plan({"errcode": -1}, {"openid": "oABC"})
    assert wechat.openid(JS_CODE) == "oABC"
    server.plan({"errcode": -1}, {"errcode": -1}, {"openid": "oABC"})
    with pytest.raises(WechatUnavailable):
        wechat.openid(JS_CODE)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"openid": 7}',
        b'{"errcode": "x"}',
        b"\xff",
        b'{"openid":"\xff"}',
        b'{"openid": null}',
        b'{"openid": "%s"}' % (b"o" * 129),
        b'{"access_token": "t", "expires_in": 9223372036854775807}',
    ],
)
def test_nonsense_is_unavailable(wechat: Wechat, server: FakeWechat, answer: bytes) -> None:
    """An answer that is not in WeChat's form is unavailable."""
    for call in (CALLS["openid"], CALLS["access_token"]):
        server.plan(Planned(answer))
        with pytest.raises(WechatUnavailable):
            call(wechat)


@pytest.mark.parametrize(("status", "asked"), [(500, 2), (502, 2), (503, 2), (504, 2), (404, 1), (302, 1)])
def test_faults_of_the_server(wechat: Wechat, server: FakeWechat, status: int, asked: int) -> None:
    """A 5xx answer is tried once more, any other is not; both are unavailable."""
    server.plan(*[Planned(b"{}", status)] * 2)
    with pytest.raises(WechatUnavailable):
        wechat.openid(JS_CODE)
    assert len(server.asked) == asked


def test_fault_then_answer(wechat: Wechat, server: FakeWechat) -> None:
    """One 5xx answer is not noticed."""
    server.plan(Planned(b"", 502), {"openid": "oABC"})
    assert wechat.openid(JS_CODE) == "oABC"


def test_hanging_up_is_unavailable(wechat: Wechat, server: FakeWechat) -> None:
    """A line that breaks during the call is not tried again: a code is good once."""
    server.plan(Planned(b"", hang_up=True))
    with pytest.raises(WechatUnavailable):
        wechat.openid(JS_CODE)
    assert len(server.asked) == 1


def test_silence_is_unavailable(wechat: Wechat, server: FakeWechat) -> None:
    """No answer within five seconds is unavailable, after one try."""
    server.plan(Planned(b"{}", delay_s=6))
    with pytest.raises(WechatUnavailable):
        wechat.openid(JS_CODE)
    assert len(server.asked) == 1


def test_faults_are_logged_without_secrets(server: FakeWechat) -> None:
    """Whatever goes wrong, neither the app's secret nor the code is in the logs: WeChat wants both in the URL."""
    wechat = Wechat(server.url, "wxapp", SECRET)
    nobody = Wechat("http://127.0.0.1:1", "wxapp", SECRET)
    server.plan(Planned(b"", 502), Planned(b"", 502), Planned(b"", hang_up=True), Planned(b"x"), {"errcode": 40125})
    with LogLines() as logs:
        for one in (wechat, wechat, wechat, wechat, nobody):
            with pytest.raises(WechatUnavailable):
                one.openid(JS_CODE)
    assert len(logs.named("wechat_failed")) == 4
    assert logs.named("wechat_refused")[0]["errcode"] == 40125
    assert SECRET not in logs.text
    assert JS_CODE not in logs.text
