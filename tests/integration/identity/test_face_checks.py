"""Face checks over HTTP and a comparison service: what passes, what fails, what is counted, and what cannot be used."""

import json

import pytest

from functions.identity.face_comparisons import COMPARISON_LEASE_S
from functions.shared import clients
from functions.shared import clock as product_clock
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, Identity
from tests.conftest import Clock
from tests.integration.client import Answer, Http
from tests.integration.identity.applicant import (
    COLLINS,
    IDENTITY_CHECK,
    Applicant,
    during,
    photo_of,
    put_upload,
    resident,
)
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.shared.faults import answering, dynamodb, dynamodb_error

DENIED = (400, "AccessDeniedException")


@pytest.fixture
def scanned(applicant: Applicant) -> Applicant:
    """A person whose front shows Collins."""
    applicant.accept("front")
    return applicant


def codes(answer: Answer) -> list[str]:
    return [reason["code"] for reason in answer.body["reasons"]]


def test_the_right_face_passes(scanned: Applicant, faces: FakeFaces) -> None:
    """One detection, one comparison; the try is given back and the similarity is nowhere in the answer."""
    answer = scanned.face()
    assert answer.body == {"status": "passed", "reasons": [], "attempts_left": 5}
    assert faces.calls == ["DetectFaces", "CompareFaces"]
    assert "99.9" not in json.dumps(answer.body)
    assert scanned.identity.face["compared_with"] == scanned.seen()["scans"]["front"]["scan_id"]


@pytest.mark.parametrize(
    ("selfie", "code", "calls"),
    [
        (photo_of("hopper"), "FACE_MISMATCH", 2),
        (photo_of(), "FACE_COUNT", 1),
        (photo_of("collins", "hopper"), "FACE_COUNT", 1),
        (photo_of("collins", sharpness=12), "FACE_QUALITY", 1),
    ],
)
def test_another_face_fails(scanned: Applicant, faces: FakeFaces, selfie: bytes, code: str, calls: int) -> None:
    """Somebody else, no one, two people, a blurred face: each has its reason, and an attempt is gone."""
    answer = scanned.compare(scanned.selfie(selfie))
    assert (answer.status, answer.body["status"], answer.body["attempts_left"]) == (200, "failed", 4)
    assert codes(answer) == [code]
    assert "31.4" not in json.dumps(answer.body)
    assert len(faces.calls) == calls
    assert scanned.identity.face is None


@pytest.mark.parametrize(
    ("refusals", "code"),
    [
        ([(400, "InvalidImageFormatException")], "FACE_QUALITY"),
        ([(400, "ImageTooLargeException")], "FACE_QUALITY"),
    ],
)
def test_a_file_that_the_service_cannot_read(
    scanned: Applicant, faces: FakeFaces, refusals: list[tuple[int, str]], code: str
) -> None:
    """A selfie that is no picture is the user's to take again, not the provider's failure."""
    faces.faults = refusals
    assert codes(scanned.face()) == [code]


def test_a_portrait_without_a_face(scanned: Applicant, faces: FakeFaces) -> None:
    """When the service finds no face on the card, the selfie does not agree with it."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.during = lambda: setattr(faces, "during", lambda: faces.faults.append((400, "InvalidParameterException")))
    assert codes(scanned.compare(check_id)) == ["FACE_MISMATCH"]


def test_the_form_is_for_one_jpeg(scanned: Applicant) -> None:
    """A form of ten minutes for one key; the check itself lasts five."""
    answer = scanned.http.post("/identity/face-checks", IDENTITY_CHECK)
    assert answer.status == 201
    assert set(answer.body) == {"face_check_id", "method", "upload", "expires_at", "attempts_left"}
    assert answer.body["attempts_left"] == 5
    assert answer.body["expires_at"] == "2026-11-22T08:05:00Z"
    fields = answer.body["upload"]["fields"]
    assert fields["key"] == f"uploads/selfies/{scanned.user_id}/{answer.body['face_check_id']}"
    assert fields["Content-Type"] == "image/jpeg"


def test_a_form_for_another_type_and_size(scanned: Applicant) -> None:
    """Phones that take PNG say so, and may say the size; the form then lets exactly that through."""
    answer = scanned.http.post("/identity/face-checks", {**IDENTITY_CHECK, "content_type": "image/png", "size": 4711})
    upload = answer.body["upload"]
    assert (upload["fields"]["Content-Type"], upload["max_bytes"]) == ("image/png", 4711)
    too_large = {**IDENTITY_CHECK, "size": 8 * 1024 * 1024 + 1}
    refused = scanned.http.post("/identity/face-checks", too_large)
    assert [(one["field"], one["code"]) for one in refused.body["errors"]] == [("size", "IMAGE_TOO_LARGE")]


def test_nothing_was_uploaded(scanned: Applicant, faces: FakeFaces) -> None:
    """Without a selfie there is nothing to compare, and no attempt is gone; afterwards it works."""
    ticket = scanned.http.post("/identity/face-checks", IDENTITY_CHECK).body
    refused = scanned.compare(ticket["face_check_id"])
    assert (refused.status, refused.code) == (409, "FACE_NOT_UPLOADED")
    assert faces.calls == []
    put_upload(ticket["upload"], photo_of("collins"))
    assert scanned.compare(ticket["face_check_id"]).body["attempts_left"] == 5


@pytest.mark.parametrize("shows", ["collins", "hopper"])
def test_a_check_is_compared_once(scanned: Applicant, faces: FakeFaces, shows: str) -> None:
    """Passed or failed, the second comparison is refused and changes nothing, even with a new upload."""
    ticket = scanned.http.post("/identity/face-checks", IDENTITY_CHECK).body
    put_upload(ticket["upload"], photo_of(shows))
    first = scanned.compare(ticket["face_check_id"])
    kept = scanned.identity.face
    put_upload(ticket["upload"], photo_of("collins"))
    again = scanned.compare(ticket["face_check_id"])
    assert (again.status, again.code) == (409, "FACE_CHECK_USED")
    assert scanned.identity.face == kept
    assert scanned.seen()["face_attempts_left"] == first.body["attempts_left"]
    assert len(faces.calls) == 2


def test_the_compared_version_is_the_one_that_counts(scanned: Applicant, faces: FakeFaces) -> None:
    """A selfie overwritten between its detection and its comparison is still compared as it was detected."""
    ticket = scanned.http.post("/identity/face-checks", IDENTITY_CHECK).body
    _, version = put_upload(ticket["upload"], photo_of("hopper"))
    faces.during = lambda: put_upload(ticket["upload"], photo_of("collins")) and None
    assert codes(scanned.compare(ticket["face_check_id"])) == ["FACE_MISMATCH"]
    check = FaceCheck.get(*keys.face_check(scanned.user_id, ticket["face_check_id"]))
    assert check.selfie_version == version


def test_a_check_ends_after_five_minutes(scanned: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """From then on it is gone, whatever was uploaded."""
    check_id = scanned.selfie(photo_of("collins"))
    clock.forward(settings().face_check_s)
    gone = scanned.compare(check_id)
    assert (gone.status, gone.code) == (410, "FACE_CHECK_EXPIRED")
    assert faces.calls == []


def test_somebody_elses_check_is_not_found(scanned: Applicant, faces: FakeFaces, http: Http) -> None:
    """No one can compare, or learn of, another user's check."""
    check_id = scanned.selfie(photo_of("collins"))
    other = Applicant.new(http, resident(2))
    assert other.compare(check_id).status == 404
    assert Applicant.new(http).compare(check_id).status == 404
    assert scanned.compare(check_id).body["status"] == "passed"


@pytest.mark.parametrize("details", [resident(3), {**COLLINS, "name": "柯爱玲"}])
def test_a_check_is_for_one_application(scanned: Applicant, faces: FakeFaces, details: dict[str, str]) -> None:
    """After the details were changed, a check asked for before cannot be used."""
    check_id = scanned.selfie(photo_of("collins"))
    assert scanned.apply(details).status == 200
    refused = scanned.compare(check_id)
    assert (refused.status, refused.code) == (409, "FACE_CHECK_USED")
    assert faces.calls == []


def test_details_changed_during_the_comparison(scanned: Applicant, faces: FakeFaces) -> None:
    """The check passes for what it was asked for, and the changed application has nothing of it."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.during = lambda: scanned.apply(resident(4)) and None
    assert scanned.compare(check_id).body["status"] == "passed"
    assert scanned.identity.face is None


def test_five_failures_pause(scanned: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """After the fifth, new checks and comparisons answer 429 with the rest of half an hour; then it is open again."""
    kept = scanned.selfie(photo_of("collins"))
    for left in (4, 3, 2, 1, 0):
        assert scanned.face("hopper").body["attempts_left"] == left
    refused = scanned.http.post("/identity/face-checks", IDENTITY_CHECK)
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "FACE_PAUSED", "1800")
    clock.forward(60)
    assert (scanned.compare(kept).code, scanned.compare(kept).headers["retry-after"]) == ("FACE_PAUSED", "1740")
    assert scanned.seen()["face_attempts_left"] == 0
    clock.forward(1740)
    assert scanned.face().body == {"status": "passed", "reasons": [], "attempts_left": 5}


def test_failures_are_forgotten_after_a_quarter_of_an_hour(scanned: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """Four failures are no pause; a fifth one much later is the first again."""
    for _ in range(4):
        scanned.face("hopper")
    clock.forward(settings().face_failures_window_s)
    assert scanned.face("hopper").body["attempts_left"] == 4


def test_the_last_attempt_may_pass(scanned: Applicant, faces: FakeFaces) -> None:
    """While the fifth is compared all others wait; when it passes there is no pause."""
    for _ in range(4):
        scanned.face("hopper")
    other = scanned.selfie(photo_of("hopper"))
    meanwhile: list[Answer] = []
    check_id = scanned.selfie(photo_of("collins"))
    faces.during = lambda: meanwhile.append(scanned.compare(other))
    assert scanned.compare(check_id).body == {"status": "passed", "reasons": [], "attempts_left": 1}
    assert [answer.code for answer in meanwhile] == ["FACE_PAUSED"]
    assert scanned.identity.face_paused_until is None


def test_a_failing_provider_costs_nothing(scanned: Applicant, faces: FakeFaces) -> None:
    """503 with a time to come back, the attempt is given back, and the same check can be compared again."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.faults = [(500, "InternalServerError")] * 2
    failed = scanned.compare(check_id)
    assert (failed.status, failed.code) == (503, "FACE_UNAVAILABLE")
    assert int(failed.headers["retry-after"]) > 0
    assert len(faces.calls) == 2
    assert scanned.seen()["face_attempts_left"] == 5
    assert scanned.compare(check_id).body["status"] == "passed"


def test_the_fifth_failure_of_a_provider_lifts_the_pause_again(scanned: Applicant, faces: FakeFaces) -> None:
    """A try that was counted as the fifth and given back leaves no pause behind."""
    for _ in range(4):
        scanned.face("hopper")
    check_id = scanned.selfie(photo_of("collins"))
    faces.faults = [DENIED]
    assert scanned.compare(check_id).status == 503
    assert (scanned.seen()["face_attempts_left"], scanned.identity.face_paused_until) == (1, None)


def test_a_provider_that_keeps_failing_is_left_alone(scanned: Applicant, faces: FakeFaces) -> None:
    """After five failures in a row it is not called any more; the answer stays the same."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.faults = [DENIED] * 5
    assert [scanned.compare(check_id).code for _ in range(6)] == ["FACE_UNAVAILABLE"] * 6
    assert len(faces.calls) == 5
    assert scanned.seen()["face_attempts_left"] == 5


def test_a_comparison_that_went_silent_is_tried_again(scanned: Applicant, faces: FakeFaces, clock: Clock) -> None:
    """A crash leaves the check taken until its lease ends; then it is compared, and the try is counted once."""
    check_id = scanned.selfie(photo_of("hopper"))
    broken = answering(
        dynamodb(), "dynamodb.TransactWriteItems", *[dynamodb_error("InternalServerError")] * 9, status=500
    )
    faces.during = broken.__enter__
    assert scanned.compare(check_id).status == 503
    broken.__exit__()
    assert scanned.compare(check_id).code == "FACE_CHECK_USED"
    assert scanned.seen()["face_attempts_left"] == 4
    clock.forward(COMPARISON_LEASE_S)
    again = scanned.compare(check_id)
    assert (codes(again), again.body["attempts_left"]) == (["FACE_MISMATCH"], 4)


class Stopwatch:
    """The time within a request, as `shared.clients` measures it."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def monotonic(self) -> float:
        return self.passed_s

    def take(self, seconds: float) -> None:
        self.passed_s += seconds


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """Time that only passes where a test says so."""
    standing = Stopwatch()
    monkeypatch.setattr(clients, "time", standing)
    return standing


def test_a_comparison_goes_on_while_its_end_can_be_written(
    scanned: Applicant, faces: FakeFaces, stopwatch: Stopwatch
) -> None:
    """A slow detection leaves no time to compare and to write that down: 503, given back, and done the next time."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.during = lambda: stopwatch.take(13)
    failed = scanned.compare(check_id)
    assert (failed.status, failed.code) == (503, "FACE_UNAVAILABLE")
    assert faces.calls == ["DetectFaces"]
    assert scanned.seen()["face_attempts_left"] == 5
    assert scanned.compare(check_id).body["status"] == "passed"


def test_a_second_try_begins_while_its_end_can_be_written(
    scanned: Applicant, faces: FakeFaces, stopwatch: Stopwatch
) -> None:
    """The provider fails slowly: it is not asked once more, and the check is given back."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.faults = [(500, "InternalServerError")]
    faces.during = lambda: stopwatch.take(9)
    assert scanned.compare(check_id).code == "FACE_UNAVAILABLE"
    assert faces.calls == ["DetectFaces"]
    assert scanned.compare(check_id).body["status"] == "passed"


def test_a_comparison_is_not_begun_late(scanned: Applicant, faces: FakeFaces, stopwatch: Stopwatch) -> None:
    """Where the selfie was found late, nothing is counted, taken or asked."""
    check_id = scanned.selfie(photo_of("collins"))
    before = scanned.identity.version
    with during(clients.s3(), "s3.HeadObject", lambda: stopwatch.take(22)):
        assert scanned.compare(check_id).code == "FACE_UNAVAILABLE"
    assert (scanned.identity.version, faces.calls) == (before, [])
    assert scanned.compare(check_id).body["status"] == "passed"


def test_what_was_written_is_answered(scanned: Applicant, faces: FakeFaces, stopwatch: Stopwatch) -> None:
    """However late the end is written, nothing has to be read after it."""
    check_id = scanned.selfie(photo_of("hopper"))
    waits = [0.0, 25.0]

    def wait(**_: object) -> None:
        stopwatch.take(waits.pop(0))

    events = dynamodb().meta.events
    events.register_first("after-call.dynamodb.TransactWriteItems", wait, unique_id="late")
    try:
        answer = scanned.compare(check_id)
    finally:
        events.unregister("after-call.dynamodb.TransactWriteItems", unique_id="late")
    assert (answer.status, answer.body["attempts_left"]) == (200, 4)


def test_two_comparisons_of_one_check(scanned: Applicant, faces: FakeFaces) -> None:
    """Of two calls at once one compares; the other is refused, and one try is counted."""
    check_id = scanned.selfie(photo_of("hopper"))
    second: list[Answer] = []
    faces.during = lambda: second.append(scanned.compare(check_id))
    assert scanned.compare(check_id).body["attempts_left"] == 4
    assert [answer.code for answer in second] == ["FACE_CHECK_USED"]
    assert scanned.identity.face_failed_at == [int(product_clock.now().timestamp())]


def test_without_a_portrait(applicant: Applicant, faces: FakeFaces) -> None:
    """While scanning is open a face check needs the front; when it is closed the selfie only has to be usable."""
    refused = applicant.http.post("/identity/face-checks", IDENTITY_CHECK)
    assert (refused.status, refused.code) == (409, "SCANS_MISSING")
    applicant.close_scanning()
    assert codes(applicant.compare(applicant.selfie(photo_of()))) == ["FACE_COUNT"]
    assert applicant.face("hopper").body["status"] == "passed"
    assert set(faces.calls) == {"DetectFaces"}


def test_who_may_ask(scanned: Applicant, faces: FakeFaces, http: Http) -> None:
    """Without an application, with one in review, and once verified, there is nothing to check."""
    nobody = Applicant.new(http).http.post("/identity/face-checks", IDENTITY_CHECK)
    assert (nobody.status, nobody.code) == (409, "APPLICATION_REQUIRED")
    scanned.accept("back")
    assert scanned.face().body["status"] == "passed"
    assert scanned.submit().body["status"] == "verified"
    assert scanned.http.post("/identity/face-checks", IDENTITY_CHECK).code == "APPLICATION_REQUIRED"
    traveller = Applicant.new(
        http, {"document_type": "passport", "name": "A B", "number": "L8988", "nationality": "GBR"}
    )
    traveller.ready()
    assert traveller.submit().body["status"] == "in_review"
    assert traveller.http.post("/identity/face-checks", IDENTITY_CHECK).code == "IDENTITY_IN_REVIEW"


@pytest.mark.parametrize("purpose", ["grant", "", None, 5])
def test_other_purposes_are_refused(scanned: Applicant, purpose: object) -> None:
    """A purpose that is not known is a wrong field."""
    answer = scanned.http.post("/identity/face-checks", {"purpose": purpose})
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "purpose")


def test_an_identity_that_goes_during_the_comparison(scanned: Applicant, faces: FakeFaces) -> None:
    """There is nothing left to write the result on: not found, and nothing is made up."""
    check_id = scanned.selfie(photo_of("collins"))
    faces.during = lambda: scanned.identity.delete() and None
    assert scanned.compare(check_id).status == 404
    assert list(Identity.query(keys.identity(scanned.user_id).pk, Identity.sk == "IDENTITY")) == []
