"""Recording: each event's MAC when the stream brings it, and hourly the heads of the chains that grew.

An event is recorded as it is in the table, where only the functions can have written it: its MAC is checked first, so
that nothing else gets a record. A batch may come again: the same names are written.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from functions.evidence import gateways, store
from functions.evidence.gateways import HEADS, HOURS, Record
from functions.shared import audit, clock
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table_stream import Change

SETTLED = timedelta(minutes=10)  # after an hour: by then its last batches are recorded
_BACK = 48  # hours whose heads are written later where they could not be in time


class Heads(msgspec.Struct, frozen=True):
    """The newest record of each chain (`pk/sk`) that grew in an hour, and the hash of the heads of the hour before."""

    hour: str
    previous: str | None
    chains: dict[str, tuple[int, str]]


def record(changes: Sequence[Change]) -> int:
    """Record the events among the changes; how many. What happens to an event afterwards is an alarm alone."""
    written = dict.fromkeys(change.key for change in changes if change.what == "INSERT" and keys.audited(change.key))
    for change in changes:
        if change.what != "INSERT" and keys.audited(change.key):
            logger.error("audit_event_touched", key=f"{change.key.pk} / {change.key.sk}", what=change.what)
    found = store.events_at(list(written))
    made: list[Record] = []
    for place in written:
        event, about = found.get(place), keys.audited(place)
        if event is None or about is None or event.hash != audit.event_hash(event):
            logger.error("audit_event_touched", key=f"{place.pk} / {place.sk}", what="missing or altered")
        elif event.keyed_by is not None:  # the plain ones of earlier versions are the migration's
            made.append(Record(about[0], about[1], event.hash))
    for one in made:
        gateways.write(one.name)
    if made:
        content = msgspec.json.encode([[*one.key, one.version, one.hash] for one in made])
        gateways.write(f"{HOURS}{hour_name(clock.now())}/{hashlib.sha256(content).hexdigest()[:32]}", content)
    logger.info("evidence_recorded", count=len(made))
    return len(made)


def write_heads() -> list[str]:
    """Write the heads of every hour that is over and has none, of the last two days; their names, oldest first.

    Each names the hash of the one before, so that the hours are a chain too. An hour without events has heads as well:
    one that is missing shows that nothing was recorded.
    """
    until = clock.now() - SETTLED
    hours = [hour_name(until - timedelta(hours=back)) for back in range(_BACK, 0, -1)]
    months = dict.fromkeys(hour[: len("2026-11")] for hour in hours)
    there = {name.removeprefix(HEADS) for month in months for name in gateways.names(HEADS + month)}
    previous = _newest_before(hours[0], there)
    written: list[str] = []
    first = min(there, default=hours[-1])
    for hour in (one for one in hours if one >= first):
        if hour not in there:
            before = gateways.read_first(next(gateways.kept(HEADS + previous))) if previous else b""
            heads = Heads(hour, hashlib.sha256(before).hexdigest() if previous else None, _heads(hour))
            gateways.write(HEADS + hour, msgspec.json.encode(heads))
            written.append(hour)
        previous = hour
    return written


def _newest_before(hour: str, there: set[str]) -> str | None:
    return max((one for one in there if one < hour), default=None)


def _heads(hour: str) -> dict[str, tuple[int, str]]:
    heads: dict[str, tuple[int, str]] = {}
    for name in gateways.names(f"{HOURS}{hour}/"):
        for pk, sk, version, hash_ in msgspec.json.decode(gateways.read(name), type=list[tuple[str, str, int, str]]):
            chain = f"{pk}/{sk}"
            heads[chain] = max(heads.get(chain, (0, "")), (version, hash_))
    return heads


def hour_name(at: datetime) -> str:
    """An hour as it is in the names of objects."""
    return at.strftime("%Y-%m-%dT%H")
