"""How many calls QR sign-in makes, session check included: more cases than `docs/operation-costs.md` has rows for."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from functions.auth import qr_pictures
from functions.shared import clients
from functions.shared.derived_keys import derived_key
from tests.conftest import Clock
from tests.integration.auth.qr_stage import Pc, administrator, place_holder
from tests.integration.client import Answer, Http
from tests.integration.shared.faults import dynamodb
from tests.unit.auth.fake_wechat import FakeWechat, Planned

Count = Callable[[Callable[[], Answer]], dict[str, int]]


@pytest.fixture
def count(wechat: FakeWechat) -> Count:
    """Counts the AWS calls that an answer takes, by service."""
    qr_pictures._breaker.close()
    seen: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        seen[model.service_model.service_name] += 1

    for client in (dynamodb(), clients.kms(), clients.s3(), clients.sns()):
        client.meta.events.register("before-call", note)

    def counted(do: Callable[[], Answer]) -> dict[str, int]:
        seen.clear()
        answer = do()
        assert answer.status < 300, answer
        return dict(seen)

    return counted


def test_an_administrators_sign_in(http: Http, count: Count, wechat: FakeWechat, clock: Clock) -> None:
    """An honest poll is one read and one write; the hand-over one transaction after two reads."""
    wechat.plan({"access_token": "t", "expires_in": 7200}, Planned(b"\xff\xd8\xff"))
    derived_key("console-session/1")  # once a process
    pc, phone = Pc(http), administrator(http)
    wechat.plan(Planned(b"\xff\xd8\xff"))
    assert count(lambda: http.post("/auth/qr-logins")) == {"dynamodb": 2}
    assert count(pc.poll) == {"dynamodb": 2}
    assert count(lambda: pc.scan(phone)) == {"dynamodb": 5}
    assert count(lambda: pc.scan(phone)) == {"dynamodb": 2}
    assert count(lambda: pc.confirm(phone)) == {"dynamodb": 4}
    clock.forward(2)
    assert count(pc.poll) == {"dynamodb": 3}
    assert count(pc.poll) == {"dynamodb": 2}
    clock.forward(30)
    assert count(pc.poll) == {"dynamodb": 1}
    assert count(lambda: phone.get("/auth/sessions")) == {"dynamodb": 3}


def test_a_managers_sign_in(http: Http, count: Count) -> None:
    """A manager's confirmation looks up their places and the grants they are in; a denial neither."""
    _, phone = place_holder(http)
    pc, other = Pc(http), Pc(http)
    pc.scan(phone)
    other.scan(phone)
    assert count(lambda: pc.confirm(phone)) == {"dynamodb": 6}
    assert count(lambda: other.deny(phone)) == {"dynamodb": 4}
    (ended,) = [item for item in phone.get("/auth/sessions").body["items"] if item["current"]]
    assert count(lambda: phone.delete(f"/auth/sessions/{ended['session_id']}")) == {"dynamodb": 4}
