"""What a stranger with a script wants: to keep people out, to frighten them, to make us pay, to guess a code.

Each test is one aim over many calls, as it once succeeded on the running product.
"""

from functools import partial

from functions.auth.networks import network_hash
from functions.auth.qr_login import request_qr_login
from functions.shared import clock as product_clock
from functions.shared.config import settings
from functions.shared.errors import AppError
from functions.shared.limits import Counter, Limit, counter_at
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc, administrator
from tests.integration.client import Http
from tests.integration.shared.configured import configured

STRANGER, HOSPITAL = "203.0.113.66", "192.0.2.7"


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
