"""The base of every item in the one table, and the attributes that PynamoDB lacks.

All items share one connection, and so one client and one pool for the process: it is made here, at import, because
each model class would otherwise make its own (PynamoDB 6.1 looks for `_connection` on the class it is called on).
"""

import functools
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Self, TypeVar

from botocore.session import Session
from pynamodb.attributes import Attribute, DiscriminatorAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection.base import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.constants import NULL, NUMBER, STRING
from pynamodb.exceptions import AttributeNullError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.shared import clients
from functions.shared.config import settings
from functions.shared.table.keys import Key


class Timestamp(Attribute[datetime]):
    """A moment in whole seconds, kept as a number so that conditions and the table's TTL can compare it."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """Seconds since 1970 as DynamoDB's number string."""
        return str(int(value.timestamp()))

    def deserialize(self, value: str) -> datetime:
        """An aware time in UTC."""
        return datetime.fromtimestamp(int(value), UTC)


ChoiceT = TypeVar("ChoiceT", bound=str)


class Choice(Attribute[ChoiceT], Generic[ChoiceT]):
    """One of a few words, such as a status."""

    attr_type = STRING


class Gsi1(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]  # PynamoDB 6.1: untyped hook
    """The one sparse index: `gsi1pk` is a queue or a set, `gsi1sk` the order in it."""

    class Meta:  # noqa: D106 - PynamoDB's way to configure
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


ItemT = TypeVar("ItemT", bound="Item")


class Item(Model):
    """What every item has: its key, its kind, and a time after which the table's TTL may remove it.

    The TTL only cleans up: a condition or a comparison decides what has expired.
    """

    class Meta:  # noqa: D106 - PynamoDB's way to configure
        table_name = settings().table_name

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = Timestamp(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi1: ClassVar[Gsi1] = Gsi1()

    @property
    def key(self) -> Key:
        """The primary key."""
        return Key(self.pk, self.sk)

    @classmethod
    def new(cls, key: Key, **attributes: Any) -> Self:
        """A new item of this class at a key. Raises `TypeError` for what is no attribute of it."""
        if not attributes.keys() <= cls.get_attributes().keys():
            raise TypeError(f"{cls.__name__} has no {', '.join(attributes.keys() - cls.get_attributes().keys())}")
        made = cls.__new__(cls)
        made.attribute_values = {**_defaults(cls), "pk": key.pk, "sk": key.sk, "kind": cls, **attributes}
        return _with_maps(made)

    # `new` and the next two do what PynamoDB (6.1) does, in a third of the time: ADR 62.

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """An item as DynamoDB gave it, of its own kind. Raises `TypeError` for one of another kind than asked for."""
        kind = cls._get_discriminator_class(data) or cls
        if not issubclass(kind, cls):
            raise TypeError(f"A {kind.__name__} is no {cls.__name__}")
        made: Self = kind.__new__(kind)
        made.attribute_values = values = _defaults(kind)
        for name, attribute in kind.get_attributes().items():
            stored = data.get(attribute.attr_name)
            if stored and NULL not in stored:
                values[name] = attribute.deserialize(attribute.get_value(stored))
        return _with_maps(made)

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:  # noqa: FBT001, FBT002 - PynamoDB's name
        """The item as DynamoDB takes it. Raises `AttributeNullError` for a missing one that must be there."""
        stored: dict[str, dict[str, Any]] = {}
        for name, attribute in self.get_attributes().items():
            value = self.attribute_values.get(name)
            given = None if value is None else attribute.serialize(value)
            if given is not None:
                stored[attribute.attr_name] = {attribute.attr_type: given}
            elif null_check and not attribute.null:
                raise AttributeNullError(name)
        return stored


def _defaults(kind: type[Item]) -> dict[str, Any]:
    """The attributes of a kind that have a value without being given one: a dictionary of its own at each call."""
    return {name: made() if callable(made) else made for name, made in _with_default(kind)}


@functools.cache
def _with_default(kind: type[Item]) -> list[tuple[str, Any]]:
    return [(name, one.default) for name, one in kind.get_attributes().items() if one.default is not None]


def _with_maps(item: ItemT) -> ItemT:
    """The item, its maps converted as PynamoDB converts them when they are set."""
    for name in _maps(type(item)):
        setattr(item, name, item.attribute_values.get(name))
    return item


@functools.cache
def _maps(kind: type[Item]) -> list[str]:
    return [name for name, one in kind.get_attributes().items() if isinstance(one, MapAttribute)]


class Audited(Item):
    """A thing with a life: `version` counts its changes and `chain_hash` is the hash of its newest audit event.

    `version` is also the optimistic lock: every change is conditional on the version it was decided on.
    """

    version = NumberAttribute(default=0)
    chain_hash = UnicodeAttribute(default="")


class OneSession(Connection):
    """A connection whose client is one of the process's session; PynamoDB (6.1) would make a session of its own."""

    @property
    def session(self) -> Session:
        """The session of all clients."""
        return clients.session()


def connection() -> TableConnection:
    """The one connection of the process."""
    return Item._get_connection()  # noqa: SLF001 - PynamoDB 6.1 offers no public way to the connection it shares


def _share_session(table: TableConnection) -> None:
    meta = table.get_meta_table()
    table.connection = OneSession(
        connect_timeout_seconds=clients.CONNECT_TIMEOUT_S,
        read_timeout_seconds=clients.READ_TIMEOUT_S,
        max_retry_attempts=2,
    )
    table.connection.add_meta_table(meta)


_share_session(connection())
