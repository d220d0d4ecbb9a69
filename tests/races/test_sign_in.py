"""Signing in for the first time, many times at once: one person, one account; one code, one sign-in, five tries."""

from __future__ import annotations

import re
import secrets
from functools import partial

from functions.auth.sms_codes import request_sms_code
from functions.shared import clock, ids
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.auth import Owner, Session, SmsChallenge, SmsPhone, User
from functions.shared.table.transactions import get
from local.rehearsal.ministack import messages
from tests.races import use_cases
from tests.races.builders import new_phone
from tests.races.callers import CALLERS, FEW_ROUNDS, ROUNDS, Callers
from tests.races.trails import events_of

TRIES = 5


def test_a_first_wechat_sign_in_makes_one_user(callers: Callers) -> None:
    """Everybody gets a session of the same account, which was registered once."""
    for _ in range(ROUNDS):
        openid = ids.new_id()
        outcomes = callers.race([partial(use_cases.sign_in_by_openid, openid)] * CALLERS)
        assert not outcomes.refusals
        (user_id,) = {user_id for user_id, _, _ in outcomes.values}
        assert [created for _, _, created in outcomes.values].count(True) == 1
        assert get(Owner, keys.wechat_owner(openid)).user_id == user_id
        sessions = [get(Session, keys.session(ids.fingerprint(token))) for _, token, _ in outcomes.values]
        assert {session.user_id for session in sessions} == {user_id}
        events = events_of(User, keys.user(user_id))
        assert events == {"user_registered": 1, "signed_in": CALLERS - 1}


def test_one_sms_code_signs_in_once(callers: Callers, aws_endpoint: str) -> None:
    """Of all who send the right code one signs in; the others are refused, and five tries are counted at most."""
    for _ in range(ROUNDS):
        phone = new_phone()
        challenge_id, code = _sms_code(aws_endpoint, phone.number)
        outcomes = callers.race([partial(use_cases.sign_in_by_code, challenge_id, phone.number, code)] * CALLERS)
        assert len(outcomes.values) == 1, outcomes.refusals
        ((user_id, _, created),) = outcomes.values
        assert created
        assert outcomes.refusals == {"SmsCodeInvalid": CALLERS - 1}
        assert get(Owner, keys.phone_owner(phone.hash)).user_id == user_id
        assert events_of(User, keys.user(user_id)) == {"user_registered": 1}
        assert get(SmsPhone, keys.sms_phone(phone.hash)).uses == 1


def test_guessing_in_parallel_is_not_faster(callers: Callers, aws_endpoint: str) -> None:
    """Thirty-two guesses at once count as five: the code is locked, and the right guess wins only among those five."""
    for _ in range(ROUNDS):
        phone = new_phone()
        challenge_id, code = _sms_code(aws_endpoint, phone.number)
        others = [guess for guess in (f"{number:06d}" for number in range(CALLERS)) if guess != code]
        guesses = [*others[: CALLERS - 1], code]
        secrets.SystemRandom().shuffle(guesses)
        outcomes = callers.race(
            [partial(use_cases.sign_in_by_code, challenge_id, phone.number, guess) for guess in guesses]
        )
        assert len(outcomes.values) <= 1
        assert set(outcomes.refusals) == {"SmsCodeInvalid"}
        used = get(SmsPhone, keys.sms_phone(phone.hash)).uses
        assert used == len(outcomes.values)
        again = callers.race([partial(use_cases.sign_in_by_code, challenge_id, phone.number, code)] * CALLERS)
        assert len(outcomes.values) + len(again.values) <= 1
        assert get(SmsPhone, keys.sms_phone(phone.hash)).uses == used


def test_five_tries_are_five(callers: Callers, aws_endpoint: str) -> None:
    """Of thirty-two callers who ask to compare a code, exactly five may."""
    for _ in range(ROUNDS):
        phone = new_phone()
        challenge_id, _ = _sms_code(aws_endpoint, phone.number)
        outcomes = callers.race([partial(use_cases.count_try, phone.hash, challenge_id, TRIES)] * CALLERS)
        assert not outcomes.refusals
        assert outcomes.values.count(True) == TRIES
        assert get(SmsChallenge, keys.sms_challenge(phone.hash, challenge_id)).tries == CALLERS


def test_wrong_codes_of_one_network_are_counted_together(callers: Callers, aws_endpoint: str) -> None:
    """Thirty-two callers guess at once at one phone's codes from one network: no more compares than it has a day."""
    for _ in range(FEW_ROUNDS):
        phone = new_phone()
        challenge_id, code = _sms_code(aws_endpoint, phone.number)
        guess = f"{(int(code) + 1) % 1_000_000:06d}"
        guesses = [partial(use_cases.sign_in_by_code, challenge_id, phone.number, guess)] * CALLERS
        refusals = callers.race(guesses).refusals + callers.race(guesses).refusals
        most = settings().sms_wrong_per_network_day
        assert refusals == {"SmsCodeInvalid": most, "SmsCodeLimit": 2 * CALLERS - most}


def test_asking_at_once_sends_one_code(callers: Callers, aws_endpoint: str) -> None:
    """Of all who ask for a code of one phone at once one is sent one, and only it is counted."""
    for _ in range(FEW_ROUNDS):
        phone = new_phone()
        outcomes = callers.race([partial(use_cases.ask_for_code, phone.number)] * CALLERS)
        assert len(outcomes.values) == 1
        assert outcomes.refusals == {"SmsLimit": CALLERS - 1}
        assert len(messages(aws_endpoint, f"+86{phone.number}")[f"+86{phone.number}"]) == 1
        kept = get(SmsPhone, keys.sms_phone(phone.hash))
        assert [one for one, _ in kept.open_codes["sign_in/other"]] == outcomes.values


def _sms_code(endpoint: str, phone: str) -> tuple[str, str]:
    """The challenge and its code, as the phone receives it."""
    address = ".".join(str(secrets.randbelow(254) + 1) for _ in range(4))
    challenge = request_sms_code(phone, "sign_in", address)
    assert challenge.expires_at > clock.now()
    code = re.search(r"\d{6}", messages(endpoint, f"+86{phone}")[f"+86{phone}"][-1])
    assert code is not None
    return challenge.challenge_id, code[0]
