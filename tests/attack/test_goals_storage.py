"""Goal: make the platform keep pictures that nothing stands on, by uploads, comparisons and retries in any order.

Whatever people and queues do, and however often, in the end the bucket holds at most what the table has evidence of.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from functions.identity import evidence, gateways
from functions.identity.domain.evidence import Extracted
from functions.identity.photo_check import Verdict
from functions.identity.scan_processing import process_scan
from functions.shared import clients, ids
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.identity import FaceCheck, Scan
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import (
    COLLINS,
    IDENTITY_CHECK,
    RUBBISH,
    Applicant,
    announced,
    deliver,
    form_expired,
    message,
    photo_of,
    put_upload,
)
from tests.integration.identity.conftest import comparison_service, faces  # noqa: F401 - fixtures
from tests.integration.identity.erasures import erase_orphaned_copies, versions
from tests.integration.identity.test_leftovers import a_little_later

SEQUENCES, STEPS = 3, 30
Step = Callable[["Somebody"], None]


class Somebody:
    """A person with a script: forms that they use as often as they like, and what the queue holds of them."""

    def __init__(self, http: Http, chance: random.Random) -> None:
        self.person = Applicant.new(http, COLLINS)
        self.chance = chance
        self.scans: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        for side in ("front", "back"):
            self.person.accept(side)
        self.ask_check()

    def one_of(self, things: list[Any]) -> Any:
        return self.chance.choice(things)

    def ask_scan(self) -> None:
        answer = self.person.http.post(
            "/identity/scans", {"side": self.one_of(["front", "back"]), "content_type": "image/jpeg", "size": 1000}
        )
        if answer.status == 201:
            self.scans.append(answer.body)

    def upload_scans(self) -> None:
        """The same form, several times: S3 announces each."""
        self.ask_scan()
        if self.scans:
            upload = self.one_of(self.scans)["upload"]
            for _ in range(self.chance.randint(1, 3)):
                self.waiting.append(message(announced(*put_upload(upload, RUBBISH + ids.new_id().encode()))))

    def accept_scan(self) -> None:
        """An upload that is read as a document, whichever of the form's it is."""
        self.ask_scan()
        if self.scans:
            scan = self.one_of(self.scans)
            key, version = put_upload(scan["upload"], photo_of("collins"))
            self.waiting.append(message(announced(key, version)))
            verdict = Verdict([], photo_of("collins"), Extracted(valid_until=None), photo_of("collins"))
            process_scan(self.person.user_id, scan["scan_id"], key, version, "01", check=lambda *_: verdict)

    def ask_check(self) -> None:
        answer = self.person.http.post("/identity/face-checks", IDENTITY_CHECK)
        if answer.status == 201:
            self.checks.append(answer.body)

    def upload_selfies(self) -> None:
        if self.checks:
            for _ in range(self.chance.randint(1, 3)):
                put_upload(self.one_of(self.checks)["upload"], photo_of(self.one_of(["collins", "hopper"])))

    def compare(self) -> None:
        if self.checks:
            check = self.one_of(self.checks)
            put_upload(check["upload"], photo_of("collins"))
            self.person.compare(check["face_check_id"])
            self.waiting.append(form_expired(self.person.user_id, check["face_check_id"]))

    def deliver_some(self) -> None:
        """Messages come in any order, and more than once."""
        for one in self.chance.sample(self.waiting, min(3, len(self.waiting))):
            deliver(one)

    def change_details(self) -> None:
        self.person.apply({**COLLINS, "name": self.one_of(["柯爱琳", "柯爱玲"])})

    def submit(self) -> None:
        self.person.submit()

    STEPS: tuple[Step, ...] = (
        *(ask_scan, upload_scans, accept_scan, accept_scan),
        *(ask_check, upload_selfies, compare, compare),
        *(deliver_some, deliver_some, change_details, submit),
    )

    def let_everything_come(self, clock: Clock) -> None:
        """All messages, twice and in another order; those of forms when they have expired, those of leftovers last."""
        self.chance.shuffle(self.waiting)
        for _ in range(2):
            for one in self.waiting:
                deliver(one)
        clock.forward(settings().face_check_s + settings().upload_form_s)
        for check in self.checks:
            assert deliver(form_expired(self.person.user_id, check["face_check_id"])) == []
        standing = clock.time
        a_little_later(clock)
        assert erase_orphaned_copies(self.person.user_id) == []
        clock.time = standing


def evidenced(user_id: str) -> set[str]:
    """The keys of all images that the table says are kept of a user."""
    identity = Applicant.__new__(Applicant)
    identity.user_id = user_id
    held = identity.identity
    found = {scan.image_key for side in evidence.SIDES if (scan := evidence.side_scan(held, side)) is not None}
    found |= {scan.portrait_key for side in evidence.SIDES if (scan := evidence.side_scan(held, side)) is not None}
    for item in Item.query(keys.user_partition(user_id), Item.sk.startswith(keys.SCAN_PREFIX)):
        if isinstance(item, Scan) and item.status == "rejected":
            found.add(item.image_key)
    for item in Item.query(keys.user_partition(user_id), Item.sk.startswith(keys.FACE_CHECK_PREFIX)):
        if isinstance(item, FaceCheck) and item.purpose == "identity" and item.status in {"passed", "consumed"}:
            found.add(gateways.selfie_key(user_id, item.face_check_id, item.selfie_version))
    if held.portrait_key is not None:
        beside = str(held.portrait_key).rpartition("-")[0]
        found |= {f"{beside}-{shows}.jpg" for shows in ("front", "back", "portrait")}
    return {key for key in found if key is not None}


@pytest.mark.usefixtures("faces")
@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_nothing_is_kept_without_evidence(
    http: Http, clock: Clock, seed: int, whole: bool, record_property: Callable[[str, Any], None]
) -> None:
    """After any sequence, once every message has come, each version of each object has its place in the table."""
    chance = random.Random(random.randrange(10**9) if whole else seed)
    somebody = Somebody(http, chance)
    user_id = somebody.person.user_id
    for _ in range(STEPS):
        chance.choice(Somebody.STEPS)(somebody)
    assert len(set(versions(user_id)) - evidenced(user_id)) > 3, "there was something to delete"
    somebody.let_everything_come(clock)
    left = versions(user_id)
    assert set(left) <= evidenced(user_id), sorted(left)
    assert len(left) == len(set(left)), "one version of each"
    record_property("attacks", STEPS)


def test_what_nothing_stands_on_would_be_seen(http: Http) -> None:
    """An object that the table knows nothing of is not among what is evidenced."""
    user_id = Somebody(http, random.Random(0)).person.user_id
    before = set(versions(user_id))
    assert before <= evidenced(user_id)
    strange = {f"documents/{user_id}/x.jpg", f"selfies/{user_id}/c-v.jpg", f"uploads/scans/{user_id}/x"}
    for key in strange:
        clients.s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=b"x")
    assert set(versions(user_id)) - evidenced(user_id) == strange
