"""The audit trail: no state changes without an event that says what happened, in the same transaction.

Events of one thing form a chain: each carries the hash of the one before, and the thing carries its version and the
newest hash. The version is also the optimistic lock, so two changes decided on the same state cannot both happen.

The hash is a MAC. Its key says who could have written the event: `functions` is derived from a KMS key that only the
functions may use, `operator` from one that the operator's commands use, and only for what they do themselves. Events of
earlier versions have a plain hash; where they end is kept beyond the table's reach (`functions.evidence`).
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared import clock
from functions.shared.config import settings
from functions.shared.derived_keys import chain_key
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.base import Audited
from functions.shared.table.transactions import DomainError, Transaction, VersionConflict

Detail = Mapping[str, Any]


def create(  # noqa: PLR0913 - a beginning has these parts
    tx: Transaction,
    thing: Audited,
    event: str,
    *,
    actor: str,
    detail: Detail | None = None,
    on_failure: DomainError = VersionConflict,
) -> None:
    """Let a thing begin: it is written with its first event; `on_failure` is raised when it is there already."""
    first = _next_event(thing, event, actor, detail)
    thing.version, thing.chain_hash = first.version, first.hash
    tx.create(thing, on_failure=on_failure)
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
    on_failure: DomainError = VersionConflict,
) -> AuditEvent:
    """Change a thing as it was read: `on_failure` is raised when it has changed since, or `condition` fails.

    The event, whose `version` and `hash` are the thing's from then on.
    """
    next_event = _next_event(thing, event, actor, detail)
    unchanged = Audited.version == thing.version
    chain = [Audited.version.set(next_event.version), Audited.chain_hash.set(next_event.hash)]
    tx.update(
        thing, [*actions, *chain], unchanged if condition is None else unchanged & condition, on_failure=on_failure
    )
    _add(tx, next_event)
    return next_event


def _add(tx: Transaction, event: AuditEvent) -> None:
    tx.create(event)
    tx.events[event.event] += 1


def _next_event(thing: Audited, event: str, actor: str, detail: Detail | None) -> AuditEvent:
    next_event = AuditEvent.new(
        keys.audit_event(thing.key, int(thing.version) + 1),
        event=event,
        actor=actor,
        at=clock.now(),
        version=int(thing.version) + 1,
        detail=dict(detail or {}),
        previous_hash=thing.chain_hash,
        keyed_by=settings().audit_signer,
    )
    next_event.hash = event_hash(next_event)
    return next_event


def event_hash(event: AuditEvent, key_of: Callable[[str], bytes] = chain_key) -> str:
    """HMAC-SHA-256, in hexadecimal, over the event's place, content and predecessor; plain SHA-256 of an older one.

    `key_of` gives the key of a signer; it is another one where a platform's trail is read from outside.
    """
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
    if event.keyed_by is None:
        return hashlib.sha256(_encoded(covered)).hexdigest()
    return hmac.digest(key_of(event.keyed_by), _encoded([*covered, event.keyed_by]), hashlib.sha256).hex()


def _encoded(covered: list[Any]) -> bytes:
    return msgspec.json.encode(covered, order="deterministic")


def first_invalid_version(
    events: Sequence[AuditEvent], thing: Audited, key_of: Callable[[str], bytes] = chain_key
) -> int | None:
    """The version of the first event that is missing, altered or not the thing's, or None when the whole chain holds.

    `events` are all events of the thing in the order of their versions. Events with a plain hash hold here as far as
    their hashes do; whether they may be plain is for `functions.evidence` to say.
    """
    previous = ""
    for version, event in enumerate(events, start=1):
        right = event.version == version <= thing.version and event.previous_hash == previous
        if not right or event.hash != event_hash(event, key_of):
            return version
        previous = event.hash
    if len(events) < thing.version:
        return len(events) + 1
    # The newest event was altered together with its hash, or the thing was.
    return None if previous == thing.chain_hash else max(1, len(events))
