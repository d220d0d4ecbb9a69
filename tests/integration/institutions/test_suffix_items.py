"""Suffix items, which are made and serialized in a way of their own, are what PynamoDB would make of them."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.institutions import store
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.institutions import NameSuffix

texts = st.text(min_size=1, max_size=20)


values_given = st.fixed_dictionaries(
    {"before": st.none() | texts, "name": st.none() | texts, "supervisor_code": st.none() | texts, "category": texts}
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text takes a second on a busy machine
@given(texts, texts, values_given)
def test_the_short_way_is_the_long_way(suffix: str, code: str, values: dict[str, str | None]) -> None:
    """Made either way, the item is the same, and so is what is written of it, and read back."""
    key = keys.name_suffix(suffix, code)
    short, long = NameSuffix.new(key, **values), NameSuffix(key.pk, key.sk, **values)
    assert short.attribute_values == long.attribute_values
    assert short.key == key
    assert short.get_save_kwargs_from_instance() == Item.get_save_kwargs_from_instance(long)
    new = Item.pk.does_not_exist()
    assert short.get_save_kwargs_from_instance(new) == Item.get_save_kwargs_from_instance(long, new)
    read = store._found(short.to_dynamodb_dict())
    assert (read.sk, read.supervisor_code, read.category) == (key.sk, values["supervisor_code"], values["category"])
    assert read.normalized == (values["before"] or "") + key.sk.rpartition("#")[0]
    assert read.name == (values["name"] or read.normalized)
