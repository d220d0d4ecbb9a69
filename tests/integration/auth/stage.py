"""What the auth tests share: people who sign in over HTTP, and a look into the table."""

import re
from typing import Any

import boto3

from functions.shared import clock, ids
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Session, SmsChallenge, User, UserSession
from functions.shared.table.base import Item
from functions.shared.table.transactions import get
from tests.integration.client import Answer, Http, last_sms, new_user
from tests.integration.shared.gateway import send

PHONE, OTHER_PHONE = "13800138000", "18612345678"


def sent_code() -> str:
    """The code of the message that was sent last."""
    found = re.search(r"验证码为(\d{6})", last_sms()[1])
    assert found is not None
    return found[1]


def ask_code(http: Http, phone: str = PHONE, purpose: str = "sign_in") -> tuple[str, str]:
    """A challenge and its code. Binding is asked for by anyone who is signed in, or by a new user."""
    if purpose == "bind_phone" and http.token is None:
        http = http.signed_in(new_user()[1])
    answer = http.post("/auth/sms-codes", {"phone": phone, "purpose": purpose})
    assert answer.status == 202, answer
    return answer.body["challenge_id"], sent_code()


def ask_from(address: str, phone: str = PHONE, purpose: str = "sign_in", token: str | None = None) -> Answer:
    """What somebody at another address is answered who asks for a code."""
    from app import app

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return send(app, "POST", "/auth/sms-codes", {"phone": phone, "purpose": purpose}, headers=headers, address=address)


def login_from(address: str, challenge_id: str, code: str, phone: str = PHONE) -> Answer:
    """A sign-in by phone at another address."""
    from app import app

    body = {"challenge_id": challenge_id, "phone": phone, "code": code, "client": "mini_program"}
    return send(app, "POST", "/auth/phone-logins", body, address=address)


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def login(http: Http, challenge_id: str, code: str, phone: str = PHONE, client: str = "mini_program") -> Answer:
    """A sign-in by phone."""
    body = {"challenge_id": challenge_id, "phone": phone, "code": code, "client": client}
    return http.post("/auth/phone-logins", body)


def phone_user(http: Http, phone: str = PHONE, client: str = "mini_program") -> tuple[str, Http]:
    """A user signed in by phone: id and a client with the session."""
    answer = login(http, *ask_code(http, phone), phone=phone, client=client)
    assert answer.status == 201, answer
    return answer.body["user"]["user_id"], http.signed_in(answer.body["session"]["token"])


def bind_by_code(http: Http, phone: str = PHONE) -> Answer:
    """Bind a phone to the account of a signed-in client."""
    challenge_id, code = ask_code(http, phone, "bind_phone")
    return http.post("/auth/phone", {"challenge_id": challenge_id, "phone": phone, "code": code})


def challenge_of(phone: str) -> SmsChallenge | None:
    """The challenge in the table, the newest where there are several."""
    found = SmsChallenge.query(keys.phone_partition(keyed_hash("phone", phone)), SmsChallenge.sk.startswith("SMS#"))
    return max(found, key=lambda one: one.issued_at, default=None)


def account(user_id: str) -> User:
    """The account in the table."""
    found = get(User, keys.user(user_id))
    assert found is not None
    return found


def everything() -> list[dict[str, Any]]:
    """All items of the table, as DynamoDB keeps them."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=Item.Meta.table_name)
    return [item for page in pages for item in page["Items"]]


def more_sessions(user_id: str, count: int) -> list[str]:
    """The tokens of many more sessions of a user, without a transaction: moto copies its whole table for each."""
    tokens = [ids.new_token() for _ in range(count)]
    until = clock.after(86_400)
    for token in tokens:
        fingerprint = ids.fingerprint(token)
        ends = {"valid_until": until, "expires_at": until}
        session = Session.new(keys.session(fingerprint), user_id=user_id, client="portal", created_at=until, **ends)
        session.save()
        UserSession.new(keys.user_session(user_id, fingerprint), token_fingerprint=fingerprint, expires_at=until).save()
    return tokens


def users() -> list[str]:
    """The ids of all accounts that were not joined into another."""
    found = [item for item in everything() if item["sk"]["S"] == "PROFILE" and "merged_into" not in item]
    return sorted(item["user_id"]["S"] for item in found)
