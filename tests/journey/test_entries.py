"""How an account is entered, over HTTP: numbers and WeChat accounts change hands, and sessions end with them."""

from collections.abc import Callable

import pytest

from local.client import Client
from local.demo.returning import sign_in_by_phone

pytestmark = pytest.mark.xdist_group("journey")
Device = Callable[[], Client]


def test_a_number_is_taken_over(device: Device) -> None:
    """A number that somebody else has now goes over to them; its former owner keeps the account, by WeChat."""
    former, stranger, number = device(), device(), "13700007101"
    former_id = sign_in_by_phone(former, number)["user"]["user_id"]
    former.expect(200, "POST", "/auth/wechat", {"js_code": "local-entries-former"})
    stranger_id = stranger.sign_in_by_wechat("entries-stranger")["user_id"]
    stranger.expect(200, "POST", "/auth/phone", stranger.sms_code("13700007102", "bind_phone"))
    code = stranger.sms_code(number, "bind_phone")
    assert stranger.call("POST", "/auth/phone", code).code == "PHONE_TAKEN"
    taken = stranger.expect(200, "POST", "/auth/phone", {**code, "take_over": True})
    assert (taken["user"]["user_id"], taken["user"]["phone_masked"]) == (stranger_id, "137****7101")
    assert "改绑其他手机号" in stranger.messages("13700007102")[0]
    kept = former.sign_in_by_wechat("entries-former")
    assert (kept["user_id"], kept["phone_masked"]) == (former_id, None)


def test_a_new_wechat_takes_the_place_of_the_old_one(device: Device) -> None:
    """The person signs in by phone and binds the new WeChat, whose blank account is joined; the old one is out."""
    old, blank, me = device(), device(), device()
    user_id = old.sign_in_by_wechat("entries-old")["user_id"]
    old.expect(200, "POST", "/auth/phone", old.sms_code("13700007103", "bind_phone"))
    blank.sign_in_by_wechat("entries-new")
    assert sign_in_by_phone(me, "13700007103")["user"]["user_id"] == user_id
    bound = me.expect(200, "POST", "/auth/wechat", {"js_code": "local-entries-new"})
    assert bound["user"]["user_id"] == user_id
    assert {old.call("GET", "/auth/me").code, blank.call("GET", "/auth/me").code} == {"SESSION_ENDED"}
    assert blank.sign_in_by_wechat("entries-new")["user_id"] == user_id
    assert old.sign_in_by_wechat("entries-old")["user_id"] != user_id


def test_signing_out_everywhere_ends_a_confirmed_ticket(device: Device) -> None:
    """A PC that waits with a confirmed ticket gets no session once everything is signed out, and says why."""
    owner, thief, pc = device(), device(), device()
    for client in (owner, thief):
        client.sign_in_by_wechat("admin")
    ticket = pc.expect(201, "POST", "/auth/qr-logins")
    path = f"/auth/qr-logins/{ticket['qr_login_id']}"
    thief.expect(200, "POST", f"{path}/scan")
    thief.expect(200, "POST", f"{path}/confirmation", {"number": ticket["match_number"]})
    owner.expect(204, "DELETE", "/auth/sessions")
    answer = pc.call("GET", path, **{"X-Poll-Secret": ticket["poll_secret"]})
    assert answer.body == {"status": "denied", "denied_because": "session"}
