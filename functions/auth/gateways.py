"""WeChat's server API and the SMS service: the two strangers that signing in depends on.

WeChat answers 200 with an `errcode`, so its errors are mapped here by number; the transport is `shared.wechat`.
Source: WeChat mini-program server API (getPhoneNumber, getUnlimitedQRCode).
"""

import functools
import time
from typing import Any, NamedTuple

import msgspec
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from functions.auth.errors import SmsUnavailable, WechatPhoneCodeInvalid
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.observability import logger
from functions.shared.parsing import MainlandPhone
from functions.shared.vocabulary import SmsPurpose
from functions.shared.wechat import (
    CODE_REFUSED,
    TOKEN_REFUSED,
    Answer,
    TokenRefused,
    WechatApi,
    app_secret,
    decode,
    refuse,
)

CODE_WIDTH = 280  # pixels, the smallest that WeChat draws
PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class _Answer(Answer):
    """What WeChat answers about a phone."""

    phone_info: dict[str, Any] = {}


class Picture(NamedTuple):
    """A picture as a browser shows it."""

    media_type: str
    content: bytes


class Wechat(WechatApi):
    """The calls of WeChat's server API that signing in needs."""

    def phone(self, phone_code: str, access_token: str) -> str:
        """The phone behind a phone code (getPhoneNumber), without country code.

        Raises `TokenRefused`, `WechatPhoneCodeInvalid` (also for what is no phone of mainland China), `WechatLimit`,
        `WechatUnavailable`.
        """
        query = {"access_token": access_token}
        answer = self._call("POST", "/wxa/business/getuserphonenumber", query, {"code": phone_code}, shape=_Answer)
        if answer.errcode in TOKEN_REFUSED:
            raise TokenRefused
        if answer.errcode in CODE_REFUSED:
            raise WechatPhoneCodeInvalid
        if answer.errcode:
            refuse("getuserphonenumber", answer.errcode)
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
            answer = decode(path, content, _Answer)
            if answer.errcode in TOKEN_REFUSED:
                raise TokenRefused
            refuse("getwxacodeunlimit", answer.errcode)
        return Picture(media_type, content)


@functools.cache
def wechat(*, brief: bool = False) -> Wechat:
    """WeChat with this mini-program's id and secret; the secret is read once a process."""
    return Wechat(settings().wechat_url, settings().wechat_app_id, app_secret(), brief=brief)


_MESSAGES: dict[SmsPurpose, str] = {
    "sign_in": "【卫生人才】您的登录验证码为{code}，{minutes}分钟内有效。请勿告知他人。",
    "bind_phone": "【卫生人才】您正在绑定手机号，验证码为{code}，{minutes}分钟内有效。请勿告知他人。",
}

# How long the newest message took this process to hand over.
_took = {"s": 0.1}


def send_sms_code(phone: str, purpose: SmsPurpose, code: str) -> None:
    """Hand a message with a code to the SMS service. Raises `SmsUnavailable` where it has certainly not taken it.

    Where the connection ends without an answer, the message may be on its way: that is no failure. If it never comes,
    the user asks for another one.
    """
    message = _MESSAGES[purpose].format(code=code, minutes=settings().sms_code_s // 60)
    started = time.perf_counter()
    attributes: Any = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    try:
        clients.sns().publish(PhoneNumber=f"+86{phone}", Message=message, MessageAttributes=attributes)
    except HTTPClientError as error:  # botocore's word for what happens to a connection that there was
        logger.error("sms_unconfirmed", reason=type(error).__name__)
    except (ClientError, BotoCoreError) as error:
        logger.error("sms_failed", reason=type(error).__name__)
        raise SmsUnavailable from None
    _took["s"] = time.perf_counter() - started


def withhold_sms_code() -> None:
    """Send nothing, in the time that a message takes, so that the answer shows no difference."""
    time.sleep(min(_took["s"], 1.0))
