"""An adversary who wants to come in by a door that is not theirs, or to keep one open that was shut.

Each test is one aim over several calls, through the public API.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.auth import gateways, qr_pictures
from functions.auth.domain import Origin, same_network
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from tests.attack.entries import Door, face_was_seen, id_of
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc, administrator, place_holder
from tests.integration.client import Http, new_user
from tests.integration.grants.builders import console_of, passed
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import dynamodb
from tests.unit.auth.fake_wechat import FakeWechat

THIEFS_ADDRESS = "203.0.113.66"


PHONE, OTHER_PHONE, THIRD_PHONE = "13800138000", "18612345678", "15900000000"
OPENID, OTHER_OPENID = "oNEW", "oOTHER"


@pytest.fixture
def door(http: Http, clock: Clock) -> Iterator[Door]:
    """Phones, WeChat accounts, and the servers behind them."""
    answers: dict[str, dict[str, Any]] = {"/": {}}
    with FakeWechat(answers) as server, configured(wechat_url=server.url):
        yield Door(http, answers, clock)
    gateways.wechat.cache_clear()


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
    assert http.signed_in(got[0]).get("/auth/me").code == "SESSION_ENDED"


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
    assert pc.number not in str({**scanned, "requested_from": None, "expires_at": None})
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


def test_a_console_left_open_keeps_no_account(door: Door) -> None:
    """H04: from a console that was left open no phone is bound, no session ended, nothing about the person changed."""
    victim = door.person(PHONE)
    console = console_of(door.http, victim.user_id)
    tries = [
        console.post("/auth/sms-codes", {"phone": OTHER_PHONE, "purpose": "bind_phone"}),
        console.post("/auth/phone", {"challenge_id": "0" * 32, "phone": OTHER_PHONE, "code": "123456"}),
        door.bind_wechat(console, OPENID),
        console.get("/auth/sessions"),
        console.delete("/auth/sessions"),
        console.put("/identity/application", {}),
        console.delete("/identity/consent"),
        console.post("/identity/face-checks", {"purpose": "account"}),
    ]
    assert {answer.code for answer in tries} == {"CLIENT_NOT_ALLOWED"}
    assert id_of(door.by_phone(PHONE)) == victim.user_id
    assert id_of(door.by_phone(OTHER_PHONE)) != victim.user_id


def test_a_phone_left_lying_open_keeps_no_account(door: Door) -> None:
    """H04: with the unlocked phone of a verified person and a SIM card of his own a thief lacks the person's face."""
    victim = door.person(PHONE)
    for answer in (door.bind_phone(victim.phone, OTHER_PHONE), door.bind_wechat(victim.phone, OPENID)):
        assert (answer.status, answer.code) == (403, "FACE_CHECK_REQUIRED")
    assert id_of(door.by_phone(PHONE)) == victim.user_id


@pytest.mark.parametrize("wrong", ["another purpose", "another person", "used", "expired", "failed"])
def test_only_this_persons_new_face_check_counts(door: Door, wrong: str) -> None:
    """H04: a check for something else, of somebody else, used, expired or failed changes no way into the account."""
    victim, thief = door.person(PHONE), door.person(OTHER_PHONE)
    if wrong == "another purpose":
        check = victim.face_check(purpose="session")
    elif wrong == "another person":
        check = thief.face_check(purpose="account")
    elif wrong == "failed":
        check = victim.phone.post("/identity/face-checks", {"purpose": "account"}).body["face_check_id"]
    else:
        check = victim.face_check(purpose="account")
    if wrong == "used":
        assert door.bind_wechat(victim.phone, OTHER_OPENID, face_check_id=check).status == 200
    if wrong == "expired":
        door.clock.forward(301)
    assert door.bind_wechat(victim.phone, OPENID, face_check_id=check).code == "FACE_CHECK_REQUIRED"
    assert door.bind_phone(victim.phone, THIRD_PHONE, face_check_id=check).code == "FACE_CHECK_REQUIRED"


def test_a_number_that_was_sold_again_opens_little(door: Door) -> None:
    """H04: the number's new owner signs in by SMS, and reaches no role, console, identity or way of signing in."""
    victim = door.person(PHONE, administrator=True)
    stranger = door.by_phone(PHONE)
    assert id_of(stranger) == victim.user_id  # it is the number of that account until it is taken over
    tries = [
        stranger.get("/grants/mine"),
        stranger.get("/identity"),
        stranger.get("/admin/identity-applications"),
        stranger.get("/auth/sessions"),
        stranger.delete("/auth/sessions"),
        door.bind_wechat(stranger, OPENID),
        door.bind_phone(stranger, OTHER_PHONE),
        stranger.delete("/identity/consent"),
        stranger.post("/identity/face-checks", {"purpose": "account"}),
        Pc(door.http).scan(stranger),
    ]
    assert {answer.code for answer in tries} == {"STEP_UP_REQUIRED"}
    assert id_of(victim.phone) == victim.user_id


def test_whoever_has_a_number_now_takes_it_over(door: Door) -> None:
    """Its new owner proves it by SMS; the former one keeps the account and WeChat, and what the number opened ends."""
    victim = door.person(PHONE, administrator=True)
    by_number = door.by_phone(PHONE)
    console = console_of(door.http, victim.user_id)
    stranger = door.by_wechat(OTHER_OPENID)
    mine = id_of(stranger)
    assert door.bind_phone(stranger, PHONE).code == "PHONE_TAKEN"
    pc = Pc(door.http)
    ready_ticket(pc, victim.phone)
    taken = door.bind_phone(stranger, PHONE, take_over=True)
    nothing_comes_of(pc)
    assert (taken.status, taken.body["user"]["phone_masked"]) == (200, "138****8000")
    assert (id_of(by_number), id_of(console), id_of(victim.phone)) == (None, None, victim.user_id)
    assert id_of(door.by_phone(PHONE)) == mine
    assert victim.phone.get("/auth/me").body["user"]["phone_masked"] is None


def test_wechats_button_takes_nothing(door: Door) -> None:
    """H05: WeChat still remembers a number of its former owner; its button neither joins, binds nor takes it over."""
    present_owner = door.by_phone(PHONE)
    owner_id = id_of(present_owner)
    former = door.by_wechat(OPENID)
    assert door.press_button(former, PHONE).code == "PHONE_TAKEN"
    assert door.press_button(former, PHONE, take_over=True).code == "INVALID"
    assert id_of(door.by_phone(PHONE)) == owner_id
    assert id_of(door.by_wechat(OPENID)) != owner_id


def test_a_phone_proof_leaves_no_wechat_on_a_verified_account(door: Door) -> None:
    """H05: anyone who once has the phone of a verified account without WeChat attaches no WeChat of theirs to it."""
    victim = door.by_phone(PHONE)
    victim_id = id_of(victim)
    User.new(keys.user(victim_id)).update(actions=[User.identity_status.set("verified")])
    thief = door.by_wechat(OPENID)
    assert door.bind_phone(thief, PHONE).code == "PHONE_TAKEN"
    by_number = door.by_phone(PHONE)
    assert door.bind_wechat(by_number, OPENID).code == "STEP_UP_REQUIRED"
    assert id_of(door.by_wechat(OPENID)) != victim_id


def test_a_new_wechat_account_replaces_the_old_one(door: Door) -> None:
    """Coming back: signed in by phone and seen, the new WeChat is bound, its blank account joined, the old one out."""
    person = door.person(PHONE)
    old = door.http.signed_in(str(person.phone.token))
    blank = door.by_wechat(OPENID)
    me = door.by_phone(PHONE)
    pc = Pc(door.http)
    User.new(keys.user(person.user_id)).update(actions=[User.is_administrator.set(True)])
    ready_ticket(pc, old)
    face_was_seen(me)
    check = passed(person.user_id, me.post("/identity/face-checks", {"purpose": "account"}).body["face_check_id"])
    answer = door.bind_wechat(me, OPENID, face_check_id=check)
    assert (answer.status, answer.body["user"]["wechat_bound"]) == (200, True)
    assert (id_of(old), id_of(blank), id_of(me)) == (None, None, person.user_id)
    assert id_of(door.by_wechat(OPENID)) == person.user_id
    nothing_comes_of(pc)
    door.clock.forward(13 * 3_600)
    assert me.get("/identity").status == 200  # it is a session of the account's own WeChat now


def test_a_new_application_ends_a_confirmed_ticket(door: Door) -> None:
    """A change of who a verified account is ends QR sign-ins, also those that the changing session has confirmed."""
    person, pc = door.person(PHONE, administrator=True), Pc(door.http)
    version = person.phone.get("/identity/consent").body["version"]
    assert person.phone.post("/identity/consent", {"version": version}).status == 200
    ready_ticket(pc, person.phone)
    renewed = {"document_type": "resident_id", "name": person.name, "number": person.number}
    check = person.face_check(purpose="account")
    assert person.phone.put("/identity/application", {**renewed, "face_check_id": check}).status == 200
    nothing_comes_of(pc)


def test_a_number_sold_after_the_document_ended_opens_little(door: Door) -> None:
    """H04: an account whose person has yet to renew their document is still theirs: an SMS code replaces no WeChat."""
    victim = door.person(PHONE)
    account = User.get(*keys.user(victim.user_id), consistent_read=True)
    account.update(actions=[User.identity_status.set("unverified")])  # as `expiry.end_verification` leaves it
    stranger = door.by_phone(PHONE)
    tries = [
        stranger.get("/identity"),
        door.bind_wechat(stranger, OPENID),
        door.bind_phone(stranger, OTHER_PHONE),
        stranger.delete("/auth/sessions"),
    ]
    assert {answer.code for answer in tries} == {"STEP_UP_REQUIRED"}
    assert door.bind_wechat(victim.phone, OPENID).code == "FACE_CHECK_REQUIRED"
    # The way on for the person themselves: the portrait is still in force.
    assert door.bind_wechat(victim.phone, OPENID, face_check_id=victim.face_check(purpose="account")).status == 200
