"""A decision on a number that is verified on another account: who decides, and when it takes effect.

    (in review) ──▶ awaiting_second ──▶ decided ──▶ carried out
                         a second, different administrator; not needed where the newcomer passed a `wechat` check

`same_person` is carried out at once. `impostor` takes effect after a time in which the person of the other account may
object: then the case is back in review.
"""

from datetime import datetime
from typing import Literal

import msgspec

Outcome = Literal["same_person", "impostor"]


class DuplicateDecision(msgspec.Struct, frozen=True):
    """What was proposed or decided. `confirmed_by` is None while a second administrator is awaited."""

    outcome: Outcome
    other: str  # the user on whose account the number is verified
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None = None
    takes_effect_at: datetime | None = None
    reason: str | None = None  # an operator's

    @property
    def event(self) -> dict[str, str]:
        """What the events of a decision say of it."""
        said = {"outcome": str(self.outcome), "proposed_by": self.proposed_by}
        return said if self.reason is None else {**said, "reason": self.reason}


def proposed_or_confirmed(  # noqa: PLR0913 - a decision has these parts
    before: DuplicateDecision | None,
    outcome: Outcome,
    other: str,
    reviewer: str,
    now: datetime,
    *,
    proven: bool,
    proposed_it: bool,
) -> DuplicateDecision:
    """Return the decision after a reviewer's word. `proven` is a `wechat` check of the newcomer: one word suffices.

    Another outcome, or another account, is a new proposal. `proposed_it` says that the reviewer is the person who
    proposed, under whichever account.
    """
    if proven:
        return DuplicateDecision(outcome, other, reviewer, now, confirmed_by=reviewer)
    same = before is not None and (before.outcome, before.other) == (outcome, other)
    if before is not None and same:
        return before if proposed_it else msgspec.structs.replace(before, confirmed_by=reviewer)
    return DuplicateDecision(outcome, other, reviewer, now)
