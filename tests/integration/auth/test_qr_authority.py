"""QR sign-in: who may let a PC in, and the sessions that come of it."""

from typing import Any

import pytest

from functions.auth import qr_pictures
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc, administrator, give_place, place_holder
from tests.integration.auth.stage import account, everything, more_sessions
from tests.integration.client import Http, new_user
from tests.integration.shared.faults import dynamodb
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


@pytest.mark.parametrize("role", ["manager", "assistant"])
def test_verified_place_holders_may_confirm(http: Http, pc: Pc, role: str) -> None:
    """Verified managers and assistants of an active grant get a console session."""
    _, phone = place_holder(http, role)
    pc.scan(phone)
    assert pc.confirm(phone).body == {"status": "confirmed"}
    assert pc.poll().body["session"]["client"] == "console"


def test_one_active_place_of_many_is_enough(http: Http, pc: Pc) -> None:
    """A place in a grant that was revoked does not hide the one that is active."""
    user_id, phone = place_holder(http, grant_status="vacant", institution_code="420000100001")
    give_place(user_id, "manager", still_in_grant=False, institution_code="420000100002")
    give_place(user_id, "assistant", institution_code="420000100003")
    pc.scan(phone)
    assert pc.confirm(phone).status == 200


@pytest.mark.parametrize(
    "place",
    [
        None,
        {"identity_status": "unverified"},
        {"identity_status": "in_review"},
        {"grant_status": "vacant"},
        {"grant_status": "code_issued"},
        {"still_in_grant": False},
        {"still_in_grant": False, "role": "assistant"},
    ],
)
def test_nobody_else_may_scan(http: Http, pc: Pc, place: dict[str, Any] | None) -> None:
    """Without a verified identity or an active role the scan is refused, and the code is left to another phone."""
    phone = http.signed_in(new_user()[1]) if place is None else place_holder(http, **place)[1]
    answer = pc.scan(phone)
    assert (answer.status, answer.code) == (403, "CONSOLE_ROLE_REQUIRED")
    assert pc.confirm(phone).code == pc.deny(phone).code == "QR_NOT_SCANNED"
    assert pc.poll().body["status"] == "created"
    assert pc.scan(administrator(http)).status == 200


def test_a_role_that_was_lost_since_the_scan(http: Http, pc: Pc) -> None:
    """Then the confirmation denies the ticket, and the PC is informed why."""
    _, phone = place_holder(http)
    assert pc.scan(phone).status == 200
    Grant.new(keys.grant("title-review-2026", "420000100001")).delete()
    answer = pc.confirm(phone)
    assert (answer.status, answer.code) == (403, "CONSOLE_ROLE_REQUIRED")
    assert pc.poll().body == {"status": "denied", "denied_because": "role"}
    assert pc.confirm(phone).code == pc.confirm(phone, pc.wrong_number).code == "QR_DENIED"


def test_a_place_without_its_grant_is_no_place(http: Http, pc: Pc) -> None:
    """Only a grant gives authority: where there is none, no one holds a place in it."""
    _, phone = place_holder(http)
    Grant.new(keys.grant("title-review-2026", "420000100001")).delete()
    assert pc.scan(phone).code == "CONSOLE_ROLE_REQUIRED"


@pytest.mark.parametrize("lost", ["place", "identity"])
def test_authority_is_demanded_by_the_transaction(http: Http, pc: Pc, lost: str) -> None:
    """A place or a verified identity that is lost after it was looked up lets no one in."""
    user_id, phone = place_holder(http)
    pc.scan(phone)
    done: list[bool] = []

    def lose(**_: Any) -> None:
        if not done:
            done.append(True)
            if lost == "place":
                grant = Grant.new(keys.grant("title-review-2026", "420000100001"))
                grant.update(actions=[Grant.status.set("vacant"), Grant.manager_id.remove()])
            else:
                User.new(keys.user(user_id)).update(actions=[User.identity_status.set("draft")])

    dynamodb().meta.events.register("before-call.dynamodb.TransactWriteItems", lose)
    assert pc.confirm(phone).code == "CONSOLE_ROLE_REQUIRED"
    assert done
    assert (pc.ticket.status, pc.ticket.denied_because) == ("denied", "role")


def test_a_removed_administrator_is_nobody(http: Http, pc: Pc) -> None:
    """An administrator whose right is taken while they confirm is refused."""
    user_id, token = new_user(administrator=True)
    phone = http.signed_in(token)
    pc.scan(phone)
    done: list[bool] = []

    def dismiss(**_: Any) -> None:
        if not done:
            done.append(True)
            User.new(keys.user(user_id)).update(actions=[User.is_administrator.set(False)])

    dynamodb().meta.events.register("before-call.dynamodb.TransactWriteItems", dismiss)
    assert pc.confirm(phone).code == "CONSOLE_ROLE_REQUIRED"


def test_only_a_phone_scans(http: Http, pc: Pc, phone: Http) -> None:
    """A console session cannot let another PC in, and so not live for ever; no one without a session can."""
    pc.scan(phone)
    pc.confirm(phone)
    console = http.signed_in(pc.poll().body["session"]["token"])
    other = Pc(http)
    for answer in (other.scan(console), other.confirm(console), other.deny(console)):
        assert (answer.status, answer.code) == (403, "CLIENT_NOT_ALLOWED")
    for answer in (other.scan(http), other.confirm(http), other.deny(http)):
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


def test_an_account_that_is_gone_gets_nothing(pc: Pc, phone: Http) -> None:
    """When the account was joined into another one after the confirmation, no session is started for it."""
    pc.scan(phone)
    pc.confirm(phone)
    account(pc.ticket.scanned_by).update(actions=[User.merged_into.set("another")])
    assert pc.poll().body == {"status": "denied", "denied_because": "session"}
    account(pc.ticket.scanned_by).delete()
    assert Pc(pc.http).scan(phone).code == "UNAUTHENTICATED"


def test_sessions_are_listed_and_ended(http: Http, pc: Pc, phone: Http, clock: Clock) -> None:
    """The phone sees the console's session beside its own, newest first, and can end it alone."""
    clock.forward(10)
    pc.scan(phone)
    pc.confirm(phone)
    token = pc.poll().body["session"]["token"]
    console = http.signed_in(token)
    listed = phone.get("/auth/sessions").body
    assert listed["next_cursor"] is None
    assert [(item["client"], item["created_at"], item["current"]) for item in listed["items"]] == [
        ("console", "2026-11-22T08:00:10Z", False),
        ("mini_program", "2026-11-22T08:00:00Z", True),
    ]
    assert console.get("/auth/sessions").code == "CLIENT_NOT_ALLOWED"
    console_id = listed["items"][0]["session_id"]
    assert console_id not in str(everything())
    assert console_id not in token
    assert http.signed_in(console_id).get("/auth/me").status == 401
    assert administrator(http).delete(f"/auth/sessions/{console_id}").status == 404
    assert phone.delete(f"/auth/sessions/{console_id}").status == 204
    assert console.get("/auth/me").code == "SESSION_ENDED"
    assert phone.delete(f"/auth/sessions/{console_id}").code == "NOT_FOUND"
    assert [item["client"] for item in phone.get("/auth/sessions").body["items"]] == ["mini_program"]
    own_id = phone.get("/auth/sessions").body["items"][0]["session_id"]
    assert phone.delete(f"/auth/sessions/{own_id}").status == 204
    assert phone.get("/auth/me").status == 401


def test_expired_sessions_are_not_listed(http: Http, pc: Pc, phone: Http, clock: Clock) -> None:
    """A session whose time is over is not shown, though the TTL has not removed it yet."""
    pc.scan(phone)
    pc.confirm(phone)
    pc.poll()
    clock.forward(7_200)
    assert [item["client"] for item in phone.get("/auth/sessions").body["items"]] == ["mini_program"]


def test_many_sessions_come_in_pages(http: Http) -> None:
    """Pages put together are the whole list, each session once; a cursor of another user's list is refused."""
    user_id, token = new_user()
    more_sessions(user_id, 120)
    phone, found, cursor = http.signed_in(token), [], None
    while True:
        page = phone.get("/auth/sessions?limit=100" + (f"&cursor={cursor}" if cursor else "")).body
        found += [item["session_id"] for item in page["items"]]
        cursor = page["next_cursor"] or cursor
        if page["next_cursor"] is None:
            break
    assert len(found) == len(set(found)) == 121
    other = http.signed_in(new_user()[1])
    answer = other.get(f"/auth/sessions?cursor={cursor}")
    assert (answer.status, answer.code) == (422, "CURSOR_INVALID")
