"""The WeChat stand-in, asked by the product's own gateway over HTTP: what the product sees of it is what counts."""

import threading
from collections.abc import Iterator

import pytest
import urllib3

from functions.auth.errors import (
    WechatCodeInvalid,
    WechatLimit,
    WechatPhoneCodeInvalid,
    WechatUnavailable,
    WechatUserBlocked,
)
from functions.auth.gateways import Wechat
from functions.shared.wechat import TokenRefused
from local.aws.provision import LOCAL_SECRET
from local.standins.server import serve
from local.standins.wechat import openid_of
from local.template import PARAMETERS

APP_ID = PARAMETERS["WechatAppId"]


@pytest.fixture
def url() -> Iterator[str]:
    """Where a server with stand-ins of its own listens."""
    server = serve(0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wechat(url: str) -> Iterator[Wechat]:
    """The product's gateway, pointed there."""
    gateway = Wechat(url, APP_ID, LOCAL_SECRET)
    yield gateway
    gateway._http.clear()


def test_spoken_code_is_the_user_of_that_name_every_time(wechat: Wechat) -> None:
    """`local-<name>` gives one account for each name, as often as it is used."""
    assert wechat.openid("local-zhang") == wechat.openid("local-zhang") == openid_of("zhang")
    assert wechat.openid("local-li") != wechat.openid("local-zhang")
    assert len(openid_of("zhang")) == 28


def test_once_code_is_used_up_as_on_a_phone(wechat: Wechat) -> None:
    """`local-once-<name>` is the same user, and the second use is refused (40163)."""
    assert wechat.openid("local-once-zhang") == openid_of("zhang")
    with pytest.raises(WechatCodeInvalid):
        wechat.openid("local-once-zhang")


@pytest.mark.parametrize("code", ["local-", "nonsense", "", "error-", "error-x"])
def test_other_codes_are_invalid(wechat: Wechat, code: str) -> None:
    """Anything that was not spoken properly is WeChat's 40029."""
    with pytest.raises(WechatCodeInvalid):
        wechat.openid(code)


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        (40029, WechatCodeInvalid),
        (40163, WechatCodeInvalid),
        (40226, WechatUserBlocked),
        (45011, WechatLimit),
        (-1, WechatUnavailable),
        (61024, WechatUnavailable),
    ],
)
def test_error_codes_are_answered_by_their_number(wechat: Wechat, number: int, refusal: type[Exception]) -> None:
    """`error-<number>` makes WeChat refuse with that number."""
    with pytest.raises(refusal):
        wechat.openid(f"error-{number}")


def test_wrong_secret_or_app_is_refused(url: str) -> None:
    """Only the configured mini-program may ask."""
    for gateway in (Wechat(url, APP_ID, "wrong"), Wechat(url, "wxother", LOCAL_SECRET)):
        with pytest.raises(WechatUnavailable):
            gateway.openid("local-zhang")
        with pytest.raises(WechatUnavailable):
            gateway.access_token()
        gateway._http.clear()


def test_access_token_is_stable_until_a_refresh_is_forced(wechat: Wechat) -> None:
    """The same token for everybody who asks, another one when forced, and the older one continues for now."""
    first = wechat.access_token().token
    assert wechat.access_token().token == first
    second = wechat.access_token(force_refresh=True).token
    assert second != first
    assert wechat.phone("local-13800138000", first) == wechat.phone("local-13800138000", second) == "13800138000"


def test_phone_needs_a_token_that_was_issued(wechat: Wechat) -> None:
    """A token that WeChat does not know is refused (40001), also after it forgot all of them."""
    with pytest.raises(TokenRefused):
        wechat.phone("local-13800138000", "made-up")


def test_forgotten_tokens_are_refused(url: str, wechat: Wechat) -> None:
    """`forget_tokens` is what a reset secret does to all tokens."""
    token = wechat.access_token().token
    with urllib3.PoolManager() as http:
        assert http.request("POST", f"{url}/faults/wechat", json={"forget_tokens": True}).status == 204
    with pytest.raises(TokenRefused):
        wechat.phone("local-13800138000", token)


@pytest.mark.parametrize("code", ["local-someone", "13800138000", "error-40029", "local-852-61234567"])
def test_phone_codes_that_give_no_mainland_phone(wechat: Wechat, code: str) -> None:
    """A name, an unspoken code, a refusal and a phone abroad give no phone."""
    with pytest.raises(WechatPhoneCodeInvalid):
        wechat.phone(code, wechat.access_token().token)


def test_code_image_answers_a_picture_or_an_error(url: str, wechat: Wechat) -> None:
    """A scene of up to 32 allowed characters gives a PNG; anything else gives 40169, still with status 200."""
    address = f"{url}/wxa/getwxacodeunlimit?access_token={wechat.access_token().token}"
    with urllib3.PoolManager() as http:
        picture = http.request("POST", address, json={"scene": "a" * 32})
        refused = http.request("POST", address, json={"scene": "a" * 33})
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert (refused.status, refused.json()["errcode"]) == (200, 40169)


def test_armed_fault_fails_the_next_calls_only(url: str, wechat: Wechat) -> None:
    """Three armed calls use up the gateway's retries; then WeChat answers again."""
    with urllib3.PoolManager() as http:
        http.request("POST", f"{url}/faults/wechat", json={"calls": 3})
        with pytest.raises(WechatUnavailable):
            wechat.openid("local-zhang")
        assert wechat.openid("local-zhang") == openid_of("zhang")
        assert http.request("POST", f"{url}/faults/wechat", json={"often": 3}).status == 422
        assert http.request("POST", f"{url}/faults/post", json={"calls": 3}).status == 422
