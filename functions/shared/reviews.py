"""What reviews of identities and of registrations share: who may work on a case, and an appeal.

    free ──claim──▶ claimed ──decision, release or time──▶ free

A claim is a lease, so that two reviewers do not work on one case. Deciding needs no claim, but nobody decides what
another one holds. A rejection can be appealed against once: then anybody decides but the reviewer who rejected.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared import audit, clock
from functions.shared.config import settings
from functions.shared.errors import Conflict, Forbidden, Text
from functions.shared.personal_data import seal, unseal
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.reviews import Reviewed
from functions.shared.table.transactions import Transaction, get

PURPOSE = "appeal"


class CaseClaimed(Conflict):
    """Another reviewer is working on it."""

    code = "CASE_CLAIMED"
    text = Text("其他审核员正在处理该申请。", "Another reviewer is working on this one.")


class OtherReviewerRequired(Forbidden):
    """The applicant has appealed against the decision of this very reviewer."""

    code = "OTHER_REVIEWER_REQUIRED"
    text = Text("申请人已对您的决定提出申诉，须由其他审核员审核。", "An appeal goes to another reviewer than before.")


class AppealUsed(Conflict):
    """What was rejected on appeal is not appealed against again."""

    code = "APPEAL_USED"
    text = Text(
        "申诉后的审核结果为最终结果，您可以修改后重新提交。",
        "An appeal has been decided already. You can correct your details and submit them again.",
    )


class ClaimView(msgspec.Struct):
    """Who works on a case, and until when nobody else may."""

    claimed_by_masked: str | None
    mine: bool
    claimed_until: datetime


class NewAppeal(msgspec.Struct):
    """Why the applicant thinks that the rejection is wrong, for the reviewer who decides next."""

    comment: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


def claim_view(case: Reviewed, reviewer_id: str) -> ClaimView | None:
    """The claim that holds now, or None when the case is free."""
    if case.claimed_until is None or case.claimed_until <= clock.now():
        return None
    return ClaimView(case.claimed_by_masked, case.claimed_by == reviewer_id, case.claimed_until)


def require_open_to(case: Reviewed, reviewer_id: str) -> None:
    """Raise `OtherReviewerRequired` or `CaseClaimed` where this reviewer may not work on the case."""
    if case.appealed_from == reviewer_id:
        raise OtherReviewerRequired
    claim = claim_view(case, reviewer_id)
    if claim is not None and not claim.mine:
        raise CaseClaimed


def open_to(reviewer_id: str) -> Condition:
    """The condition that no other reviewer holds the case at this moment."""
    free = Reviewed.claimed_until.does_not_exist() | (Reviewed.claimed_until <= clock.now())
    free_or_theirs: Condition = free | (Reviewed.claimed_by == reviewer_id)
    return free_or_theirs


def claim_in(tx: Transaction, case: Reviewed, reviewer_id: str) -> ClaimView:
    """Add to a transaction that the reviewer, to whom the case is open, holds it from now on, or longer. One read."""
    reviewer = get(User, keys.user(reviewer_id))
    masked = (reviewer.name_masked or reviewer.phone_masked) if reviewer is not None else None
    until = clock.after(settings().review_claim_s)
    actions = [
        Reviewed.claimed_by.set(reviewer_id),
        Reviewed.claimed_by_masked.set(masked) if masked else Reviewed.claimed_by_masked.remove(),
        Reviewed.claimed_until.set(until),
    ]
    detail = {"until": clock.rfc3339(until)}
    audit.change(tx, case, actions, "review_claimed", actor=reviewer_id, detail=detail, condition=open_to(reviewer_id))
    return ClaimView(masked, mine=True, claimed_until=until)


def release_in(tx: Transaction, case: Reviewed, reviewer_id: str) -> None:
    """Add to a transaction that the reviewer holds the case no longer, which they do."""
    audit.change(tx, case, unclaimed(), "review_released", actor=reviewer_id)


def unclaimed() -> list[Action]:
    """What a decision does to the claim."""
    return [Reviewed.claimed_by.remove(), Reviewed.claimed_by_masked.remove(), Reviewed.claimed_until.remove()]


def seal_appeal(user_id: str, comment: str) -> bytes:
    """What the applicant writes, sealed. One KMS round trip."""
    return seal(comment.encode(), purpose=PURPOSE, user_id=user_id)


def appealed(case: Reviewed, user_id: str, sealed: bytes) -> list[Action]:
    """What an appeal does to a rejected case, beside sending it to review. Raises `AppealUsed`."""
    if case.appealed_from is not None:
        raise AppealUsed
    return [
        Reviewed.appealed_from.set(case.rejection["by"]),
        Reviewed.appealed_by.set(user_id),
        Reviewed.appeal_sealed.set(sealed),
    ]


def begun_anew() -> list[Action]:
    """What another application does to the rejection and the appeal of the one before."""
    return [
        Reviewed.rejection.remove(),
        Reviewed.appealed_from.remove(),
        Reviewed.appealed_by.remove(),
        Reviewed.appeal_sealed.remove(),
    ]


def appeal_of(case: Reviewed) -> str | None:
    """What the applicant wrote, unsealed, or None without an appeal. At most one KMS round trip."""
    if case.appeal_sealed is None or case.appealed_by is None:
        return None
    return unseal(case.appeal_sealed, purpose=PURPOSE, user_id=case.appealed_by).decode()
