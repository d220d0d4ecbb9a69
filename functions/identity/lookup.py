"""Finding a verified person by name and document number, for whoever may name one; the answer is an id or nothing.

Passports are not found: their holder is known by nationality and number together, and only the number is asked for.
"""

import msgspec

from functions.identity import store
from functions.identity.applications import PURPOSE
from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentNumber, DocumentRefused, DocumentType, parse_number
from functions.identity.domain.names import same_name
from functions.shared import clock
from functions.shared.personal_data import keyed_hash, unseal
from functions.shared.table import keys
from functions.shared.table.auth import Owner
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get

_NOBODY = "nobody:"


def verified_user_id(name: str, number: str, *, looked_up_by: str) -> str | None:
    """The user who is verified under this name and number, or None for every reason there may be.

    The same calls are made whether there is such a user or not: where there is none, the work of comparing is done on
    the identity of whoever asks. Two reads and two KMS round trips.
    """
    parsed = _parse(number)
    owner = get(Owner, keys.document_owner(keyed_hash("document", _person_key(parsed, number))))
    identity = store.identity(owner.user_id if owner is not None else looked_up_by)
    person = _verified_person(identity)
    same = person is not None and same_name(person.name, name)
    if owner is None or parsed is None or identity is None:
        return None
    return str(owner.user_id) if same else None


def _parse(number: str) -> DocumentNumber | None:
    """The number as that of the one kind of document it fits, or None."""
    for document_type in DocumentType:
        if document_type is DocumentType.PASSPORT:
            continue
        try:
            return parse_number(document_type, number, today=clock.today())
        except DocumentRefused:
            continue
    return None


def _person_key(parsed: DocumentNumber | None, number: str) -> str:
    return f"{parsed.type}:{parsed.person_key}" if parsed is not None else f"{_NOBODY}{number}"


def _verified_person(identity: Identity | None) -> Person | None:
    if identity is None or identity.verified_person_sealed is None:
        return None
    plain = unseal(identity.verified_person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=Person)
