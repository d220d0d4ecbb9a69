"""Reviewers and applicants at once: one holds a case, no one decides what another one holds, one appeal is heard."""

from __future__ import annotations

from functools import partial

from functions.identity import review_queue, verification
from functions.shared.table import keys
from functions.shared.table.identity import Identity, QueueEntry
from functions.shared.table.transactions import get
from tests.races import use_cases
from tests.races.builders import administrator, ready_applicant
from tests.races.callers import CALLERS, FEW_ROUNDS, ROUNDS, Callers, interleaved
from tests.races.trails import events_of

HALF = CALLERS // 2


def _waiting() -> str:
    user_id = ready_applicant(area_code_known=False)
    assert verification.submit(user_id).status == "in_review"
    return user_id


def test_one_reviewer_holds_a_case(callers: Callers) -> None:
    """Of many who claim a case at once one holds it; the others are informed, and none of them can decide it."""
    reviewers = [administrator() for _ in range(CALLERS)]
    for _ in range(ROUNDS):
        user_id = _waiting()
        outcomes = callers.race([partial(use_cases.claim, reviewer, user_id) for reviewer in reviewers])
        (holder,) = outcomes.values
        assert outcomes.refusals == {"CaseClaimed": CALLERS - 1}
        outcomes = callers.race([partial(use_cases.approve, reviewer, user_id, 1) for reviewer in reviewers])
        assert outcomes.values == ["verified"], outcomes.refusals
        assert set(outcomes.refusals) <= {"CaseClaimed", "NotInReview"}
        assert events_of(Identity, keys.identity(user_id))["review_claimed"] == 1
        assert _who(user_id, "identity_approved") == [holder]


def test_claims_against_decisions(callers: Callers) -> None:
    """Anyone who comes first: a decision by one who does not hold the case comes before the claim, or not at all."""
    reviewers = [administrator() for _ in range(CALLERS)]
    for _ in range(ROUNDS):
        user_id = _waiting()
        claims = [partial(use_cases.claim, reviewer, user_id) for reviewer in reviewers[:HALF]]
        decisions = [partial(use_cases.reject, reviewer, user_id, 1) for reviewer in reviewers[HALF:]]
        outcomes = callers.race(interleaved(claims, decisions))
        assert set(outcomes.refusals) <= {"CaseClaimed", "NotInReview"}
        events = events_of(Identity, keys.identity(user_id))
        assert events["review_claimed"] + events["identity_rejected"] == len(outcomes.values) == 1
        identity = get(Identity, keys.identity(user_id))
        assert (identity.claimed_by is None) == (identity.status == "rejected")


def test_claims_against_take_overs(callers: Callers) -> None:
    """Anyone who claims or takes over at the same moment: one holds the case in the end; each change is recorded."""
    reviewers = [administrator() for _ in range(CALLERS)]
    for _ in range(ROUNDS):
        user_id = _waiting()
        claims = [partial(use_cases.claim, reviewer, user_id) for reviewer in reviewers[:HALF]]
        takes = [partial(use_cases.take_over_case, reviewer, user_id) for reviewer in reviewers[HALF:]]
        outcomes = callers.race(interleaved(claims, takes))
        assert set(outcomes.refusals) <= {"CaseClaimed"}
        events = events_of(Identity, keys.identity(user_id))
        assert events["review_claimed"] == 1
        assert events["review_claimed"] + events["review_taken_over"] == len(outcomes.values) >= HALF
        holder = get(Identity, keys.identity(user_id)).claimed_by
        assert holder in outcomes.values
        decided = callers.race([partial(use_cases.approve, reviewer, user_id, 1) for reviewer in reviewers])
        assert decided.values == ["verified"], decided.refusals
        assert _who(user_id, "identity_approved") == [holder]


def test_one_appeal_is_heard(callers: Callers) -> None:
    """Of many appeals against one rejection one sends the application to review again."""
    for _ in range(ROUNDS):
        user_id = _waiting()
        use_cases.reject(administrator(), user_id, 1)
        outcomes = callers.race([partial(use_cases.appeal, user_id)] * CALLERS)
        assert outcomes.values == ["in_review"]
        assert outcomes.refusals == {"NothingRejected": CALLERS - 1}
        assert events_of(Identity, keys.identity(user_id))["identity_appealed"] == 1


def _who(user_id: str, event: str) -> list[str]:
    from functions.shared.table.audit import AuditEvent

    key = keys.identity(user_id)
    trail = AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), consistent_read=True)
    return [one.actor for one in trail if one.event == event]


def test_counts_are_right_whoever_submits_at_once(callers: Callers) -> None:
    """Every submission and every decision of a crowd is counted once, and no entry of a filter is left over."""
    reviewer = administrator()
    before = review_queue.totals(reviewer).counts.in_review
    for _ in range(FEW_ROUNDS):
        crowd = [ready_applicant(area_code_known=False) for _ in range(CALLERS)]
        outcomes = callers.race([partial(use_cases.submit, user_id) for user_id in crowd])
        assert outcomes.values == ["in_review"] * CALLERS, outcomes.refusals
        assert review_queue.totals(reviewer).counts.in_review == before + CALLERS
        facets = {facet for user_id in crowd for facet in get(Identity, keys.identity(user_id)).queued_as}
        outcomes = callers.race([partial(use_cases.reject, reviewer, user_id, 1) for user_id in crowd])
        assert len(outcomes.values) == CALLERS, outcomes.refusals
        assert review_queue.totals(reviewer).counts.in_review == before
        left = {entry.user_id for facet in facets for entry in QueueEntry.query(keys.queue_facet(facet))}
        assert not left & set(crowd)
