"""WeChat's access token: one for all functions, kept in the table, fetched when there is none that WeChat takes."""

from collections.abc import Callable
from typing import TypeVar

from functions.auth import store
from functions.auth.errors import WechatUnavailable
from functions.auth.gateways import TokenRefused, Wechat
from functions.shared import clock
from functions.shared.config import settings

R = TypeVar("R")


def with_access_token(service: Wechat, call: Callable[[str], R]) -> R:
    """What a call that takes an access token gives, made again once when WeChat refuses the token.

    One read, and one write when a token is fetched. Raises what the call raises, `WechatLimit`, `WechatUnavailable`.
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


def _access_token(service: Wechat, *, refused: str | None = None) -> str:
    """The shared access token, fetched when there is none but one that WeChat refused.

    Another function may have fetched it meanwhile; forcing once more would end that one's token (and WeChat allows
    20 a day).
    """
    shared = store.wechat_access_token(settings().wechat_app_id)
    if shared is not None and shared.valid_until > clock.now() and shared.token != refused:
        return shared.token
    fresh = service.access_token(force_refresh=refused is not None)
    store.save_wechat_access_token(settings().wechat_app_id, fresh.token, fresh.valid_until)
    return fresh.token
