"""What a stranger with a script wants: to keep people out, to frighten them, to make us pay, to guess a code.

Each test is one aim over many calls, as it once succeeded on the running product. The last are about honest people.
"""

from collections import Counter as Tally
from functools import partial

from moto.dynamodb.models import dynamodb_backends

from functions.auth.domain import Origin
from functions.auth.networks import network_hash
from functions.auth.phone_login import sign_in_by_phone
from functions.auth.qr_login import request_qr_login
from functions.auth.sms_codes import request_sms_code
from functions.shared import clock as product_clock
from functions.shared.config import settings
from functions.shared.errors import AppError
from functions.shared.limits import Counter, Limit, counter_at
from local.template import ACCOUNT, REGION, ROOT
from tests.attack import attackers
from tests.conftest import TEMPLATE, Clock
from tests.integration.auth.qr_stage import Pc, administrator
from tests.integration.auth.stage import (
    OTHER_PHONE,
    PHONE,
    ask_code,
    ask_from,
    login,
    login_from,
    phone_user,
    sent_code,
    wrong,
)
from tests.integration.client import Http, last_sms, new_user
from tests.integration.grants.builders import CITY, CLINIC, Someone, reachable, tree
from tests.integration.shared.configured import configured

STRANGER, HOSPITAL = "203.0.113.66", "192.0.2.7"
STAFF, CONSOLES = 2_000, 300
# Of a hundred who sign in by phone: who mistypes once and then has it right, who never uses a code, who gives up after
# a wrong one.
MISTYPE, UNUSED, GIVE_UP = 5, 8, 1


def outcome(call: partial[object]) -> str:
    """How a call ends: "done", or the code of its refusal."""
    try:
        call()
    except AppError as refusal:
        return refusal.code
    return "done"


def counted_before(limit: Limit, times: int) -> None:
    """Let this have been counted that often, without making the calls."""
    counter_at(limit, product_clock.now()).update(actions=[Counter.taken.add(times), Counter.kind.set(Counter)])


def test_a_stranger_cannot_void_the_code_somebody_is_typing(http: Http, clock: Clock) -> None:
    """However often a stranger asks and guesses, the owner's code stays valid to its last second."""
    phone_user(http)
    clock.forward(60)
    mine = ask_code(http)
    for number in range(4):
        clock.forward(60)
        asked = ask_from(STRANGER)
        if asked.status == 202:
            code = sent_code()
            tried = {login_from(STRANGER, asked.body["challenge_id"], wrong(code)).status for _ in range(6)}
            assert tried <= {422, 429}, number
    clock.forward(59)
    assert login(http, *mine).status == 201


def test_ten_calls_a_day_keep_nobody_out(http: Http, clock: Clock) -> None:
    """A stranger asks all day from everywhere; the owner still gets a code where they have signed in before."""
    phone_user(http)
    sent = Tally[int]()
    for number in range(20):
        clock.forward(3_600)
        sent[ask_from(f"203.0.113.{number}").status] += 1
        if number in {0, 9, 19}:
            assert login(http, *ask_code(http)).status == 201
    assert sent[202] <= 3 * 4, "three of each day, and as many after each sign-in"


def test_nobody_frightens_strangers(http: Http) -> None:
    """150 texts "you are binding your phone": without a session none is sent, with one five."""
    body = {"purpose": "bind_phone"}
    phones = [f"1370000{number:04d}" for number in range(150)]
    assert {http.post("/auth/sms-codes", {**body, "phone": phone}).status for phone in phones} == {401}
    script = http.signed_in(new_user()[1])
    answers = Tally(script.post("/auth/sms-codes", {**body, "phone": phone}).status for phone in phones[:20])
    assert answers == {202: settings().sms_per_user_hour, 429: 20 - settings().sms_per_user_hour}


def test_wrong_codes_at_many_phones_are_counted(http: Http) -> None:
    """Five wrong codes at each of sixty phones from one address: only as many are compared as an address has a day."""
    most = settings().sms_wrong_per_network_day
    ended: Tally[str | None] = Tally()
    for number in range(60):
        phone = f"1380000{number:04d}"
        challenge_id, code = ask_code(http, phone)
        ended.update(login(http, challenge_id, wrong(code), phone).code for _ in range(5))
        if ended["SMS_CODE_LIMIT"] > 10:
            break
    assert ended["SMS_CODE_INVALID"] == most
    assert ended["SMS_CODE_LIMIT"] > 10


def test_one_script_does_not_end_the_provinces_messages(http: Http, clock: Clock) -> None:
    """The hour's messages are used up by numbers no one has; a person with an account still gets theirs."""
    phone_user(http)
    clock.forward(60)
    counted_before(Limit("sms_total_hour", "all", 1, 3_600), settings().sms_newcomers_hour)
    assert ask_from(STRANGER, "13711111111").status == 202
    assert last_sms()[0] == f"+86{PHONE}", "nothing was sent to the number without an account"
    assert login(http, *ask_code(http)).status == 201


def test_a_thousand_qr_codes_keep_nobody_out(http: Http, clock: Clock) -> None:
    """A script on the hospital's guest network asks for 997 tickets; two minutes later a colleague there signs in."""
    ask = partial(request_qr_login, "127.0.0.1", "script")
    most = settings().qr_unscanned_per_network
    counted_before(Limit("qr_unscanned", network_hash("127.0.0.1"), most, settings().qr_login_s), most - 1)
    assert [outcome(ask) for _ in range(3)] == ["done", "QR_LIMIT", "QR_LIMIT"]
    clock.forward(settings().qr_login_s)
    pc, phone = Pc(http), administrator(http)
    assert pc.scan(phone).status == 200
    assert pc.confirm(phone).status == 200
    assert pc.poll().body["status"] == "confirmed"


def test_a_busy_morning_of_consoles_is_not_limited(http: Http) -> None:
    """Scanned tickets do not count: at one address people sign in one after the other without end."""
    phone = administrator(http)
    with configured(qr_unscanned_per_network="5"):
        for _ in range(4):
            asked = [request_qr_login(HOSPITAL, "browser").qr_login_id for _ in range(5)]
            assert {phone.post(f"/auth/qr-logins/{one}/scan").status for one in asked} == {200}


def test_expected_guesses_and_bills_are_those_of_the_page() -> None:
    """What an attacker reaches in a day follows from the settings, is little, and stands in the security page."""
    assert attackers.guessed_accounts_per_address() < 1e-4
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    section = page.partition("## What an attacker reaches in a day")[2].partition("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| ")][2:] == attackers.rows()


def only_counters_stay() -> None:
    """Drop everything but the counters: moto copies its whole table for each transaction."""
    table = dynamodb_backends[ACCOUNT][REGION].tables[TEMPLATE.name_of("Table")]
    for partition in [one for one in table.items if not str(one).startswith("LIMIT#")]:
        del table.items[partition]


def test_exam_day_by_phone(aws: None, clock: Clock) -> None:
    """2,000 people who were never at this hospital's address before sign in by phone within an hour, mistakes included.

    What all but the last forty leave counted is counted at once; those forty sign in one by one, with the mistakes of a
    hundred.
    """
    hospital, one_by_one = network_hash(HOSPITAL), 40
    before = STAFF - one_by_one
    day, hour = 86_400, 3_600
    counted_before(Limit("sms_unused_network_day", hospital, 1, day), before * (UNUSED + GIVE_UP) // 100)
    counted_before(Limit("sms_wrong_network_day", hospital, 1, day), before * GIVE_UP // 100)
    counted_before(Limit("sms_wrong_total_hour", "all", 1, hour), before * GIVE_UP // 100)
    counted_before(Limit("sms_total_hour", "all", 1, hour), before * (100 + UNUSED) // 100)
    ended: Tally[str] = Tally()
    for number in range(one_by_one):
        phone = f"1390000{number:04d}"
        if number < UNUSED:
            request_sms_code(phone, "sign_in", HOSPITAL)
            clock.forward(60)
        challenge, code = request_sms_code(phone, "sign_in", HOSPITAL).challenge_id, sent_code()
        sign_in = partial(sign_in_by_phone, challenge, phone, origin=Origin(HOSPITAL), client="mini_program")
        if UNUSED <= number < UNUSED + MISTYPE + GIVE_UP:
            assert outcome(partial(sign_in, code=wrong(code))) == "SMS_CODE_INVALID"
        ended[outcome(partial(sign_in, code=code))] += 1
        only_counters_stay()
    assert ended == {"done": one_by_one}


def test_exam_day_at_the_consoles(http: Http, clock: Clock) -> None:
    """300 consoles of one address show a code each, new ones every two minutes; anyone who scans one signs in."""
    unscanned = Limit("qr_unscanned", network_hash("127.0.0.1"), 1, settings().qr_login_s)
    phone = administrator(http)
    for _ in range(3):
        counted_before(unscanned, CONSOLES - 5)
        pcs = [Pc(http) for _ in range(5)]
        for pc in pcs:
            assert pc.scan(phone).status == 200
            assert pc.confirm(phone).status == 200
            assert pc.poll().body["status"] == "confirmed"
        clock.forward(settings().qr_login_s)


def test_an_exam_day_fits_the_rates_by_address() -> None:
    """What the hospital sends in its busiest five minutes, three times the mean, stays below the web ACL's rates."""
    acl = TEMPLATE.resources("AWS::WAFv2::WebACL")["WebAcl"]
    rates = {rule["Name"]: rule["Statement"]["RateBasedStatement"]["Limit"] for rule in acl["Rules"]}
    busiest = STAFF * 3 / 12  # people who sign in within five minutes
    polls = CONSOLES * 300 / settings().qr_poll_interval_s
    assert busiest * (1 + UNUSED / 100) <= rates["messages-by-address"]
    assert busiest * 3 <= rates["sign-ins-by-address"]
    assert polls <= rates["polls-by-address"]
    assert busiest * 30 + CONSOLES * 10 <= rates["requests-by-address"]


def test_a_manager_does_not_bombard_a_person(http: Http) -> None:
    """Named and revoked without end, they have twenty messages in a day; another person is told all the same."""
    world = tree(http)
    city, person, other = world.manager(CITY), reachable(world.person(), PHONE), reachable(world.person(), OTHER_PHONE)

    def name(whom: Someone) -> None:
        assert city.issue(CLINIC).status == 201
        assert city.name_directly(CLINIC, whom.name, whom.number).status == 200
        assert city.revoke(CLINIC).status == 204

    with configured(notices_per_person_day="2"):
        for _ in range(2):
            name(person)
        before = last_sms()
        name(person)
        assert last_sms() == before
        name(other)
    assert last_sms()[0] == f"+86{OTHER_PHONE}"
