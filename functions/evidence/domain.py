"""What a chain of audit events is checked against, and what can be wrong with it. Plain Python.

A chain is plain up to the version that the migration attested, and keyed from there on. So a keyed chain cannot be
replaced by a plain one, which anybody could compute: a plain event beyond the attestation is wrong by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Problem = Literal[
    "missing",  # there is no event of this version, or it is not the thing's
    "altered",  # its hash or MAC is not that of its content
    "not_keyed",  # it is plain, where the chain must be keyed
    "not_attested",  # the thing was not migrated: run `health-talent audit migrate`
    "not_recorded",  # the evidence has no record of it, though it is old enough
    "contradicted",  # the evidence has a record of another event of this version
]


class Event(NamedTuple):
    """An audit event, as far as the check needs it: `sound` is whether its hash is that of its content."""

    version: int
    previous_hash: str
    hash: str
    keyed: bool
    sound: bool
    age_s: float


class Evidence(NamedTuple):
    """What is kept of one chain: the MACs recorded for each version, and the plain hashes that were attested."""

    keyed: Mapping[int, frozenset[str]]
    plain: Mapping[int, frozenset[str]]

    @property
    def length(self) -> int:
        """The newest version that anything is kept of."""
        return max([*self.keyed, *self.plain], default=0)


class Finding(NamedTuple):
    """The first version of a chain that is not right, and why."""

    version: int
    problem: Problem


RECORDED_WITHIN_S = 3_600  # the stream takes seconds; an hour is when its alarm has long been heard


def check_chain(events: Sequence[Event], version: int, chain_hash: str, evidence: Evidence) -> Finding | None:
    """The first thing that is wrong with a chain, or None.

    `events` are in the order of their versions; `version` and `chain_hash` are those of the thing they are about.
    """
    plain_until = max(evidence.plain, default=0)
    previous = ""
    for place, event in enumerate(events, start=1):
        if event.version != place or place > version or event.previous_hash != previous:
            return Finding(place, "missing")
        if not event.sound:
            return Finding(place, "altered")
        problem = _problem_of(event, plain_until, evidence)
        if problem is not None:
            return Finding(place, problem)
        previous = event.hash
    if len(events) < max(version, evidence.length):
        return Finding(len(events) + 1, "missing")
    return None if previous == chain_hash else Finding(max(1, len(events)), "altered")


def _problem_of(event: Event, plain_until: int, evidence: Evidence) -> Problem | None:
    attested = evidence.plain.get(event.version)
    if attested is not None and attested != {event.hash}:
        return "contradicted"
    recorded = evidence.keyed.get(event.version)
    if recorded is not None and recorded != {event.hash}:
        return "contradicted"
    if not event.keyed:
        return None if event.version <= plain_until else "not_keyed" if evidence.length else "not_attested"
    if event.version <= plain_until:
        return "contradicted"
    return "not_recorded" if recorded is None and event.age_s > RECORDED_WITHIN_S else None
