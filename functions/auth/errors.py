"""What can go wrong when signing in.

Unauthenticated ── WechatCodeInvalid*
Forbidden ──────── WechatUserBlocked*, ConsoleRoleRequired
Conflict ───────── PhoneTaken, WechatTaken, QrTaken, QrNotScanned, QrDenied, QrUsed
Gone ───────────── QrExpired
TooManyRequests ── SmsLimit, SmsCodeLimit, EntryLimit, WechatLimit*, QrLimit, SlowDown
Invalid ────────── SmsCodeInvalid, WechatPhoneCodeInvalid
Unavailable ────── WechatUnavailable*, SmsUnavailable

* raised by every call of WeChat's server API, so they are in `shared.wechat`.
"""

from functions.shared.errors import (
    AppError,
    Conflict,
    Forbidden,
    Gone,
    Text,
    TooManyRequests,
    Unavailable,
)
from functions.shared.wechat import WechatCodeInvalid, WechatLimit, WechatUnavailable, WechatUserBlocked

__all__ = ["WechatCodeInvalid", "WechatLimit", "WechatUnavailable", "WechatUserBlocked"]


class WechatPhoneCodeInvalid(AppError):
    """WeChat does not know the phone code, or it was used."""

    status = 422
    code = "WECHAT_PHONE_CODE_INVALID"
    text = Text(
        "微信手机号授权已失效，请重新授权。", "The WeChat phone authorization is no longer valid. Please try again."
    )


class SmsLimit(TooManyRequests):
    """Too many messages to this phone, from this network, by this user or altogether."""

    code = "SMS_LIMIT"
    text = Text(
        "短信发送过于频繁。请稍后再试，或使用微信登录。",
        "Too many text messages. Please try again later, or sign in with WeChat.",
    )


class SmsCodeLimit(TooManyRequests):
    """Too many wrong codes from this network, or altogether."""

    code = "SMS_CODE_LIMIT"
    text = Text(
        "当前网络的验证码错误次数过多。请使用微信登录，或切换网络（如移动数据）后再试。",
        "Too many wrong codes from this network. Sign in with WeChat, or use another network such as mobile data.",
    )


class SmsUnavailable(Unavailable):
    """The SMS service did not take the message; nothing was counted."""

    code = "SMS_UNAVAILABLE"
    text = Text("短信服务暂时不可用，请稍后再试。", "Text messages cannot be sent right now. Please try again.")


class SmsCodeInvalid(AppError):
    """Wrong, used, expired, superseded or locked: all alike, so that an answer helps no one who guesses."""

    status = 422
    code = "SMS_CODE_INVALID"
    text = Text("验证码错误或已失效，请重新获取。", "The code is wrong or no longer valid. Please request a new one.")


class PhoneTaken(Conflict):
    """The phone belongs to another user who cannot be joined with this one."""

    code = "PHONE_TAKEN"
    text = Text(
        "该手机号已被其他账号使用。如果那是您本人的账号，请用该手机号登录后绑定微信；如果号码现已归您使用，可选择接管。",
        "This phone number belongs to another account. If that account is yours, sign in with the number and link your "
        "WeChat there. If the number is now yours, you can take it over.",
    )


class WechatTaken(Conflict):
    """The WeChat account belongs to another account, which holds more than a way to sign in."""

    code = "WECHAT_TAKEN"
    text = Text(
        "该微信已属于另一个账号。请用该微信登录那个账号，或换用其他微信。",
        "This WeChat belongs to another account. Please sign in to that account with it, or use another WeChat.",
    )


class EntryLimit(TooManyRequests):
    """The way into this account was changed too often today."""

    code = "ENTRY_LIMIT"
    text = Text(
        "今日更换登录方式次数过多，请明天再试。", "You changed how you sign in too often. Please try again tomorrow."
    )


class QrLimit(TooManyRequests):
    """Too many QR sign-ins were started from this address."""

    code = "QR_LIMIT"
    text = Text("获取二维码过于频繁，请稍后再试。", "Too many QR codes were requested. Please try again later.")


class SlowDown(TooManyRequests):
    """The PC asks more often than it was told to; the interval is longer from now on (RFC 8628, section 3.5)."""

    code = "SLOW_DOWN"
    text = Text("查询过于频繁，请降低频率。", "Too many requests. Please slow down.")


class ConsoleRoleRequired(Forbidden):
    """The user is neither an administrator nor a verified manager or assistant of an active grant."""

    code = "CONSOLE_ROLE_REQUIRED"
    text = Text(
        "仅限已实名认证的业务负责人、辅助管理员和平台管理员登录机构授权端。",
        "Only verified business managers, assistants and administrators may sign in to the console.",
    )


class QrTaken(Conflict):
    """Another phone scanned it first."""

    code = "QR_TAKEN"
    text = Text(
        "该二维码已被其他手机扫描，请刷新后重试。", "Another phone has scanned this code. Please get a new one."
    )


class QrNotScanned(Conflict):
    """It has to be scanned before it can be confirmed or denied."""

    code = "QR_NOT_SCANNED"
    text = Text("请先扫描电脑上的二维码。", "Please scan the code on the computer first.")


class QrDenied(Conflict):
    """The sign-in was denied, or a wrong number was chosen."""

    code = "QR_DENIED"
    text = Text(
        "本次登录已取消。如非本人操作，请勿再次扫码；否则请刷新二维码后重试。",
        "This sign-in was denied. If it was not yours, do not scan again; otherwise please get a new code.",
    )


class QrUsed(Conflict):
    """The PC has signed in with it already."""

    code = "QR_USED"
    text = Text("该二维码已用于登录。", "This code has already been used to sign in.")


class QrExpired(Gone):
    """The time to scan and confirm is over."""

    code = "QR_EXPIRED"
    text = Text("二维码已过期，请刷新后重试。", "The code has expired. Please get a new one.")
