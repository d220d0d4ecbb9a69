"""Verified people whose face checks compare with something else than a portrait cut out of their document.

They were verified before portraits were cut out: with a picture of the whole document, or with a selfie. They are found
by what the bucket keeps of verified people, so that no table is read from end to end.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple

from functions.identity import gateways
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get_many

_AT_ONCE = 100
_NOT_CUT_OUT = "portrait_not_cut_out"


class OldPortrait(NamedTuple):
    """A person, what their face checks compare with, and why the last recheck left it as it is (empty: none yet)."""

    user_id: str
    compared_with: Literal["document", "selfie", "nothing"]
    reasons: list[str]


def old_portraits() -> Iterator[OldPortrait]:
    """Return everybody who is verified without a portrait of its own. One read for a hundred people, and one each."""
    people = gateways.kept_people()
    while some := list(islice(people, _AT_ONCE)):
        for identity in get_many(*(keys.identity(user_id) for user_id in some)).values():
            if isinstance(identity, Identity) and identity.verified_at is not None and not _is_cut_out(identity):
                yield OldPortrait(identity.user_id, _compared_with(identity), _last_reasons(identity.user_id))


def recheck(people: Iterable[OldPortrait]) -> int:
    """Have the scan function cut the portraits out of kept documents; return how many it was asked for."""
    asked = [person.user_id for person in people if person.compared_with == "document"]
    for user_id in asked:
        gateways.send_recheck(user_id)
    return len(asked)


def _is_cut_out(identity: Identity) -> bool:
    return identity.portrait_key is not None and identity.portrait_key.endswith("-portrait.jpg")


def _compared_with(identity: Identity) -> Literal["document", "selfie", "nothing"]:
    if identity.portrait_key is None:
        return "nothing"
    return "document" if gateways.is_whole_document(identity.portrait_key) else "selfie"


def _last_reasons(user_id: str) -> list[str]:
    key = keys.identity(user_id)
    trail = AuditEvent.query(
        key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), consistent_read=True, scan_index_forward=False
    )
    return next((list(event.detail["reasons"]) for event in trail if event.event == _NOT_CUT_OUT), [])
