"""What reviews of identities and of registrations share: who may work on a case, and an appeal.

    free ──claim──▶ claimed ──decision, release or time──▶ free

A claim is a lease, so that two reviewers do not work on one case. Deciding needs no claim, but no one decides what
another one holds. A reviewer holds a case for an hour at most and ten cases at once, and a colleague can take a case
over, which the audit trail records. A rejection can be appealed against once: then anybody decides but the reviewer who
rejected, unless there is no one else.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared import audit, clock
from functions.shared.config import settings
from functions.shared.errors import Conflict, Forbidden, Text, TooManyRequests
from functions.shared.personal_data import seal, unseal
from functions.shared.reviewers import is_only_reviewer
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.reviews import Reviewed, ReviewerClaims
from functions.shared.table.transactions import Transaction, get_many

PURPOSE = "appeal"


class CaseClaimed(Conflict):
    """Another reviewer is working on it."""

    code = "CASE_CLAIMED"
    text = Text(
        "其他审核员正在处理该申请，请先处理其他申请；确有需要时可以接手。",
        "Another reviewer is working on this case. Please choose another case, or take this one over if necessary.",
    )


class OtherReviewerRequired(Forbidden):
    """The applicant has appealed against the decision of this very reviewer."""

    code = "OTHER_REVIEWER_REQUIRED"
    text = Text("申请人已对您的决定提出申诉，须由其他审核员审核。", "A different reviewer must handle the appeal.")


class AppealUsed(Conflict):
    """What was rejected on appeal is not appealed against again."""

    code = "APPEAL_USED"
    text = Text(
        "申诉后的审核结果为最终结果，您可以修改后重新提交。",
        "An appeal has already been decided. You can correct your details and submit them again.",
    )


class ClaimLimit(TooManyRequests):
    """The reviewer has held this case for an hour, or holds ten others."""

    code = "CLAIM_LIMIT"
    text = Text(
        "您认领的申请过多或时间过长，请先审核或释放已认领的申请。",
        "You have claimed too many cases, or this one for too long. Please decide or release your cases first.",
    )


class ClaimView(msgspec.Struct):
    """Who has claimed a case, and until when."""

    claimed_by_masked: str | None
    mine: bool
    claimed_until: datetime


class NewClaim(msgspec.Struct):
    """A claim; with `take_over` also of a case that a colleague holds."""

    take_over: bool | None = None


class NewAppeal(msgspec.Struct):
    """Why the applicant thinks that the rejection is wrong, for the reviewer who decides next."""

    comment: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


def claim_view(case: Reviewed, reviewer_id: str) -> ClaimView | None:
    """The claim that holds now, or None when the case is free."""
    if case.claimed_until is None or case.claimed_until <= clock.now():
        return None
    return ClaimView(case.claimed_by_masked, case.claimed_by == reviewer_id, case.claimed_until)


def require_reviewable(case: Reviewed, reviewer_id: str, *, take_over: bool = False) -> None:
    """Raise `OtherReviewerRequired` or `CaseClaimed` where this reviewer may not work on the case.

    One Query where the appeal is against this reviewer, who decides only where no other administrator could.
    """
    if case.appealed_from == reviewer_id and not is_only_reviewer(reviewer_id, case.appealed_by):
        raise OtherReviewerRequired
    claim = claim_view(case, reviewer_id)
    if claim is not None and not claim.mine and not take_over:
        raise CaseClaimed


def not_claimed_by_another(reviewer_id: str) -> Condition:
    """The condition that no other reviewer holds the case at this moment."""
    free = Reviewed.claimed_until.does_not_exist() | (Reviewed.claimed_until <= clock.now())
    free_or_theirs: Condition = free | (Reviewed.claimed_by == reviewer_id)
    return free_or_theirs


def claim_in(tx: Transaction, case: Reviewed, reviewer_id: str) -> ClaimView:
    """Add to a transaction that the reviewer, to whom the case is open, holds it from now on, or longer.

    A case that somebody else holds is taken over. One BatchGetItem, one more for a reviewer who seems to hold ten.
    Raises `ClaimLimit`.
    """
    read = get_many(keys.user(reviewer_id), keys.reviewer_claims(reviewer_id))
    reviewer, before = read.get(keys.user(reviewer_id)), read.get(keys.reviewer_claims(reviewer_id))
    masked = (reviewer.name_masked or reviewer.phone_masked) if isinstance(reviewer, User) else None
    since, until = _term(case, reviewer_id)
    _count_in(tx, case, reviewer_id, before if isinstance(before, ReviewerClaims) else None, until)
    held = claim_view(case, reviewer_id)
    detail = {"until": clock.rfc3339(until)}
    event = "review_claimed"
    if held is not None and not held.mine:
        event = "review_taken_over"
        detail["from"] = str(case.claimed_by)
    actions = [
        Reviewed.claimed_by.set(reviewer_id),
        Reviewed.claimed_by_masked.set(masked) if masked else Reviewed.claimed_by_masked.remove(),
        Reviewed.claimed_until.set(until),
        Reviewed.claimed_since.set(since),
    ]
    audit.change(tx, case, actions, event, actor=reviewer_id, detail=detail)
    return ClaimView(masked, mine=True, claimed_until=until)


def _term(case: Reviewed, reviewer_id: str) -> tuple[datetime, datetime]:
    """When the reviewer's claims of the case began, and until when this one runs. Raises `ClaimLimit`.

    They begin again once the reviewer has left the case alone for as long as a claim lasts.
    """
    now, lasts = clock.now(), timedelta(seconds=settings().review_claim_s)
    most = timedelta(seconds=settings().review_claim_most_s)
    since = now
    if case.claimed_by == reviewer_id and case.claimed_since is not None and now < case.claimed_until + lasts:
        since = case.claimed_since
    until: datetime = min(now + lasts, since + most)
    if until <= now:
        free_at = case.claimed_until + lasts
        raise ClaimLimit(max(1, int((free_at - now).total_seconds())))
    return since, until


def _count_in(
    tx: Transaction, case: Reviewed, reviewer_id: str, before: ReviewerClaims | None, until: datetime
) -> None:
    """Add the case to those that the reviewer holds. Raises `ClaimLimit`."""
    now = int(clock.now().timestamp())
    others = [one for one in (before.cases if before is not None else []) if one["until"] > now]
    others = [one for one in others if (one["pk"], one["sk"]) != case.key]
    if len(others) >= settings().review_claims_at_once:
        others = _still_held(others, reviewer_id)
    if len(others) >= settings().review_claims_at_once:
        raise ClaimLimit(max(1, int(min(one["until"] for one in others)) - now))
    cases = [*others, {"pk": case.pk, "sk": case.sk, "until": int(until.timestamp())}]
    changes = int(before.changes) if before is not None else 0
    claims = ReviewerClaims.new(
        keys.reviewer_claims(reviewer_id),
        cases=cases,
        changes=changes + 1,
        expires_at=max(until, clock.after(settings().review_claim_most_s)),
    )
    same = ReviewerClaims.changes == changes if before is not None else ReviewerClaims.pk.does_not_exist()
    tx.put(claims, same)


def _still_held(cases: list[Any], reviewer_id: str) -> list[Any]:
    """Those of the cases whose claim holds: others were decided, released or taken over. One BatchGetItem."""
    read = get_many(*(keys.Key(one["pk"], one["sk"]) for one in cases))
    held = {
        item.key
        for item in read.values()
        if isinstance(item, Reviewed) and (claim := claim_view(item, reviewer_id)) is not None and claim.mine
    }
    return [one for one in cases if (one["pk"], one["sk"]) in held]


def release_in(tx: Transaction, case: Reviewed, reviewer_id: str) -> None:
    """Add to a transaction that the reviewer holds the case no longer, which they do."""
    audit.change(tx, case, [Reviewed.claimed_until.set(clock.now())], "review_released", actor=reviewer_id)


def clear_claim() -> list[Action]:
    """What a decision does to the claim."""
    claim = (Reviewed.claimed_by, Reviewed.claimed_by_masked, Reviewed.claimed_until, Reviewed.claimed_since)
    return [attribute.remove() for attribute in claim]


def seal_appeal(user_id: str, comment: str) -> bytes:
    """What the applicant writes, sealed. One KMS round trip."""
    return seal(comment.encode(), purpose=PURPOSE, user_id=user_id)


def record_appeal(case: Reviewed, user_id: str, sealed: bytes) -> list[Action]:
    """What an appeal does to a rejected case, beside sending it to review. Raises `AppealUsed`."""
    if case.appealed_from is not None:
        raise AppealUsed
    return [
        Reviewed.appealed_from.set(case.rejection["by"]),
        Reviewed.appealed_by.set(user_id),
        Reviewed.appeal_sealed.set(sealed),
    ]


def reset_review() -> list[Action]:
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
