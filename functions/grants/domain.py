"""The life of a grant, a business and a bulk job, as plain Python: states, steps, who is who in a grant.

    vacant ──issue──▶ code_issued ──redeem, grant directly──▶ active ──┐
       ▲                 │   └─issue (again)                           │ invite, join, transfer, remove, leave
       └─────revoke──────┴──────────────revoke, resign─────────────────┘

The epoch grows with every issue, revoke and resignation, so that whatever was decided in an earlier one is void.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from functions.grants.errors import MAX_ASSISTANTS
from functions.shared.transitions import transition
from functions.shared.vocabulary import GrantStatus, JobKind, JobStatus, RoleName

ShownStatus = Literal["vacant", "code_issued", "expired", "active"]
Step = Literal[
    "issue",
    "redeem",
    "grant_directly",
    "revoke",
    "invite",
    "withdraw",
    "join",
    "transfer",
    "remove",
    "leave",
    "resign",
]
BusinessState = Literal["upcoming", "open", "closed"]
GrantOrder = Literal["code", "name", "status"]
# What a superior may do with the grants below as a whole, with one of them, and what the members of a grant may do.
ChildrenAction = Literal["issue_codes", "revoke_unactivated", "export_grants"]
ChildAction = Literal["issue_code", "grant_directly", "revoke"]
MemberAction = Literal[
    "invite_assistant", "invite_manager", "withdraw_invitation", "remove_assistant", "resign", "leave"
]
JobFailureCode = Literal["BUSINESS_CLOSED", "FORBIDDEN", "REASON_REQUIRED"]
JobStep = Literal["start", "finish", "fail", "cancel"]
SkipCode = Literal["NOT_BELOW", "CODE_ISSUED", "GRANT_ACTIVE", "GRANT_VACANT", "REISSUE_LIMIT"]

GrantEventName = Literal[
    "assistant_joined",
    "assistant_left",
    "assistant_removed",
    "direct_grant_missed",
    "grant_code_issued",
    "grant_code_reissued",
    "grant_directly_granted",  # before 0.2
    "grant_assigned",
    "grant_redeemed",
    "grant_revoked",
    "invitation_created",
    "invitation_withdrawn",
    "manager_resigned",
    "manager_transferred",
    "member_renamed",
]

TRANSITIONS: Mapping[GrantStatus, Mapping[Step, GrantStatus]] = {
    "vacant": {"issue": "code_issued"},
    "code_issued": {
        "issue": "code_issued",
        "redeem": "active",
        "grant_directly": "active",
        "revoke": "vacant",
    },
    "active": {
        "revoke": "vacant",
        "invite": "active",
        "withdraw": "active",
        "join": "active",
        "transfer": "active",
        "remove": "active",
        "leave": "active",
        "resign": "vacant",
    },
}
JOB_TRANSITIONS: Mapping[JobStatus, Mapping[JobStep, JobStatus]] = {
    "queued": {"start": "running", "cancel": "cancelled"},
    # Started again: by another worker.
    "running": {"start": "running", "finish": "succeeded", "fail": "failed", "cancel": "cancelled"},
    "succeeded": {},
    "failed": {},
    "cancelled": {},
}
# What a job leaves as it is: only grants without a valid code are issued, only those not activated are revoked.
SKIPS: Mapping[JobKind, Mapping[GrantStatus, SkipCode]] = {
    "code": {"code_issued": "CODE_ISSUED", "active": "GRANT_ACTIVE"},
    "revocation": {"vacant": "GRANT_VACANT", "active": "GRANT_ACTIVE"},
    "export": {},
}
EPOCH_GROWS: frozenset[Step] = frozenset({"issue", "revoke", "resign"})


def next_status(status: GrantStatus, step: Step) -> GrantStatus:
    """The status after a step. Raises `shared.transitions.InvalidTransition`."""
    return transition(TRANSITIONS, status, step)


def shown_status(status: GrantStatus, code_expires_at: datetime | None, now: datetime) -> ShownStatus:
    """Return the status as it is shown: a code that was issued may have expired."""
    if status == "code_issued" and code_expires_at is not None and code_expires_at <= now:
        return "expired"
    return status


def next_epoch(epoch: int, step: Step) -> int:
    """The epoch after a step."""
    return epoch + 1 if step in EPOCH_GROWS else epoch


def is_over(status: JobStatus) -> bool:
    """Return whether a bulk job has ended, one way or the other."""
    return not JOB_TRANSITIONS[status]


def next_job_status(status: JobStatus, step: JobStep) -> JobStatus:
    """The status of a bulk job after a step. Raises `shared.transitions.InvalidTransition`."""
    return transition(JOB_TRANSITIONS, status, step)


class OpenInvitation(msgspec.Struct, frozen=True):
    """An open invitation, as its grant lists it; the code itself is not kept.

    `note` is what the inviter wrote to recognize it by. Older invitations have neither a note nor `created_at`.
    """

    invitation_id: str
    role: RoleName
    code_fingerprint: str
    expires_at: datetime
    created_at: datetime | None = None
    note: str | None = None


InviteRefusal = Literal["transfer_open", "assistant_limit"]


def invite_refusal(
    role: RoleName, assistants: Sequence[str], open_invitations: Sequence[OpenInvitation]
) -> InviteRefusal | None:
    """Why there may not be one more invitation, or None: one successor, and five assistants with those to come."""
    if role == "manager":
        return "transfer_open" if any(one.role == "manager" for one in open_invitations) else None
    return "assistant_limit" if assistants_left(assistants, open_invitations) == 0 else None


def assistants_left(assistants: Sequence[str], open_invitations: Sequence[OpenInvitation]) -> int:
    """Return how many more assistants may be invited: five with those to come."""
    to_come = sum(one.role == "assistant" for one in open_invitations)
    return max(0, MAX_ASSISTANTS - len(assistants) - to_come)


def children_may(*, is_closed: bool) -> list[ChildrenAction]:
    """Return what a superior may do with the grants below as a whole; no codes are issued of a closed business."""
    issuing: list[ChildrenAction] = [] if is_closed else ["issue_codes"]
    return [*issuing, "revoke_unactivated", "export_grants"]


def child_may(status: GrantStatus, *, is_closed: bool) -> list[ChildAction]:
    """Return what a superior may do with one grant below."""
    may: list[ChildAction] = []
    if not is_closed and "issue" in TRANSITIONS[status]:
        may.append("issue_code")
    if not is_closed and "grant_directly" in TRANSITIONS[status]:
        may.append("grant_directly")
    if "revoke" in TRANSITIONS[status]:
        may.append("revoke")
    return may


def member_may(
    role: RoleName | None, assistants: Sequence[str], open_invitations: Sequence[OpenInvitation], *, is_closed: bool
) -> list[MemberAction]:
    """Return what somebody may do with a grant in which they have this role."""
    if role != "manager":
        return ["leave"] if role == "assistant" else []
    may: list[MemberAction] = []
    if not is_closed and invite_refusal("assistant", assistants, open_invitations) is None:
        may.append("invite_assistant")
    if not is_closed and invite_refusal("manager", assistants, open_invitations) is None:
        may.append("invite_manager")
    if open_invitations:
        may.append("withdraw_invitation")
    if assistants:
        may.append("remove_assistant")
    return [*may, "resign"]


def business_state(opens_on: date, closes_on: date, today: date) -> BusinessState:
    """Where a business stands on a day; both days belong to it."""
    if today < opens_on:
        return "upcoming"
    return "open" if today <= closes_on else "closed"
