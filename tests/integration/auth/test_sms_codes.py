"""SMS codes: sending them within limits, and which of them count."""

import json
from collections import Counter

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.auth.errors import SmsLimit
from functions.auth.networks import network_hash
from functions.auth.sms_codes import request_sms_code
from functions.shared import clients
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import SmsPhone
from functions.shared.table.base import Item
from functions.shared.table.transactions import get
from tests.conftest import Clock
from tests.integration.auth.stage import (
    OTHER_PHONE,
    PHONE,
    ask_code,
    ask_from,
    bind_by_code,
    challenge_of,
    everything,
    login,
    login_from,
    phone_user,
    sent_code,
    wrong,
)
from tests.integration.client import Http, last_sms, new_user
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import Fault, answering, cancelled, dynamodb
from tests.integration.shared.log_lines import LogLines


def counts() -> dict[str, int]:
    """What the limits have counted, by their names, over all subjects."""
    counted: Counter[str] = Counter()
    for item in everything():
        if item["pk"]["S"].startswith("LIMIT#"):
            counted[item["pk"]["S"].split("#")[1]] += int(item["taken"]["N"])
    return dict(counted)


def test_code_is_sent(http: Http) -> None:
    """A code goes to the phone in China's number space, and the answer tells nothing of it."""
    answer = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert answer.status == 202
    assert set(answer.body) == {"challenge_id", "expires_at", "resend_after_s"}
    assert (answer.body["expires_at"], answer.body["resend_after_s"]) == ("2026-11-22T08:05:00Z", 60)
    phone, text = last_sms()
    assert phone == f"+86{PHONE}"
    assert "登录验证码" in text
    assert "5分钟" in text


def test_purposes_have_their_own_words_and_codes(http: Http) -> None:
    """A code for binding says so, and does not supersede the one for signing in."""
    sign_in = ask_code(http)
    ask_code(http, purpose="bind_phone")
    assert "绑定手机号" in last_sms()[1]
    assert login(http, *sign_in).status == 201


def test_same_answer_for_known_and_unknown_phones(http: Http, clock: Clock) -> None:
    """Whether a phone has an account shows neither in the answer nor in its headers."""
    phone_user(http)
    clock.forward(60)
    known = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    unknown = http.post("/auth/sms-codes", {"phone": OTHER_PHONE, "purpose": "sign_in"})
    for answer in (known, unknown):
        assert len(answer.body.pop("challenge_id")) == 32
        answer.headers.pop("x-request-id")
    assert known == unknown


def test_resend_after_a_minute(http: Http, clock: Clock) -> None:
    """A second code is sent after 60 seconds, not after 59, and the first one stays valid beside it until a third."""
    first = ask_code(http)
    clock.forward(59)
    early = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert (early.status, early.code, early.headers["retry-after"]) == (429, "SMS_LIMIT", "1")
    clock.forward(1)
    second = ask_code(http)
    clock.forward(60)
    third = ask_code(http)
    superseded = login(http, *first)
    assert (superseded.status, superseded.code) == (422, "SMS_CODE_INVALID")
    assert login(http, *second).status == 201
    assert login(http, *third).code == "SMS_CODE_INVALID"


def test_each_code_has_its_own_tries(http: Http, clock: Clock) -> None:
    """Who asks for another code of somebody's phone cannot lock the one that the person is typing."""
    mine = ask_code(http)
    clock.forward(60)
    theirs = ask_code(http)
    assert {login(http, theirs[0], wrong(theirs[1])).code for _ in range(6)} == {"SMS_CODE_INVALID"}
    assert login(http, *mine).status == 201


def test_five_an_hour_and_ten_a_day(http: Http, clock: Clock) -> None:
    """A phone gets five messages an hour and ten a day from the networks it is known at; others are not concerned."""
    phone_user(http)
    sent = 1  # by a stranger until then
    for _ in range(4):
        for _ in range(6):
            clock.forward(61)
            answer = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
            sent += answer.status == 202
            if answer.status == 429:
                assert answer.code == "SMS_LIMIT"
                assert 0 < int(answer.headers["retry-after"]) <= 86_400
        clock.forward(3_600)
    assert sent == 11
    assert http.post("/auth/sms-codes", {"phone": OTHER_PHONE, "purpose": "sign_in"}).status == 202
    clock.forward(86_400)
    assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).status == 202


def test_three_unused_codes_a_day_for_strangers(http: Http, clock: Clock) -> None:
    """After three codes that no one used, other networks wait for the next day; a used one starts the count again."""
    for number in range(3):
        assert ask_from(f"198.51.100.{number}").status == 202
        clock.forward(60)
    refused = ask_from("198.51.100.9")
    assert (refused.status, refused.code) == (429, "SMS_LIMIT")
    assert "微信" in refused.body["detail"]
    assert int(refused.headers["retry-after"]) <= 86_400
    clock.forward(8 * 3_600)  # midnight in Shanghai
    for number in range(4):
        asked = ask_from(f"198.51.100.{number}")
        assert login_from("198.51.100.0", asked.body["challenge_id"], sent_code()).status == 201
        clock.forward(3_600)


def test_binding_needs_a_session_and_counts_by_user(http: Http, clock: Clock) -> None:
    """No one sends "you are binding your phone" to strangers: a bearer is needed, and it has five messages an hour."""
    body = {"phone": PHONE, "purpose": "bind_phone"}
    anonymous = http.post("/auth/sms-codes", body)
    assert (anonymous.status, anonymous.code) == (401, "UNAUTHENTICATED")
    portal = phone_user(http, "13500135000", client="portal")[1]
    assert portal.post("/auth/sms-codes", body).code == "MINI_PROGRAM_SESSION_REQUIRED"
    me = http.signed_in(new_user()[1])
    answers = [me.post("/auth/sms-codes", {**body, "phone": f"1370013700{last}"}) for last in range(6)]
    assert [answer.status for answer in answers] == [202] * 5 + [429]
    assert answers[5].code == "SMS_LIMIT"


def test_known_networks_are_bounded(http: Http, clock: Clock) -> None:
    """A phone remembers the newest eight networks, as keyed hashes; one that was forgotten is a stranger's again."""
    for number in range(9):
        asked = ask_from(f"198.51.100.{number}")
        assert login_from(f"198.51.100.{number}", asked.body["challenge_id"], sent_code()).status == 201
        clock.forward(3_600)
    remembered = get(SmsPhone, keys.sms_phone(keyed_hash("phone", PHONE)))
    assert remembered is not None
    assert remembered.networks.split() == [network_hash(f"198.51.100.{number}") for number in range(8, 0, -1)]
    assert not [item for item in everything() if "198.51.100" in item["pk"]["S"] + item["sk"]["S"]]


def test_unused_codes_of_a_network(http: Http) -> None:
    """A network has its own number of codes that no one used; an IPv6 line is one network however it numbers itself."""
    with configured(sms_unused_per_network_day="2"):
        for address in ("192.0.2.1", "2001:db8:1:2::1", "not an address"):
            for number in range(2):
                request_sms_code(f"139{number}{abs(hash(address)) % 10**7:07d}", "sign_in", address)
        for address in ("192.0.2.1", "2001:db8:1:2:ffff::9", "neither"):
            with pytest.raises(SmsLimit):
                request_sms_code("15500000000", "sign_in", address)
        request_sms_code("15500000001", "sign_in", "192.0.2.2")
        request_sms_code("15500000002", "sign_in", "2001:db8:1:3::1")


def test_used_codes_are_given_back(http: Http) -> None:
    """At one address any number of people sign in one after the other, with a typing mistake each."""
    with configured(sms_unused_per_network_day="1", sms_wrong_per_network_day="2", sms_wrong_total_hour="2"):
        for number in range(4):
            phone = f"1380000000{number}"
            challenge_id, code = ask_code(http, phone)
            assert login(http, challenge_id, wrong(code), phone).code == "SMS_CODE_INVALID"
            assert login(http, challenge_id, code, phone).status == 201
    assert {counts()[name] for name in ("sms_unused_network_day", "sms_wrong_network_day", "sms_wrong_total_hour")} == {
        0
    }


def test_wrong_codes_of_a_network_are_limited(http: Http) -> None:
    """Wrong codes count for the network, over all phones; then even the right one is not looked at, and it says why."""
    with configured(sms_wrong_per_network_day="3"):
        challenges = {phone: ask_code(http, phone) for phone in (f"1380000000{number}" for number in range(4))}
        for phone, (challenge_id, code) in list(challenges.items())[:3]:
            assert login(http, challenge_id, wrong(code), phone).code == "SMS_CODE_INVALID"
        refused = login(http, *challenges["13800000003"], "13800000003")
        assert (refused.status, refused.code) == (429, "SMS_CODE_LIMIT")
        assert "微信" in refused.body["detail"]
        elsewhere = login_from("198.51.100.1", *challenges["13800000003"], "13800000003")
        assert elsewhere.status == 201


def test_wrong_codes_of_all_are_limited(http: Http, clock: Clock) -> None:
    """Over all networks strangers have an hourly total; signing in where the phone is known is not affected."""
    phone_user(http)
    clock.forward(60)
    with configured(sms_wrong_total_hour="1"):
        other = ask_code(http, OTHER_PHONE)
        assert login_from("198.51.100.1", other[0], wrong(other[1]), OTHER_PHONE).code == "SMS_CODE_INVALID"
        assert login_from("198.51.100.2", *other, OTHER_PHONE).code == "SMS_CODE_LIMIT"
        assert counts()["sms_wrong_network_day"] == 1
        assert login(http, *ask_code(http)).status == 201


def test_tries_from_elsewhere_are_not_given_back(http: Http) -> None:
    """Who owns a phone cannot turn its wrong codes from one network into guesses at others from another one."""
    challenge_id, code = ask_code(http)
    for _ in range(3):
        assert login_from("198.51.100.1", challenge_id, wrong(code)).code == "SMS_CODE_INVALID"
    assert login(http, challenge_id, code).status == 201
    assert counts()["sms_wrong_network_day"] == 3


def test_breakers_stop_everybody_in_the_end(http: Http, clock: Clock) -> None:
    """The totals of hour and day have limits of their own; what they refuse uses up nothing of the phone's."""
    for setting, wait in (("sms_total_hour", "3600"), ("sms_total_day", "28800")):
        with configured(**{setting: "1"}):
            ask_code(http, OTHER_PHONE)
            before = counts()
            refused = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
            assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "SMS_LIMIT", wait)
            assert challenge_of(PHONE) is None
            assert counts() == before
        assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).status == 202
        for item in everything():
            boto3.client("dynamodb").delete_item(
                TableName=Item.Meta.table_name, Key={name: item[name] for name in ("pk", "sk")}
            )


@pytest.mark.parametrize("window", ["hour", "day"])
def test_breakers_fall_on_newcomers_first(http: Http, clock: Clock, window: str) -> None:
    """Past the first threshold a number without an account gets the same answer and no message; others get theirs."""
    _, me = phone_user(http)
    clock.forward(60)
    with configured(**{f"sms_newcomers_{window}": "1"}), LogLines() as logs:
        known = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        assert last_sms()[0] == f"+86{PHONE}"
        sent = sent_code()
        unknown = http.post("/auth/sms-codes", {"phone": OTHER_PHONE, "purpose": "sign_in"})
        assert (last_sms()[0], sent_code()) == (f"+86{PHONE}", sent)
        totals = counts()["sms_total_hour"], counts()["sms_total_day"]
        assert totals == (2, 2)
        assert me.post("/auth/sms-codes", {"phone": "13700137000", "purpose": "bind_phone"}).status == 202
        assert last_sms()[0] == "+8613700137000"
    for answer in (known, unknown):
        assert len(answer.body.pop("challenge_id")) == 32
        answer.headers.pop("x-request-id")
    assert known == unknown
    fallen = [json.loads(line) for line in logs.lines if '"sms_breaker"' in line]
    assert [(line["window"], line["falls_on"]) for line in fallen] == [(window, "newcomers")]


def test_refused_requests_do_not_trip_the_breaker(http: Http) -> None:
    """One stranger whose requests are refused cannot use up the messages of everybody else."""
    with configured(sms_total_hour="3"):
        for _ in range(8):
            http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        assert counts()["sms_total_hour"] == 1
        ask_code(http, OTHER_PHONE)


ONE_SENT = dict.fromkeys(
    [
        *("sms_total_hour", "sms_total_day", "sms_phone_hour", "sms_phone_day"),
        *("sms_unused_phone_day", "sms_unused_network_day"),
    ],
    1,
)


def publishing(error: Exception, tries: list[str] | None = None) -> Fault:
    """Every try to send a message ends like that, and is noted."""

    def fail(**_: object) -> None:
        if tries is not None:
            tries.append("try")
        raise error

    return Fault(clients.sns(), "before-send.sns.Publish", fail)


THERE = {"endpoint_url": "https://sns.test"}
REFUSED = {"Error": {"Code": "ThrottledException", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 429}}


@pytest.mark.parametrize(
    "error",
    [
        ClientError(REFUSED, "Publish"),  # type: ignore[arg-type]
        EndpointConnectionError(**THERE),
        ConnectTimeoutError(**THERE),
        clients.DeadlineExceeded(),
    ],
)
def test_unsent_message_gives_everything_back(http: Http, error: Exception) -> None:
    """When the message was certainly not taken, the answer is 503, nothing is counted and no minute has to pass."""
    with publishing(error):
        answer = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "SMS_UNAVAILABLE", "5")
    assert challenge_of(PHONE) is None
    assert counts() == dict.fromkeys(ONE_SENT, 0)
    ask_code(http)


@pytest.mark.parametrize("oldest", [True, False])
def test_an_unsent_message_ends_no_earlier_code(http: Http, clock: Clock, oldest: bool) -> None:
    """The two codes that were sent last stay good when a third one is not taken; once one is, the oldest ends."""
    first = ask_code(http)
    clock.forward(60)
    second = ask_code(http)
    clock.forward(60)
    for _ in range(2):
        with publishing(EndpointConnectionError(**THERE)):
            assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).code == "SMS_UNAVAILABLE"
    assert login(http, *(first if oldest else second)).status == 201
    assert login(http, *(second if oldest else first)).code == "SMS_CODE_INVALID"


def test_an_unsent_message_after_which_one_is_sent(http: Http, clock: Clock) -> None:
    """The next code ends the oldest one after all, and not the one before."""
    codes = []
    for _ in range(2):
        codes.append(ask_code(http))
        clock.forward(60)
    with publishing(EndpointConnectionError(**THERE)):
        assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).code == "SMS_UNAVAILABLE"
    ask_code(http)
    assert login(http, *codes[0]).code == "SMS_CODE_INVALID"
    assert login(http, *codes[1]).status == 201


def test_an_unsent_message_when_the_earlier_ones_have_expired(http: Http, clock: Clock) -> None:
    """What the table's TTL may have removed is left alone; a third code that is sent needs none of it either."""
    for _ in range(2):
        ask_code(http)
        clock.forward(60)
    clock.forward(300)
    while (expired := challenge_of(PHONE)) is not None:
        expired.delete()
    with publishing(EndpointConnectionError(**THERE)):
        assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).code == "SMS_UNAVAILABLE"
    assert login(http, *ask_code(http)).status == 201


@pytest.mark.parametrize("error", [ReadTimeoutError(**THERE), ConnectionClosedError(**THERE)])
def test_a_message_that_may_have_been_sent(http: Http, clock: Clock, error: Exception) -> None:
    """Without an answer it is not sent again, and its code counts, as does the message: it may be on its way."""
    tries: list[str] = []
    with publishing(error, tries):
        asked = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert (asked.status, tries) == (202, ["try"])
    challenge = challenge_of(PHONE)
    assert challenge is not None
    assert challenge.challenge_id == asked.body["challenge_id"]
    assert counts() == ONE_SENT
    assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).code == "SMS_LIMIT"
    clock.forward(60)
    ask_code(http)


def test_given_back_across_the_hour(http: Http, clock: Clock) -> None:
    """The turn of the hour during an unsent message does not keep anything from being given back."""

    def late(**_: object) -> None:
        clock.forward(1)

    clock.forward(3_599)
    with publishing(EndpointConnectionError(**THERE)):
        clients.sns().meta.events.register_first("before-call.sns.Publish", late)
        answer = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert answer.code == "SMS_UNAVAILABLE"
    assert set(counts().values()) == {0}
    assert challenge_of(PHONE) is None


def test_sending_meets_another_transaction(http: Http) -> None:
    """Two transactions at one counter make the second decide again, not fail."""
    with answering(dynamodb(), "dynamodb.TransactWriteItems", cancelled("None", "TransactionConflict")):
        ask_code(http)


def test_sixth_try_is_refused_even_when_right(http: Http) -> None:
    """Five tries are counted before they are compared; after them the right code is as good as a wrong one."""
    challenge_id, code = ask_code(http)
    answers = [login(http, challenge_id, wrong(code)) for _ in range(5)]
    answers.append(login(http, challenge_id, code))
    assert [(a.status, a.code) for a in answers] == [(422, "SMS_CODE_INVALID")] * 6
    assert [answer.body.pop("attempts_left") for answer in answers] == [4, 3, 2, 1, 0, 0]
    for answer in answers:
        answer.body.pop("request_id")
    assert all(answer.body == answers[0].body for answer in answers)
    challenge = challenge_of(PHONE)
    assert challenge is not None
    assert challenge.tries == 6


def test_fifth_try_may_be_right(http: Http) -> None:
    """The last try still counts."""
    challenge_id, code = ask_code(http)
    for _ in range(4):
        login(http, challenge_id, wrong(code))
    assert login(http, challenge_id, code).status == 201


def test_which_codes_are_refused(http: Http, clock: Clock) -> None:
    """Used, of another purpose, of another phone, of no challenge and expired: all are refused alike."""
    challenge_id, code = ask_code(http)
    assert login(http, challenge_id, code, phone=OTHER_PHONE).code == "SMS_CODE_INVALID"
    assert login(http, "unknown", code).code == "SMS_CODE_INVALID"
    _, token = new_user()
    for_binding = {"challenge_id": challenge_id, "phone": PHONE, "code": code}
    assert http.signed_in(token).post("/auth/phone", for_binding).code == "SMS_CODE_INVALID"
    assert login(http, challenge_id, code).status == 201
    assert login(http, challenge_id, code).code == "SMS_CODE_INVALID"
    binding = ask_code(http, OTHER_PHONE, "bind_phone")
    assert login(http, *binding, phone=OTHER_PHONE).code == "SMS_CODE_INVALID"
    clock.forward(60)
    late = ask_code(http)
    clock.forward(300)
    assert login(http, *late).code == "SMS_CODE_INVALID"


def test_code_is_good_to_its_last_second(http: Http, clock: Clock) -> None:
    """A code counts for five minutes less a second."""
    challenge = ask_code(http)
    clock.forward(299)
    assert login(http, *challenge).status == 201


def test_code_binds_once(http: Http) -> None:
    """A code that bound a phone is used up."""
    _, token = new_user()
    me = http.signed_in(token)
    challenge_id, code = ask_code(http, PHONE, "bind_phone")
    proof = {"challenge_id": challenge_id, "phone": PHONE, "code": code}
    assert me.post("/auth/phone", proof).status == 200
    assert me.post("/auth/phone", proof).code == "SMS_CODE_INVALID"
    assert bind_by_code(me, OTHER_PHONE).status == 200


def test_code_is_used_once_by_two_at_once(http: Http) -> None:
    """Of two sign-ins that were compared before either was written, one loses, with nothing of it kept."""
    challenge_id, code = ask_code(http)
    raced: list[int] = []

    def overtake(**_: object) -> None:
        if not raced:
            raced.append(1)
            raced.append(login(http, challenge_id, code).status)

    events = dynamodb().meta.events
    events.register_first("before-call.dynamodb.TransactWriteItems", overtake, unique_id="overtake")
    try:
        second = login(http, challenge_id, code)
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", unique_id="overtake")
    assert raced == [1, 201]
    assert (second.status, second.code) == (422, "SMS_CODE_INVALID")
    sessions = [item for item in everything() if item["sk"]["S"] == "SESSION"]
    assert len(sessions) == 1


def test_nothing_but_fingerprints_is_kept(http: Http) -> None:
    """Neither phone, code nor token stands anywhere in the table."""
    challenge_id, code = ask_code(http)
    token = login(http, challenge_id, code).body["session"]["token"]
    assert bind_by_code(http.signed_in(token), OTHER_PHONE).status == 200
    stored = str(everything())
    for secret in (PHONE, OTHER_PHONE, f"'{code}'", token):
        assert secret not in stored


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    phone=st.text(max_size=12) | st.integers() | st.none() | st.from_regex(r"\A1[0-2][0-9]{9}\Z"),
    purpose=st.text(max_size=9) | st.none(),
)
def test_any_nonsense_is_422(http: Http, phone: object, purpose: object) -> None:
    """Whatever is no phone or no purpose is named, and no message is sent."""
    answer = http.post("/auth/sms-codes", {"phone": phone, "purpose": purpose})
    assert (answer.status, answer.code) == (422, "INVALID")
    assert [error["field"] for error in answer.body["errors"]] == ["phone", "purpose"]


def test_counter_kind(http: Http) -> None:
    """Counters made by an update carry their kind and an end, as every item."""
    ask_code(http)
    found = [item for item in everything() if item["pk"]["S"].startswith("LIMIT#")]
    assert len(found) == 6
    assert {item["kind"]["S"] for item in found} == {"limit"}
    assert all("expires_at" in item for item in found)
