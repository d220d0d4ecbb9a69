"""Who is told that the way into an account has changed: the one seam for such notices.

Today that is a text message to the number that was the account's before. A notification in the mini-program comes from
the account's audit event, which the change itself writes. The change has been committed when a notice is sent, so a
message that fails is logged and refuses nothing.
"""

from typing import Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from functions.auth.errors import SmsUnavailable
from functions.auth.gateways import send_notice
from functions.shared.observability import logger
from functions.shared.personal_data import unseal
from functions.shared.table.auth import User

EntryChange = Literal["phone_replaced", "phone_taken_over", "wechat_bound"]


class Notice(NamedTuple):
    """That the way into an account has changed; `account` is as it was before."""

    account: User
    change: EntryChange


def send(notice: Notice) -> None:
    """Tell the account's person. Two calls, KMS and SMS; none where no number of theirs is left."""
    account, change = notice
    if change == "phone_taken_over" or account.phone_sealed is None:
        return  # the number is somebody else's now
    try:
        phone = unseal(account.phone_sealed, purpose="phone", user_id=account.user_id).decode()
        send_notice(phone, change)
    except (SmsUnavailable, ClientError, BotoCoreError) as error:
        logger.error("entry_notice_failed", change=change, user_id=account.user_id, reason=type(error).__name__)
