"""Short messages to the phone of an account about what happened to it. They hold no name, number, code or document.

A message is sent after the change that it reports. Where the SMS service does not take it, the change remains and a log
line says so. No one is sent more than twenty of a kind in a day, no matter who causes them. This is the one place that
notifies a person; the account's audit event is written by the change itself.
"""

from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from functions.shared import clients
from functions.shared.config import settings
from functions.shared.errors import TooManyRequests, Unavailable
from functions.shared.limits import Limit, consume
from functions.shared.observability import logger
from functions.shared.personal_data import unseal
from functions.shared.table.auth import User

NoticeKind = Literal[
    "application_started",
    "consent_withdrawn",
    "identity_contested",
    "identity_moved",
    "made_manager",
    "administrator_acted",
    "manager_resigned",
    "accounts_joined",
    "sign_in_replaced",
    "phone_replaced",
    "wechat_bound",
]

_TEXTS: dict[NoticeKind, str] = {
    "application_started": (
        "【卫生人才】您的账号提交了新的实名认证信息，其他设备已退出登录。如非本人操作，请尽快联系平台。"
    ),
    "consent_withdrawn": "【卫生人才】您的账号已撤回个人信息处理同意，实名认证已失效。如非本人操作，请尽快联系平台。",
    "identity_contested": (
        "【卫生人才】有人以您的证件号码申请实名认证，并被认定为证件本人。如有异议，请在72小时内登录小程序提出。"
    ),
    "identity_moved": "【卫生人才】您账号的实名认证已失效，担任的职务已解除。如有疑问，请联系平台。",
    "made_manager": "【卫生人才】上级单位已指定您为一项业务的负责人，请登录小程序查看；如不愿担任，可在小程序中卸任。",
    "administrator_acted": (
        "【卫生人才】平台管理员代您单位办理了下级机构的业务授权，理由见该机构的授权记录。如有疑问，请联系平台。"
    ),
    "manager_resigned": "【卫生人才】您单位下级机构的一位业务负责人已卸任，如需继续开展业务，请登录授权端重新授权。",
    "accounts_joined": "【卫生人才】您的两个账号已合并，请重新登录。如非本人操作，请尽快联系平台。",
    "sign_in_replaced": "【卫生人才】您账号的登录方式已更换，其他设备已退出登录。如非本人操作，请尽快联系平台。",
    "phone_replaced": "【卫生人才】您的账号已改绑其他手机号，本号码不再用于登录。如非本人操作，请立即联系平台管理员。",
    "wechat_bound": "【卫生人才】您的账号已绑定新的微信，其他设备已退出登录。如非本人操作，请立即联系平台管理员。",
}


def notify_phone(user: User, kind: NoticeKind) -> None:
    """Send a message to the phone that the account had when it was read, if it had one. Three round trips."""
    if user.phone_sealed is None or not _may_be_sent(user, kind):
        return
    attributes: Any = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    try:
        phone = unseal(user.phone_sealed, purpose="phone", user_id=user.user_id).decode()
        clients.sns().publish(PhoneNumber=f"+86{phone}", Message=_TEXTS[kind], MessageAttributes=attributes)
    except (ClientError, BotoCoreError) as error:
        logger.error("notice_failed", kind=kind, user_id=user.user_id, reason=type(error).__name__)


def _may_be_sent(user: User, kind: NoticeKind) -> bool:
    """Count the message; whether the person has not had too many of its kind today. Unknown: it is sent."""
    limit = Limit("notices_day", f"{user.user_id}#{kind}", settings().notices_per_person_day, 86_400)
    try:
        consume(limit, TooManyRequests)
    except TooManyRequests:
        logger.warning("notice_withheld", kind=kind, user_id=user.user_id)
        return False
    except (Unavailable, PynamoDBException) as error:
        logger.warning("notice_not_counted", kind=kind, user_id=user.user_id, reason=type(error).__name__)
    return True
