"""Two ways of signing in, one person: accounts are joined where they can be, and never made twice."""

from typing import Any

import pytest

from functions.auth import gateways
from functions.shared import account_sessions, audit
from functions.shared.account_sessions import ENDED_WITH_CHANGE
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from tests.conftest import Clock
from tests.integration.auth.stage import (
    OTHER_PHONE,
    PHONE,
    account,
    ask_code,
    bind_by_code,
    everything,
    more_sessions,
    phone_user,
    users,
    wrong,
)
from tests.integration.client import Answer, Http, new_user
from tests.integration.shared.faults import dynamodb
from tests.unit.auth.fake_wechat import FakeWechat, phone_info

OPENID = "oABC"


def wechat_user(http: Http, openid: str = OPENID, *, administrator: bool = False) -> tuple[str, Http]:
    """A user signed in by WeChat."""
    user_id, token = new_user(openid, administrator=administrator)
    return user_id, http.signed_in(token)


def fill(user_id: str) -> None:
    """Let an account hold something: an identity has started."""
    Identity.new(keys.identity(user_id), user_id=user_id).save()


def trail(user_id: str) -> list[str]:
    """The names of all events of an account, whose chain holds."""
    key = keys.user(user_id)
    events = list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key))))
    assert audit.first_invalid_version(events, account(user_id)) is None
    return [event.event for event in events]


def owner_of(prefix: str) -> list[str]:
    """Who owns what begins with `WECHAT#` or `PHONE#`."""
    found = [item for item in everything() if item["pk"]["S"].startswith(prefix) and item["sk"]["S"] == "OWNER"]
    return [item["user_id"]["S"] for item in found]


def test_free_phone_is_claimed(http: Http) -> None:
    """A phone that is no one's becomes the caller's, and signs in to the same account."""
    user_id, me = wechat_user(http)
    answer = bind_by_code(me)
    assert answer.status == 200
    assert answer.body["user"]["phone_masked"] == "138****8000"
    assert answer.body["user"]["wechat_bound"] is True
    assert phone_user(http)[0] == user_id
    assert trail(user_id) == ["user_registered", "phone_bound", "signed_in"]
    assert users() == [user_id]


def test_own_phone_changes_nothing(http: Http, clock: Clock) -> None:
    """Binding one's own phone again is fine."""
    user_id, me = wechat_user(http)
    first = bind_by_code(me)
    clock.forward(60)
    assert bind_by_code(me).body == first.body
    assert trail(user_id) == ["user_registered", "phone_bound", "phone_confirmed"]


def test_phone_is_changed(http: Http) -> None:
    """Another phone takes the place of the first, which is then no one's and makes an account of its own."""
    user_id, me = wechat_user(http)
    bind_by_code(me)
    assert bind_by_code(me, OTHER_PHONE).body["user"]["phone_masked"] == "186****5678"
    assert phone_user(http, OTHER_PHONE)[0] == user_id
    assert phone_user(http, PHONE)[0] != user_id
    assert len(users()) == 2


def test_blank_wechat_into_phone_owner(http: Http) -> None:
    """A blank WeChat account goes into the account of the phone; the caller's session stays, all others end."""
    phone_id, by_phone = phone_user(http)
    fill(phone_id)
    wechat_id, me = wechat_user(http)
    other_device = http.signed_in(new_user(OPENID)[1])
    joined = bind_by_code(me)
    assert joined.status == 200
    assert joined.body["user"]["user_id"] == phone_id
    assert joined.body["user"]["wechat_bound"] is True
    assert me.get("/auth/me").body["user"] == joined.body["user"]
    assert other_device.get("/auth/me").code == "SESSION_ENDED"
    assert by_phone.get("/auth/me").code == "SESSION_ENDED"
    assert new_user(OPENID)[0] == phone_id
    assert users() == [phone_id]
    assert owner_of("WECHAT#") == owner_of("PHONE#") == [phone_id]
    absorbed = account(wechat_id)
    assert absorbed.merged_into == phone_id
    assert (absorbed.wechat_openid, absorbed.phone_hash, absorbed.phone_sealed) == (None, None, None)
    assert trail(wechat_id)[-1] == "account_merged"
    assert trail(phone_id)[1] == "account_joined"
    assert account_sessions.fingerprints_of(wechat_id) == []
    assert me.delete("/auth/sessions").status == 204
    assert me.get("/auth/me").status == 401


def test_blank_phone_into_my_account(http: Http, clock: Clock) -> None:
    """A blank phone account goes into the caller's, which holds something; the phone's sessions end."""
    phone_id, by_phone = phone_user(http)
    wechat_id, me = wechat_user(http)
    fill(wechat_id)
    joined = bind_by_code(me)
    assert joined.body["user"]["user_id"] == wechat_id
    assert joined.body["user"]["phone_masked"] == "138****8000"
    assert me.get("/auth/me").body["user"] == joined.body["user"]
    assert by_phone.get("/auth/me").status == 401
    clock.forward(60)
    assert phone_user(http)[0] == wechat_id
    assert users() == [wechat_id]
    assert account(phone_id).merged_into == wechat_id
    assert owner_of("WECHAT#") == owner_of("PHONE#") == [wechat_id]


def test_both_blank(http: Http) -> None:
    """Of two blank accounts the one with the phone stays."""
    phone_id, _ = phone_user(http)
    _, me = wechat_user(http)
    assert bind_by_code(me).body["user"]["user_id"] == phone_id


def refused(answer: Answer) -> bool:
    """Whether the phone was refused as taken."""
    return (answer.status, answer.code) == (409, "PHONE_TAKEN")


def test_what_cannot_be_joined(http: Http, clock: Clock) -> None:
    """Two that hold something, an owner with WeChat, a caller with a phone: 409, and nothing changes."""
    phone_id, by_phone = phone_user(http)
    fill(phone_id)
    wechat_id, me = wechat_user(http)
    fill(wechat_id)
    before = account(wechat_id).version, account(phone_id).version
    assert refused(bind_by_code(me))
    assert (account(wechat_id).version, account(phone_id).version) == before
    assert by_phone.get("/auth/me").status == me.get("/auth/me").status == 200

    clock.forward(3_600)
    _, with_phone = phone_user(http, OTHER_PHONE)
    assert refused(bind_by_code(with_phone))
    clock.forward(60)
    _, second = wechat_user(http, "oSecond")
    assert bind_by_code(second, "15900000000").status == 200
    _, third = wechat_user(http, "oThird")
    clock.forward(60)
    assert refused(bind_by_code(third, "15900000000"))


def test_administrators_are_never_blank(http: Http) -> None:
    """An administrator's account is kept, whichever side it is on."""
    wechat_id, administrator = wechat_user(http, administrator=True)
    account(wechat_id).update(actions=[User.identity_status.set("unverified")])
    phone_user(http)
    assert bind_by_code(administrator).body["user"]["user_id"] == wechat_id


def test_no_joining_through_wechats_phone_button(http: Http, wechat: FakeWechat) -> None:
    """A phone that WeChat once verified may be somebody else's by now: it joins nothing, and claims a free number."""
    phone_id, _ = phone_user(http)
    wechat_id, me = wechat_user(http)
    wechat.plan({"access_token": "t", "expires_in": 7200}, phone_info(PHONE), phone_info(OTHER_PHONE))
    assert refused(me.post("/auth/phone", {"wechat_phone_code": "c"}))
    assert me.post("/auth/phone", {"wechat_phone_code": "d"}).body["user"]["phone_masked"] == "186****5678"
    assert users() == sorted([phone_id, wechat_id])
    assert gateways.wechat() is gateways.wechat()


@pytest.mark.parametrize("sessions", [ENDED_WITH_CHANGE, ENDED_WITH_CHANGE + 1, 100])
def test_account_with_many_sessions(http: Http, sessions: int) -> None:
    """A blank account with more sessions than a transaction can end is joined all the same, and all of them end."""
    phone_id, _ = phone_user(http)
    wechat_id, me = wechat_user(http)
    others = more_sessions(wechat_id, sessions)
    answer = bind_by_code(me)
    assert (answer.status, answer.body["user"]["user_id"]) == (200, phone_id)
    assert me.get("/auth/me").status == 200
    assert {http.signed_in(token).get("/auth/me").status for token in (others[0], others[-1])} == {401}
    assert ("signed_out" in trail(wechat_id)) is (sessions > ENDED_WITH_CHANGE)
    left = [item for item in everything() if item["kind"]["S"] == "session"]
    assert len(left) == 1


def overtaken(change: Any) -> Any:
    """Let something happen between the reads and the write of the next use case."""
    done: list[int] = []

    def overtake(**_: object) -> None:
        if not done:
            done.append(1)
            change()

    dynamodb().meta.events.register_first("before-call.dynamodb.TransactWriteItems", overtake)


def test_identity_that_begins_during_joining(http: Http) -> None:
    """An account that ceases to be blank while it is being joined is decided on again, and nothing of it is lost."""
    phone_id, _ = phone_user(http)
    fill(phone_id)
    wechat_id, me = wechat_user(http)
    challenge_id, code = ask_code(me, PHONE, "bind_phone")
    overtaken(lambda: fill(wechat_id))
    assert refused(me.post("/auth/phone", {"challenge_id": challenge_id, "phone": PHONE, "code": code}))
    assert users() == sorted([phone_id, wechat_id])


def test_signing_out_during_joining(http: Http) -> None:
    """A session that ends while its account is being joined stays ended."""
    phone_user(http)
    _, me = wechat_user(http)
    challenge_id, code = ask_code(me, PHONE, "bind_phone")
    overtaken(lambda: me.delete("/auth/session"))
    answer = me.post("/auth/phone", {"challenge_id": challenge_id, "phone": PHONE, "code": code})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert me.get("/auth/me").status == 401


def test_sign_in_during_joining(http: Http) -> None:
    """A sign-in to the account that is being joined does not survive it as a second user."""
    phone_id, _ = phone_user(http)
    _, me = wechat_user(http)
    challenge_id, code = ask_code(me, PHONE, "bind_phone")
    overtaken(lambda: new_user(OPENID))
    answer = me.post("/auth/phone", {"challenge_id": challenge_id, "phone": PHONE, "code": code})
    assert answer.body["user"]["user_id"] == phone_id
    assert users() == [phone_id]


def test_joining_during_sign_in(http: Http, wechat: FakeWechat) -> None:
    """A sign-in by WeChat that meets a joining of its account signs in to the joined one."""
    phone_id, _ = phone_user(http)
    _, me = wechat_user(http)
    wechat.plan({"openid": OPENID})
    overtaken(lambda: bind_by_code(me))
    answer = http.post("/auth/wechat-logins", {"js_code": "c"})
    assert (answer.status, answer.body["created"], answer.body["user"]["user_id"]) == (201, False, phone_id)
    assert http.signed_in(answer.body["session"]["token"]).get("/auth/me").body["user"]["user_id"] == phone_id


def test_wrong_code_binds_nothing(http: Http) -> None:
    """A wrong code is refused before anything is looked up or changed."""
    user_id, me = wechat_user(http)
    challenge_id, code = ask_code(me, PHONE, "bind_phone")
    answer = me.post("/auth/phone", {"challenge_id": challenge_id, "phone": PHONE, "code": wrong(code)})
    assert (answer.status, answer.code) == (422, "SMS_CODE_INVALID")
    assert trail(user_id) == ["user_registered"]


def test_code_survives_a_refusal(http: Http) -> None:
    """A code whose phone was refused as taken is not used up by it."""
    phone_id, _ = phone_user(http)
    fill(phone_id)
    wechat_id, me = wechat_user(http)
    fill(wechat_id)
    challenge_id, code = ask_code(me, PHONE, "bind_phone")
    proof = {"challenge_id": challenge_id, "phone": PHONE, "code": code}
    assert refused(me.post("/auth/phone", proof))
    assert refused(me.post("/auth/phone", proof))


def test_form_of_the_proof(http: Http) -> None:
    """A proof is either way, whole and alone; what is missing is named."""
    _, me = wechat_user(http)
    by_sms = {"challenge_id": "c", "phone": PHONE, "code": "123456"}
    for proof, fields in (
        ({}, ["challenge_id", "phone", "code"]),
        ({"phone": PHONE}, ["challenge_id", "code"]),
        ({**by_sms, "code": None}, ["code"]),
        ({**by_sms, "wechat_phone_code": "w"}, ["wechat_phone_code"]),
        ({"wechat_phone_code": "w", "code": "123456"}, ["challenge_id", "phone"]),
        ({**by_sms, "code": "12345a", "phone": "1"}, ["phone", "code"]),
        ({"wechat_phone_code": ""}, ["wechat_phone_code"]),
    ):
        answer = me.post("/auth/phone", proof)
        assert (answer.status, answer.code) == (422, "INVALID")
        assert [error["field"] for error in answer.body["errors"]] == fields
