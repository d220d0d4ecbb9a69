"""What DynamoDB bills, from the bytes: emulators count otherwise, or not all of it.

Sources: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats", "DynamoDB read and write operations" and
"Using Global Secondary Indexes"; for what it leaves open (a condition check is a write, and an index within a
transaction costs what it costs outside), what the DynamoDB conformance suite measured on AWS:
paritysuite/dynamodb-conformance pull request 67 and nubo-db/dynoxide pull request 188.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Value = Mapping[str, Any]  # `{"S": "text"}`
Item = Mapping[str, Value]
READ_BYTES, WRITE_BYTES = 4_096, 1_024
_CONTAINER, _ELEMENT = 3, 1


class Sizes:
    """The bytes of items; `stands_for` says of binary values how long they would be on AWS."""

    def __init__(self, stands_for: Mapping[bytes, int] | None = None) -> None:
        self._stands_for = {} if stands_for is None else stands_for

    def item(self, item: Item) -> int:
        """Names and values of all attributes."""
        return sum(len(name.encode()) + self.value(value) for name, value in item.items())

    def value(self, value: Value) -> int:  # noqa: PLR0911 - one for each type
        """One value, at any depth."""
        ((kind, content),) = value.items()
        match kind:
            case "S":
                return len(content.encode())
            case "N":
                return number(content)
            case "B":
                return self._stands_for.get(bytes(content), len(content))
            case "BOOL" | "NULL":
                return 1
            case "SS":
                return sum(len(one.encode()) for one in content)
            case "NS":
                return sum(number(one) for one in content)
            case "BS":
                return sum(len(one) for one in content)
            case "L":
                return _CONTAINER + sum(_ELEMENT + self.value(one) for one in content)
            case "M":
                return _CONTAINER + sum(
                    _ELEMENT + len(name.encode()) + self.value(one) for name, one in content.items()
                )
        raise ValueError(kind)


def number(written: str) -> int:
    """One byte for two significant digits, and one (another one for a minus sign)."""
    digits = written.lstrip("-").partition("E")[0].replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + written.startswith("-")


def read_units(size: int, *, consistent: bool) -> float:
    """Of one item, or of all that a Query looked at: 4 KB each, halved where an older state will do."""
    return max(1, -(-size // READ_BYTES)) * (1 if consistent else 0.5)


def write_units(size: int, *, transactional: bool = False) -> float:
    """Of one item: 1 KB each, twice in a transaction, whose every write is prepared and committed."""
    return float(max(1, -(-size // WRITE_BYTES)) * (2 if transactional else 1))


def index_units(sizes: Sizes, before: Item | None, after: Item | None, keys: Iterable[str]) -> float:
    """What an index that holds whole items takes for a change of one item; the same within a transaction."""
    names = list(keys)
    old, new = ((tuple(item[name]["S"] for name in names) if _has(item, names) else None) for item in (before, after))
    if old is None and new is None:
        return 0
    if old is not None and new is not None and old != new:
        return write_units(sizes.item(before or {})) + write_units(sizes.item(after or {}))
    if before == after:
        return 0
    return max(write_units(sizes.item(item)) for item in (before, after) if _has(item, names) and item)


def _has(item: Item | None, names: Iterable[str]) -> bool:
    return item is not None and all(name in item for name in names)
