"""What each revision of an application changed, so that a reviewer with an older one sees where to look again."""

from collections.abc import Iterable
from typing import Literal

from pynamodb.expressions.update import Action

from functions.identity.domain.applications import Person
from functions.shared.table.identity import Identity

ChangedField = Literal[
    "document_type",
    "name",
    "number",
    "valid_until",
    "nationality",
    "front",
    "back",
    "review_reasons",
    "appeal",
]
_KEPT = 10  # revisions


def noted(identity: Identity, revision: int, fields: Iterable[ChangedField]) -> list[Action]:
    """Return the change of an identity that remembers what a revision changes, beside what it has changed before."""
    earlier = [one for one in identity.changes if one["revision"] != revision]
    known = [one for one in identity.changes if one["revision"] == revision]
    all_fields = [*(field for one in known for field in one["fields"]), *fields]
    this = {"revision": revision, "fields": list(dict.fromkeys(all_fields))}
    return [Identity.changes.set([*earlier, this][-_KEPT:])]


def between(before: Person | None, after: Person) -> list[ChangedField]:
    """Return the details that differ; all of them where there were none."""
    fields: tuple[ChangedField, ...] = ("document_type", "name", "number", "valid_until", "nationality")
    return [field for field in fields if before is None or getattr(before, field) != getattr(after, field)]


def since(identity: Identity, revision: int) -> list[str]:
    """Return what has changed since a revision; nothing where that is too long ago to be known."""
    fields = [field for one in identity.changes if one["revision"] > revision for field in one["fields"]]
    return list(dict.fromkeys(fields))
