"""Finding the case of somebody who calls: by name, document number or phone, for reviewers.

Personal data is in no key and no address: an application is found by marks, keyed hashes of its name and of its number,
each an item of its own. So a search is one Query and one batch read, whatever is in the table. A phone is found as at a
sign-in. Only what a reviewer may open is found: no draft, nothing that was withdrawn.
"""

from typing import NamedTuple

from pynamodb.expressions.update import Action

from functions.identity import case_store, store
from functions.identity.domain.applications import Person
from functions.identity.domain.names import name_key
from functions.shared.code_format import normalize_code
from functions.shared.derived_keys import derived_mac
from functions.shared.errors import FieldError, Invalid, Text
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.identity import CaseMark, Identity
from functions.shared.table.pages import PagePosition
from functions.shared.table.transactions import Transaction

PURPOSE = "case-search/1"
_MARK = 32  # hexadecimal characters: 128 bits
_OPEN = frozenset({"in_review", "verified", "rejected"})


def mark_in(tx: Transaction, identity: Identity, person: Person) -> list[Action]:
    """Add that an application is found by these details alone; what changes on it."""
    marks = [_name_mark(person.name), _number_mark(person.number)]
    before = [str(one) for one in identity.found_by]
    if marks == before:
        return []
    for gone in sorted(set(before) - set(marks)):
        tx.delete(CaseMark.new(keys.case_mark(gone, identity.user_id)))
    for made in sorted(set(marks) - set(before)):
        tx.put(CaseMark.new(keys.case_mark(made, identity.user_id), user_id=identity.user_id))
    return [Identity.found_by.set(marks)]


def forget_in(tx: Transaction, identity: Identity) -> None:
    """Add that an application, of which everything is removed, is not found any more."""
    for mark in sorted({str(one) for one in identity.found_by}):
        tx.delete(CaseMark.new(keys.case_mark(mark, identity.user_id)))


class Search(NamedTuple):
    """A search; everything that is given has to agree."""

    marks: tuple[str, ...]
    phone_hash: str | None

    @property
    def list_name(self) -> str:
        """What a cursor of this search belongs to."""
        return f"identity-search:{':'.join((*self.marks, self.phone_hash or ''))}"


def search_for(name: str | None, number: str | None, phone: str | None) -> Search:
    """Return the search for these. One KMS round trip for a phone. Raises `Invalid` where nothing is given."""
    if name is None and number is None and phone is None:
        why = Text("请填写姓名、证件号码或手机号。", "Please enter a name, a document number or a phone number.")
        raise Invalid(FieldError("name", "MISSING", why))
    marks = []
    if number is not None:
        marks.append(_number_mark(number))  # first: it finds the fewest
    if name is not None:
        marks.append(_name_mark(name))
    return Search(tuple(marks), keyed_hash("phone", phone) if phone is not None else None)


def find(wanted: Search, limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
    """Return a page of applications that agree, and where the next one begins.

    By phone one read of its owner and one BatchGetItem; else one Query and one BatchGetItem for each page that has any.
    """
    if wanted.phone_hash is not None:
        owner = store.owner(keys.phone_owner(wanted.phone_hash))
        found = case_store.identities([keys.identity(owner)]) if owner is not None else []
        return [one for one in found if _agrees(one, wanted)], None
    agreeing: list[Identity] = []
    while True:
        found, after = case_store.found_cases(wanted.marks[0], limit - len(agreeing), after)
        agreeing += [one for one in found if _agrees(one, wanted)]
        if after is None or len(agreeing) == limit:
            return agreeing, after


def _agrees(identity: Identity, wanted: Search) -> bool:
    return identity.status in _OPEN and set(wanted.marks) <= set(identity.found_by)


def _name_mark(name: str) -> str:
    return derived_mac(PURPOSE, f"name:{name_key(name)}".encode()).hex()[:_MARK]


def _number_mark(number: str) -> str:
    return derived_mac(PURPOSE, f"number:{normalize_code(number)}".encode()).hex()[:_MARK]
