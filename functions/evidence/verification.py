"""Verification: a chain of audit events, its thing and the evidence, compared by the function that has the keys.

Anyone who asks for it gets verdicts, never a MAC, so that asking helps no one to forge. All chains are verified in
pieces, which anyone who asks may ask for at the same time.
"""

import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import msgspec

from functions.evidence import gateways, store
from functions.evidence.domain import Event, Evidence, Finding, check_chain
from functions.evidence.gateways import CHAINS, Record, chain_name
from functions.evidence.store import Head
from functions.shared import audit, clock
from functions.shared.table.audit import AuditEvent
from functions.shared.table.keys import Key
from functions.shared.table.transactions import VersionConflict, retry_on_conflict

CHAINS_AT_ONCE = 50  # of one call: well within the function's time
NAMES_AT_ONCE = 10_000  # of records, listed to divide the chains into pieces: ten calls
_THREADS = 8
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


class Pieces(NamedTuple):
    """The records with which pieces of the list of all chains end, and whether there are chains after the last one."""

    ends: list[str]
    more: bool


def verify_chain(key: Key) -> Verdict:
    """The verdict on one thing. Two reads and a Query, one listing."""
    return _verdict(key, list(gateways.records(chain_name(key))))


def list_pieces(after: str) -> Pieces:
    """Divide the chains of which there is evidence, after that of a record and in the order of keys, into pieces."""
    ends: list[str] = []
    names = chains = 0
    end = after
    for _, found in itertools.groupby(gateways.records(CHAINS, after), lambda record: record.key):
        kept = [record.name for record in found]
        names, chains, end = names + len(kept), chains + 1, kept[-1]
        if chains % CHAINS_AT_ONCE == 0:
            ends.append(end)
            if names >= NAMES_AT_ONCE:
                return Pieces(ends, more=True)
    return Pieces([*ends, end] if chains % CHAINS_AT_ONCE else ends, more=False)


def verify_piece(after: str, until: str) -> list[Verdict]:
    """The verdicts on the chains after that of one record, up to that of another one.

    For each fifty two BatchGetItems, and a Query for each chain, eight at a time. What a chain has got since the
    records were listed belongs to its own piece.
    """
    first, last = gateways.record_of(after).key if after else None, gateways.record_of(until).key
    chains: dict[Key, list[Record]] = {}
    for key, found in itertools.groupby(gateways.records(CHAINS, after), lambda record: record.key):
        if chain_name(key) > chain_name(last):
            break
        if key != first:
            chains[key] = list(found)
    verdicts: list[Verdict] = []
    wanted = list(chains)
    for start in range(0, len(wanted), CHAINS_AT_ONCE):
        verdicts += _verdicts({key: chains[key] for key in wanted[start : start + CHAINS_AT_ONCE]})
    return verdicts


def _verdicts(chains: Mapping[Key, list[Record]]) -> list[Verdict]:
    before = store.heads(list(chains))
    with ThreadPoolExecutor(_THREADS) as pool:
        events = list(pool.map(store.events, chains))
    after = store.heads(list(chains))
    return [
        _judged(key, kept, found, before.get(key)) if before.get(key) == after.get(key) else _verdict(key, kept)
        for (key, kept), found in zip(chains.items(), events, strict=True)
    ]


@retry_on_conflict
def _verdict(key: Key, kept: list[Record]) -> Verdict:
    before = store.head(key)
    events = store.events(key)
    if store.head(key) != before:
        raise VersionConflict  # an event that came meanwhile looks like one too many
    return _judged(key, kept, events, before)


def _judged(key: Key, kept: list[Record], events: list[AuditEvent], head: Head | None) -> Verdict:
    evidence = _evidence(kept)
    version, chain_hash = head if head is not None else (0, "")
    if head is None and key.pk.startswith(_EXPIRING) and events and evidence.length:
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
