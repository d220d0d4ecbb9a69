"""Whole journeys in a storm: every service fails in every way on the wire, and everybody gets where they wanted to go.

Every answer is a clean 503 or the right one, none takes longer than API Gateway waits. When the storm is over nothing
is half-written, done twice or lost. `STORM_SEED` chooses another storm.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.shared.ids import new_id
from local.client import Answer, Client, sample
from local.demo import walk as demo
from local.demo.steps import PASSPORT, Walk
from local.run import Run
from tests.attack.invariants import Aftermath
from tests.attack.network_faults import CODES, Storm, stormy_run
from tests.attack.retrying_client import GATEWAY_S, Journal, Patient
from tests.journey import test_grants, test_institutions

pytestmark = pytest.mark.attack
SEED = int(os.environ.get("STORM_SEED") or random.randrange(1_000_000))
SETTLED_WITHIN_S = 60
# Waiting that teaches nothing is shorter than in production, in the same proportions.
SETTINGS = {
    "RETRY_S": "8",
    "SCAN_LEASE_S": "7",
    "JOB_LEASE_S": "7",
    "SMS_RESEND_S": "1",
    "SMS_PER_PHONE_HOUR": "50",
    "SMS_PER_PHONE_DAY": "50",
}
# The demo and its parts, each of which makes its own clients.
DEMO = [module for name, module in sorted(sys.modules.items()) if name.startswith(demo.__name__)]
Request = tuple[str, str, Any]
Tell = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def weather() -> Iterator[tuple[Run, Storm]]:
    """A platform in a storm, and clients that are ready for one."""
    with stormy_run(SEED, **SETTINGS) as (run, storm), pytest.MonkeyPatch.context() as patch:
        Patient.journal = Journal()
        for part in DEMO:
            patch.setattr(part, "Client", Patient)
        yield run, storm


class StormyWalk(Walk):
    """The demo's steps, without what no one promises: a notice by text message is sent once, after the change."""

    def step(self, what: str, do: Callable[[], Any], holds: Callable[[Any], bool] = lambda _: True) -> Any:
        """Do one step; whether a notice came is not looked at."""
        return super().step(what, do, holds if what != "their number is told" else lambda _: True)


def register_and_join(device: Callable[[], Client]) -> None:
    """Registered, rejected, amended, included, joined: the journey of the institutions."""
    administrator, console, person = device(), device(), device()
    administrator.sign_in_by_wechat("admin")
    console.sign_in_to_console(administrator)
    person.sign_in_by_wechat("institutions-person")
    person.expect(200, "POST", "/auth/phone", person.sms_code(test_institutions.PHONE, "bind_phone"))
    test_institutions.prove(person)
    test_institutions.test_search_and_join(administrator, console, person, device)
    test_institutions.test_register_what_is_missing(administrator, console, person)


def be_rejected_and_appeal(device: Callable[[], Client]) -> None:
    """Rejected, appealed; then the consent is withdrawn."""
    administrator, phone = device(), device()
    administrator.sign_in_by_wechat("admin")
    user_id = phone.sign_in_by_wechat("appellant")["user_id"]
    phone.consent()
    phone.apply(document_type="passport", nationality="GBR", **PASSPORT)
    assert phone.scan("front", sample("passport.jpg"))["status"] == "accepted"
    assert phone.face_check(sample("selfie_other_person.jpg"))["status"] == "passed"
    phone.expect(200, "POST", "/identity/submission")
    path = f"/admin/identity-applications/{user_id}"
    revision = administrator.expect(200, "GET", path)["revision"]
    rejection = {"decision": "reject", "revision": revision, "reason_code": "FACE_MISMATCH"}
    administrator.expect(200, "POST", f"{path}/decision", rejection)
    assert phone.expect(200, "GET", "/identity")["status"] == "rejected"
    phone.expect(200, "POST", "/identity/appeal", {"comment": "It is me."})
    assert phone.expect(200, "GET", "/identity")["status"] == "in_review"
    phone.expect(204, "DELETE", "/identity/consent")
    assert phone.expect(200, "GET", "/identity")["status"] == "unverified"


def test_everybody_gets_there(weather: tuple[Run, Storm], record_property: Tell) -> None:
    """The demo, a business going down the hierarchy, institutions and a review, all at once in the storm."""
    run, storm = weather

    def device() -> Client:
        return Patient(run.api_url, run.standin_url)

    journeys: list[Callable[[], None]] = [
        lambda: demo.walk_all(StormyWalk(), run),
        lambda: test_grants.test_a_business_goes_down_the_hierarchy_and_comes_back(device),
        lambda: register_and_join(device),
        lambda: be_rejected_and_appeal(device),
    ]
    storm.rages = True
    with ThreadPoolExecutor(len(journeys)) as together:
        failed = [ended.exception() for ended in [together.submit(journey) for journey in journeys]]
    storm.rages = False
    wrong = wait_until_settled(run)
    journal = Patient.journal
    record_property("attacks", storm.fell.total())
    record_property("told", told(storm, journal))
    assert [one for one in failed if one is not None] == []
    assert journal.wrong == []
    assert wrong == []
    # Who was told 503 by a job that was made all the same comes again and makes another one; no one knows of the first.
    unheard = sum(times for route, times in journal.unavailable.items() if route.endswith("-jobs"))
    assert Aftermath(run).never_begun() <= unheard
    assert {service for service, _ in storm.fell} == set(CODES)


def test_slow_answers_are_no_late_ones(weather: tuple[Run, Storm], record_property: Tell) -> None:
    """What hangs is 503 in time, and so are many calls of which each is only slow."""
    run, storm = weather
    devices = [Client(run.api_url, run.standin_url) for _ in range(3)]
    for number, device in enumerate(devices):
        device.sign_in_by_wechat(f"slow-{number}")
        device.consent()
    wechat, phone = {"js_code": "local-late"}, {"phone": "13500005000", "purpose": "sign_in"}
    version = {"version": devices[0].expect(200, "GET", "/identity/consent")["version"]}
    hanging: list[Request] = [
        ("POST", "/auth/wechat-logins", wechat),
        ("POST", "/auth/sms-codes", phone),
        ("DELETE", "/identity/consent", None),
    ]
    dragging: list[Request] = [
        ("POST", "/identity/consent", version),
        ("PUT", "/identity/application", demo.COLLINS),
        ("POST", "/identity/scans", {"side": "front", "content_type": "image/jpeg", "size": 9}),
    ]
    storm.hangs = set(CODES) - {"dynamodb"}
    answers = at_once(devices, hanging)
    storm.hangs, storm.drags_ms = set(), 3_600
    answers += at_once(devices, dragging)
    storm.drags_ms = 0
    record_property("attacks", len(answers))
    assert [answer.status for answer, _ in answers[:3]] == [503] * 3
    assert all(answer.status < 500 or int(answer.headers["Retry-After"]) > 0 for answer, _ in answers)
    assert [took_s for _, took_s in answers if took_s > GATEWAY_S] == []


def at_once(devices: list[Client], wanted: list[Request]) -> list[tuple[Answer, float]]:
    """The answers to one call of each device, with their times in seconds."""

    def timed(device: Client, request: Request) -> tuple[Answer, float]:
        started = time.monotonic()
        answer = device.call(*request, **{"Idempotency-Key": new_id()})
        return answer, time.monotonic() - started

    with ThreadPoolExecutor(len(devices)) as together:
        return list(together.map(timed, devices, wanted))


def wait_until_settled(run: Run) -> list[str]:
    """What is wrong when the storm is over and anyone who was struck has been followed by another one."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while (wrong := Aftermath(run).wrong()) and time.monotonic() < deadline:
        time.sleep(1)
    return wrong


def told(storm: Storm, journal: Journal) -> str:
    """How the storm was, for the person at the terminal."""
    fell = ", ".join(f"{service} {kind} {times}" for (service, kind), times in sorted(storm.fell.items()))
    done = ", ".join(f"{route} ({times})" for route, times in journal.told_done.items())
    return (
        f"Storm of seed {SEED}: {storm.fell.total()} calls struck ({fell}). Of {journal.calls.total()} requests on "
        f"{len(journal.calls)} routes {journal.unavailable.total()} were answered 503, on {len(journal.unavailable)} "
        f"routes; done although the answer was lost: {done or 'none'}."
    )
