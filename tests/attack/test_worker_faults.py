"""Faults in every call to AWS of the functions behind the queues: the message comes again, and all is done once."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

import pytest
from moto.s3.models import s3_backends

from functions.grants.jobs.worker import work_off
from functions.identity.domain.evidence import Extracted
from functions.identity.erasure import erase, erase_orphaned_copies
from functions.identity.photo_check import Verdict
from functions.identity.scan_processing import process_scan
from functions.identity.selfie_processing import process_selfie
from functions.shared import clients
from functions.shared.config import settings
from local.template import ACCOUNT
from tests.attack.fault_injection import FAULTS, Weather
from tests.attack.fixtures import CONSOLE, Scene, stored
from tests.conftest import TEMPLATE
from tests.integration.grants.builders import CITY, CLINIC, EXAM, HOSPITAL
from tests.integration.identity.applicant import photo_of, put_upload

pytestmark = [pytest.mark.attack, pytest.mark.xdist_group("attack")]  # one scene for all
MAX_CLAIM_S = 120  # a worker that died has let go of its work by then
MAX_TRIES = 3
_LONG_AGO_S = 3_650 * 86_400  # moto's S3 has a clock of its own
Deliver = Callable[[], None]


class Work(NamedTuple):
    """What a worker is given: `prepare` makes it and gives the delivery of its message."""

    name: str
    prepare: Callable[[Scene], Deliver]


def _scan(scene: Scene, verdict: Verdict) -> Deliver:
    asked = scene.steppers["drafted"].post("/identity/scans", SCAN)
    assert asked.status == 201, asked
    key, version = put_upload(asked.body["upload"], photo_of("collins"))
    user_id, scan_id = key.split("/")[2:]
    return lambda: process_scan(user_id, scan_id, key, version, "01", check=lambda *_: verdict)


def _selfie(scene: Scene) -> Deliver:
    asked = scene.steppers["scanned"].post("/identity/face-checks", {"purpose": "identity"})
    assert asked.status == 201, asked
    key, _ = put_upload(asked.body["upload"], photo_of("collins"))
    user_id, check_id = key.split("/")[2:]
    assert scene.steppers["scanned"].post(f"/identity/face-checks/{check_id}/comparison").body["status"] == "passed"
    return lambda: process_selfie(user_id, check_id)


def _erasure(scene: Scene) -> Deliver:
    phone = scene.steppers["scanned"]
    user_id = phone.get("/auth/me").body["user"]["user_id"]
    for place in ("documents", "rejected"):
        clients.s3().put_object(Bucket=settings().upload_bucket, Key=f"{place}/{user_id}/x.jpg", Body=b"x")
    assert phone.delete("/identity/consent").status == 204
    scene.clock.forward(settings().upload_form_s + MAX_CLAIM_S)
    return lambda: erase(user_id)


def _leftovers(scene: Scene) -> Deliver:
    user_id = scene.steppers["drafted"].get("/auth/me").body["user"]["user_id"]
    clients.s3().put_object(Bucket=settings().upload_bucket, Key=f"verified/{user_id}/1-front.jpg", Body=b"x")
    scene.clock.forward(_LONG_AGO_S)
    return lambda: erase_orphaned_copies(user_id)


def _job(scene: Scene, kind: str) -> Deliver:
    superior = scene.callers["superior", CONSOLE]
    if kind == "code":
        assert superior.delete(f"/console/grants/{EXAM}/{HOSPITAL}").status == 204
        assert superior.delete(f"/console/grants/{EXAM}/{CLINIC}").status == 204
    made = superior.post(f"/console/grants/{EXAM}/{kind}-jobs", {"supervisor": CITY})
    assert made.status == 202, made
    return lambda: work_off(made.body["job_id"], lambda: 300.0)


SCAN = {"side": "front", "content_type": "image/jpeg", "size": 1_000}
ACCEPTED = Verdict([], photo_of("collins"), Extracted(valid_until=date(2040, 1, 1)), photo_of("collins"))
WORKS = [
    Work("scan accepted", lambda scene: _scan(scene, ACCEPTED)),
    Work("scan rejected", lambda scene: _scan(scene, Verdict(["TEXT_MISMATCH"], photo_of("collins")))),
    Work("selfie", _selfie),
    Work("erasure", _erasure),
    Work("leftovers", _leftovers),
    *(Work(f"{kind} job", lambda scene, kind=kind: _job(scene, kind)) for kind in ("code", "revocation", "export")),
]


class Bucket:
    """The images of the scene, such as the portraits that selfies are compared with, and what becomes of them."""

    def __init__(self) -> None:
        self._before = {key: list(_objects().getlist(key)) for key in _objects()}

    def reset(self) -> None:
        """Have it as it was."""
        _objects().clear()
        for key, versions in self._before.items():
            _objects().setlist(key, list(versions))

    def changed(self) -> set[str]:
        """The folders that hold something more, or less, than they did."""
        now = set(_objects())
        more = {f"something in {key.partition('/')[0]}" for key in now - self._before.keys()}
        return more | {f"something gone from {key.partition('/')[0]}" for key in self._before.keys() - now}


@pytest.fixture
def bucket(scene: Scene) -> Iterator[Bucket]:
    """The bucket of the scene, as it was again afterwards."""
    assert scene.steppers
    made = Bucket()
    yield made
    made.reset()


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_no_fault_loses_or_doubles_work(
    scene: Scene, weather: Weather, bucket: Bucket, work: Work, record_property: Callable[[str, Any], None]
) -> None:
    """Whichever call fails, and however: when the message has come again, all stands as if nothing had failed."""
    with scene.untouched_after():
        deliver = work.prepare(scene)
        weather.clear()
        deliver()
        calls, expected = weather.calls, _stands(bucket)
    bucket.reset()
    assert calls > 0
    wrong = []
    for number in range(calls):
        for fault in FAULTS:
            with scene.untouched_after():
                deliver = work.prepare(scene)
                weather.strike(number, fault)
                tries = _until_done(scene, deliver)
                weather.clear()
                if (stands := _stands(bucket)) != expected:
                    wrong.append((number, fault, tries, stands - expected, expected - stands))
            bucket.reset()
    record_property("attacks", calls * len(FAULTS))
    assert wrong == []


def _until_done(scene: Scene, deliver: Deliver) -> int:
    """Let the queue deliver as often as it takes; how often that was. A fault of ours is raised like any other."""
    for number in range(1, MAX_TRIES):
        try:
            deliver()
        except Exception:  # noqa: BLE001 - whatever a worker raises, its message comes again
            scene.clock.forward(MAX_CLAIM_S)
            continue
        return number
    deliver()
    return MAX_TRIES


def _stands(bucket: Bucket) -> Counter[str]:
    """What there is, counted: items by kind and status, events by name; and the folders that hold more or less.

    Left out is what a second beginning may leave: its event, and of the first one code items that no grant names and a
    file that no job names, which both leave by themselves.
    """
    items = stored()
    named = {item["code_fingerprint"]["S"] for item in items.values() if "code_fingerprint" in item}
    found: Counter[str] = Counter()
    for (partition, _), item in items.items():
        kind, told = item["kind"]["S"], item.get("event") or item.get("status") or {}
        orphan = kind == "grant_code" and partition.partition("#")[2] not in named
        if not orphan and told.get("S") != "job_started":
            found[f"{kind} {told.get('S', '')}"] += 1
    found.update(bucket.changed())
    return found


def _objects() -> Any:
    return s3_backends[ACCOUNT]["aws"].buckets[TEMPLATE.name_of("UploadBucket")].keys
