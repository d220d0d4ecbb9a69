"""Face checks and scans worked on by many at once: compared once, used once, decided once."""

from __future__ import annotations

from collections import Counter
from functools import partial

from functions.identity import face_checks, gateways, scans
from functions.shared import ids
from functions.shared.clients import s3
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, Identity, Scan
from functions.shared.table.transactions import get
from tests.integration.identity.made_photos import made_photo
from tests.races import use_cases
from tests.races.builders import applicant, passed_face_check, scanned_applicant
from tests.races.callers import CALLERS, FEW_ROUNDS, ROUNDS, Callers
from tests.races.face_service import FaceService
from tests.races.trails import events_of


def test_a_face_check_is_compared_once(callers: Callers, faces: FaceService) -> None:
    """Of many comparisons of one face check one reaches the provider; the others are informed that it is used."""
    for _ in range(ROUNDS):
        faces.begin(same_person=True)
        user_id = scanned_applicant()
        check_id = _face_check(user_id)
        outcomes = callers.race([partial(use_cases.compare, user_id, check_id)] * CALLERS)
        assert outcomes.values == [True]
        assert outcomes.refusals == {"FaceCheckUsed": CALLERS - 1}
        assert len(faces.comparisons) == 1
        events = events_of(Identity, keys.identity(user_id))
        assert events["face_comparison_started"] == events["face_check_passed"] == 1
        assert get(FaceCheck, keys.face_check(user_id, check_id)).status == "passed"
        assert list(get(Identity, keys.identity(user_id)).face_failed_at) == []


def test_a_stranger_is_compared_five_times(callers: Callers, faces: FaceService) -> None:
    """However many face checks a stranger runs at once, five are compared; then there is a pause."""
    for _ in range(FEW_ROUNDS):
        faces.begin(same_person=False)
        user_id = scanned_applicant()
        checks = [_face_check(user_id) for _ in range(8)]
        outcomes = callers.race([partial(use_cases.compare, user_id, check_id) for check_id in checks] * (CALLERS // 8))
        assert outcomes.values == [False] * settings().face_failures
        assert set(outcomes.refusals) <= {"FaceCheckUsed", "FacePaused"}
        assert max(Counter(faces.comparisons).values()) == 1
        assert len(faces.comparisons) == settings().face_failures
        identity = get(Identity, keys.identity(user_id))
        assert len(identity.face_failed_at) == settings().face_failures
        assert identity.face_paused_until is not None
        assert events_of(Identity, identity.key)["face_check_failed"] == settings().face_failures


def test_a_face_check_is_used_once(callers: Callers) -> None:
    """Of many who use one passed face check one may."""
    user_id = applicant()
    for _ in range(ROUNDS):
        subject = ids.new_id()
        check_id = passed_face_check(user_id, subject)
        outcomes = callers.race([partial(use_cases.consume_face_check, user_id, check_id, subject)] * CALLERS)
        assert len(outcomes.values) == 1
        assert outcomes.refusals == {"FaceCheckRequired": CALLERS - 1}


def test_a_scan_is_decided_once(callers: Callers) -> None:
    """However often the event of one upload arrives, and whatever is uploaded after it, the scan is decided once."""
    for _ in range(ROUNDS):
        user_id = applicant()
        scan_id = scans.request_scan(user_id, scans.WantedScan("front", "image/jpeg", 12)).scan_id
        key = gateways.upload_key("scans", user_id, scan_id)
        versions = [_upload(key, f"no picture {number}".encode()) for number in range(4)]
        events = [(version, f"{number:018X}") for number, version in enumerate(versions)]
        outcomes = callers.race(
            [partial(use_cases.process_scan, user_id, scan_id, key, *events[caller % 4]) for caller in range(CALLERS)]
        )
        assert all(refusal.startswith("ScanBusy") for refusal in outcomes.refusals)
        scan, identity = get(Scan, keys.scan(user_id, scan_id)), get(Identity, keys.identity(user_id))
        assert (scan.status, scan.reasons) == ("rejected", ["NOT_AN_IMAGE"])
        assert scan.lease_until is None
        assert len(identity.scan_failed_at) == len(identity.rejected_images) == 1
        assert identity.front["scan_id"] == scan_id
        assert events_of(Identity, identity.key)["scan_rejected"] == 1
        left = s3().list_object_versions(Bucket=settings().upload_bucket, Prefix=key).get("Versions", [])
        assert left == []


def test_two_accounts_claim_one_picture(callers: Callers, faces: FaceService) -> None:
    """Of several people who use one picture at once one passes; for all others it is used, and counts as a failure."""
    for _ in range(FEW_ROUNDS):
        faces.begin(same_person=True)
        picture = made_photo("somebody")
        people = [scanned_applicant() for _ in range(CALLERS)]
        checks = {user_id: _face_check(user_id, picture) for user_id in people}
        outcomes = callers.race([partial(use_cases.compare, *one) for one in checks.items()])
        assert sorted(outcomes.values) == [False] * (len(people) - 1) + [True]
        assert not outcomes.refusals
        ended = [get(FaceCheck, keys.face_check(*one)) for one in checks.items()]
        assert sorted((one.status, list(one.reasons)) for one in ended) == [
            *[("failed", ["FACE_REPEATED"])] * (len(people) - 1),
            ("passed", []),
        ]


def _face_check(user_id: str, picture: bytes | None = None) -> str:
    """A face check whose selfie has arrived."""
    check_id = face_checks.request_face_check(user_id).face_check_id
    _upload(gateways.upload_key("selfies", user_id, check_id), picture or made_photo("somebody"))
    return check_id


def _upload(key: str, content: bytes) -> str:
    """Put a photo where the upload form would; its version."""
    made = s3().put_object(Bucket=settings().upload_bucket, Key=key, Body=content, ContentType="image/jpeg")
    return str(made["VersionId"])
