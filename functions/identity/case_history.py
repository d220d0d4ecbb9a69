"""What happened to an application before a reviewer sees it: its scans and face checks, and the decisions on it.

Scans and face checks are reported by the audit trail of the identity, in one Query of its newest events. Decisions are
kept on the identity, with the comments: these may name the person, so they are erased with everything else.
"""

from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import case_store
from functions.identity.domain.reasons import RejectionCode
from functions.shared import clock
from functions.shared.table.audit import AuditEvent
from functions.shared.table.identity import Identity
from functions.shared.vocabulary import FaceMethod, Side

_EVENTS, _DECISIONS = 100, 10
_SCANS: dict[str, Literal["accepted", "rejected", "for_review"]] = {
    "scan_accepted": "accepted",
    "scan_rejected": "rejected",
    "scan_for_review": "for_review",
}
_FACES: dict[str, Literal["passed", "failed"]] = {"face_check_passed": "passed", "face_check_failed": "failed"}


class Reviewer(NamedTuple):
    """Who decides, and how they are shown to others."""

    user_id: str
    masked: str | None


class EarlierIdentityDecision(msgspec.Struct):
    """A decision of a reviewer on this application or on an earlier one of this account."""

    at: datetime
    decision: Literal["approve", "reject"]
    code: RejectionCode | None
    comment: str | None
    by_masked: str | None


class DecidedScanEvent(NamedTuple):
    """How a scan was decided."""

    side: Side
    status: Literal["accepted", "rejected", "for_review"]
    reasons: list[str]
    mismatched: list[str]
    at: datetime


class DecidedFaceEvent(NamedTuple):
    """How a face check for the application ended."""

    method: FaceMethod
    status: Literal["passed", "failed"]
    reasons: list[str]
    at: datetime


class CaseHistory(NamedTuple):
    """The newest scans and face checks, newest first."""

    scans: list[DecidedScanEvent]
    face_checks: list[DecidedFaceEvent]


def history_of(user_id: str) -> CaseHistory:
    """Return what the newest hundred audit events tell of scans and face checks. One Query."""
    events = case_store.trail(user_id, _EVENTS)
    asked = {one.detail["face_check_id"]: one.detail for one in events if one.event == "face_check_requested"}
    scans = [_scan(one) for one in events if one.event in _SCANS]
    return CaseHistory(scans, [face for one in events if (face := _face(one, asked)) is not None])


def _scan(event: AuditEvent) -> DecidedScanEvent:
    detail = event.detail
    mismatched = detail.get("mismatched", [])
    return DecidedScanEvent(detail["side"], _SCANS[event.event], detail["reasons"], mismatched, event.at)


def _face(event: AuditEvent, asked: dict[str, Any]) -> DecidedFaceEvent | None:
    """A face check of the application; checks for anything else are not the reviewer's business."""
    request = asked.get(event.detail.get("face_check_id")) if event.event in _FACES else None
    if request is None or request["purpose"] != "identity":
        return None
    return DecidedFaceEvent(request["method"], _FACES[event.event], event.detail["reasons"], event.at)


def decided(
    identity: Identity, decision: Literal["approve", "reject"], code: str | None, comment: str | None, by: Reviewer
) -> Action:
    """Return the change of an identity that remembers a decision."""
    this = {
        "at": clock.rfc3339(clock.now()),
        "decision": decision,
        "code": code,
        "comment": comment,
        "by": by.user_id,
        "by_masked": by.masked,
    }
    kept = {name: value for name, value in this.items() if value is not None}
    action: Action = Identity.decisions.set([*identity.decisions, kept][-_DECISIONS:])
    return action


def earlier_decisions(identity: Identity) -> list[EarlierIdentityDecision]:
    """Return the decisions of reviewers, newest first."""
    return [
        EarlierIdentityDecision(
            datetime.fromisoformat(one["at"]),
            one["decision"],
            cast("RejectionCode | None", one.get("code")),
            one.get("comment"),
            one.get("by_masked"),
        )
        for one in reversed(identity.decisions)
    ]
