"""Verification: a chain of audit events, its thing and the evidence, compared by the function that has the keys.

Whoever asks for it gets verdicts, never a MAC, so that asking helps nobody to forge.
"""

import itertools
from typing import NamedTuple

import msgspec

from functions.evidence import gateways, store
from functions.evidence.domain import Event, Evidence, Finding, check_chain
from functions.evidence.gateways import CHAINS, Record, chain_name
from functions.shared import audit, clock
from functions.shared.table.audit import AuditEvent
from functions.shared.table.keys import Key
from functions.shared.table.transactions import Stale, decide_again

CHAINS_AT_ONCE = 50  # of one call: well within the function's time
# Things that the table's TTL removes while their trail stays: they are compared with the evidence alone.
_EXPIRING = ("JOB#",)


class Verdict(msgspec.Struct, frozen=True):
    """What was found of one chain: how many events, from which version on it is keyed, and the first that is wrong."""

    pk: str
    sk: str
    events: int
    keyed_from: int | None
    wrong: int | None = None
    problem: str | None = None


class VerdictPage(NamedTuple):
    """The verdicts of some chains, and where the next ones begin."""

    verdicts: list[Verdict]
    following: str | None


def verify_chain(key: Key) -> Verdict:
    """The verdict on one thing. Two reads and two Queries, one listing."""
    return _verdict(key, list(gateways.records(chain_name(key))))


def verify_page(kind: str, after: str | None) -> VerdictPage:
    """The next chains of a kind (`GRANT`; all where it is empty) of which there is evidence, in the order of keys."""
    prefix = f"{CHAINS}{kind}!" if kind else CHAINS
    verdicts: list[Verdict] = []
    last = after
    for key, kept in itertools.groupby(gateways.records(prefix, after or ""), lambda record: record.key):
        if len(verdicts) == CHAINS_AT_ONCE:
            return VerdictPage(verdicts, last)
        found = list(kept)
        verdicts.append(_verdict(key, found))
        last = found[-1].name
    return VerdictPage(verdicts, None)


@decide_again
def _verdict(key: Key, kept: list[Record]) -> Verdict:
    before = store.head(key)
    events = store.events(key)
    if store.head(key) != before:
        raise Stale  # an event that came meanwhile looks like one too many
    evidence = _evidence(kept)
    version, chain_hash = before if before is not None else (0, "")
    if before is None and key.pk.startswith(_EXPIRING) and events and evidence.length:
        version, chain_hash = evidence.length, events[-1].hash
    finding = check_chain([_event(one) for one in events], version, chain_hash, evidence)
    keyed_from = next((int(one.version) for one in events if one.keyed_by is not None), None)
    return _told(key, len(events), keyed_from, finding)


def _told(key: Key, events: int, keyed_from: int | None, finding: Finding | None) -> Verdict:
    if finding is None:
        return Verdict(key.pk, key.sk, events, keyed_from)
    return Verdict(key.pk, key.sk, events, keyed_from, finding.version, finding.problem)


def _event(event: AuditEvent) -> Event:
    # A person may not sign for the functions: what the operator's key signs was done by an operator's command.
    is_persons = event.keyed_by == "operator" and len(event.actor) == _USER_ID_LENGTH
    return Event(
        version=int(event.version),
        previous_hash=event.previous_hash,
        hash=event.hash,
        keyed=event.keyed_by is not None,
        sound=not is_persons and _is_sound(event),
        age_s=(clock.now() - event.at).total_seconds(),
    )


def _is_sound(event: AuditEvent) -> bool:
    try:
        return event.hash == audit.event_hash(event)
    except ValueError:  # a signer that does not exist
        return False


_USER_ID_LENGTH = 32


def _evidence(kept: list[Record]) -> Evidence:
    keyed: dict[int, frozenset[str]] = {}
    plain: dict[int, frozenset[str]] = {}
    for record in kept:
        known = plain if record.plain else keyed
        known[record.version] = known.get(record.version, frozenset()) | {record.hash}
    return Evidence(keyed, plain)
