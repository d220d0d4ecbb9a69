"""Comparing the hourly heads with the table: each names the newest event of every chain that grew in its hour.

The hours are a chain too: each holds the hash of the one before, so that none can be left out or written again. What
was written first counts; the bucket keeps it whatever is written later under the same name.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple

import msgspec

from functions.evidence import gateways, store
from functions.evidence.gateways import HEADS, HOURS
from functions.evidence.recording import SETTLED, Heads, hour_name
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.keys import Key

HOURS_AT_ONCE = 48  # of one call
_LATE = timedelta(hours=2)  # after an hour has settled, until its heads are missed: the rule comes once an hour

HourProblem = Literal[
    "missing",  # nothing was written for this hour
    "altered",  # it cannot be read, or does not follow from the hour before
    "written_again",  # something else was written under its name later
    "contradicted",  # the event that it names is not in the table, or is another one
]


class HourFinding(msgspec.Struct, frozen=True):
    """What is wrong with an hour, and of which chain where it is one."""

    hour: str
    problem: HourProblem
    pk: str | None = None
    sk: str | None = None


class HoursChecked(NamedTuple):
    """How many hours were compared, what is wrong with them, and the last of them unless there are no more."""

    hours: int
    findings: list[HourFinding]
    next_hour: str | None


def verify_hours(after: str | None) -> HoursChecked:
    """Compare the heads of the next hours. One listing, a GetObject for each hour, a BatchGetItem for 100 chains."""
    found = gateways.kept(HEADS, HEADS + after if after else "")
    heads = list(islice(found, HOURS_AT_ONCE))
    findings: list[HourFinding] = []
    before, previous = after, _hash_of(after)
    for one in heads:
        hour = one.name.removeprefix(HEADS)
        if before is not None and hour != _next(before):
            findings.append(HourFinding(_next(before), "missing"))
        if one.is_written_again:
            findings.append(HourFinding(hour, "written_again"))
        content = gateways.read_first(one)
        findings += _wrong_in(hour, content, previous)
        before, previous = hour, hashlib.sha256(content).hexdigest()
    if len(heads) == HOURS_AT_ONCE:
        return HoursChecked(len(heads), findings, before)
    missed = _missed_since(before)
    return HoursChecked(len(heads), [*findings, HourFinding(missed, "missing")] if missed else findings, None)


def _wrong_in(hour: str, content: bytes, previous: str | None) -> list[HourFinding]:
    try:
        heads = msgspec.json.decode(content, type=Heads)
    except msgspec.DecodeError:
        return [HourFinding(hour, "altered")]
    if (heads.hour, heads.previous) != (hour, previous):
        return [HourFinding(hour, "altered")]
    wanted: dict[Key, tuple[Key, str]] = {}
    for chain, (version, hash_) in heads.chains.items():
        pk, _, sk = chain.rpartition("/")
        wanted[keys.audit_event(Key(pk, sk), version)] = (Key(pk, sk), hash_)
    events = store.events_at(list(wanted))
    return [
        HourFinding(hour, "contradicted", *about)
        for place, (about, hash_) in wanted.items()
        if place not in events or events[place].hash != hash_
    ]


def _hash_of(hour: str | None) -> str | None:
    """The hash of an hour's heads as they were first written."""
    kept = next(gateways.kept(HEADS + hour), None) if hour else None
    return hashlib.sha256(gateways.read_first(kept)).hexdigest() if kept is not None else None


def _missed_since(last: str | None) -> str | None:
    """The first hour after the last one, or with a record, whose heads should be there by now."""
    if last is None:
        first = next(gateways.names(HOURS), None)
        wanted = first.removeprefix(HOURS).partition("/")[0] if first else None
    else:
        wanted = _next(last)
    due = hour_name(clock.now() - SETTLED - _LATE)
    return wanted if wanted is not None and wanted < due else None


def _next(hour: str) -> str:
    return hour_name(datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC) + timedelta(hours=1))
