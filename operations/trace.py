"""Whose a document number is or was: for an authority that may ask what was done in a grant, and by whom.

After a withdrawal of consent the audit trail knows a person by their user id alone. This finds the id from the number,
never the number from an id.
"""

from datetime import datetime
from typing import NamedTuple

from functions.identity.domain.documents import DocumentType, parse_nationality, parse_number
from functions.shared import clock
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import FormerOwner, Owner
from functions.shared.table.base import Item


class Holder(NamedTuple):
    """A user whose number it is, or was until they withdrew."""

    user_id: str
    withdrawn_at: datetime | None


def holders(document_type: DocumentType, number: str, nationality: str | None) -> list[Holder]:
    """Who is verified with a number, and who was, within three years of their withdrawal; a passport needs its country.

    A check character that disagrees is taken as it is printed. Raises `DocumentRefused` for what is no number of this
    document.
    """
    country = parse_nationality(nationality) if nationality is not None else None
    parsed = parse_number(document_type, number, today=clock.today(), nationality=country, as_printed=True)
    person_hash = keyed_hash("document", f"{parsed.type}:{parsed.person_key}")
    found = Item.query(keys.document_owner(person_hash).pk, consistent_read=True)
    return [
        Holder(item.user_id, item.withdrawn_at if isinstance(item, FormerOwner) else None)
        for item in found
        if isinstance(item, Owner | FormerOwner)
    ]
