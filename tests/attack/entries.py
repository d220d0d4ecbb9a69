"""Ways into an account, for the attacks on signing in: a person with a verified identity, their phone and WeChat."""

from dataclasses import dataclass
from typing import Any

from functions.shared import clock as product_clock
from functions.shared import ids
from functions.shared.table import keys
from functions.shared.table.auth import Session
from tests.conftest import Clock
from tests.integration.auth.stage import ask_code, login
from tests.integration.client import Answer, Http
from tests.integration.grants.builders import Someone, someone
from tests.unit.auth.fake_wechat import phone_info

LOGIN, TOKEN, BUTTON = "/sns/jscode2session", "/cgi-bin/stable_token", "/wxa/business/getuserphonenumber"


@dataclass
class Door:
    """What people do with phones and WeChat accounts; the SIM card and the WeChat app are in the caller's hands.

    `answers` are WeChat's, by path.
    """

    http: Http
    answers: dict[str, dict[str, Any]]
    clock: Clock
    wait_s: int = 61  # before a text message, since another may just have been sent

    def by_phone(self, phone: str) -> Http:
        """Sign in by the code that came to a phone."""
        self.clock.forward(self.wait_s)
        answer = login(self.http, *ask_code(self.http, phone), phone=phone)
        assert answer.status == 201, answer
        return self.http.signed_in(answer.body["session"]["token"])

    def by_wechat(self, openid: str) -> Http:
        """Sign in by a WeChat account."""
        self.answers[LOGIN] = {"openid": openid, "session_key": "k"}
        answer = self.http.post("/auth/wechat-logins", {"js_code": "code"})
        assert answer.status == 201, answer
        return self.http.signed_in(answer.body["session"]["token"])

    def bind_phone(self, session: Http, phone: str, **more: object) -> Answer:
        """Bind a phone by the code that came to it."""
        self.clock.forward(self.wait_s)
        challenge_id, code = ask_code(session, phone, "bind_phone")
        return session.post("/auth/phone", {"challenge_id": challenge_id, "phone": phone, "code": code, **more})

    def bind_wechat(self, session: Http, openid: str, **more: object) -> Answer:
        """Bind a WeChat account by its login code."""
        self.answers[LOGIN] = {"openid": openid, "session_key": "k"}
        return session.post("/auth/wechat", {"js_code": "code", **more})

    def press_button(self, session: Http, phone: str, **more: object) -> Answer:
        """Bind the phone that WeChat remembers, by its button."""
        self.answers |= {TOKEN: {"access_token": "t", "expires_in": 7200}, BUTTON: phone_info(phone)}
        return session.post("/auth/phone", {"wechat_phone_code": "code", **more})

    def person(self, phone: str, *, administrator: bool = False) -> Someone:
        """A verified person whose account has this phone beside a WeChat account."""
        self.clock.forward(self.wait_s)
        person = someone(self.http, administrator=administrator)
        check = person.face_check(purpose="account")
        answer = self.bind_phone(person.phone, phone, face_check_id=check)
        assert answer.status == 200, answer
        return person


def id_of(session: Http) -> str | None:
    """The account that a session is of, or None where it has ended."""
    answer = session.get("/auth/me")
    return answer.body["user"]["user_id"] if answer.status == 200 else None


def face_was_seen(session: Http) -> None:
    """Let a session have passed a face check of purpose `session`."""
    assert session.token is not None
    until = product_clock.after(12 * 3_600)
    Session.new(keys.session(ids.fingerprint(session.token))).update(actions=[Session.full_until.set(until)])
