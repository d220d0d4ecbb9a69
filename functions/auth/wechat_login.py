"""Sign in by WeChat, and learn a phone from WeChat: what the mini-program does first."""

from functions.auth.accounts import bind_phone, sign_in_or_register
from functions.auth.gateways import wechat
from functions.auth.sessions import IssuedSession
from functions.shared.http import Caller
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.transactions import decide_again
from functions.shared.wechat import with_access_token


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


def bind_wechat_phone(caller: Caller, wechat_phone_code: str) -> str:
    """The id of the account that has the phone now that WeChat vouches for.

    Raises `WechatPhoneCodeInvalid`, `WechatLimit`, `WechatUnavailable`, `PhoneTaken`.
    """
    phone = with_access_token(wechat(), lambda token: wechat().phone(wechat_phone_code, token))
    phone_hash = keyed_hash("phone", phone)
    return decide_again(bind_phone)(caller, phone, phone_hash)
