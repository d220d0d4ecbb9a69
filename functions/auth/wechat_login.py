"""Sign in by WeChat, and learn a phone from WeChat: what the mini-program does first."""

from functions.auth import store
from functions.auth.accounts import bind_phone, sign_in_or_register
from functions.auth.errors import WechatUnavailable
from functions.auth.gateways import TokenRefused, wechat
from functions.auth.sessions import IssuedSession
from functions.shared import clock
from functions.shared.config import settings
from functions.shared.http import Caller
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.transactions import decide_again


def sign_in_by_wechat(js_code: str) -> tuple[IssuedSession, User, bool]:
    """The session, the user, and whether the account is new. Three round trips beside WeChat's, two when new.

    Raises `WechatCodeInvalid`, `WechatUserBlocked`, `WechatLimit`, `WechatUnavailable`.
    """
    openid = wechat().openid(js_code)

    @decide_again
    def found_or_made() -> tuple[IssuedSession, User, bool]:
        account = {"wechat_openid": openid}
        return sign_in_or_register(keys.wechat_owner(openid), account, "mini_program", by="wechat")

    return found_or_made()


def bind_wechat_phone(caller: Caller, wechat_phone_code: str) -> User:
    """The caller's account with the phone that WeChat vouches for.

    Raises `WechatPhoneCodeInvalid`, `WechatLimit`, `WechatUnavailable`, `PhoneTaken`.
    """
    phone = _phone_of(wechat_phone_code)
    phone_hash = keyed_hash("phone", phone)
    return decide_again(bind_phone)(caller, phone, phone_hash)


def _phone_of(wechat_phone_code: str) -> str:
    token = _access_token()
    try:
        return wechat().phone(wechat_phone_code, token)
    except TokenRefused:
        pass
    try:
        return wechat().phone(wechat_phone_code, _access_token(refused=token))
    except TokenRefused:
        raise WechatUnavailable from None


def _access_token(*, refused: str | None = None) -> str:
    """The shared access token, fetched when there is none but one that WeChat refused.

    Another function may have fetched it meanwhile; forcing once more would end that one's token (and WeChat allows
    20 a day).
    """
    shared = store.wechat_access_token(settings().wechat_app_id)
    if shared is not None and shared.valid_until > clock.now() and shared.token != refused:
        return shared.token
    fresh = wechat().access_token(force_refresh=refused is not None)
    store.save_wechat_access_token(settings().wechat_app_id, fresh.token, fresh.valid_until)
    return fresh.token
