"""The names of institutions and businesses by their keys, for areas that show them and know nothing else of them."""

from collections.abc import Iterable

from functions.shared.table.base import Item
from functions.shared.table.grants import Business
from functions.shared.table.institutions import Institution
from functions.shared.table.keys import Key


def names_of(wanted: Iterable[Key]) -> dict[Key, str]:
    """Return the name of each of these that exists. One BatchGetItem for each hundred, of the names alone."""
    found = Item.batch_get(wanted, attributes_to_get=["pk", "sk", "kind", "name"])
    return {item.key: item.name for item in found if isinstance(item, Business | Institution)}
