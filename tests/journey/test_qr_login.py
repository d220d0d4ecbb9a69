"""Signing in to the console the way a PC and a phone do it: two clients, nothing but HTTP."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from local.client import Answer, Client
from local.run import Run, local_run

pytestmark = pytest.mark.xdist_group("journey")
Device = Callable[[], Client]


@pytest.fixture
def phone(device: Device) -> Client:
    """The phone of the demo administrator."""
    client = device()
    client.sign_in_by_wechat("admin")
    return client


def ask(pc: Client) -> Any:
    """A new ticket of a PC."""
    return pc.expect(201, "POST", "/auth/qr-logins")


def poll(pc: Client, ticket: Any) -> Answer:
    """One poll."""
    return pc.call("GET", path(ticket), **{"X-Poll-Secret": ticket["poll_secret"]})


def path(ticket: Any, act: str = "") -> str:
    """The address of a ticket, or of an act on it."""
    return f"/auth/qr-logins/{ticket['qr_login_id']}{act}"


def wait(ticket: Any) -> None:
    """Wait as long as a PC does between two polls."""
    time.sleep(ticket["poll_interval_s"])


def test_sign_in_work_and_sign_out(device: Device, phone: Client) -> None:
    """The PC shows a number, it is typed at the phone, the PC works in the console, is listed, and signs out."""
    pc = device()
    ticket = ask(pc)
    assert ticket["mini_program_code"].startswith("data:image/png;base64,")
    assert poll(pc, ticket).body["status"] == "created"
    scanned = phone.expect(200, "POST", path(ticket, "/scan"))
    assert scanned["requested_from"]["address"] == "127.0.0.1"
    assert scanned["requested_from"]["same_network"] is True
    phone.expect(200, "POST", path(ticket, "/confirmation"), {"number": ticket["match_number"]})
    wait(ticket)
    handed_out = poll(pc, ticket)
    pc.token = handed_out.body["session"]["token"]
    assert handed_out.body["session"]["client"] == "console"
    assert pc.expect(200, "GET", "/auth/me")["user"]["is_administrator"]
    assert poll(pc, ticket).body == handed_out.body  # again, for a PC that lost the answer
    assert pc.call("GET", "/auth/sessions").code == "CLIENT_NOT_ALLOWED"
    sessions = phone.expect(200, "GET", "/auth/sessions")["items"]
    assert {"console", "mini_program"} <= {session["client"] for session in sessions}
    pc.expect(204, "DELETE", "/auth/session")
    assert pc.call("GET", "/auth/me").code == "SESSION_ENDED"
    assert phone.call("GET", "/auth/me").status == 200


def test_the_phone_ends_the_consoles_session(device: Device, phone: Client) -> None:
    """A console that was left open is signed out from the phone."""
    pc = device()
    ticket = ask(pc)
    phone.expect(200, "POST", path(ticket, "/scan"))
    phone.expect(200, "POST", path(ticket, "/confirmation"), {"number": ticket["match_number"]})
    before = {one["session_id"] for one in phone.expect(200, "GET", "/auth/sessions")["items"]}
    pc.token = poll(pc, ticket).body["session"]["token"]
    listed = phone.expect(200, "GET", "/auth/sessions")["items"]
    (console,) = [one for one in listed if one["session_id"] not in before]
    assert (console["client"], console["network"]) == ("console", "127.0.0.*")
    phone.expect(204, "DELETE", f"/auth/sessions/{console['session_id']}")
    assert pc.call("GET", "/auth/me").status == 401


def test_a_wrong_number_denies(device: Device, phone: Client) -> None:
    """One wrong number is the end of it."""
    pc = device()
    ticket = ask(pc)
    phone.expect(200, "POST", path(ticket, "/scan"))
    wrong = "10" if ticket["match_number"] != "10" else "11"
    for number in (wrong, ticket["match_number"]):
        answer = phone.call("POST", path(ticket, "/confirmation"), {"number": number})
        assert (answer.status, answer.code) == (409, "QR_DENIED")
    assert poll(pc, ticket).body == {"status": "denied", "denied_because": "number"}


def test_a_second_scanner_is_refused(device: Device, phone: Client) -> None:
    """The first phone owns the ticket."""
    ticket, second = ask(device()), device()
    second.sign_in_by_wechat("second-scanner")
    phone.expect(200, "POST", path(ticket, "/scan"))
    answer = second.call("POST", path(ticket, "/scan"))
    assert (answer.status, answer.code) == (409, "QR_TAKEN")


def test_nobody_without_a_role(device: Device) -> None:
    """An ordinary user is informed when they scan, and the code is left to a phone that may."""
    pc, somebody = device(), device()
    ticket = ask(pc)
    somebody.sign_in_by_wechat("no-role")
    answer = somebody.call("POST", path(ticket, "/scan"))
    assert (answer.status, answer.code) == (403, "CONSOLE_ROLE_REQUIRED")
    assert poll(pc, ticket).body["status"] == "created"


def test_polling(device: Device) -> None:
    """Too fast is slowed down and says how long to wait; without the secret there is nothing."""
    pc = device()
    ticket = ask(pc)
    assert poll(pc, ticket).status == 200
    fast = poll(pc, ticket)
    assert (fast.status, fast.code, fast.headers["Retry-After"]) == (429, "SLOW_DOWN", "7")
    for headers in ({}, {"X-Poll-Secret": "guessed"}):
        answer = pc.call("GET", path(ticket), **headers)
        assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_several_polls_at_once_one_session(device: Device, phone: Client) -> None:
    """However many polls come together after the confirmation, all that are in time are handed the same session."""
    pc = device()
    ticket = ask(pc)
    phone.expect(200, "POST", path(ticket, "/scan"))
    phone.expect(200, "POST", path(ticket, "/confirmation"), {"number": ticket["match_number"]})
    with ThreadPoolExecutor(6) as polls:
        answers = list(polls.map(lambda one: poll(one, ticket), [device() for _ in range(6)]))
    handed_out = [answer for answer in answers if answer.status == 200 and "session" in answer.body]
    others = [answer for answer in answers if answer not in handed_out]
    assert len({answer.body["session"]["token"] for answer in handed_out}) == 1
    assert all(answer.code == "SLOW_DOWN" for answer in others)


@pytest.fixture(scope="module")
def short_lived() -> Iterator[Run]:
    """A run of its own, in which tickets last a second."""
    with local_run(QR_LOGIN_S="1") as running:
        yield running


@pytest.mark.local_only
def test_expired(short_lived: Run) -> None:
    """After its time a ticket is expired for the PC and for the phone."""
    pc, phone = (Client(short_lived.api_url, short_lived.standin_url) for _ in range(2))
    phone.sign_in_by_wechat("admin")
    ticket = ask(pc)
    time.sleep(1.1)
    for act, body in (("/scan", None), ("/confirmation", {"number": ticket["match_number"]}), ("/denial", None)):
        answer = phone.call("POST", path(ticket, act), body)
        assert (answer.status, answer.code) == (410, "QR_EXPIRED")
    assert poll(pc, ticket).body == {"status": "expired"}


@pytest.mark.local_only
def test_an_outage_of_wechat_costs_no_code(short_lived: Run) -> None:
    """While WeChat fails, a PC has its QR code all the same, and as fast; WeChat is not asked again for a while."""
    pc = Client(short_lived.api_url, short_lived.standin_url)
    urllib3.request("POST", f"{short_lived.standin_url}/faults/wechat", json={"calls": 1})
    for _ in range(2):
        ticket = ask(pc)
        assert ticket["qr_svg"].startswith("<svg ")
        assert ticket["mini_program_code"] is None
