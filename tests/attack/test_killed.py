"""Workers that are killed at random moments, with photos and jobs under way: nothing is lost and nothing is done twice.

The process that works off both queues is killed and another one started in its place. A dead worker's claims would run
out by themselves: here that takes seconds, in the same proportions as in production. `STORM_SEED` chooses the moments.
"""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.client import Client, sample
from local.demo.walk import COLLINS
from local.run import Run, local_run
from tests.attack.retrying_client import Patient
from tests.attack.test_storm import SEED, wait_until_settled
from tests.journey.test_grants import added, open_business

pytestmark = pytest.mark.attack
SETTINGS = {"RETRY_S": "7", "SCAN_LEASE_S": "5", "JOB_LEASE_S": "5"}
APPLICANTS, CHILDREN, KILLS = 5, 96, 4  # three chunks of codes; a message that is received five times is given up
MAX_LIFE_S = 5.0
PATIENCE_S = 120
Tell = Callable[[str, Any], None]


def applicant(run: Run, number: int) -> Client:
    """Somebody with an application in draft."""
    client = Patient(run.api_url, run.standin_url)
    client.sign_in_by_wechat(f"killed-{number}")
    client.consent()
    client.apply(**COLLINS)
    return client


def uploaded(client: Client, side: str, photo: str) -> str:
    """The id of a scan whose photo has just been sent."""
    wanted = {"side": side, "content_type": "image/jpeg", "size": len(sample(photo))}
    ticket = client.expect(201, "POST", "/identity/scans", wanted)
    assert client.upload(ticket["upload"], sample(photo)) == 204
    scan_id: str = ticket["scan_id"]
    return scan_id


def test_nothing_is_lost_and_nothing_done_twice(record_property: Tell) -> None:
    """Each photo is decided once, each institution has one code, whenever their workers died."""
    moments = random.Random(SEED)
    with local_run(**SETTINGS) as run, ThreadPoolExecutor(4) as several:
        phone, admin = (Patient(run.api_url, run.standin_url) for _ in range(2))
        phone.sign_in_by_wechat("admin")
        admin.sign_in_to_console(phone)
        business = open_business(admin)
        top = added(admin, "击杀省卫生健康委员会", None)
        list(several.map(lambda number: added(admin, f"击杀第{number}医院", top), range(CHILDREN)))
        people = list(several.map(lambda number: applicant(run, number), range(APPLICANTS)))
        code = admin.expect(201, "POST", f"/console/grants/{business}/{top}/code")
        assert code["grant_code"]
        begun = time.monotonic()
        made = [make_job(admin, business, top, kind) for kind in ("code", "revocation")]
        sides = [(person, side, photo) for person in people for side, photo in SIDES]
        scans = list(several.map(lambda one: (one[0], uploaded(*one)), sides))
        for _ in range(KILLS):
            time.sleep(moments.uniform(0, MAX_LIFE_S))
            run.replace("local.aws.pump")
        decided = list(several.map(lambda one: one[0].decided_scan(one[1], PATIENCE_S), scans))
        jobs = [admin.finished_job(job_id, PATIENCE_S) for job_id in made]
        wrong = wait_until_settled(run)
    record_property("attacks", len(scans) + len(jobs))
    record_property(
        "told", f"Workers killed {KILLS} times, seed {SEED}: all done {time.monotonic() - begun:.0f} s later."
    )
    assert [scan["status"] for scan in decided] == ["accepted"] * len(scans)
    assert [job["status"] for job in jobs] == ["succeeded"] * len(jobs)
    assert wrong == []


SIDES = (("front", "front.jpg"), ("back", "back.jpg"))


def make_job(admin: Client, business: str, top: str, kind: str) -> str:
    """The id of a new job on everything below the top."""
    made = admin.expect(202, "POST", f"/console/grants/{business}/{kind}-jobs", {"supervisor": top, "reason": "killed"})
    job_id: str = made["job_id"]
    return job_id
