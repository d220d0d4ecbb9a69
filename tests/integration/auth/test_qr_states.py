"""QR sign-in: polling, and every state in which something is refused; each has its named answer."""

from typing import Any

import pytest

from functions.auth import qr_pictures
from functions.auth.errors import SlowDown
from functions.auth.qr_login import poll
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import QrLogin
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc, administrator
from tests.integration.auth.stage import everything
from tests.integration.client import Answer, Http
from tests.integration.shared.faults import dynamodb
from tests.integration.shared.gateway import send
from tests.unit.auth.fake_wechat import FakeWechat


@pytest.fixture(autouse=True)
def wechat_draws_nothing(wechat: FakeWechat) -> FakeWechat:
    """WeChat, busy unless a test plans its answers; what was learned about it before is forgotten."""
    qr_pictures._breaker.close()
    return wechat


@pytest.fixture
def pc(http: Http) -> Pc:
    """A PC with a new ticket."""
    return Pc(http)


@pytest.fixture
def phone(http: Http) -> Http:
    """The phone of an administrator."""
    return administrator(http)


@pytest.mark.parametrize("secret", [None, "", "x", "0" * 43, "密" * 10])
def test_without_the_secret_there_is_nothing(http: Http, pc: Pc, phone: Http, secret: str | None) -> None:
    """A poll without the right secret is 404 like that of a ticket that is not there, and gets and delays nothing."""
    from app import app

    pc.scan(phone)
    pc.confirm(phone)
    headers = {} if secret is None else {"X-Poll-Secret": secret}
    path = {"qr_login_id": pc.shown["qr_login_id"]}
    answers = [send(app, "GET", "/auth/qr-logins/{qr_login_id}", headers=headers, path=path) for _ in range(3)]
    answers.append(send(app, "GET", "/auth/qr-logins/{qr_login_id}", headers=headers, path={"qr_login_id": "0" * 32}))
    for answer in answers:
        answer.body.pop("request_id")
        assert (answer.status, answer.code) == (404, "NOT_FOUND")
        assert answer.body == answers[0].body
    assert "session" in pc.poll().body


@pytest.mark.parametrize("qr_login_id", ["x", "0" * 32, "0" * 5_000, "%00", "..%2F", "0" * 31 + "%0A", "密"])
def test_unknown_tickets(http: Http, phone: Http, qr_login_id: str) -> None:
    """Whatever is given as an id, a ticket that is not there is 404 for PC and phone."""
    from urllib.parse import quote

    path = f"/auth/qr-logins/{quote(qr_login_id, safe='%')}"
    answers = [
        http.get(path, **{"X-Poll-Secret": "x"}),
        phone.post(f"{path}/scan"),
        phone.post(f"{path}/confirmation", {"number": "12"}),
        phone.post(f"{path}/denial"),
    ]
    assert [(answer.status, answer.code) for answer in answers] == [(404, "NOT_FOUND")] * 4


def test_polling_too_fast_slows_down(pc: Pc, clock: Clock) -> None:
    """Each poll within the interval makes it five seconds longer; anyone who then keeps it is answered again."""
    assert pc.poll().status == 200
    for interval_s in ("7", "12", "17"):
        clock.forward(1)
        answer = pc.poll()
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "SLOW_DOWN", interval_s)
    clock.forward(16)
    assert pc.poll().headers["retry-after"] == "22"
    clock.forward(22)
    assert pc.poll().body["status"] == "created"
    clock.forward(22)
    assert pc.poll().body["status"] == "created"


def test_polling_too_fast_does_not_get_the_session(pc: Pc, phone: Http, clock: Clock) -> None:
    """The interval holds for a confirmed ticket too, and the session is still there for the next poll in time."""
    pc.poll()
    pc.scan(phone)
    pc.confirm(phone)
    assert pc.poll().code == "SLOW_DOWN"
    clock.forward(7)
    assert "session" in pc.poll().body


def test_polls_that_come_together_are_all_counted(pc: Pc, clock: Clock) -> None:
    """Two polls decided on the same state: one is in time, the other one decides again and is too fast."""
    rival: list[str] = []

    def poll_meanwhile(**_: Any) -> None:
        if not rival:
            rival.append("polled")
            assert poll(pc.shown["qr_login_id"], pc.shown["poll_secret"]).status == "created"

    dynamodb().meta.events.register("before-call.dynamodb.UpdateItem", poll_meanwhile)
    with pytest.raises(SlowDown) as refused:
        poll(pc.shown["qr_login_id"], pc.shown["poll_secret"])
    assert refused.value.retry_after_s == 7
    assert rival == ["polled"]
    clock.forward(1)
    with pytest.raises(SlowDown):
        poll(pc.shown["qr_login_id"], pc.shown["poll_secret"])


def test_several_pollers_one_session(pc: Pc, phone: Http) -> None:
    """Two polls that find the ticket confirmed at the same moment begin one session, and both are handed it."""
    pc.scan(phone)
    pc.confirm(phone)
    handed_out: list[Any] = []

    def poll_meanwhile(**_: Any) -> None:
        if not handed_out:
            handed_out.append(None)
            handed_out.append(poll(pc.shown["qr_login_id"], pc.shown["poll_secret"]))

    dynamodb().meta.events.register("before-call.dynamodb.TransactWriteItems", poll_meanwhile)
    late = poll(pc.shown["qr_login_id"], pc.shown["poll_secret"])
    assert late == handed_out[1]
    assert late.session is not None
    sessions = [item for item in everything() if item["kind"]["S"] == "session" and item["client"]["S"] == "console"]
    assert len(sessions) == 1


def test_the_first_phone_owns_it(http: Http, pc: Pc, phone: Http) -> None:
    """A second scanner can neither see, confirm nor deny it, and changes nothing by trying."""
    other = administrator(http)
    assert pc.confirm(other).code == pc.deny(other).code == "QR_NOT_SCANNED"
    pc.scan(phone)
    for answer in (pc.scan(other), pc.confirm(other), pc.confirm(other, pc.wrong_number), pc.deny(other)):
        assert (answer.status, answer.code) == (409, "QR_TAKEN")
    assert pc.confirm(phone).status == 200
    assert pc.scan(other).code == "QR_TAKEN"


def test_scanning_at_the_same_moment(http: Http, pc: Pc, phone: Http) -> None:
    """Of two phones that find it free one owns it."""
    other = administrator(http)
    scanned: list[Answer] = []

    def scan_meanwhile(**_: Any) -> None:
        if not scanned:
            scanned.append(Answer(0, {}, None))
            scanned.append(pc.scan(other))

    dynamodb().meta.events.register("before-call.dynamodb.TransactWriteItems", scan_meanwhile)
    assert pc.scan(phone).code == "QR_TAKEN"
    assert scanned[1].status == 200


def test_a_wrong_number_denies(pc: Pc, phone: Http, clock: Clock) -> None:
    """One wrong number ends it at once, for the phone and for the PC; the right one comes too late."""
    pc.scan(phone)
    for number in (pc.wrong_number, pc.number):
        answer = pc.confirm(phone, number)
        assert (answer.status, answer.code) == (409, "QR_DENIED")
    assert pc.scan(phone).code == "QR_DENIED"
    assert pc.deny(phone).body == {"status": "denied"}
    assert pc.poll().body == {"status": "denied", "denied_because": "number"}
    user_id = phone.get("/auth/me").body["user"]["user_id"]
    assert "console_sign_in_number_wrong" in [
        event.event for event in AuditEvent.query(keys.user_partition(user_id), AuditEvent.sk.startswith("AUDIT#"))
    ]


@pytest.mark.parametrize("number", ["1", "123", "ab", "１２", "12\n", 12, None])
def test_a_number_in_another_form_is_no_choice(pc: Pc, phone: Http, number: Any) -> None:
    """What is not two digits is refused as a field and denies nothing."""
    pc.scan(phone)
    answer = phone.post(f"{pc.path}/confirmation", {"number": number})
    assert (answer.status, answer.code) == (422, "INVALID")
    assert pc.confirm(phone).status == 200


def test_denial(pc: Pc, phone: Http) -> None:
    """The scanner may refuse, as often as they like; nothing continues then."""
    pc.scan(phone)
    assert [pc.deny(phone).body for _ in range(2)] == [{"status": "denied"}] * 2
    assert pc.confirm(phone).code == "QR_DENIED"
    assert pc.poll().body == {"status": "denied", "denied_because": "person"}


def test_a_confirmation_can_be_taken_back(pc: Pc, phone: Http) -> None:
    """Until the PC has its session the scanner may refuse after all, and repeating a confirmation changes nothing."""
    pc.scan(phone)
    assert [pc.confirm(phone).body for _ in range(2)] == [{"status": "confirmed"}] * 2
    assert pc.scan(phone).body["status"] == "confirmed"
    assert pc.deny(phone).status == 200
    assert pc.poll().body == {"status": "denied", "denied_because": "person"}


def test_after_the_exchange_it_is_used(pc: Pc, phone: Http, clock: Clock) -> None:
    """Once the PC has its session the phone can do nothing; the PC gets the session again for half a minute."""
    pc.scan(phone)
    pc.confirm(phone)
    handed_out = pc.poll()
    for answer in (pc.scan(phone), pc.confirm(phone), pc.deny(phone)):
        assert (answer.status, answer.code) == (409, "QR_USED")
    clock.forward(29)
    assert pc.poll().body == handed_out.body
    assert pc.poll(secret="x" * 43).code == "NOT_FOUND"
    clock.forward(1)
    assert pc.poll().body == {"status": "exchanged"}


def test_a_session_that_has_ended_is_not_handed_out_again(http: Http, pc: Pc, phone: Http) -> None:
    """A lost answer is repeated, a sign-out is not undone."""
    pc.scan(phone)
    pc.confirm(phone)
    token = pc.poll().body["session"]["token"]
    assert token not in str(everything())
    assert http.signed_in(token).delete("/auth/session").status == 204
    assert pc.poll().body == {"status": "exchanged"}
    assert http.signed_in(token).get("/auth/me").code == "SESSION_ENDED"


@pytest.mark.parametrize("steps", [[], ["scan"], ["scan", "confirm"]])
def test_expiry(pc: Pc, phone: Http, clock: Clock, steps: list[str]) -> None:
    """After two minutes nothing continues from any state, and no session is handed out."""
    clock.forward(119)
    for step in steps:
        assert getattr(pc, step)(phone).status == 200
    clock.forward(1)
    for answer in (pc.scan(phone), pc.confirm(phone), pc.confirm(phone, pc.wrong_number), pc.deny(phone)):
        assert (answer.status, answer.code) == (410, "QR_EXPIRED")
    assert pc.poll().body == {"status": "expired"}


@pytest.mark.parametrize("step", ["scan", "confirm", "deny"])
def test_expiry_is_compared_in_the_condition(pc: Pc, phone: Http, clock: Clock, step: str) -> None:
    """A ticket whose time ends between reading and writing is expired: nothing is written."""
    if step != "scan":
        pc.scan(phone)
    before = pc.ticket.status
    passed: list[bool] = []

    def let_time_pass(**_: Any) -> None:
        # The condition holds the time of its deciding, so the ticket's end comes nearer instead.
        if not passed:
            passed.append(True)
            QrLogin.new(pc.ticket.key).update(actions=[QrLogin.valid_until.set(clock.now())])

    dynamodb().meta.events.register("before-call.dynamodb.TransactWriteItems", let_time_pass)
    assert getattr(pc, step)(phone).code == "QR_EXPIRED"
    assert passed
    assert pc.ticket.status == before
