"""Finding a verified person by name and document number, for anyone who may name one; the answer is an id or nothing.

A passport is found by its nationality too: its number alone is not one person's (docs/adr/0015).
"""

import itertools

import msgspec

from functions.identity.applications import PURPOSE
from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentNumber, DocumentRefused, DocumentType, parse_number
from functions.identity.domain.names import same_name
from functions.shared import clock
from functions.shared.personal_data import keyed_hash, unseal
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.base import Item
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import get, get_many

_NOBODY = "nobody:"


def verified_user_id(name: str, number: str, nationality: str | None, *, looked_up_by: str) -> str | None:
    """The user who is verified under this name and number, or None for every reason there may be.

    The same calls are made whether there is such a user or not: where there is none, the work of comparing is done on
    the identity of anyone who asks. Two reads and two KMS round trips.
    """
    person_hash = keyed_hash("document", _person_key(number, nationality))
    owner = get(Owner, keys.document_owner(person_hash))
    user_id = str(owner.user_id) if owner is not None else looked_up_by
    person = _verified_person(get_many(keys.user(user_id), keys.identity(user_id)))
    same = person is not None and same_name(person.name, name)
    return user_id if owner is not None and same else None


def _person_key(number: str, nationality: str | None) -> str:
    parsed = _parse(number, nationality)
    return f"{parsed.type}:{parsed.person_key}" if parsed is not None else f"{_NOBODY}{number}"


def _parse(number: str, nationality: str | None) -> DocumentNumber | None:
    """The number as that of the one kind of document it fits, or None; a passport's only with its nationality.

    One whose check character disagrees is looked for too: there are documents that were printed so.
    """
    passport_first = sorted(DocumentType, key=lambda one: one is not DocumentType.PASSPORT)
    types = passport_first if nationality is not None else passport_first[1:]
    for as_printed, document_type in itertools.product((False, True), types):
        try:
            return parse_number(
                document_type, number, today=clock.today(), nationality=nationality, as_printed=as_printed
            )
        except DocumentRefused:
            continue
    return None


def _verified_person(found: dict[keys.Key, Item]) -> Person | None:
    """Who a verified user is, as their account and identity tell. One KMS round trip, whatever they tell."""
    user = next((item for item in found.values() if isinstance(item, User)), None)
    identity = next((item for item in found.values() if isinstance(item, Identity)), None)
    if identity is None or identity.verified_person_sealed is None:
        keyed_hash("document", _NOBODY)
        return None
    plain = unseal(identity.verified_person_sealed, purpose=PURPOSE, user_id=identity.user_id)
    in_force = user is not None and user.is_verified
    return msgspec.json.decode(plain, type=Person) if in_force else None
