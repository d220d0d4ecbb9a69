"""The audit trail: a chain in which every tampering shows."""

import copy
import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared import audit, clock, derived_keys, personal_data
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.base import Audited

DETAILS = st.dictionaries(st.text(max_size=5), st.integers(-5, 5) | st.text(max_size=5) | st.booleans(), max_size=3)
HISTORIES = st.lists(st.tuples(st.sampled_from(["signed_in", "phone_bound"]), DETAILS), min_size=1, max_size=6)
SIGNERS = ["functions", "operator", None]
COVERED = ["keyed_by", "event", "actor", "detail", "at", "pk", "sk", "previous_hash", "hash", "version"]


class Kms:
    """KMS, as far as keys are derived: a MAC that depends on key and message."""

    def generate_mac(self, **asked: Any) -> dict[str, bytes]:
        """The MAC."""
        return {"Mac": hmac.digest(asked["KeyId"].encode(), asked["Message"], "sha256")}


@pytest.fixture(scope="module", autouse=True)
def _kms() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (derived_keys, personal_data):
            patch.setattr(module, "kms", Kms)
        for derived in (derived_keys.derived_key, derived_keys.chain_key):
            derived.cache_clear()
        yield
        for derived in (derived_keys.derived_key, derived_keys.chain_key):
            derived.cache_clear()


class Recorder:
    """A transaction that only writes down what it was asked to do."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.written: list[AuditEvent] = []
        self.updates: list[tuple[Any, list[Any], Any, Any]] = []

    def create(self, item: Any, **_: Any) -> None:
        """Take an event."""
        if isinstance(item, AuditEvent):
            self.written.append(item)

    def update(self, item: Any, actions: list[Any], condition: Any, *, on_failure: Any) -> None:
        """Take a change."""
        self.updates.append((item, actions, condition, on_failure))


def lived(history: list[tuple[str, dict[str, Any]]]) -> tuple[list[AuditEvent], Audited]:
    """All events of a thing with this history, and the thing as it then stands."""
    tx: Any = Recorder()
    thing = User.new(keys.user("u1"), user_id="u1")
    for place, (event, detail) in enumerate(history):
        if place == 0:
            audit.create(tx, thing, event, actor="u1", detail=detail)
        else:
            audit.change(tx, thing, [], event, actor="u1", detail=detail)
            thing.version, thing.chain_hash = tx.written[-1].version, tx.written[-1].hash
    return tx.written, thing


@given(HISTORIES)
def test_untouched_chain_holds(history: list[tuple[str, dict[str, Any]]]) -> None:
    """A history as it was written is whole, and its versions count from one."""
    events, thing = lived(history)
    assert audit.first_invalid_version(events, thing) is None
    assert [event.version for event in events] == list(range(1, len(history) + 1))
    assert thing.version == len(history)


@given(HISTORIES, st.data(), st.sampled_from(COVERED))
def test_every_altered_attribute_shows(history: list[tuple[str, dict[str, Any]]], data: Any, name: str) -> None:
    """Whatever is altered in an event, the chain breaks at that event."""
    events, thing = lived(history)
    place = data.draw(st.integers(0, len(events) - 1))
    altered = copy.deepcopy(events[place])
    changed = {
        "at": altered.at + timedelta(seconds=1),
        "detail": {**altered.detail, "added": 1},
        "version": altered.version + 1,
        "keyed_by": data.draw(st.sampled_from([one for one in SIGNERS if one != altered.keyed_by])),
    }
    setattr(altered, name, changed.get(name, f"{getattr(altered, name)}x"))
    events[place] = altered
    assert audit.first_invalid_version(events, thing) == place + 1


@given(HISTORIES, st.data())
def test_altered_and_rehashed_event_shows(history: list[tuple[str, dict[str, Any]]], data: Any) -> None:
    """An event that is altered and hashed again breaks its successor; the newest one breaks itself."""
    events, thing = lived(history)
    place = data.draw(st.integers(0, len(events) - 1))
    events[place].actor = "somebody-else"
    events[place].hash = audit.event_hash(events[place])
    assert audit.first_invalid_version(events, thing) == min(place + 2, len(events))


@given(HISTORIES, st.data())
def test_an_altered_event_cannot_be_hashed_without_the_key(
    history: list[tuple[str, dict[str, Any]]], data: Any
) -> None:
    """Anyone who recomputes the chain from public content alone, from an altered event on, is found at that event."""
    events, thing = lived(history)
    place = data.draw(st.integers(0, len(events) - 1))
    events[place].actor = "somebody-else"
    previous = events[place].previous_hash
    for event in events[place:]:
        event.previous_hash = previous
        event.hash = previous = hashlib.sha256(repr(event.attribute_values).encode()).hexdigest()
    thing.chain_hash = previous
    assert audit.first_invalid_version(events, thing) == place + 1


def test_nobody_signs_under_a_name_that_has_no_key() -> None:
    """A signer that does not exist has no key, so nothing is believed of it."""
    with pytest.raises(ValueError, match="no one signs"):
        derived_keys.chain_key("somebody")
    assert derived_keys.chain_key("operator") != derived_keys.chain_key("functions")


@given(HISTORIES, st.data())
def test_missing_event_shows(history: list[tuple[str, dict[str, Any]]], data: Any) -> None:
    """A removed event is the first broken one, wherever it stood."""
    events, thing = lived(history)
    place = data.draw(st.integers(0, len(events) - 1))
    del events[place]
    assert audit.first_invalid_version(events, thing) == place + 1


@given(HISTORIES)
def test_added_event_shows(history: list[tuple[str, dict[str, Any]]]) -> None:
    """An event that the thing does not know of shows, however well it is chained."""
    events, thing = lived([*history, ("signed_in", {})])
    thing.version, thing.chain_hash = events[-2].version if len(events) > 1 else 0, events[-1].previous_hash
    assert audit.first_invalid_version(events, thing) == len(events)


def test_a_thing_that_was_altered_shows() -> None:
    """A hash that no event has breaks the newest one, or the first one where there is none."""
    events, thing = lived([("signed_in", {})])
    thing.chain_hash = "x"
    assert audit.first_invalid_version(events, thing) == 1
    thing.version = 0
    assert audit.first_invalid_version([], thing) == 1


@pytest.mark.parametrize("with_condition", [False, True])
def test_change_is_conditional_on_the_version(with_condition: bool) -> None:
    """A change requires the version it was decided on, and the caller's condition beside it."""
    tx: Any = Recorder()
    thing = User.new(keys.user("u1"), user_id="u1", version=3, chain_hash="h")
    condition = User.merged_into.does_not_exist() if with_condition else None
    audit.change(tx, thing, [User.name_masked.set("王**")], "named", actor="u1", condition=condition)
    ((item, actions, stated, on_failure),) = tx.updates
    assert item is thing
    assert len(actions) == 3
    assert on_failure is audit.VersionConflict
    assert "version" in str(stated)
    assert ("merged_into" in str(stated)) is with_condition
    assert tx.events == {"named": 1}
    assert tx.written[0].version == 4
    assert tx.written[0].previous_hash == "h"
    assert tx.written[0].key == keys.audit_event(thing.key, 4)
    assert abs(clock.now() - tx.written[0].at) < timedelta(seconds=5)
