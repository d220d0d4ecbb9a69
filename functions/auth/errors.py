"""What can go wrong when signing in.

Unauthenticated ── WechatCodeInvalid
Forbidden ──────── WechatUserBlocked
Conflict ───────── PhoneTaken
TooManyRequests ── SmsLimit, WechatLimit
Invalid ────────── SmsCodeInvalid, WechatPhoneCodeInvalid
Unavailable ────── WechatUnavailable, SmsUnavailable
"""

from functions.shared.errors import AppError, Conflict, Forbidden, Text, TooManyRequests, Unauthenticated, Unavailable


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


class WechatPhoneCodeInvalid(AppError):
    """WeChat does not know the phone code, or it was used."""

    status = 422
    code = "WECHAT_PHONE_CODE_INVALID"
    text = Text(
        "微信手机号授权已失效，请重新授权。", "The WeChat phone authorization is no longer valid. Please try again."
    )


class SmsLimit(TooManyRequests):
    """Too many messages to this phone, from this address or altogether."""

    code = "SMS_LIMIT"
    text = Text("短信发送过于频繁，请稍后再试。", "Too many text messages. Please try again later.")


class SmsUnavailable(Unavailable):
    """The message could not be handed to the SMS service; nothing was counted."""

    code = "SMS_UNAVAILABLE"
    text = Text("短信服务暂时不可用，请稍后再试。", "Text messages cannot be sent right now. Please try again.")


class SmsCodeInvalid(AppError):
    """Wrong, used, expired, superseded or locked: all alike, so that an answer helps nobody who guesses."""

    status = 422
    code = "SMS_CODE_INVALID"
    text = Text("验证码错误或已失效，请重新获取。", "The code is wrong or no longer valid. Please request a new one.")


class PhoneTaken(Conflict):
    """The phone belongs to another user who cannot be joined with this one."""

    code = "PHONE_TAKEN"
    text = Text("该手机号已被其他账号使用。", "This phone number belongs to another account.")
