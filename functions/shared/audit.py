"""The audit trail: no state changes without an event that says what happened, in the same transaction.

Events of one thing form a chain: each carries the hash of the one before, and the thing carries its version and the
newest hash. The version is also the optimistic lock, so two changes decided on the same state cannot both happen.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.base import Audited
from functions.shared.table.transactions import Refusal, Stale, Transaction

Detail = Mapping[str, Any]


def create(  # noqa: PLR0913 - a beginning has these parts
    tx: Transaction, thing: Audited, event: str, *, actor: str, detail: Detail | None = None, otherwise: Refusal = Stale
) -> None:
    """Let a thing begin: it is written with its first event; `otherwise` is raised when it is there already."""
    first = _next_event(thing, event, actor, detail)
    thing.version, thing.chain_hash = first.version, first.hash
    tx.create(thing, otherwise=otherwise)
    _add(tx, first)


def change(  # noqa: PLR0913 - one change has these parts
    tx: Transaction,
    thing: Audited,
    actions: Sequence[Action],
    event: str,
    *,
    actor: str,
    detail: Detail | None = None,
    condition: Condition | None = None,
    otherwise: Refusal = Stale,
) -> AuditEvent:
    """Change a thing as it was read: `otherwise` is raised when it has changed since, or `condition` fails.

    The event, whose `version` and `hash` are the thing's from then on.
    """
    following = _next_event(thing, event, actor, detail)
    unchanged = Audited.version == thing.version
    chain = [Audited.version.set(following.version), Audited.chain_hash.set(following.hash)]
    tx.update(thing, [*actions, *chain], unchanged if condition is None else unchanged & condition, otherwise=otherwise)
    _add(tx, following)
    return following


def _add(tx: Transaction, event: AuditEvent) -> None:
    tx.create(event)
    tx.events[event.event] += 1


def _next_event(thing: Audited, event: str, actor: str, detail: Detail | None) -> AuditEvent:
    following = AuditEvent.new(
        keys.audit_event(thing.key, int(thing.version) + 1),
        event=event,
        actor=actor,
        at=clock.now(),
        version=int(thing.version) + 1,
        detail=dict(detail or {}),
        previous_hash=thing.chain_hash,
    )
    following.hash = event_hash(following)
    return following


def event_hash(event: AuditEvent) -> str:
    """SHA-256, in hexadecimal, over the event's place, content and predecessor."""
    covered = [
        event.pk,
        event.sk,
        event.event,
        event.actor,
        int(event.at.timestamp()),
        int(event.version),
        event.detail,
        event.previous_hash,
    ]
    return hashlib.sha256(msgspec.json.encode(covered, order="deterministic")).hexdigest()


def first_broken(events: Sequence[AuditEvent], thing: Audited) -> int | None:
    """The version of the first event that is missing, altered or not the thing's, or None when the whole chain holds.

    `events` are all events of the thing in the order of their versions.
    """
    previous = ""
    for version, event in enumerate(events, start=1):
        right = event.version == version <= thing.version and event.previous_hash == previous
        if not right or event.hash != event_hash(event):
            return version
        previous = event.hash
    if len(events) < thing.version:
        return len(events) + 1
    # The newest event was altered together with its hash, or the thing was.
    return None if previous == thing.chain_hash else max(1, len(events))
