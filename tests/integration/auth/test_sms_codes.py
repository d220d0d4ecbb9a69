"""SMS codes: sending them within limits, and which of them count."""

from collections import Counter

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
from functions.auth.phone_login import request_sms_code
from functions.shared import clients
from tests.conftest import Clock
from tests.integration.auth.stage import (
    OTHER_PHONE,
    PHONE,
    ask_code,
    bind_by_code,
    challenge_of,
    everything,
    login,
    phone_user,
    wrong,
)
from tests.integration.client import Http, last_sms, new_user
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import Fault, answering, cancelled, dynamodb


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
    """A second code is sent after 60 seconds, not after 59, and takes the place of the first."""
    first = ask_code(http)
    clock.forward(59)
    early = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert (early.status, early.code, early.headers["retry-after"]) == (429, "SMS_LIMIT", "60")
    clock.forward(1)
    second = ask_code(http)
    superseded = login(http, *first)
    assert (superseded.status, superseded.code) == (422, "SMS_CODE_INVALID")
    assert login(http, *second).status == 201


def test_five_an_hour_and_ten_a_day(http: Http, clock: Clock) -> None:
    """A phone gets five messages an hour and ten a day, whatever they are for; another phone is not concerned."""
    sent = 0
    for _ in range(4):
        for purpose in ("sign_in", "bind_phone") * 3:
            answer = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": purpose})
            sent += answer.status == 202
            clock.forward(61)
            if answer.status == 429:
                assert answer.code == "SMS_LIMIT"
                assert 0 < int(answer.headers["retry-after"]) <= 86_400
        clock.forward(3_600)
    assert sent == 10
    assert http.post("/auth/sms-codes", {"phone": OTHER_PHONE, "purpose": "sign_in"}).status == 202
    clock.forward(86_400)
    assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).status == 202


def test_hour_limit_is_five(http: Http, clock: Clock) -> None:
    """The sixth message within an hour is refused until the hour is over."""
    for _ in range(5):
        ask_code(http)
        clock.forward(60)
    sixth = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert (sixth.status, sixth.headers["retry-after"]) == (429, "3300")
    clock.forward(3_300)
    ask_code(http)


def test_limit_per_address(http: Http) -> None:
    """An address has its own limit; an IPv6 line is one address however it numbers itself."""
    with configured(sms_per_address_hour="2"):
        for address in ("192.0.2.1", "2001:db8:1:2::1", "not an address"):
            for number in range(2):
                request_sms_code(f"139{number}{abs(hash(address)) % 10**7:07d}", "sign_in", address)
        for address in ("192.0.2.1", "2001:db8:1:2:ffff::9", "neither"):
            with pytest.raises(SmsLimit):
                request_sms_code("15500000000", "sign_in", address)
        request_sms_code("15500000001", "sign_in", "192.0.2.2")
        request_sms_code("15500000002", "sign_in", "2001:db8:1:3::1")


def test_breaker_on_the_total(http: Http, clock: Clock) -> None:
    """The total has a limit of its own; what it refuses uses up nothing of the phone's."""
    with configured(sms_total_hour="1"):
        ask_code(http, OTHER_PHONE)
        refused = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "SMS_LIMIT", "3600")
        assert challenge_of(PHONE) is None
        assert counts() == {"sms_total_hour": 1, "sms_phone_hour": 1, "sms_phone_day": 1, "sms_address_hour": 1}
    assert http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"}).status == 202


def test_refused_requests_do_not_trip_the_breaker(http: Http) -> None:
    """One stranger whose requests are refused cannot use up the messages of everybody else."""
    with configured(sms_total_hour="3"):
        for _ in range(8):
            http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
        assert counts()["sms_total_hour"] == 1
        ask_code(http, OTHER_PHONE)


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
        clients.OutOfTime(),
    ],
)
def test_unsent_message_gives_everything_back(http: Http, error: Exception) -> None:
    """When the message was certainly not taken, the answer is 503, nothing is counted and no minute has to pass."""
    with publishing(error):
        answer = http.post("/auth/sms-codes", {"phone": PHONE, "purpose": "sign_in"})
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "SMS_UNAVAILABLE", "5")
    assert challenge_of(PHONE) is None
    assert counts() == {"sms_total_hour": 0, "sms_phone_hour": 0, "sms_phone_day": 0, "sms_address_hour": 0}
    ask_code(http)


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
    assert counts() == {"sms_total_hour": 1, "sms_phone_hour": 1, "sms_phone_day": 1, "sms_address_hour": 1}
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
    for answer in answers:
        answer.body.pop("request_id")
    assert all(answer.body == answers[0].body for answer in answers)
    challenge = challenge_of(PHONE)
    assert challenge is not None
    assert challenge.tries == 5


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
    assert len(found) == 4
    assert {item["kind"]["S"] for item in found} == {"limit"}
    assert all("expires_at" in item for item in found)
