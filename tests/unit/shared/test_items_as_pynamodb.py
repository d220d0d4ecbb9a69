"""Items are made, written and read as PynamoDB itself would, for every kind in the table (ADR 62)."""

from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

from functions.shared import table
from functions.shared.table.auth import Session
from functions.shared.table.base import Choice, Item, Timestamp
from functions.shared.table.keys import Key

for module in iter_modules(table.__path__, "functions.shared.table."):
    import_module(module.name)


def kinds(kind: type[Item] = Item) -> list[type[Item]]:
    """Every kind of item."""
    below = [one for child in kind.__subclasses__() for one in kinds(child)]
    return [kind, *below] if kind._get_discriminator_attribute().get_discriminator(kind) else below


KINDS = kinds()
WORDS = st.text(max_size=8)
NUMBERS = st.integers(-(10**12), 10**12)
PLAIN = st.recursive(st.booleans() | NUMBERS | WORDS, lambda inner: st.lists(inner, max_size=2), max_leaves=4)
SECONDS = st.integers(0, 7_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
VALUES: dict[type[Attribute[Any]], st.SearchStrategy[Any]] = {
    UnicodeAttribute: WORDS,
    Choice: WORDS,
    NumberAttribute: NUMBERS,
    Timestamp: SECONDS,
    BooleanAttribute: st.booleans(),
    BinaryAttribute: st.binary(max_size=8),
    JSONAttribute: PLAIN | st.dictionaries(WORDS, PLAIN, max_size=2),
    ListAttribute: st.lists(WORDS | NUMBERS, max_size=2),
    MapAttribute: st.dictionaries(WORDS, NUMBERS, max_size=2),
}


def values_of(kind: type[Item]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for some of the attributes of a kind, None among them where it is allowed."""
    chosen = {}
    for name, attribute in kind.get_attributes().items():
        if name not in {"pk", "sk"} and not isinstance(attribute, DiscriminatorAttribute):
            values = VALUES[type(attribute)]
            chosen[name] = values | st.none() if attribute.null else values
    return st.fixed_dictionaries({}, optional=chosen)


def shown(item: Item) -> dict[str, Any]:
    """The attributes of an item; a map, which does not compare, by its type and content."""
    values = {name: getattr(item, name) for name in item.get_attributes()}
    return {
        name: (MapAttribute, one.as_dict()) if isinstance(one, MapAttribute) else one for name, one in values.items()
    }


def outcome(call: Any) -> Any:
    """What a call gives, or the attribute that it misses."""
    try:
        return call()
    except AttributeNullError as error:
        return str(error)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_every_kind_is_pynamodbs(kind: type[Item], data: st.DataObject) -> None:
    """Made, written and read either way, an item is the same: with missing, null and unknown attributes too."""
    pk, sk = data.draw(st.text(min_size=1, max_size=4)), data.draw(st.text(min_size=1, max_size=4))
    values = data.draw(values_of(kind))
    ours, theirs = kind.new(Key(pk, sk), **values), kind(pk, sk, **values)
    for null_check in (True, False):
        assert outcome(lambda null_check=null_check: ours.serialize(null_check)) == outcome(
            lambda null_check=null_check: theirs._container_serialize(null_check)
        )
    stored = theirs._container_serialize(null_check=False)
    for name in data.draw(st.lists(st.sampled_from(sorted(set(stored) - {"pk", "sk", "kind"}) or ["other"]))):
        stored[name] = {"NULL": True}
    stored["of_a_later_version"] = {"S": "x"}
    read = kind.from_raw_data(stored)
    plain = Model.from_raw_data.__func__(Item, stored)  # type: ignore[attr-defined]
    assert type(read) is type(plain) is kind
    assert read._container_serialize(null_check=False) == plain._container_serialize(null_check=False)
    assert shown(read) == shown(plain)
    assert shown(ours) == shown(theirs)


def test_kinds_were_found() -> None:
    """The table has its kinds, and each has an own value of every default."""
    assert len(KINDS) > 30
    one, other = (kind.new(Key("a", "b")) for kind in (KINDS[0], KINDS[0]))
    assert one.attribute_values == other.attribute_values
    assert one.attribute_values is not other.attribute_values


def test_a_wrong_name_or_kind_is_refused() -> None:
    """An attribute that does not exist, and an item of another kind, are no item."""
    with pytest.raises(TypeError):
        Session.new(Key("a", "b"), nothing="x")
    stored = Session.new(Key("a", "b")).serialize(null_check=False)
    others = [kind for kind in KINDS if kind is not Session]
    with pytest.raises(TypeError):
        others[0].from_raw_data(stored)
