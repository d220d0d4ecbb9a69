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

from functions.shared.states import follow

Status = Literal["vacant", "code_issued", "active"]
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
RoleName = Literal["manager", "assistant"]
BusinessState = Literal["upcoming", "open", "closed"]
JobKind = Literal["code", "revocation", "export"]
JobStatus = Literal["queued", "running", "succeeded", "failed"]
JobFailureCode = Literal["BUSINESS_CLOSED", "FORBIDDEN", "REASON_REQUIRED"]
JobStep = Literal["start", "finish", "fail"]
SkipCode = Literal["NOT_BELOW", "CODE_ISSUED", "GRANT_ACTIVE", "GRANT_VACANT", "REISSUE_LIMIT"]

GrantEventName = Literal[
    "assistant_joined",
    "assistant_left",
    "assistant_removed",
    "grant_code_issued",
    "grant_code_reissued",
    "grant_directly_granted",
    "grant_redeemed",
    "grant_revoked",
    "invitation_created",
    "invitation_withdrawn",
    "manager_resigned",
    "manager_transferred",
    "member_renamed",
]

TRANSITIONS: Mapping[Status, Mapping[Step, Status]] = {
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
    "queued": {"start": "running"},
    "running": {"start": "running", "finish": "succeeded", "fail": "failed"},  # again: by another worker
    "succeeded": {},
    "failed": {},
}
# What a job leaves as it is: only grants without a valid code are issued, only those not activated are revoked.
SKIPS: Mapping[JobKind, Mapping[Status, SkipCode]] = {
    "code": {"code_issued": "CODE_ISSUED", "active": "GRANT_ACTIVE"},
    "revocation": {"vacant": "GRANT_VACANT", "active": "GRANT_ACTIVE"},
    "export": {},
}
EPOCH_GROWS: frozenset[Step] = frozenset({"issue", "revoke", "resign"})
MOST_ASSISTANTS = 5


def next_status(status: Status, step: Step) -> Status:
    """The status after a step. Raises `shared.states.StepNotOpen`."""
    return follow(TRANSITIONS, status, step)


def next_epoch(epoch: int, step: Step) -> int:
    """The epoch after a step."""
    return epoch + 1 if step in EPOCH_GROWS else epoch


def next_job_status(status: JobStatus, step: JobStep) -> JobStatus:
    """The status of a bulk job after a step. Raises `shared.states.StepNotOpen`."""
    return follow(JOB_TRANSITIONS, status, step)


class Invited(msgspec.Struct, frozen=True):
    """An open invitation, as its grant lists it; the code itself is kept by nobody."""

    invitation_id: str
    role: RoleName
    code_fingerprint: str
    expires_at: datetime


InviteRefusal = Literal["transfer_open", "assistant_limit"]


def invite_refusal(role: RoleName, assistants: Sequence[str], still_open: Sequence[Invited]) -> InviteRefusal | None:
    """Why there may not be one more invitation, or None: one successor, and five assistants with those to come."""
    if role == "manager":
        return "transfer_open" if any(one.role == "manager" for one in still_open) else None
    to_come = sum(one.role == "assistant" for one in still_open)
    return "assistant_limit" if len(assistants) + to_come >= MOST_ASSISTANTS else None


def business_state(opens_on: date, closes_on: date, today: date) -> BusinessState:
    """Where a business stands on a day; both days belong to it."""
    if today < opens_on:
        return "upcoming"
    return "open" if today <= closes_on else "closed"
