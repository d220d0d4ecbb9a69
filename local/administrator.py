"""The demo administrator: the WeChat user `admin`, whose `js_code` is `local-admin`."""

from functions.auth import store
from functions.auth.accounts import sign_in_or_register
from functions.shared import audit
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.transactions import Transaction
from local.wechat import openid_of

NAME = "admin"
ACTOR = "local_run"


def make_administrator() -> None:
    """Make the account and give it the right, each with its audit event."""
    openid = openid_of(NAME)
    _, user, _ = sign_in_or_register(keys.wechat_owner(openid), {"wechat_openid": openid}, "mini_program", by="wechat")
    current = store.user(user.user_id)
    if current is None:
        raise LookupError(user.user_id)
    tx = Transaction()
    audit.change(tx, current, [User.is_administrator.set(True)], "administrator_appointed", actor=ACTOR)
    tx.commit()
