"""Sign in, or bind a phone, by SMS code.

A code is `issued`, then `used`, `locked` (tries used up), `expired` or `superseded` by a newer one for the same phone
and purpose: all of these are refused alike. A try is counted before the code is compared.
"""

from datetime import datetime

import msgspec

from functions.auth import store
from functions.auth.accounts import sign_in_or_register
from functions.auth.binding import bind_phone
from functions.auth.domain import NO_ORIGIN, Client, Origin, SmsPurpose
from functions.auth.errors import SmsCodeInvalid, SmsLimit, SmsUnavailable
from functions.auth.gateways import send_sms_code
from functions.auth.networks import network_hash
from functions.auth.sessions import IssuedSession
from functions.shared import clock, ids
from functions.shared.config import settings
from functions.shared.http import Caller
from functions.shared.limits import Counter, Limit, give_back_in, take, take_in
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import SmsChallenge, User
from functions.shared.table.transactions import Transaction, decide_again

HOUR_S, DAY_S = 3_600, 86_400


class IssuedChallenge(msgspec.Struct, frozen=True):
    """That a code is on its way; the same whether the phone is known or not."""

    challenge_id: str
    expires_at: datetime
    resend_after_s: int


def request_sms_code(phone: str, purpose: SmsPurpose, address: str) -> IssuedChallenge:
    """Send a code. Four round trips, SMS and KMS included. Raises `SmsLimit`, `SmsUnavailable`."""
    phone_hash = keyed_hash("phone", phone)
    code = ids.new_sms_code()
    challenge_id = ids.new_id()
    challenge = SmsChallenge.new(
        keys.sms_challenge(phone_hash, purpose),
        challenge_id=challenge_id,
        code_fingerprint=_code_fingerprint(challenge_id, code),
        issued_at=clock.now(),
        valid_until=clock.after(settings().sms_code_s),
        expires_at=clock.after(settings().sms_code_s),
    )
    counted = _issue(challenge, _limits(phone_hash, address))
    try:
        # The breaker comes last: otherwise refused requests of one stranger would use it up for the whole province.
        # It is counted outside of the transaction, because all transactions would meet at this one item.
        counted.append(take(Limit("sms_total_hour", "all", settings().sms_total_hour, HOUR_S), SmsLimit))
        send_sms_code(phone, purpose, code)
    except (SmsLimit, SmsUnavailable):
        _take_back(challenge, counted)
        raise
    return IssuedChallenge(challenge_id, challenge.valid_until, settings().sms_resend_s)


def sign_in_by_phone(
    challenge_id: str, phone: str, code: str, client: Client, origin: Origin = NO_ORIGIN
) -> tuple[IssuedSession, User, bool]:
    """The session, the user, and whether the account is new. Raises `SmsCodeInvalid`."""
    phone_hash = keyed_hash("phone", phone)
    challenge = _checked_challenge(phone_hash, "sign_in", challenge_id, code)

    @decide_again
    def found_or_made() -> tuple[IssuedSession, User, bool]:
        account = {"phone": phone, "phone_hash": phone_hash}
        return sign_in_or_register(
            keys.phone_owner(phone_hash),
            account,
            client,
            by="phone",
            origin=origin,
            also=lambda tx: store.use_sms_challenge(tx, challenge, SmsCodeInvalid),
        )

    return found_or_made()


def bind_phone_by_code(  # noqa: PLR0913 - a binding has these parts
    caller: Caller,
    challenge_id: str,
    phone: str,
    code: str,
    *,
    take_over: bool = False,
    face_check_id: str | None = None,
) -> str:
    """The id of the account that has the phone now. Raises `SmsCodeInvalid` and what `bind_phone` raises."""
    phone_hash = keyed_hash("phone", phone)
    challenge = _checked_challenge(phone_hash, "bind_phone", challenge_id, code)
    return bind_phone(
        caller,
        phone,
        phone_hash,
        take_over=take_over,
        face_check_id=face_check_id,
        also=lambda tx: store.use_sms_challenge(tx, challenge, SmsCodeInvalid),
    )


@decide_again
def _issue(challenge: SmsChallenge, limits: list[Limit]) -> list[Counter]:
    """Let the new code take the place of the old one, if that is old enough and no limit is reached."""
    tx = Transaction()
    old_enough = SmsChallenge.issued_at <= clock.after(-settings().sms_resend_s)
    tx.put(challenge, SmsChallenge.pk.does_not_exist() | old_enough, otherwise=SmsLimit(settings().sms_resend_s))
    counted = [take_in(tx, limit, SmsLimit) for limit in limits]
    tx.commit()
    return counted


@decide_again
def _take_back(challenge: SmsChallenge, counted: list[Counter]) -> None:
    """Undo what a message that was certainly never sent has used up."""
    tx = Transaction()
    tx.delete(challenge, SmsChallenge.challenge_id == challenge.challenge_id, otherwise=SmsUnavailable)
    for counter in counted:
        give_back_in(tx, counter)
    tx.commit()


def _checked_challenge(phone_hash: str, purpose: SmsPurpose, challenge_id: str, code: str) -> SmsChallenge:
    challenge = SmsChallenge.new(keys.sms_challenge(phone_hash, purpose))
    if not store.count_sms_try(challenge, challenge_id, settings().sms_code_tries):
        raise SmsCodeInvalid
    if not ids.same_secret(_code_fingerprint(challenge_id, code), challenge.code_fingerprint):
        raise SmsCodeInvalid
    return challenge


def _code_fingerprint(challenge_id: str, code: str) -> str:
    return ids.fingerprint(f"{challenge_id}:{code}")


def _limits(phone_hash: str, address: str) -> list[Limit]:
    return [
        Limit("sms_phone_hour", phone_hash, settings().sms_per_phone_hour, HOUR_S),
        Limit("sms_phone_day", phone_hash, settings().sms_per_phone_day, DAY_S),
        Limit("sms_address_hour", network_hash(address), settings().sms_per_address_hour, HOUR_S),
    ]
