"""The birth date that a document shows, where its number does not hold one: for finding a person's other accounts."""

import re
from datetime import date

from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType, MrzInvalid, parse_mrz
from functions.identity.domain.extraction import zone_lines
from functions.identity.domain.persons import facts_of
from functions.identity.domain.text import TextLine
from functions.shared.code_format import FULL_WIDTH

# `出生日期 1985.03.08`, in one line or in two that follow each other.
_LABELLED = re.compile(r"出生(?:日期)?\D{0,12}(\d{4})[.年/-]?(\d{1,2})[.月/-]?(\d{1,2})")


def read_birth(lines: list[TextLine], person: Person, today: date) -> date | None:
    """Return the birth date on the front of a person's document; None where the number has it, or none was read."""
    if facts_of(person).birth is not None:
        return None
    if person.document_type is DocumentType.PASSPORT:
        try:
            return parse_mrz(zone_lines(lines), today=today).birth_date
        except MrzInvalid:
            return None
    found = _LABELLED.search("".join(line.text.translate(FULL_WIDTH) for line in lines).replace(" ", ""))
    try:
        birth = date(*map(int, found.groups())) if found is not None else None
    except ValueError:
        return None
    return birth if birth is None or birth <= today else None
