"""Random sequences of signing in and out, binding, replacing and losing phones and WeChat: nothing that was shut opens.

One verified person and their account. What is shut is remembered from the outside, as a thief would: sessions, QR
tickets confirmed and not yet polled, codes by SMS read over the shoulder, numbers and WeChat accounts given up.
"""

import itertools
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from functions.auth import gateways, qr_pictures
from tests.attack.entries import Door, face_was_seen, id_of
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc
from tests.integration.auth.stage import ask_code, login
from tests.integration.client import Http
from tests.integration.grants.builders import passed
from tests.integration.shared.configured import configured
from tests.unit.auth.fake_wechat import FakeWechat

NO_LIMITS = dict.fromkeys(
    (
        *("sms_per_phone_hour", "sms_per_phone_day", "sms_per_user_hour", "sms_per_user_day"),
        *("sms_unused_per_phone_day", "sms_unused_per_network_day", "sms_wrong_total_hour"),
        *("sms_wrong_per_network_day", "sms_wrong_known_per_network_day", "sms_wrong_known_total_hour"),
        *("entry_changes_per_day", "uploads_per_hour", "qr_unscanned_per_network"),
    ),
    "10000",
) | {"sms_resend_s": "0"}


class Doors(RuleBasedStateMachine):
    """The person's doors, and everything that once opened one."""

    door: Door
    # Of all examples, which share one table.
    numbers = (f"139{number:08d}" for number in itertools.count(1))
    openids = (f"oPERSON{number}" for number in itertools.count(1))

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[str, tuple[Http, str]] = {}  # by token, with how each was started
        self.shut: list[Http] = []
        self.tickets: list[Pc] = []
        self.void: list[Pc] = []
        self.codes: list[tuple[str, str, str]] = []
        self.void_codes: list[tuple[str, str, str]] = []
        self.given_up: list[str] = []

    @initialize()
    def a_person(self) -> None:
        """A verified person with a phone and WeChat, who may sign in to the console."""
        self.door.clock.forward(86_400)
        self.phone: str | None = next(self.numbers)
        person = self.door.person(self.phone, administrator=True)
        self.user_id, self.openid = person.user_id, ""
        self.opened(person.phone, "wechat")
        self.shut.append(person.console)
        self.replace_wechat()
        # Each way of shutting something, once, while everything that it shuts is open.
        for shut in (self.lose_the_phone, self.sign_out_everywhere, self.replace_wechat, self.replace_phone):
            self.open_everything()
            shut()
            self.nothing_that_was_shut_opens()
            if self.phone is None:
                self.replace_phone()

    def open_everything(self) -> None:
        """A session in each way, a ticket that is not polled yet, and a code that is under way."""
        self.by_wechat()
        if self.phone:
            self.by_phone()
        self.by_qr()
        # By the oldest session, which may stay, and the newest.
        self.tickets += [self.confirmed(phone) for phone in (self.phones()[0], self.phones()[-1])]
        self.read_a_code()

    @rule()
    def by_wechat(self) -> None:
        """Sign in by the WeChat that is bound."""
        self.opened(self.door.by_wechat(self.openid), "wechat")

    @precondition(lambda self: self.phone)
    @rule()
    def by_phone(self) -> None:
        """Sign in by the phone that is bound, and be seen."""
        session = self.door.by_phone(str(self.phone))
        face_was_seen(session)
        self.codes.clear()  # the code that signs in takes the place of the one before
        self.opened(session, "phone")

    @precondition(lambda self: self.phones())
    @rule()
    def by_qr(self) -> None:
        """Sign in to a console."""
        answer = self.confirmed().poll()
        assert answer.body["status"] == "confirmed", answer
        self.opened(self.door.http.signed_in(answer.body["session"]["token"]), "qr")

    @precondition(lambda self: self.phones())
    @rule()
    def keep_a_ticket(self) -> None:
        """Confirm a ticket, and do not let its PC poll yet."""
        self.tickets.append(self.confirmed())

    @precondition(lambda self: self.phone)
    @rule()
    def read_a_code(self) -> None:
        """A code comes to the phone, and somebody reads it; it takes the place of the one before."""
        self.codes = [(*ask_code(self.door.http, str(self.phone)), str(self.phone))]

    @precondition(lambda self: self.phones())
    @rule()
    def sign_out_everywhere(self) -> None:
        """End everything."""
        assert self.phones()[-1].delete("/auth/sessions").status == 204
        self.shut_down(set())

    @precondition(lambda self: self.phones())
    @rule()
    def replace_wechat(self) -> None:
        """Bind another WeChat; the session that does so stays."""
        me, openid = self.phones()[0], next(self.openids)
        answer = self.door.bind_wechat(me, openid, face_check_id=self.seen(me))
        assert answer.status == 200, answer
        self.given_up += [self.openid] if self.openid else []
        self.openid = openid
        self.shut_down({str(me.token)})
        self.opened(me, "wechat")

    @precondition(lambda self: self.phones())
    @rule()
    def replace_phone(self) -> None:
        """Bind another phone; the session that does so stays."""
        me, phone = self.phones()[0], next(self.numbers)
        answer = self.door.bind_phone(me, phone, face_check_id=self.seen(me))
        assert answer.status == 200, answer
        self.given_up += [self.phone] if self.phone else []
        self.phone = phone
        self.shut_down({str(me.token)})

    @precondition(lambda self: self.phone)
    @rule()
    def lose_the_phone(self) -> None:
        """Somebody else has the number now and takes it over; what WeChat has opened stays."""
        stranger = self.door.by_wechat(f"{next(self.openids)}-stranger")
        assert self.door.bind_phone(stranger, str(self.phone), take_over=True).status == 200
        assert id_of(stranger) != self.user_id
        self.given_up.append(str(self.phone))
        self.phone = None
        self.shut_down({token for token, (_, by) in self.open.items() if by == "wechat"})

    @invariant()
    def nothing_that_was_shut_opens(self) -> None:
        """No session that has ended, no ticket and no code from before leads to the account."""
        assert {id_of(session) for session in self.shut} <= {None}
        assert {id_of(session) for session, _ in self.open.values()} <= {self.user_id}
        assert {pc.poll().body["status"] for pc in self.void} <= {"denied"}
        for challenge_id, code, phone in self.void_codes:
            answer = login(self.door.http, challenge_id, code, phone=phone)
            assert answer.code == "SMS_CODE_INVALID", answer
        self.void.clear()
        self.void_codes.clear()

    def teardown(self) -> None:
        """A number or a WeChat that was given up leads to another account."""
        for way in self.given_up:
            session = self.door.by_phone(way) if way.isdigit() else self.door.by_wechat(way)
            assert id_of(session) != self.user_id

    def opened(self, session: Http, by: str) -> None:
        """A session is open."""
        self.open[str(session.token)] = (session, by)

    def phones(self) -> list[Http]:
        """The open sessions on a phone."""
        return [session for session, by in self.open.values() if by != "qr"]

    def confirmed(self, phone: Http | None = None) -> Pc:
        """A ticket that a session on a phone has confirmed, the newest one if none is given."""
        phone, pc = phone or self.phones()[-1], Pc(self.door.http)
        assert pc.scan(phone).status == 200
        assert pc.confirm(phone).status == 200
        return pc

    def seen(self, session: Http) -> str:
        """A face check of the person for a change of the account."""
        asked = session.post("/identity/face-checks", {"purpose": "account"})
        assert asked.status == 201, asked
        return passed(self.user_id, asked.body["face_check_id"])

    def shut_down(self, kept: set[str]) -> None:
        """Everything is shut but the sessions with these tokens."""
        self.shut += [session for token, (session, _) in self.open.items() if token not in kept]
        self.open = {token: opened for token, opened in self.open.items() if token in kept}
        self.void += self.tickets
        self.tickets = []
        self.void_codes += self.codes
        self.codes = []


def test_nothing_that_was_shut_opens_again(http: Http, clock: Clock) -> None:
    """After signing out everywhere, replacing or losing a way in, no earlier session, ticket, code or way opens it."""
    answers: dict[str, dict[str, Any]] = {"/": {}}
    gateways.wechat.cache_clear()
    qr_pictures._breaker.close()
    with FakeWechat(answers) as server, configured(wechat_url=server.url, **NO_LIMITS):
        Doors.door = Door(http, answers, clock, wait_s=0)
        run_state_machine_as_test(
            Doors,
            settings=settings(
                max_examples=4,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
    gateways.wechat.cache_clear()
