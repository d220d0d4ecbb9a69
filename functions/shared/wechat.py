"""WeChat's server API: one transport, its access token, and the errors that all of its calls share.

Areas derive a gateway from `WechatApi` for the calls that they need. WeChat answers 200 with an `errcode`. Only
connection failures, 5xx answers and "busy" (-1) are tried again, at most twice: codes are single-use, and the caller
waits. The access token is one for all functions: kept in the table, sealed, and fetched when there is none that WeChat
accepts. Source: WeChat mini-program server API (code2Session, getStableAccessToken).
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from functions.shared import clients, clock
from functions.shared.config import settings
from functions.shared.errors import Forbidden, Text, TooManyRequests, Unauthenticated, Unavailable
from functions.shared.observability import logger
from functions.shared.personal_data import seal, unseal
from functions.shared.table import keys
from functions.shared.table.auth import WechatAccessToken
from functions.shared.table.transactions import get

# urllib3 2 warns of each retry with the whole URL, in which WeChat wants the app's secret and the login code.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
BRIEF_CONNECT_TIMEOUT_S = 1.0
BRIEF_READ_TIMEOUT_S = 2.0
MAX_FETCH_S = 2 * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
TOKEN_MARGIN_S = 300
MAX_ANSWER_BYTES = 128 * 1024
TOKEN_REFUSED = {40001, 40014, 42001}
CODE_REFUSED = {40029, 40163}
BUSY = -1
_SEALED_FOR = "wechat_access_token"
_newest: dict[bytes, str] = {}  # the sealed token that this process has seen last, and what it is

R = TypeVar("R")


class WechatCodeInvalid(Unauthenticated):
    """WeChat does not know the login code, or it was used (40029, 40163)."""

    code = "WECHAT_CODE_INVALID"
    text = Text(
        "微信登录凭证无效或已使用，请重新登录。", "The WeChat login code is not valid or was used. Please try again."
    )


class WechatUserBlocked(Forbidden):
    """WeChat holds the user for a high risk (40226)."""

    code = "WECHAT_USER_BLOCKED"
    text = Text("该微信账号被微信限制登录。", "WeChat has blocked this account from signing in.")


class WechatLimit(TooManyRequests):
    """WeChat says that this user comes too often (45011)."""

    code = "WECHAT_LIMIT"
    text = Text("操作过于频繁，请稍后再试。", "Too many attempts. Please wait a minute.")


class WechatUnavailable(Unavailable):
    """WeChat does not answer, or says that it is busy (-1)."""

    code = "WECHAT_UNAVAILABLE"
    text = Text("微信服务暂时不可用，请稍后再试。", "WeChat is not answering right now. Please try again.")


class TokenRefused(Exception):
    """WeChat no longer takes the access token: fetch another and try once more."""


class Answer(msgspec.Struct):
    """What every answer of WeChat may hold; gateways derive their own from it."""

    errcode: int = 0


class _LoginAnswer(Answer):
    """Who signed in, within what a key of the table can be; anything else is no answer."""

    openid: Annotated[str, msgspec.Meta(max_length=128)] = ""


class _TokenAnswer(Answer):
    access_token: str = ""
    expires_in: Annotated[int, msgspec.Meta(lt=2**31)] = 0


AnswerT = TypeVar("AnswerT", bound=Answer)


class AccessToken(msgspec.Struct, frozen=True):
    """An access token of the mini-program and the moment until which it may be used."""

    token: str
    valid_until: datetime


class WechatApi:
    """WeChat's server API for one mini-program. `brief` is for what no one should wait for: short limits, one try."""

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

    def access_token(self, *, force_refresh: bool = False) -> AccessToken:
        """A stable access token (getStableAccessToken). Raises `WechatLimit`, `WechatUnavailable`."""
        body = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret,
            "force_refresh": force_refresh,
        }
        answer = self._call("POST", "/cgi-bin/stable_token", {}, body, shape=_TokenAnswer)
        if answer.errcode or not answer.access_token:
            refuse("stable_token", answer.errcode)
        return AccessToken(answer.access_token, clock.after(max(answer.expires_in - TOKEN_MARGIN_S, 0)))

    def openid(self, js_code: str) -> str:
        """The WeChat account behind a login code (code2Session).

        Raises `WechatCodeInvalid`, `WechatUserBlocked`, `WechatLimit`, `WechatUnavailable`.
        """
        query = {"appid": self._app_id, "secret": self._secret, "js_code": js_code, "grant_type": "authorization_code"}
        answer = self._call("GET", "/sns/jscode2session", query, shape=_LoginAnswer)
        if answer.errcode in CODE_REFUSED:
            raise WechatCodeInvalid
        if answer.errcode or not answer.openid:
            refuse("code2session", answer.errcode)
        return answer.openid

    def _call(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None, *, shape: type[AnswerT]
    ) -> AnswerT:
        """One call, tried once more when WeChat says that it is busy."""
        answer = decode(path, self._fetch(method, path, query, body), shape)
        if answer.errcode == BUSY:
            answer = decode(path, self._fetch(method, path, query, body), shape)
        return answer

    def _fetch(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None) -> bytes:
        """What a call answers, at most `MAX_ANSWER_BYTES`. Secrets are in the URL: it is never logged."""
        url = f"{self._url}{path}?{urlencode(query)}"
        sent = msgspec.json.encode(body) if body is not None else None
        headers = {"Content-Type": "application/json"}
        try:
            clients.ensure_time_for(MAX_FETCH_S)
            response = self._http.request(method, url, body=sent, headers=headers, preload_content=False)
            content = response.read(MAX_ANSWER_BYTES + 1)
        except (urllib3.exceptions.HTTPError, clients.DeadlineExceeded) as error:
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


def decode(path: str, content: bytes, shape: type[AnswerT]) -> AnswerT:
    """Read an answer. Raises `WechatUnavailable` for what is none."""
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        logger.warning("wechat_failed", path=path, reason=type(error).__name__)
        raise WechatUnavailable from None


def refuse(call: str, errcode: int) -> NoReturn:
    """Raise the errors that all calls share. Whatever is left is our configuration or theirs, so it is logged."""
    if errcode == 40226:  # noqa: PLR2004 - WeChat's number
        raise WechatUserBlocked
    if errcode == 45011:  # noqa: PLR2004 - WeChat's number
        raise WechatLimit(60)
    logger.error("wechat_refused", call=call, errcode=errcode)
    raise WechatUnavailable


def app_secret() -> str:
    """Read the mini-program's secret from its parameter. One call to SSM: keep what is made of it."""
    parameter = clients.ssm().get_parameter(Name=settings().wechat_secret_parameter, WithDecryption=True)
    return parameter["Parameter"]["Value"]


def with_access_token(service: WechatApi, call: Callable[[str], R]) -> R:
    """What a call that takes an access token returns, made again once when WeChat refuses the token.

    One read, and one write when a token is fetched; each new token is unsealed once a process. Raises what the call
    raises, `WechatLimit`, `WechatUnavailable`.
    """
    token = _access_token(service)
    try:
        return call(token)
    except TokenRefused:
        pass
    try:
        return call(_access_token(service, refused=token))
    except TokenRefused:
        raise WechatUnavailable from None


def _access_token(service: WechatApi, *, refused: str | None = None) -> str:
    """The shared access token, fetched when there is none but one that WeChat refused.

    Another function may have fetched it meanwhile; forcing once more would end that one's token (and WeChat allows
    20 a day).
    """
    app_id = settings().wechat_app_id
    shared = get(WechatAccessToken, keys.wechat_access_token(app_id))
    # Earlier releases stored the token in clear: such an item, valid for two hours at most, is replaced.
    if shared is not None and shared.token_sealed is not None and shared.valid_until > clock.now():
        token = _unsealed(app_id, shared.token_sealed)
        if token != refused:
            return token
    fresh = service.access_token(force_refresh=refused is not None)
    share_access_token(app_id, fresh)
    return fresh.token


def share_access_token(app_id: str, fresh: AccessToken) -> None:
    """Store a fresh access token, sealed. The last writer wins: WeChat's stable token is the same for all of them."""
    sealed = seal(fresh.token.encode(), purpose=_SEALED_FOR, user_id=app_id)
    key = keys.wechat_access_token(app_id)
    WechatAccessToken.new(key, token_sealed=sealed, valid_until=fresh.valid_until, expires_at=fresh.valid_until).save()
    _remember(sealed, fresh.token)


def _unsealed(app_id: str, sealed: bytes) -> str:
    token = _newest.get(sealed)
    if token is None:
        token = unseal(sealed, purpose=_SEALED_FOR, user_id=app_id).decode()
        _remember(sealed, token)
    return token


def _remember(sealed: bytes, token: str) -> None:
    _newest.clear()
    _newest[sealed] = token
