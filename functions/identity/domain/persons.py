"""Whether two applications can be one person's, judged by what the documents say; portraits are compared elsewhere."""

from datetime import date
from typing import Literal, NamedTuple

from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.names import name_key, same_name

Sex = Literal["male", "female"]

# Numbers of 18 characters carry the birth date in characters 7 to 14 and the sex in the 17th (GB 11643).
_NUMBERED = {
    DocumentType.RESIDENT_ID,
    DocumentType.TEMPORARY_RESIDENT_ID,
    DocumentType.RESIDENCE_PERMIT,
    DocumentType.FOREIGN_PERMANENT_RESIDENT,
}
_LONG_NUMBER = 18


class NumberFacts(NamedTuple):
    """What a document number says about its person; None where it says nothing."""

    birth: date | None
    sex: Sex | None


def facts_of(person: Person) -> NumberFacts:
    """The birth date and the sex in a person's number, whatever its check character."""
    if person.document_type not in _NUMBERED or len(person.number) != _LONG_NUMBER:
        return NumberFacts(None, None)
    digits = person.number
    try:
        birth = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return NumberFacts(None, None)
    return NumberFacts(birth, "male" if int(digits[16]) % 2 else "female")


def may_be_one_person(before: Person, after: Person) -> bool:
    """Whether name, birth date and sex agree, as far as both documents say."""
    old, new = facts_of(before), facts_of(after)
    known = [(a, b) for a, b in zip(old, new, strict=True) if a is not None and b is not None]
    return same_name(before.name, after.name) and all(a == b for a, b in known)


def name_birth_key(name: str, birth: date) -> str:
    """What people of one name and birth date share, to be hashed: never stored or logged itself."""
    return f"{name_key(name)}:{birth.isoformat()}"
