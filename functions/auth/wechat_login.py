"""Sign in by WeChat, and learn a phone from WeChat: what the mini-program does first."""

from functions.auth.accounts import sign_in_or_register
from functions.auth.binding import bind_phone, bind_wechat
from functions.auth.domain import Origin
from functions.auth.errors import WechatCodeInvalid, WechatLimit
from functions.auth.gateways import wechat
from functions.auth.networks import network_hash
from functions.auth.sessions import IssuedSession
from functions.shared.config import settings
from functions.shared.http import Caller
from functions.shared.limits import Limit, count_attempt, refund
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.transactions import retry_on_conflict
from functions.shared.wechat import with_access_token


def sign_in_by_wechat(js_code: str, origin: Origin) -> tuple[IssuedSession, User, bool]:
    """The session, the user, and whether the account is new. Five round trips beside WeChat's, four when new.

    A code that WeChat does not know stays counted for its network: a script that makes codes up would otherwise use up
    the quota of all users. Raises `WechatCodeInvalid`, `WechatUserBlocked`, `WechatLimit`, `WechatUnavailable`.
    """
    refused = Limit(
        "wechat_refused", network_hash(origin.address), settings().wechat_refused_per_network_hour, window_s=3_600
    )
    with count_attempt([refused], WechatLimit, wrong=WechatCodeInvalid, shows_left=False) as counters:
        openid = wechat().openid(js_code)
    for counter in counters:
        refund(counter)

    @retry_on_conflict
    def found_or_made() -> tuple[IssuedSession, User, bool]:
        account = {"wechat_openid": openid}
        return sign_in_or_register(keys.wechat_owner(openid), account, "mini_program", by="wechat", origin=origin)

    return found_or_made()


def bind_wechat_account(caller: Caller, js_code: str, face_check_id: str | None) -> str:
    """Bind the WeChat account behind a login code; the id of the caller's account.

    Raises `WechatCodeInvalid`, `WechatUserBlocked`, `WechatLimit`, `WechatUnavailable` and what `bind_wechat` raises.
    """
    return bind_wechat(caller, wechat().openid(js_code), face_check_id=face_check_id)


def bind_wechat_phone(caller: Caller, wechat_phone_code: str, face_check_id: str | None = None) -> str:
    """Bind the phone that WeChat vouches for, if no account has it; the id of the caller's account.

    Raises `WechatPhoneCodeInvalid`, `WechatLimit`, `WechatUnavailable` and what `bind_phone` raises.
    """
    phone = with_access_token(wechat(), lambda token: wechat().phone(wechat_phone_code, token))
    return bind_phone(caller, phone, keyed_hash("phone", phone), by="wechat_button", face_check_id=face_check_id)
