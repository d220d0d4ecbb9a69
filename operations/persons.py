"""Coming back, for a person who stands before an operator: each command has a reason, which the audit trail keeps.

The rules are those of the API (`identity.duplicates`, `identity.account_moves`); one word of the operator suffices.
"""

from functions.grants.person_steps import carry_out_of
from functions.identity import account_moves, duplicates
from functions.identity.domain.duplicates import Outcome
from functions.identity.duplicates import Progress
from functions.shared.notices import notify_phone

ACTOR = "operations"


def decide_duplicate(user_id: str, outcome: Outcome, reason: str) -> Progress:
    """Decide whose a number is that the application of this user and another account have. Raises what the API does."""
    return duplicates.decide_for(ACTOR, user_id, outcome, reason=reason)


def replace_entry(user_id: str, blank_user_id: str, reason: str) -> None:
    """Let a user be entered by the WeChat account or phone that a new, blank account was just made with."""
    before = account_moves.take_entry(user_id, blank_user_id, actor=ACTOR, reason=reason)
    notify_phone(before, "sign_in_replaced")


def take_phone(user_id: str, phone: str, reason: str) -> bool:
    """Let a phone be a user's; whether somebody else had it."""
    before, former = account_moves.take_phone(user_id, phone, actor=ACTOR, reason=reason)
    notify_phone(before, "sign_in_replaced")
    return former is not None


def carry_out(user_id: str) -> int:
    """Carry out the steps of a user that are due; how many."""
    return carry_out_of(user_id)
