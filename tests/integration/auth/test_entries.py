"""Binding and replacing a WeChat account or a phone: who is told, how often it may be done, what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.auth import gateways
from functions.shared import clients
from tests.attack.entries import Door, id_of
from tests.conftest import Clock
from tests.integration.auth.stage import OTHER_PHONE, PHONE, account
from tests.integration.client import Http, last_sms
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import answering, dynamodb_error, timing_out
from tests.integration.shared.log_lines import LogLines
from tests.unit.auth.fake_wechat import FakeWechat


@pytest.fixture
def door(http: Http, clock: Clock) -> Iterator[Door]:
    """Phones, WeChat accounts, and the servers behind them."""
    answers: dict[str, dict[str, Any]] = {"/": {}}
    gateways.wechat.cache_clear()
    with FakeWechat(answers) as server, configured(wechat_url=server.url):
        yield Door(http, answers, clock)
    gateways.wechat.cache_clear()


def test_the_old_number_is_told_of_a_new_one(door: Door) -> None:
    """The message goes to the number that was the account's, and names neither number nor person."""
    me = door.by_wechat("oME")
    assert door.bind_phone(me, PHONE).status == 200
    assert "验证码" in last_sms()[1]  # the first number: there is no one else to tell
    assert door.bind_phone(me, OTHER_PHONE).status == 200
    to, text = last_sms()
    assert (to, "改绑其他手机号" in text, OTHER_PHONE in text) == (f"+86{PHONE}", True, False)


def test_the_number_is_told_of_a_new_wechat(door: Door) -> None:
    """A WeChat that is bound or replaced is told to the account's phone."""
    me = door.by_phone(PHONE)
    for openid in ("oFIRST", "oSECOND"):
        assert door.bind_wechat(me, openid).status == 200
        assert last_sms()[0] == f"+86{PHONE}"
        assert "绑定新的微信" in last_sms()[1]
        door.by_phone(OTHER_PHONE)


@pytest.mark.parametrize("broken", ["sms", "kms"])
def test_a_notice_that_cannot_be_sent_refuses_nothing(door: Door, broken: str) -> None:
    """The change has happened, so it is answered as done; the log says that no one was told."""
    me = door.by_phone(PHONE)
    failing = (
        answering(clients.sns(), "sns.Publish", dynamodb_error("ThrottledException"))
        if broken == "sms"
        else timing_out(clients.kms(), "kms.Decrypt")
    )
    with LogLines() as logs, failing:
        assert door.bind_wechat(me, "oNEW").body["user"]["wechat_bound"] is True
    (line,) = logs.named("notice_failed")
    assert (line["kind"], PHONE in str(line)) == ("wechat_bound", False)
    assert account(str(id_of(me))).wechat_openid == "oNEW"


def test_ones_own_wechat_changes_nothing(door: Door) -> None:
    """Binding the bound WeChat again is fine, ends no session and needs no face check."""
    person, other_device = door.person(PHONE), door.by_phone(PHONE)
    openid = str(account(person.user_id).wechat_openid)
    assert door.bind_wechat(person.phone, openid).status == 200
    assert id_of(other_device) == person.user_id


def test_a_wechat_of_an_account_that_holds_something_is_taken(door: Door) -> None:
    """Neither a verified account nor one with a phone of its own is joined because somebody has its WeChat."""
    person = door.person(PHONE)
    me = door.by_phone(OTHER_PHONE)
    for openid in (str(account(person.user_id).wechat_openid), "oWITH-A-PHONE"):
        if openid == "oWITH-A-PHONE":
            assert door.bind_phone(door.by_wechat(openid), "15900000000").status == 200
        answer = door.bind_wechat(me, openid)
        assert (answer.status, answer.code) == (409, "WECHAT_TAKEN")
    assert id_of(person.phone) == person.user_id


def test_ways_in_change_ten_times_a_day(door: Door) -> None:
    """More often than that is refused until the next day, and changes nothing."""
    me = door.by_phone(PHONE)
    with configured(entry_changes_per_day="2"):
        for openid in ("oONE", "oTWO"):
            assert door.bind_wechat(me, openid).status == 200
        answer = door.bind_wechat(me, "oTHREE")
        assert (answer.status, answer.code) == (429, "ENTRY_LIMIT")
        assert account(str(id_of(me))).wechat_openid == "oTWO"
        assert int(answer.headers["retry-after"]) <= 86_400
