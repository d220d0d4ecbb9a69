"""How long traces of photos stay: the table forgets a scan and a face check as late as the bucket forgets the photo."""

from datetime import timedelta

from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, Scan
from tests.conftest import TEMPLATE, Clock
from tests.integration.identity.applicant import Applicant, photo_of
from tests.integration.identity.fake_faces import FakeFaces


def days_of(prefix: str) -> int:
    """After how many days the bucket has forgotten what is under a prefix, in every version."""
    bucket = TEMPLATE.resources("AWS::S3::Bucket")["UploadBucket"]
    (rule,) = [one for one in bucket["LifecycleConfiguration"]["Rules"] if one["Prefix"] == prefix]
    (every,) = [one for one in bucket["LifecycleConfiguration"]["Rules"] if one["Prefix"] == ""]
    # S3 acts at the midnight after the last day.
    days: int = rule["ExpirationInDays"] + 1 + every["NoncurrentVersionExpiration"]["NoncurrentDays"]
    return days


def test_scans_and_face_checks_end_with_their_photos(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """By the table's TTL: a rejected scan after 30 days, a selfie after 7, counted from when it was asked for."""
    scan_id = applicant.scan("front", b"rubbish")["scan_id"]
    applicant.accept("front")
    check_id = applicant.selfie(photo_of("collins"))
    applicant.compare(check_id)
    scan = Scan.get(*keys.scan(applicant.user_id, scan_id))
    check = FaceCheck.get(*keys.face_check(applicant.user_id, check_id))
    assert (scan.status, check.status) == ("rejected", "passed")
    assert scan.expires_at == clock.now() + timedelta(days=days_of("rejected/"))
    assert check.expires_at == clock.now() + timedelta(days=days_of("selfies/"))
    assert (days_of("rejected/"), days_of("selfies/"), days_of("uploads/")) == (30, 7, 3)
