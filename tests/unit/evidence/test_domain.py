"""Chains against the evidence: whatever somebody who can write the table does to one shows."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from functions.evidence.domain import RECORDED_WITHIN_S, Event, Evidence, check_chain

OLD = RECORDED_WITHIN_S + 1.0


def chain(plain: int, keyed: int, *, salt: str = "", age_s: float = OLD) -> list[Event]:
    """A whole chain: some plain events, then some keyed ones."""
    events: list[Event] = []
    previous = ""
    for version in range(1, plain + keyed + 1):
        hash_ = hashlib.sha256(f"{salt}{version}{previous}".encode()).hexdigest()
        events.append(Event(version, previous, hash_, keyed=version > plain, sound=True, age_s=age_s))
        previous = hash_
    return events


def kept_of(events: list[Event]) -> Evidence:
    """What the evidence has of a whole chain."""
    plain = [event for event in events if not event.keyed]
    return Evidence(
        {event.version: frozenset({event.hash}) for event in events if event.keyed},
        {plain[-1].version: frozenset({plain[-1].hash})} if plain else {},
    )


def head_of(events: list[Event]) -> tuple[int, str]:
    """The version and hash of the thing that a chain is of."""
    return (events[-1].version, events[-1].hash) if events else (0, "")


CHAINS = st.tuples(st.integers(0, 3), st.integers(0, 5)).map(lambda lengths: chain(*lengths))


@given(CHAINS)
def test_a_whole_chain_holds(events: list[Event]) -> None:
    """Plain up to its attestation, keyed from there on."""
    assert check_chain(events, *head_of(events), kept_of(events)) is None


@given(CHAINS.filter(bool), st.data())
def test_a_chain_that_is_cut_with_its_thing_shows(events: list[Event], data: st.DataObject) -> None:
    """The newest events removed and the counter put back, or all of them: the evidence knows how long it was."""
    left = events[: data.draw(st.integers(0, len(events) - 1))]
    finding = check_chain(left, *head_of(left), kept_of(events))
    assert finding == (len(left) + 1, "missing")


@given(CHAINS.filter(bool), st.data())
def test_a_chain_that_is_written_again_shows(events: list[Event], data: st.DataObject) -> None:
    """Another history under the right keys, or a wholly plain one as long: it is not what was recorded."""
    as_plain = data.draw(st.booleans())
    other = chain(len(events) if as_plain else 0, 0 if as_plain else len(events), salt="x")
    finding = check_chain(other, *head_of(other), kept_of(events))
    assert finding is not None
    assert finding.problem in {"contradicted", "not_keyed"}


@given(CHAINS.filter(bool), st.data())
def test_any_one_change_shows(events: list[Event], data: st.DataObject) -> None:
    """An event that is altered, replaced, taken out or added anywhere."""
    kept, head = kept_of(events), head_of(events)
    place = data.draw(st.integers(0, len(events) - 1))
    done = data.draw(st.sampled_from(["altered", "replaced", "removed", "doubled"]))
    touched = list(events)
    if done == "altered":
        touched[place] = touched[place]._replace(sound=False)
    elif done == "replaced":
        touched[place] = touched[place]._replace(hash="x")
    elif done == "removed":
        del touched[place]
    else:
        touched.insert(place, touched[place])
    finding = check_chain(touched, *head, kept)
    assert finding is not None
    assert finding.version in {place + 1, place + 2, len(events)}


def test_plain_is_believed_only_as_far_as_it_was_attested() -> None:
    """After the migration a plain chain without an attestation is wrong, and so is a plain event after a keyed one."""
    events = chain(3, 0)
    assert check_chain(events, *head_of(events), Evidence({}, {})) == (1, "not_attested")
    attested = Evidence({}, {2: frozenset({events[1].hash})})
    assert check_chain(events, *head_of(events), attested) == (3, "not_keyed")
    mixed = [*chain(0, 2), chain(0, 3)[2]._replace(keyed=False)]
    assert check_chain(mixed, *head_of(mixed), kept_of(mixed[:2])) == (3, "not_keyed")


def test_a_second_attestation_or_record_of_a_version_is_a_contradiction() -> None:
    """What was kept first cannot be removed, so whatever is kept beside it shows."""
    events = chain(2, 2)
    kept = kept_of(events)
    twice = Evidence({**kept.keyed, 4: frozenset({events[3].hash, "x"})}, kept.plain)
    assert check_chain(events, *head_of(events), twice) == (4, "contradicted")
    longer = Evidence(kept.keyed, {**kept.plain, 3: frozenset({"x"})})
    assert check_chain(events, *head_of(events), longer) == (3, "contradicted")


def test_a_new_event_may_wait_for_its_record_and_an_old_one_may_not() -> None:
    """The stream takes seconds; after an hour a record that is missing is a finding."""
    new, old = chain(0, 1, age_s=5), chain(0, 1)
    assert check_chain(new, *head_of(new), Evidence({}, {})) is None
    assert check_chain(old, *head_of(old), Evidence({}, {})) == (1, "not_recorded")
