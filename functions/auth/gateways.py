"""WeChat's server API and the SMS service: the two strangers that signing in depends on.

WeChat answers 200 with an `errcode`, so its errors are mapped here by number. Only connection failures, 5xx answers
and "busy" (-1) are tried again, and at most twice: codes are single-use, and the caller waits.
Source: WeChat mini-program server API (code2Session, getStableAccessToken, getPhoneNumber, getUnlimitedQRCode).
"""

import functools
import logging
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, NoReturn
from urllib.parse import urlencode

import msgspec
import urllib3
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from functions.auth.errors import (
    SmsUnavailable,
    WechatCodeInvalid,
    WechatLimit,
    WechatPhoneCodeInvalid,
    WechatUnavailable,
    WechatUserBlocked,
)
from functions.shared import clients, clock
from functions.shared.config import settings
from functions.shared.observability import logger

# urllib3 2 warns of each retry with the whole URL, in which WeChat wants the app's secret and the login code.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
BRIEF_CONNECT_TIMEOUT_S = 1.0
BRIEF_READ_TIMEOUT_S = 2.0
LONGEST_FETCH_S = 2 * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
TOKEN_MARGIN_S = 300
MAX_ANSWER_BYTES = 128 * 1024
CODE_WIDTH = 280  # pixels, the smallest that WeChat draws
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
TOKEN_REFUSED = {40001, 40014, 42001}
CODE_REFUSED = {40029, 40163}
BUSY = -1


MainlandPhone = Annotated[str, msgspec.Meta(pattern="^1[3-9][0-9]{9}$", max_length=11)]


class _Answer(msgspec.Struct):
    """What WeChat answers, within what a key of the table and a time can be; anything else is no answer."""

    errcode: int = 0
    openid: Annotated[str, msgspec.Meta(max_length=128)] = ""
    access_token: str = ""
    expires_in: Annotated[int, msgspec.Meta(lt=2**31)] = 0
    phone_info: dict[str, Any] = {}


class AccessToken(msgspec.Struct, frozen=True):
    """An access token of the mini-program and the moment until which it may be used."""

    token: str
    valid_until: datetime


class Picture(NamedTuple):
    """A picture as a browser shows it."""

    media_type: str
    content: bytes


class TokenRefused(Exception):
    """WeChat no longer takes the access token: fetch another and try once more."""


class Wechat:
    """WeChat's server API for one mini-program. `brief` is for what nobody should wait for: short limits, one try."""

    def __init__(self, url: str, app_id: str, secret: str, *, brief: bool = False) -> None:
        self._url, self._app_id, self._secret = url.rstrip("/"), app_id, secret
        if brief:
            timeout = urllib3.Timeout(connect=BRIEF_CONNECT_TIMEOUT_S, read=BRIEF_READ_TIMEOUT_S)
            self._http = urllib3.PoolManager(retries=False, timeout=timeout)
            return
        retry = urllib3.Retry(
            total=2,
            connect=2,
            read=0,
            redirect=False,
            status=1,
            status_forcelist=[500, 502, 503, 504],
            allowed_methods=None,
            backoff_factor=0.1,
            raise_on_status=False,
        )
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
        self._http = urllib3.PoolManager(retries=retry, timeout=timeout)

    def openid(self, js_code: str) -> str:
        """The WeChat account behind a login code (code2Session).

        Raises `WechatCodeInvalid`, `WechatUserBlocked`, `WechatLimit`, `WechatUnavailable`.
        """
        query = {"appid": self._app_id, "secret": self._secret, "js_code": js_code, "grant_type": "authorization_code"}
        answer = self._call("GET", "/sns/jscode2session", query)
        if answer.errcode in CODE_REFUSED:
            raise WechatCodeInvalid
        if answer.errcode or not answer.openid:
            _refuse("code2session", answer.errcode)
        return answer.openid

    def access_token(self, *, force_refresh: bool = False) -> AccessToken:
        """A stable access token (getStableAccessToken). Raises `WechatLimit`, `WechatUnavailable`."""
        body = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret,
            "force_refresh": force_refresh,
        }
        answer = self._call("POST", "/cgi-bin/stable_token", {}, body)
        if answer.errcode or not answer.access_token:
            _refuse("stable_token", answer.errcode)
        return AccessToken(answer.access_token, clock.after(max(answer.expires_in - TOKEN_MARGIN_S, 0)))

    def phone(self, phone_code: str, access_token: str) -> str:
        """The phone behind a phone code (getPhoneNumber), without country code.

        Raises `TokenRefused`, `WechatPhoneCodeInvalid` (also for what is no phone of mainland China), `WechatLimit`,
        `WechatUnavailable`.
        """
        query = {"access_token": access_token}
        answer = self._call("POST", "/wxa/business/getuserphonenumber", query, {"code": phone_code})
        if answer.errcode in TOKEN_REFUSED:
            raise TokenRefused
        if answer.errcode in CODE_REFUSED:
            raise WechatPhoneCodeInvalid
        if answer.errcode:
            _refuse("getuserphonenumber", answer.errcode)
        if answer.phone_info.get("countryCode") != "86":
            raise WechatPhoneCodeInvalid
        try:
            return msgspec.convert(answer.phone_info.get("purePhoneNumber"), MainlandPhone)
        except msgspec.ValidationError:
            raise WechatPhoneCodeInvalid from None

    def mini_program_code(self, scene: str, access_token: str) -> Picture:
        """The mini-program code that opens the mini-program with a scene of up to 32 characters (getUnlimitedQRCode).

        WeChat answers with the picture itself, or with its errors as JSON. One try, also when it is busy. Raises
        `TokenRefused`, `WechatLimit`, `WechatUnavailable`.
        """
        path = "/wxa/getwxacodeunlimit"
        wanted = {"scene": scene, "check_path": False, "width": CODE_WIDTH}
        content = self._fetch("POST", path, {"access_token": access_token}, wanted)
        media_type = next((kind for beginning, kind in PICTURES.items() if content.startswith(beginning)), None)
        if media_type is None:
            answer = _decoded(path, content)
            if answer.errcode in TOKEN_REFUSED:
                raise TokenRefused
            _refuse("getwxacodeunlimit", answer.errcode)
        return Picture(media_type, content)

    def _call(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None) -> _Answer:
        """One call, tried once more when WeChat says that it is busy."""
        answer = _decoded(path, self._fetch(method, path, query, body))
        if answer.errcode == BUSY:
            answer = _decoded(path, self._fetch(method, path, query, body))
        return answer

    def _fetch(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None) -> bytes:
        """What a call answers, at most `MAX_ANSWER_BYTES`. Secrets are in the URL: it is never logged."""
        url = f"{self._url}{path}?{urlencode(query)}"
        sent = msgspec.json.encode(body) if body is not None else None
        headers = {"Content-Type": "application/json"}
        try:
            clients.demand_time(LONGEST_FETCH_S)
            response = self._http.request(method, url, body=sent, headers=headers, preload_content=False)
            content = response.read(MAX_ANSWER_BYTES + 1)
        except (urllib3.exceptions.HTTPError, clients.OutOfTime) as error:
            logger.warning("wechat_failed", path=path, reason=type(error).__name__)
            raise WechatUnavailable from None
        if len(content) > MAX_ANSWER_BYTES:
            response.close()
            logger.warning("wechat_failed", path=path, reason="AnswerTooLarge")
            raise WechatUnavailable
        response.release_conn()
        if response.status >= 300:  # noqa: PLR2004 - an HTTP status
            logger.warning("wechat_failed", path=path, status=response.status)
            raise WechatUnavailable
        return content


def _decoded(path: str, content: bytes) -> _Answer:
    try:
        return msgspec.json.decode(content, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        logger.warning("wechat_failed", path=path, reason=type(error).__name__)
        raise WechatUnavailable from None


def _refuse(call: str, errcode: int) -> NoReturn:
    """The refusals that all calls share. Whatever is left is our configuration or theirs, so it is logged."""
    if errcode == 40226:  # noqa: PLR2004 - WeChat's number
        raise WechatUserBlocked
    if errcode == 45011:  # noqa: PLR2004 - WeChat's number
        raise WechatLimit(60)
    logger.error("wechat_refused", call=call, errcode=errcode)
    raise WechatUnavailable


@functools.cache
def wechat(*, brief: bool = False) -> Wechat:
    """WeChat with this mini-program's id and secret; the secret is read once a process."""
    parameter = clients.ssm().get_parameter(Name=settings().wechat_secret_parameter, WithDecryption=True)
    return Wechat(settings().wechat_url, settings().wechat_app_id, parameter["Parameter"]["Value"], brief=brief)


_MESSAGES: dict[Literal["sign_in", "bind_phone"], str] = {
    "sign_in": "【卫生人才】您的登录验证码为{code}，{minutes}分钟内有效。请勿告知他人。",
    "bind_phone": "【卫生人才】您正在绑定手机号，验证码为{code}，{minutes}分钟内有效。请勿告知他人。",
}


def send_sms_code(phone: str, purpose: Literal["sign_in", "bind_phone"], code: str) -> None:
    """Hand a message with a code to the SMS service. Raises `SmsUnavailable` where it has certainly not taken it.

    Where the connection ends without an answer, the message may be on its way: that is no failure. If it never comes,
    the user asks for another one.
    """
    message = _MESSAGES[purpose].format(code=code, minutes=settings().sms_code_s // 60)
    attributes: Any = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    try:
        clients.sns().publish(PhoneNumber=f"+86{phone}", Message=message, MessageAttributes=attributes)
    except HTTPClientError as error:  # botocore's word for what happens to a connection that there was
        logger.error("sms_unconfirmed", reason=type(error).__name__)
    except (ClientError, BotoCoreError) as error:
        logger.error("sms_failed", reason=type(error).__name__)
        raise SmsUnavailable from None
