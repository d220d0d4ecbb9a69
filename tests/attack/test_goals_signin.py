"""An adversary who wants to come in by a door that is not theirs, or to keep one open that was shut.

Each test is one aim over several calls, through the public API.
"""

from collections.abc import Callable

import pytest

from functions.auth import gateways, qr_pictures
from functions.auth.domain import Origin, same_network
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc, administrator, place_holder
from tests.integration.client import Http, new_user
from tests.integration.shared.faults import dynamodb
from tests.unit.auth.fake_wechat import FakeWechat

THIEFS_ADDRESS = "203.0.113.66"


@pytest.fixture(autouse=True)
def _fresh_wechat() -> None:
    """Forget what was learned about WeChat in another test."""
    gateways.wechat.cache_clear()
    qr_pictures._breaker.close()


def ready_ticket(pc: Pc, phone: Http) -> None:
    """Scan and confirm a ticket, and do not poll."""
    assert pc.scan(phone).status == 200
    assert pc.confirm(phone).body == {"status": "confirmed"}


def nothing_comes_of(pc: Pc) -> None:
    """The PC gets no session, hears so, and hears the same again."""
    for _ in range(2):
        assert pc.poll().body == {"status": "denied", "denied_because": "session"}


def all_of_them(owner: Http, _: Http) -> None:
    """Sign out everywhere."""
    assert owner.delete("/auth/sessions").status == 204


def that_one(owner: Http, thief: Http) -> None:
    """End the thief's session from the list."""
    items = thief.get("/auth/sessions").body["items"]
    (current,) = [item["session_id"] for item in items if item["current"]]
    assert owner.delete(f"/auth/sessions/{current}").status == 204


def its_own_way_out(_: Http, thief: Http) -> None:
    """The session is signed out by itself."""
    assert thief.delete("/auth/session").status == 204


@pytest.mark.parametrize("end", [all_of_them, that_one, its_own_way_out])
def test_a_confirmed_ticket_ends_with_its_session(http: Http, end: Callable[[Http, Http], None]) -> None:
    """H17: a thief confirms a ticket of his own and waits; once the session has ended, however, it gives no console."""
    openid = "oOWNER"
    owner = http.signed_in(new_user(openid, administrator=True)[1])
    thief = http.signed_in(new_user(openid)[1])
    pc = Pc(http)
    ready_ticket(pc, thief)
    end(owner, thief)
    nothing_comes_of(pc)


def test_a_session_that_ends_during_the_exchange_opens_nothing(http: Http) -> None:
    """H17: the poll has read the ticket and the account when everything is signed out; the transaction finds out."""
    phone, pc = administrator(http), Pc(http)
    ready_ticket(pc, phone)
    done: list[bool] = []

    def sign_out(**_: object) -> None:
        if not done:
            done.append(True)
            assert phone.delete("/auth/sessions").status == 204

    dynamodb().meta.events.register_first("before-call.dynamodb.TransactWriteItems", sign_out, unique_id="signing-out")
    nothing_comes_of(pc)
    dynamodb().meta.events.unregister("before-call.dynamodb.TransactWriteItems", sign_out, unique_id="signing-out")
    assert done


def test_a_console_that_begins_during_the_signing_out_ends_too(http: Http) -> None:
    """H17: the exchange comes through while sessions are being listed; signing out finds that one as well."""
    phone, pc = administrator(http), Pc(http)
    ready_ticket(pc, phone)
    got: list[str] = []

    def exchange(model: object, **_: object) -> None:
        if not got:
            got.append("")
            got[0] = pc.poll().body["session"]["token"]

    dynamodb().meta.events.register_first("before-call.dynamodb.TransactWriteItems", exchange, unique_id="exchanging")
    assert phone.delete("/auth/sessions").status == 204
    dynamodb().meta.events.unregister("before-call.dynamodb.TransactWriteItems", exchange, unique_id="exchanging")
    assert http.signed_in(got[0]).get("/auth/me").code == "UNAUTHENTICATED"


@pytest.mark.parametrize("lost", ["the role", "the identity"])
def test_a_confirmed_ticket_ends_with_the_role(http: Http, lost: str) -> None:
    """H17: what let the person in is required again when the PC comes for its session."""
    user_id, phone = place_holder(http)
    pc = Pc(http)
    ready_ticket(pc, phone)
    if lost == "the role":
        grant = Grant.new(keys.grant("title-review-2026", "420000100001"))
        grant.update(actions=[Grant.status.set("vacant"), Grant.manager_id.remove()])
    else:
        User.new(keys.user(user_id)).update(actions=[User.identity_status.set("unverified")])
    nothing_comes_of(pc)


def test_a_relayed_code_is_seen_at_the_phone(http: Http) -> None:
    """H22: the person types what their own PC shows, which is not sent to the phone, and hears of another network."""
    pc, phone = Pc(http), administrator(http)
    scanned = pc.scan(phone).body
    assert scanned["requested_from"]["same_network"] is True
    assert pc.number not in str({**scanned, "requested_from": None})
    assert not same_network("192.0.2.7", THIEFS_ADDRESS)
    assert not same_network("", "")
    assert same_network("2001:db8:1:2::1", "2001:db8:1:2::9")
    assert not same_network("2001:db8:1:2::1", "2001:db8:1:3::1")


def test_a_thiefs_session_does_not_look_like_ones_own(http: Http, wechat: FakeWechat, clock: Clock) -> None:
    """H28: sessions are listed with the network and the device that they were started from, coarsely."""
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile MicroMessenger/8.0.47"
    wechat.plan({"openid": "oOWNER", "session_key": "k"}, {"openid": "oOWNER", "session_key": "k"})
    owner = http.post("/auth/wechat-logins", {"js_code": "one"}, **{"User-Agent": phone}).body
    clock.forward(1)
    http.post("/auth/wechat-logins", {"js_code": "two"}, **{"User-Agent": "curl/8.0 (Windows)"})
    listed = http.signed_in(owner["session"]["token"]).get("/auth/sessions").body["items"]
    assert [(one["device"], one["network"], one["current"]) for one in listed] == [
        ("Windows", "127.0.0.*", False),
        ("WeChat · Android", "127.0.0.*", True),
    ]


def test_a_console_is_listed_as_its_code_was_shown(http: Http) -> None:
    """H28: a console session names the PC's browser and network, as the phone saw them when it confirmed."""
    phone, pc = administrator(http), Pc(http)
    ready_ticket(pc, phone)
    assert pc.poll().body["session"]["client"] == "console"
    console = next(one for one in phone.get("/auth/sessions").body["items"] if one["client"] == "console")
    assert (console["device"], console["network"]) == ("Firefox · Windows", "127.0.0.*")


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.77", "192.0.2.*"), ("2001:db8:1:2::7", "2001:db8:1::*"), ("", None), ("x", None)],
)
def test_an_origin_is_coarse(address: str, network: str | None) -> None:
    """Neither a whole address nor a browser's whole description is kept with a session."""
    assert Origin(address, "").network == network
    assert Origin(address, "").device is None
