"""A client of the HTTP contract for tests: the app as Chalice would call it, with people who sign in."""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

import boto3
from chalice.test import Client

from functions.shared import ids
from local.api import one_request_a_thread


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str | None:
        """The stable code of a refusal."""
        return self.body.get("code") if isinstance(self.body, dict) else None


@dataclass
class Http:
    """Calls the app; `token` is whose session it uses."""

    app: Any
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)  # what was sent or answered and must stand in no log line

    def __post_init__(self) -> None:
        one_request_a_thread(self.app)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; `body` is sent as JSON unless it is bytes."""
        sent = {"Content-Type": "application/json", **self.headers, **headers}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        with Client(self.app) as client:
            answer = client.http.request(method, path, headers=sent, body=raw)
        content = answer.body.decode()
        parsed = json.loads(content) if content else None
        self.private |= private_values(body) | private_values(parsed) | ({self.token} if self.token else set())
        return Answer(answer.status_code, {name.lower(): str(value) for name, value in answer.headers.items()}, parsed)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST."""
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        """PUT."""
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        """DELETE."""
        return self.call("DELETE", path, **headers)

    def signed_in(self, token: str) -> Http:
        """The same client with a session."""
        return Http(self.app, token, self.headers, self.private)


# Names of fields, in requests and answers, whose values are secret or personal.
PRIVATE = {
    "comment",
    "confirmation_code",
    "contact_name",
    "contact_phone",
    "grant_code",
    "invitation_code",
    "js_code",
    "number",
    "phone",
    "poll_secret",
    "token",
    "wechat_phone_code",
}
# Without the free text of administrators, and what WeChat gives a phone once: neither is a secret of an answer.
SECRET = PRIVATE - {"comment", "js_code", "wechat_phone_code"}


def private_values(body: Any, names: Set[str] = PRIVATE) -> set[str]:
    """The secret and personal values of a body, at any depth; too short to be told from anything else: left out."""
    if isinstance(body, list):
        return set().union(*(private_values(part, names) for part in body))
    if not isinstance(body, dict):
        return set()
    found = {value for name, value in body.items() if name in names and isinstance(value, str) and len(value) >= 6}
    if "challenge_id" in body and isinstance(body.get("code"), str) and len(body["code"]) == 6:
        found.add(body["code"])
    if "number" in body and isinstance(body.get("name"), str) and len(body["name"]) >= 2:
        found.add(body["name"])
    return found.union(*(private_values(part, names) for part in body.values()))


def last_sms() -> tuple[str, str]:
    """The phone and text of the message that SNS was handed last."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.sns.models import sns_backends

    messages = sns_backends[DEFAULT_ACCOUNT_ID][boto3.session.Session().region_name].sms_messages
    phone, text = list(messages.values())[-1]
    return phone, text


def new_user(openid: str | None = None, *, administrator: bool = False) -> tuple[str, str]:
    """A user signed in from the mini-program: user id and token. No HTTP, no WeChat."""
    from functions.auth.accounts import sign_in_or_register
    from functions.shared.table import keys
    from functions.shared.table.auth import Administrator, User

    openid = openid or ids.new_id()
    session, user, _ = sign_in_or_register(
        keys.wechat_owner(openid), {"wechat_openid": openid}, "mini_program", by="wechat"
    )
    if administrator:
        appointed = [User.is_administrator.set(True), User.identity_status.set("verified")]
        User.new(keys.user(user.user_id)).update(actions=appointed)
        Administrator.new(keys.administrator(user.user_id), user_id=user.user_id).save()
    return user.user_id, session.token


def new_session(user_id: str) -> str:
    """The token of another mini-program session of a user who has WeChat."""
    from functions.shared.table import keys
    from functions.shared.table.auth import User
    from functions.shared.table.transactions import get

    user = get(User, keys.user(user_id))
    assert user is not None
    same, token = new_user(user.wechat_openid)
    assert same == user_id
    return token
