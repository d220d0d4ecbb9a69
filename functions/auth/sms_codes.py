"""Codes by text message: sending one within the limits, and checking one that came back.

A phone has two budgets: one for networks that it has signed in from, one for all others, so that no stranger uses up
the owner's. Of each, and of each purpose, the newest two codes are valid, each with its own five tries, until one of
them is used; one that could not be sent takes no other one's place. What a network sends or guesses counts until a code
is used: honest people are given back what they took. A wrong code counts for its network and in total before it is
compared.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

import msgspec

from functions.auth import store
from functions.auth.domain import remembered_networks, sms_lane
from functions.auth.errors import SmsCodeInvalid, SmsCodeLimit, SmsLimit, SmsUnavailable
from functions.auth.gateways import send_sms_code, withhold_sms_code
from functions.auth.networks import network_hash
from functions.shared import clock, ids
from functions.shared.config import settings
from functions.shared.limits import (
    Counter,
    Limit,
    consume,
    consume_in,
    count_attempt,
    counter_at,
    refund_in,
    try_to_refund,
)
from functions.shared.observability import logger
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import SmsChallenge
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.vocabulary import SmsPurpose

HOUR_S, DAY_S = 3_600, 86_400


class IssuedChallenge(msgspec.Struct, frozen=True):
    """A sent code; the same whether the phone is known or not."""

    challenge_id: str
    expires_at: datetime
    resend_after_s: int


def request_sms_code(phone: str, purpose: SmsPurpose, address: str, user_id: str | None = None) -> IssuedChallenge:
    """Send a code; `user_id` is who asks, None for sign-in. Six round trips, SMS and KMS included.

    Where a breaker has fallen on numbers without an account, the answer is the same and no message is sent. Raises
    `SmsLimit`, `SmsUnavailable`.
    """
    phone_hash = keyed_hash("phone", phone)
    code = ids.new_sms_code()
    issued = _issue(phone_hash, purpose, code, network_hash(address), user_id)
    challenge = issued.challenge
    try:
        if _count_in_total(issued.counters, may_be_withheld=user_id is None and not issued.has_account):
            send_sms_code(phone, purpose, code)
        else:
            withhold_sms_code()
    except (SmsLimit, SmsUnavailable):
        _take_back(phone_hash, issued)
        raise
    return IssuedChallenge(challenge.challenge_id, challenge.valid_until, settings().sms_resend_s)


@contextmanager
def right_code(
    phone_hash: str, purpose: SmsPurpose, challenge_id: str, code: str, address: str
) -> Iterator[Callable[[Transaction], None]]:
    """For a right code, what uses it up in the transaction of what it allows. One to five round trips beside that.

    Raises `SmsCodeInvalid`, which stays counted, and `SmsCodeLimit`.
    """
    network = network_hash(address)
    challenge = SmsChallenge.new(keys.sms_challenge(phone_hash, challenge_id))
    there = store.count_sms_try(challenge)
    if there and challenge.network != network:
        store.mark_roamed(challenge)
    with ExitStack() as stack:
        counters = [
            counter
            for limit in _wrong_limits(network, known=there and challenge.is_known and challenge.network == network)
            for counter in stack.enter_context(
                count_attempt([limit], SmsCodeLimit, wrong=SmsCodeInvalid, shows_left=False)
            )
        ]
        if not there or not _is_right(challenge, purpose, code):
            raise _wrong(challenge if there else None)
        yield lambda tx: _use_in(tx, phone_hash, challenge, network)
    # All tries of the one who proved to have the phone are given back, unless some came from elsewhere.
    tries = 1 if challenge.roamed else int(challenge.tries)
    unused = counter_at(_unused_by_network(challenge.network, known=challenge.is_known), challenge.issued_at)
    try_to_refund([*((counter, tries) for counter in counters), (unused, 1)])


def code_fingerprint(challenge_id: str, code: str) -> str:
    """What is kept of a code."""
    return ids.fingerprint(f"{challenge_id}:{code}")


class _Issued(NamedTuple):
    """A code that is kept, those that it ends (id and time), what was counted, and whether an account has the phone."""

    challenge: SmsChallenge
    superseded: list[list[str | int]]
    counters: list[Counter]
    has_account: bool


@retry_on_conflict
def _issue(phone_hash: str, purpose: SmsPurpose, code: str, network: str, user_id: str | None) -> _Issued:
    """Keep a new code if no limit is reached. Raises `SmsLimit`."""
    phone, has_account = store.sms_phone(phone_hash)
    known = network in phone.networks.split()
    lane = sms_lane(purpose, known=known)
    now = clock.now()
    earlier: list[list[str | int]] = phone.open_codes.get(lane, [])
    if earlier and int(now.timestamp()) - int(earlier[0][1]) < settings().sms_resend_s:
        raise SmsLimit(int(earlier[0][1]) + settings().sms_resend_s - int(now.timestamp()))
    challenge_id = ids.new_id()
    challenge = SmsChallenge.new(
        keys.sms_challenge(phone_hash, challenge_id),
        challenge_id=challenge_id,
        purpose=purpose,
        code_fingerprint=code_fingerprint(challenge_id, code),
        issued_at=now,
        valid_until=clock.after(settings().sms_code_s),
        expires_at=clock.after(settings().sms_code_s),
        network=network,
        is_known=known,
        networks=phone.networks,
        uses=phone.uses,
    )
    tx = Transaction()
    tx.create(challenge)
    superseded = [one for one in earlier[1:] if _is_under_way(one)]
    for earlier_id, _ in superseded:
        store.supersede(tx, phone_hash, str(earlier_id), challenge_id)
    store.save_sms_phone(tx, phone, {**phone.open_codes, lane: [[challenge_id, int(now.timestamp())], *earlier[:1]]})
    counters = [consume_in(tx, limit, SmsLimit) for limit in _limits(phone_hash, network, user_id, known=known)]
    tx.commit()
    return _Issued(challenge, superseded, counters, has_account)


def _is_under_way(listed: list[str | int]) -> bool:
    """Whether a code, listed by id and time, has not expired: until then the table's TTL leaves it there."""
    return int(listed[1]) + settings().sms_code_s > int(clock.now().timestamp())


def _count_in_total(counters: list[Counter], *, may_be_withheld: bool) -> bool:
    """Count the message in the totals of hour and day, the breakers; whether it may be sent. Raises `SmsLimit`.

    They come last: otherwise refused requests of one stranger would use them up for the whole province. They are
    counted outside of the transaction, because all transactions would meet at these two items.
    """
    totals = {
        "hour": (Limit("sms_total_hour", "all", settings().sms_total_hour, HOUR_S), settings().sms_newcomers_hour),
        "day": (Limit("sms_total_day", "all", settings().sms_total_day, DAY_S), settings().sms_newcomers_day),
    }
    withheld = False
    taken = []
    for window, (limit, for_newcomers) in totals.items():
        try:
            counter = consume(limit, SmsLimit)
        except SmsLimit:
            logger.error("sms_breaker", window=window, falls_on="everyone")
            raise
        counters.append(counter)
        taken.append(counter)
        if may_be_withheld and counter.taken > for_newcomers:
            logger.error("sms_breaker", window=window, falls_on="newcomers")
            withheld = True
    if withheld:
        try_to_refund([(counter, 1) for counter in taken])
    return not withheld


@retry_on_conflict
def _take_back(phone_hash: str, issued: _Issued) -> None:
    """Undo what a message that was certainly never sent has used up, and what it has superseded."""
    challenge_id = issued.challenge.challenge_id
    tx = Transaction()
    tx.delete(issued.challenge, SmsChallenge.pk.exists(), on_failure=SmsUnavailable)
    for counter in issued.counters:
        refund_in(tx, counter)
    phone, _ = store.sms_phone(phone_hash)
    kept = {}
    for lane, codes in phone.open_codes.items():
        kept[lane] = [one for one in codes if one[0] != challenge_id]
        if len(kept[lane]) < len(codes):
            good_again = [one for one in issued.superseded if _is_under_way(one)]
            for earlier_id, _ in good_again:
                store.restore(tx, phone_hash, str(earlier_id), challenge_id)
            kept[lane] += good_again
    store.save_sms_phone(tx, phone, kept)
    tx.commit()


def _is_right(challenge: SmsChallenge, purpose: SmsPurpose, code: str) -> bool:
    return (
        challenge.purpose == purpose
        and challenge.valid_until > clock.now()
        and challenge.tries <= settings().sms_code_tries
        and ids.same_secret(code_fingerprint(challenge.challenge_id, code), challenge.code_fingerprint)
    )


def _wrong(challenge: SmsChallenge | None) -> SmsCodeInvalid:
    """The error for a wrong code; no attempts are left where the code has expired or is not there."""
    error, left = SmsCodeInvalid(), 0
    if challenge is not None and challenge.valid_until > clock.now():
        left = max(0, settings().sms_code_tries - int(challenge.tries))
    error.attempts_left = left
    return error


def _use_in(tx: Transaction, phone_hash: str, challenge: SmsChallenge, network: str) -> None:
    """Use the code up, void every other one of the phone, remember the network, and end the day's unused ones."""
    networks = remembered_networks(challenge.networks, network, settings().sms_networks_kept)
    store.use_sms_code(tx, phone_hash, int(challenge.uses), networks, on_failure=SmsCodeInvalid)
    tx.delete(counter_at(_unused_by_phone(phone_hash), clock.now()))


def _limits(phone_hash: str, network: str, user_id: str | None, *, known: bool) -> list[Limit]:
    lane = "known" if known else "phone"
    limits = [
        Limit(f"sms_{lane}_hour", phone_hash, settings().sms_per_phone_hour, HOUR_S),
        Limit(f"sms_{lane}_day", phone_hash, settings().sms_per_phone_day, DAY_S),
        _unused_by_network(network, known=known),
    ]
    if not known:
        limits.append(_unused_by_phone(phone_hash))
    if user_id is not None:
        limits += [
            Limit("sms_user_hour", user_id, settings().sms_per_user_hour, HOUR_S),
            Limit("sms_user_day", user_id, settings().sms_per_user_day, DAY_S),
        ]
    return limits


def _unused_by_phone(phone_hash: str) -> Limit:
    """Codes asked for from elsewhere that no one used: after these only WeChat, a known network or the next day."""
    return Limit("sms_unused_phone_day", phone_hash, settings().sms_unused_per_phone_day, DAY_S)


def _unused_by_network(network: str, *, known: bool) -> Limit:
    name = "sms_unused_known_day" if known else "sms_unused_network_day"
    return Limit(name, network, settings().sms_unused_per_network_day, DAY_S)


def _wrong_limits(network: str, *, known: bool) -> list[Limit]:
    """Phones that are known at a network have budgets of their own: strangers elsewhere cannot stop them."""
    if known:
        return [
            Limit("sms_wrong_known_day", network, settings().sms_wrong_known_per_network_day, DAY_S),
            Limit("sms_wrong_known_total_hour", "all", settings().sms_wrong_known_total_hour, HOUR_S),
        ]
    return [
        Limit("sms_wrong_network_day", network, settings().sms_wrong_per_network_day, DAY_S),
        Limit("sms_wrong_total_hour", "all", settings().sms_wrong_total_hour, HOUR_S),
    ]
