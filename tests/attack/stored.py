"""What is stored, read as somebody would who has a backup of the table: every value of every item, at any depth."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def holders_of(secret: str, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys of the items in which a secret is in clear, as it is shown or without its hyphens."""
    wanted = {secret, secret.replace("-", "")}
    return [
        f"{item['pk']['S']} / {item['sk']['S']}"
        for item in items
        if any(form in text for text in _texts({"M": item}) for form in wanted)
    ]


def _texts(attribute: Mapping[str, Any]) -> Iterator[str]:
    """Every text of an attribute, names of maps included; bytes as the text they may be, JSON as what it says."""
    ((kind, value),) = attribute.items()
    if kind in {"S", "N"}:
        yield value
        if "\\u" in value:
            yield value.encode("ascii", "backslashreplace").decode("unicode_escape", "replace")
    elif kind == "B":
        yield value.decode("utf-8", "replace")
    elif kind in {"SS", "NS"}:
        yield from value
    elif kind == "BS":
        yield from (one.decode("utf-8", "replace") for one in value)
    elif kind == "L":
        for one in value:
            yield from _texts(one)
    elif kind == "M":
        yield from value
        for one in value.values():
            yield from _texts(one)
