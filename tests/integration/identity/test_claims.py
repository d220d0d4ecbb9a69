"""Claims on applications: one reviewer works on a case, the others are kept away for a while."""

import pytest

from functions.shared import audit, clients
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.auth import User
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_user
from tests.integration.identity.applicant import HARPER, Applicant, during
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.identity.test_review import QUEUE, decide, in_review, refusal
from tests.integration.shared.faults import dismissed_before_writing

CLAIMED = (409, "CASE_CLAIMED")
LEASE_S = settings().review_claim_s


@pytest.fixture
def other(http: Http) -> Http:
    """Another administrator, who is a verified person."""
    user_id, token = new_user(administrator=True)
    User.new(keys.user(user_id)).update(actions=[User.name_masked.set("何*")])
    return http.signed_in(token)


@pytest.fixture
def waiting(http: Http, faces: FakeFaces) -> Applicant:
    """A passport that waits."""
    return in_review(http)


def claim(reviewer: Http, person: Applicant) -> Answer:
    return reviewer.post(f"{QUEUE}/{person.user_id}/claim")


def release(reviewer: Http, person: Applicant) -> Answer:
    return reviewer.delete(f"{QUEUE}/{person.user_id}/claim")


def test_a_claim_is_seen_by_all(waiting: Applicant, administrator: Http, other: Http) -> None:
    """Who holds a case, masked, and until when, stands in the queue and in the case; the holder knows their own."""
    held = {"claimed_by_masked": "何*", "mine": True, "claimed_until": "2026-11-22T08:15:00Z"}
    answer = claim(other, waiting)
    assert (answer.status, answer.body) == (200, held)
    for reviewer, mine in ((other, True), (administrator, False)):
        (queued,) = reviewer.get(QUEUE).body["items"]
        shown = reviewer.get(f"{QUEUE}/{waiting.user_id}")
        assert queued["claim"] == shown.body["claim"] == {**held, "mine": mine}
        assert shown.body["images"]


def test_a_reviewer_without_a_name_is_shown_without_one(waiting: Applicant, administrator: Http) -> None:
    """An administrator need not be verified, nor have bound a phone."""
    assert claim(administrator, waiting).body["claimed_by_masked"] is None


def test_others_are_kept_away(waiting: Applicant, administrator: Http, other: Http) -> None:
    """They can neither claim, release nor decide; what the holder decides is final and ends the claim."""
    claim(other, waiting)
    assert refusal(claim(administrator, waiting)) == CLAIMED
    assert refusal(release(administrator, waiting)) == CLAIMED
    assert refusal(decide(administrator, waiting)) == CLAIMED
    assert refusal(decide(administrator, waiting, "reject", reason_code="OTHER")) == CLAIMED
    assert waiting.seen()["status"] == "in_review"
    assert decide(other, waiting).body["status"] == "verified"
    assert waiting.identity.claimed_by is None
    for reviewer in (administrator, other):
        assert refusal(claim(reviewer, waiting)) == (409, "NOT_IN_REVIEW")
        assert refusal(release(reviewer, waiting)) == (409, "NOT_IN_REVIEW")


def test_a_claim_ends_by_itself(waiting: Applicant, administrator: Http, other: Http, clock: Clock) -> None:
    """To the second: until then the case is held, from then on it is free, and the old holder releases nothing."""
    claim(other, waiting)
    clock.forward(LEASE_S - 1)
    assert refusal(claim(administrator, waiting)) == CLAIMED
    clock.forward(1)
    assert administrator.get(QUEUE).body["items"][0]["claim"] is None
    assert claim(administrator, waiting).status == 200
    assert refusal(decide(other, waiting)) == CLAIMED
    assert refusal(release(other, waiting)) == CLAIMED
    assert decide(administrator, waiting, "reject", reason_code="OTHER").status == 200


def test_an_old_claim_hinders_no_decision(waiting: Applicant, administrator: Http, other: Http, clock: Clock) -> None:
    """Anyone who decides after it has ended needs no claim of their own."""
    claim(other, waiting)
    clock.forward(LEASE_S)
    assert decide(administrator, waiting).body["status"] == "verified"


def test_a_claim_is_renewed(waiting: Applicant, administrator: Http, other: Http, clock: Clock) -> None:
    """Claiming again holds the case for as long again."""
    claim(other, waiting)
    clock.forward(LEASE_S - 1)
    assert claim(other, waiting).body["claimed_until"] == "2026-11-22T08:29:59Z"
    clock.forward(LEASE_S - 1)
    assert refusal(claim(administrator, waiting)) == CLAIMED


def test_a_released_case_is_free(waiting: Applicant, administrator: Http, other: Http) -> None:
    """At once; releasing what is free changes nothing."""
    claim(other, waiting)
    assert release(other, waiting).status == 204
    version = waiting.identity.version
    assert release(other, waiting).status == 204
    assert waiting.identity.version == version
    assert claim(administrator, waiting).status == 200


def test_of_two_claims_one_holds(waiting: Applicant, administrator: Http, other: Http) -> None:
    """The one that comes between the other's read and write wins; the other is informed."""
    from functions.shared.table.base import connection

    inner: list[Answer] = []
    dynamodb = connection().connection.client
    with during(dynamodb, "dynamodb.TransactWriteItems", lambda: inner.append(claim(other, waiting))):
        assert refusal(claim(administrator, waiting)) == CLAIMED
    assert inner[0].status == 200


def test_a_claim_during_a_decision(waiting: Applicant, administrator: Http, other: Http) -> None:
    """A decision that was under way when another reviewer claimed the case does not happen."""
    inner: list[Answer] = []
    with during(clients.s3(), "s3.CopyObject", lambda: inner.append(claim(other, waiting))):
        assert refusal(decide(administrator, waiting)) == CLAIMED
    assert inner[0].status == 200
    assert waiting.seen()["status"] == "in_review"


def test_only_what_waits_is_claimed(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """Not a draft, not one's own, not what is not there."""
    draft = Applicant.new(http, HARPER)
    assert refusal(claim(administrator, draft)) == (409, "NOT_IN_REVIEW")
    own = in_review(http)
    own.user.update(actions=[User.is_administrator.set(True), User.identity_status.set("verified")])
    assert refusal(claim(own.http, own)) == (403, "OWN_APPLICATION")
    assert refusal(release(own.http, own)) == (403, "OWN_APPLICATION")
    assert refusal(administrator.post(f"{QUEUE}/nobody/claim")) == (404, "NOT_FOUND")


def test_claims_are_told_by_the_trail(waiting: Applicant, administrator: Http) -> None:
    """Each has its event; the chain holds."""
    claim(administrator, waiting)
    release(administrator, waiting)
    events = waiting.events()
    claimed, released = events[-2:]
    assert (claimed.event, claimed.detail) == ("review_claimed", {"until": "2026-11-22T08:15:00Z"})
    assert (released.event, released.actor) == ("review_released", claimed.actor)
    assert audit.first_invalid_version(events, waiting.identity) is None


@pytest.mark.parametrize("step", ["look", "claim", "release", "approve", "reject"])
def test_who_is_dismissed_meanwhile_decides_nothing(
    http: Http, administrator: Http, faces: FakeFaces, step: str
) -> None:
    """An administrator who is dismissed between the look-up of their office and the write changes nothing."""
    waiting = in_review(http)
    reviewer_id, token = new_user(administrator=True)
    reviewer = http.signed_in(token)
    case = f"{QUEUE}/{waiting.user_id}"
    assert reviewer.post(f"{case}/claim").status == 200
    steps = {
        "look": lambda: reviewer.get(case),
        "claim": lambda: reviewer.post(f"{case}/claim"),
        "release": lambda: reviewer.delete(f"{case}/claim"),
        "approve": lambda: decide(reviewer, waiting),
        "reject": lambda: decide(reviewer, waiting, "reject", reason_code="OTHER"),
    }
    with dismissed_before_writing(reviewer_id):
        assert refusal(steps[step]()) == (403, "ADMINISTRATOR_REQUIRED")
    assert waiting.seen()["status"] == "in_review"
    assert administrator.post(f"{case}/claim", {"take_over": True}).status == 200
    assert decide(administrator, waiting).status == 200
