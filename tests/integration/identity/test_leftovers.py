"""Copies of images that no verification stands on: of one that was refused, of one that died, of the one before."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.identity.erasure import MAX_WORK_S
from functions.identity.gateways import LEFTOVERS_S
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.table.base import connection
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, Applicant, during, objects, photo_of, reissued, review_codes
from tests.integration.identity.erasures import erase_orphaned_copies, leftovers_asked
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import decide, in_review, refusal
from tests.integration.shared.faults import timing_out


def kept(person: Applicant) -> set[str]:
    """What is kept of a person for good, by its name."""
    return {key.rpartition("/")[2] for key in objects(person.user_id) if key.startswith("verified/")}


def a_little_later(clock: Clock) -> None:
    """The moment when the message comes: the bucket has its own clock, which no test moves."""
    clock.time = datetime.now(UTC) + timedelta(seconds=LEFTOVERS_S)


@pytest.fixture
def verified(applicant: Applicant, faces: FakeFaces) -> Applicant:
    """A person whom the machine has verified."""
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"
    return applicant


def test_what_a_verification_stands_on_stays(verified: Applicant, clock: Clock) -> None:
    """The message of a verification that was written finds nothing to delete."""
    assert leftovers_asked() == [(verified.user_id, LEFTOVERS_S)]
    a_little_later(clock)
    assert erase_orphaned_copies(verified.user_id) == []
    assert kept(verified) == {"1-front.jpg", "1-portrait.jpg", "1-back.jpg"}


def test_somebody_elses_number(verified: Applicant, faces: FakeFaces, http: Http, clock: Clock) -> None:
    """Whose number is another person's is not verified, and no image of theirs is kept for good."""
    other = Applicant.new(http, COLLINS)
    other.ready()
    assert review_codes(other.submit().body["review_reasons"]) == ["under_review"]
    a_little_later(clock)
    assert erase_orphaned_copies(other.user_id) == []
    assert kept(other) == set()
    assert kept(verified) == {"1-front.jpg", "1-portrait.jpg", "1-back.jpg"}


def test_an_approval_that_is_refused(http: Http, faces: FakeFaces, administrator: Http, clock: Clock) -> None:
    """Nor where a reviewer would have approved it, had no one else been verified with the number at that moment."""
    first, other = in_review(http), in_review(http)
    client = connection().connection.client
    with during(client, "dynamodb.TransactWriteItems", lambda: decide(administrator, first)):
        assert refusal(decide(administrator, other)) == (409, "DUPLICATE_PERSON")
    assert (other.user_id, LEFTOVERS_S) in leftovers_asked()
    a_little_later(clock)
    assert erase_orphaned_copies(other.user_id) == []
    assert kept(other) == set()


def test_a_request_that_dies_before_the_transaction(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """The message is on its way before the first copy is made."""
    applicant.ready()
    with timing_out(connection().connection.client, "dynamodb.TransactWriteItems"):
        assert applicant.submit().status == 503
    assert kept(applicant) == {"1-front.jpg", "1-portrait.jpg", "1-back.jpg"}
    assert (applicant.user_id, LEFTOVERS_S) in leftovers_asked()
    a_little_later(clock)
    assert erase_orphaned_copies(applicant.user_id) == []
    assert kept(applicant) == set()


def test_a_queue_that_fails(applicant: Applicant, faces: FakeFaces) -> None:
    """Nothing is copied that no one would look after."""
    applicant.ready()
    with timing_out(clients.sqs(), "sqs.SendMessage"):
        assert applicant.submit().status == 503
    assert kept(applicant) == set()
    assert applicant.submit().body["status"] == "verified"


def test_a_verification_under_way_is_left_alone(applicant: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """A message of an earlier try cannot take away what is about to be written."""
    applicant.ready()
    standing = clock.time

    def meanwhile() -> None:
        clock.time = datetime.now(UTC) + timedelta(seconds=MAX_WORK_S - 30)
        assert erase_orphaned_copies(applicant.user_id) == []
        clock.time = standing

    with during(connection().connection.client, "dynamodb.TransactWriteItems", meanwhile):
        assert applicant.submit().body["status"] == "verified"
    assert kept(applicant) == {"1-front.jpg", "1-portrait.jpg", "1-back.jpg"}


def test_the_verification_before(verified: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """It stays while it is in force, and goes when another one has taken its place."""
    standing = clock.time
    verified.apply_as_owner(reissued(6))
    a_little_later(clock)
    assert erase_orphaned_copies(verified.user_id) == []
    assert kept(verified) == {"1-front.jpg", "1-portrait.jpg", "1-back.jpg"}
    clock.time = standing
    verified.ready()
    assert verified.submit().body["status"] == "verified"
    a_little_later(clock)
    assert erase_orphaned_copies(verified.user_id) == []
    assert kept(verified) == {"2-front.jpg", "2-portrait.jpg", "2-back.jpg"}


def test_a_back_alone_is_not_kept(applicant: Applicant, faces: FakeFaces, administrator: Http, clock: Clock) -> None:
    """Approved without a portrait, a person has nothing that a later face check could need."""
    applicant.accept("back")
    applicant.close_scanning()
    for _ in range(5):
        applicant.compare(applicant.selfie(photo_of()))
    assert applicant.submit().body["status"] == "in_review"
    assert decide(administrator, applicant).body["status"] == "verified"
    assert kept(applicant) == set()
    assert (applicant.user_id, LEFTOVERS_S) in leftovers_asked()


def test_storage_that_fails(http: Http, faces: FakeFaces, administrator: Http, clock: Clock) -> None:
    """The message comes again, whichever call it was."""
    person = in_review(http)
    with timing_out(connection().connection.client, "dynamodb.TransactWriteItems"):
        assert decide(administrator, person).status == 503
    assert kept(person) == {"1-front.jpg", "1-portrait.jpg"}
    a_little_later(clock)
    for fault in (timing_out(clients.s3(), "s3.DeleteObject"), timing_out(clients.s3(), "s3.ListObjectVersions")):
        with fault:
            assert erase_orphaned_copies(person.user_id) == ["m1"]
    assert erase_orphaned_copies(person.user_id) == []
    assert kept(person) == set()


def test_a_front_that_is_gone(applicant: Applicant, faces: FakeFaces) -> None:
    """The machine verifies no one whose portrait left the bucket after it was compared: it is scanned again."""
    applicant.ready()
    applicant.accept("back")
    key = applicant.identity.front["image_key"]
    clients.s3().delete_object(Bucket=settings().upload_bucket, Key=key)
    assert refusal(applicant.submit()) == (409, "SCANS_MISSING")
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"


def test_leftovers_of_nobody(aws: None) -> None:
    """A message about a user who is not there changes nothing."""
    assert erase_orphaned_copies("0" * 32) == []


def documents(person: Applicant) -> set[str]:
    return {key for key in objects(person.user_id) if key.startswith("documents/")}


def test_a_side_that_is_scanned_again(applicant: Applicant, clock: Clock) -> None:
    """After five fronts, minutes later, one is left with its portrait, and the back."""
    for _ in range(5):
        front = applicant.accept("front")
    back = applicant.accept("back")
    assert len(documents(applicant)) == 11
    a_little_later(clock)
    assert erase_orphaned_copies(applicant.user_id) == []
    place = f"documents/{applicant.user_id}"
    assert documents(applicant) == {f"{place}/{front}.jpg", f"{place}/{front}-portrait.jpg", f"{place}/{back}.jpg"}


def test_details_that_are_changed(applicant: Applicant, clock: Clock) -> None:
    """The scans of the application before are deleted, and it was asked for before they stopped to count."""
    applicant.accept("front")
    assert leftovers_asked() == []
    assert applicant.apply({**COLLINS, "name": "柯爱玲"}).status == 200
    assert leftovers_asked() == [(applicant.user_id, LEFTOVERS_S)]
    a_little_later(clock)
    assert erase_orphaned_copies(applicant.user_id) == []
    assert documents(applicant) == set()
