"""Guessing codes across many users, phones and institutions, in parallel: no more compares than the limits allow.

The crowd of threads calls the capabilities, as the routes do. moto's table is locked for each call: DynamoDB's
conditional writes are isolated, moto's are not.
"""

import contextlib
import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from moto.dynamodb.responses import DynamoHandler

from functions.auth import qr_login
from functions.auth.domain import Origin
from functions.auth.errors import SmsLimit
from functions.auth.phone_login import sign_in_by_phone
from functions.auth.sms_codes import request_sms_code
from functions.grants.face_subjects import find_subject
from functions.grants.previews import preview_code
from functions.grants.redemption import redeem_grant
from functions.institutions.work_units import choose_work_unit
from functions.shared import ids
from functions.shared.config import settings
from functions.shared.errors import AppError
from functions.shared.http import Caller
from functions.shared.table import keys
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc
from tests.integration.auth.stage import sent_code, wrong
from tests.integration.client import Http, new_user
from tests.integration.grants.builders import CITY, CLINIC, FAR, HOSPITAL, TOWN, tree

THREADS = 8
HOSPITAL_ADDRESS = "192.0.2.7"
RIGHT, WRONG_UNIT_CODE = "BCDFGHJK", "BBBBBBBB"
Tell = Callable[[str, Any], None]


class Compares:
    """How often a secret was compared with a stored one, and how often a code was looked for, by what was given."""

    def __init__(self) -> None:
        self.given: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, given: str) -> None:
        with self._lock:
            self.given[given] += 1

    def taken(self) -> int:
        """How many there were since the last time."""
        with self._lock:
            count = self.given.total()
            self.given.clear()
        return count


@pytest.fixture
def compares(http: Http, monkeypatch: pytest.MonkeyPatch) -> Compares:
    """Counts what is compared in all areas, while moto takes one call at a time."""
    counted, lock = Compares(), threading.Lock()
    answer, same, found_by = DynamoHandler.call_action, ids.same_secret, keys.grant_code

    def isolated(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    def compared(given: str, expected: str) -> bool:
        counted.note(given)
        return same(given, expected)

    def looked_for(fingerprint: str) -> keys.Key:
        counted.note(fingerprint)
        return found_by(fingerprint)

    monkeypatch.setattr(DynamoHandler, "call_action", isolated)
    monkeypatch.setattr(ids, "same_secret", compared)
    monkeypatch.setattr(keys, "grant_code", looked_for)
    return counted


def together(calls: Sequence[Callable[[], Any]]) -> Counter[str]:
    """Make all calls by eight threads at once; how often each refusal, or "done", came back."""

    def outcome(call: Callable[[], Any]) -> str:
        try:
            call()
        except AppError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(THREADS) as threads:
        return Counter(threads.map(outcome, calls))


def shuffled(calls: list[Callable[[], Any]]) -> list[Callable[[], Any]]:
    """The same calls in another order, the same every time."""
    random.Random(7).shuffle(calls)
    return calls


def phones(count: int, prefix: str = "139") -> list[str]:
    """Different phones."""
    return [f"{prefix}{number:08d}" for number in range(count)]


def asked(phone: str, address: str = HOSPITAL_ADDRESS) -> tuple[str, str]:
    """A challenge for a phone, and its code."""
    return request_sms_code(phone, "sign_in", address).challenge_id, sent_code()


def guess_at(phone: str, challenge_id: str, code: str, address: str = HOSPITAL_ADDRESS) -> Callable[[], Any]:
    """A try at a phone's code."""
    return partial(sign_in_by_phone, challenge_id, phone, code, "portal", Origin(address))


def test_sms_codes_of_many_phones(compares: Compares, whole: bool, record_property: Tell) -> None:
    """Five compares for each code, however many try at once; then the right code is as wrong as any."""
    at = {phone: f"198.51.100.{number}" for number, phone in enumerate(phones(25 if whole else 3))}
    challenges = {phone: asked(phone, at[phone]) for phone in at}
    guesses = [(phone, one, wrong(code), at[phone]) for phone, (one, code) in challenges.items()]
    calls = [guess_at(*guess) for guess in guesses for _ in range(20)]
    assert together(shuffled(calls)) == {"SMS_CODE_INVALID": len(calls)}
    assert compares.taken() == 5 * len(challenges)
    right = [guess_at(phone, *challenge, at[phone]) for phone, challenge in challenges.items()]
    assert together(right) == {"SMS_CODE_INVALID": len(challenges)}
    assert compares.taken() == 0
    record_property("attacks", len(calls) + len(right))


def test_sms_codes_at_one_address(compares: Compares, whole: bool, record_property: Tell) -> None:
    """An address has its number of wrong codes a day, however many phones they are for and however many try at once."""
    most = settings().sms_wrong_per_network_day
    challenges = [(phone, *asked(phone)) for phone in phones(60 if whole else 15)]
    calls = [guess_at(phone, one, wrong(code)) for phone, one, code in challenges for _ in range(5)]
    refused = {"SMS_CODE_INVALID": most, "SMS_CODE_LIMIT": len(calls) - most}
    assert together(shuffled(calls)) == refused
    assert compares.taken() == most
    record_property("attacks", len(calls))


@pytest.mark.attack
def test_a_day_of_codes_for_one_phone(compares: Compares, clock: Clock, record_property: Tell) -> None:
    """Three codes a day, from whatever addresses they are asked for: fifteen compares with a million, no more."""
    clock.forward(8 * 3_600)  # a day of the limit begins at midnight in Shanghai
    phone, tries = "13900000000", 0
    for hour, minute in itertools.product(range(24), range(7)):
        address = f"198.51.100.{hour * 7 + minute}"
        with contextlib.suppress(SmsLimit):
            challenge_id, code = asked(phone, address)
            tries += together([guess_at(phone, challenge_id, wrong(code), address)] * 6)["SMS_CODE_INVALID"]
        clock.forward(61 if minute < 6 else 3_600 - 6 * 61)
    assert tries == 18
    assert compares.taken() == 15
    record_property("attacks", tries)


@pytest.mark.attack
def test_a_hospital_is_not_locked_out(compares: Compares, clock: Clock, record_property: Tell) -> None:
    """At one address all the staff sign in as every day, while somebody there guesses at other people's codes."""
    assert together([guess_at(phone, *asked(phone)) for phone in phones(60)]) == {"done": 60}
    clock.forward(3_600)
    compares.taken()
    victims = {phone: asked(phone) for phone in phones(5, "137")}
    guesses = [guess_at(phone, one, wrong(code)) for phone, (one, code) in victims.items() for _ in range(20)]
    honest = [guess_at(phone, *asked(phone)) for phone in phones(60)]
    ended = together(shuffled([*guesses, *honest]))
    most = settings().sms_wrong_per_network_day
    assert ended == {"done": len(honest), "SMS_CODE_INVALID": most, "SMS_CODE_LIMIT": len(guesses) - most}
    assert len(honest) < compares.taken() <= len(honest) + 5 * len(victims)
    record_property("attacks", len(guesses))


def test_confirmation_codes_of_many(http: Http, compares: Compares, whole: bool, record_property: Tell) -> None:
    """Five compares for a user at one institution, ten over all; another user at the same ones is not concerned."""
    world = tree(http)
    people = [world.person().user_id for _ in range(4 if whole else 1)]
    honest = world.person().user_id
    compares.taken()
    places = (HOSPITAL, CLINIC, FAR, CITY, TOWN)
    calls = [
        partial(choose_work_unit, one, place, WRONG_UNIT_CODE)
        for one, place, _ in itertools.product(people, places, range(8))
    ]
    refused = {"CONFIRMATION_CODE_INVALID": 10 * len(people), "CONFIRMATION_LIMIT": 30 * len(people)}
    assert together(shuffled(calls)) == refused
    assert compares.taken() == 10 * len(people)
    late = [partial(choose_work_unit, one, place, RIGHT) for one in people for place in places]
    assert together(late) == {"CONFIRMATION_LIMIT": len(late)}
    assert compares.taken() == 0
    assert together([partial(choose_work_unit, honest, HOSPITAL, RIGHT)]) == {"done": 1}
    record_property("attacks", len(calls) + len(late))


def test_grant_codes_of_many(http: Http, compares: Compares, whole: bool, record_property: Tell) -> None:
    """Ten codes a day for a user, to look at, redeem or ask for a face check; then the right one opens nothing."""
    world = tree(http)
    people = [world.person().user_id for _ in range(8 if whole else 1)]
    code = world.code(HOSPITAL)
    compares.taken()
    calls: list[Callable[[], Any]] = []
    for one, number in itertools.product(people, range(15)):
        redeemed, checked, seen = f"{number:016d}", f"1{number:015d}", f"2{number:015d}"
        calls += [
            partial(redeem_grant, one, redeemed, None),
            partial(find_subject, one, "grant_redemption", {"grant_code": checked}),
            partial(preview_code, one, seen),
        ]
    came = together(shuffled(calls))
    assert came == {"GRANT_CODE_INVALID": 10 * len(people), "GRANT_CODE_LIMIT": 35 * len(people)}
    assert compares.taken() == 10 * len(people)
    late: list[Callable[[], Any]] = [partial(redeem_grant, one, code, None) for one in people]
    late += [partial(preview_code, one, code) for one in people]
    assert together(late) == {"GRANT_CODE_LIMIT": len(late)}
    assert world.person().redeem(code).status == 201
    record_property("attacks", len(calls) + len(late))


def test_all_numbers_of_a_qr_code_at_once(http: Http, compares: Compares, whole: bool, record_property: Tell) -> None:
    """Anyone who sends a wrong number beside the right one does not sign in, in whatever order they arrive."""
    user_id, token = new_user(administrator=True)
    phone, caller = http.signed_in(token), Caller(user_id, "mini_program", ids.fingerprint(token))
    rounds = 12 if whole else 2
    for _ in range(rounds):
        pc = Pc(http)
        pc.scan(phone)
        numbers = [pc.number, pc.wrong_number, "99" if pc.number != "99" else "98"]
        together([partial(qr_login.confirm, caller, pc.shown["qr_login_id"], number) for number in numbers])
        assert pc.poll().body == {"status": "denied", "denied_because": "number"}
        assert pc.confirm(phone).code == "QR_DENIED"
    record_property("attacks", 3 * rounds)


@pytest.mark.parametrize("guess", ["", "x", "0" * 43, "é" * 43, "A" * 5_000, "the id"])
def test_poll_secrets_tell_nothing(http: Http, guess: str) -> None:
    """A wrong secret of a ticket, and any secret of no ticket, are answered alike; the ticket is not concerned."""
    pc = Pc(http)
    secret = pc.shown["qr_login_id"] if guess == "the id" else guess
    known = http.get(pc.path, **{"X-Poll-Secret": secret})
    unknown = http.get("/auth/qr-logins/" + "0" * 32, **{"X-Poll-Secret": secret})
    for answer in (known, unknown):
        answer.headers.pop("x-request-id")
        answer.body.pop("request_id")
    assert known == unknown
    assert known.code == "NOT_FOUND"
    assert pc.poll().body["status"] == "created"
