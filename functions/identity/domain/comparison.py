"""Does what was read from a document agree with what was typed? One rule for each kind of page.

    resident ID, front      name and number            machine-readable page   name, number, nationality, expiry
    resident ID, back       validity                   permit, front           number, and name and validity if legible
    residence permit        like the resident ID       permit, back            nothing to compare

A name that text recognition cannot read is unreadable, not wrong: the photo is asked for again.
"""

from datetime import date
from typing import NamedTuple

from functions.identity.domain.applications import Person, Side
from functions.identity.domain.documents import DocumentRefused, DocumentType, MrzInvalid, mask_number, parse_mrz
from functions.identity.domain.documents import parse_number as parse_document_number
from functions.identity.domain.evidence import Extracted
from functions.identity.domain.extraction import read_name, read_number, read_validity, zone_lines
from functions.identity.domain.names import mask_name, same_name
from functions.identity.domain.text import TextLine

UNREADABLE, MISMATCH, EXPIRED = "TEXT_UNREADABLE", "TEXT_MISMATCH", "DOCUMENT_EXPIRED"

# Cards that carry name and number on the front and the validity on the back, like the resident ID.
_CARDS = {DocumentType.RESIDENT_ID, DocumentType.RESIDENCE_PERMIT}


class Comparison(NamedTuple):
    """Why the page does not do (nothing: it does), and what was read, masked."""

    reasons: list[str]
    extracted: Extracted


def compare(lines: list[TextLine], side: Side, person: Person, today: date) -> Comparison:
    """Compare the text of one side with the applicant's details; `today` is the date in Shanghai."""
    if person.document_type is DocumentType.PASSPORT:
        return _compare_zone(lines, person, today)
    if person.document_type in _CARDS:
        return _compare_card_front(lines, person) if side == "front" else _compare_validity(lines, today)
    if side == "front":
        return _compare_permit(lines, person, today)
    return Comparison([], Extracted())


def _compare_card_front(lines: list[TextLine], person: Person) -> Comparison:
    name, number = read_name(lines), read_number(person.document_type, lines)
    extracted = Extracted(
        name_masked=mask_name(name) if name else None, number_masked=mask_number(number) if number else None
    )
    if name is None or number is None:
        return Comparison([UNREADABLE], extracted)
    agrees = number == person.number and same_name(name, person.name)
    return Comparison([] if agrees else [MISMATCH], extracted)


def _compare_validity(lines: list[TextLine], today: date) -> Comparison:
    validity = read_validity(lines)
    if validity is None:
        return Comparison([UNREADABLE], Extracted())
    end = validity.valid_until
    extracted = Extracted(valid_from=validity.valid_from, valid_until=end, long_term=end is None)
    return Comparison([EXPIRED] if _over(end, today) else [], extracted)


def _compare_permit(lines: list[TextLine], person: Person, today: date) -> Comparison:
    name, number, validity = read_name(lines), read_number(person.document_type, lines), read_validity(lines)
    end = validity.valid_until if validity else None
    extracted = Extracted(
        name_masked=mask_name(name) if name else None,
        number_masked=mask_number(number) if number else None,
        valid_from=validity.valid_from if validity else None,
        valid_until=end,
    )
    if number is None:
        return Comparison([UNREADABLE], extracted)
    # These cards print the name in more than one script, so only the number has to agree; a reviewer sees the rest.
    if not _same_number(number, person):
        return Comparison([MISMATCH], extracted)
    return Comparison([EXPIRED] if _over(end, today) else [], extracted)


def _compare_zone(lines: list[TextLine], person: Person, today: date) -> Comparison:
    try:
        zone = parse_mrz(zone_lines(lines), today=today)
    except MrzInvalid:
        return Comparison([UNREADABLE], Extracted())
    name = f"{zone.surname} {zone.given_names}".strip()
    extracted = Extracted(
        name_masked=mask_name(name), number_masked=mask_number(zone.number), valid_until=zone.expiry_date
    )
    agrees = zone.number == person.number and zone.nationality == person.nationality and same_name(name, person.name)
    if not agrees:
        return Comparison([MISMATCH], extracted)
    return Comparison([EXPIRED] if _over(zone.expiry_date, today) else [], extracted)


def _same_number(read: str, person: Person) -> bool:
    """Equal by what identifies the person: the number of a reissue may be printed or left out."""
    try:
        number = parse_document_number(person.document_type, read, today=date.max)
        typed = parse_document_number(person.document_type, person.number, today=date.max)
    except DocumentRefused:
        return False
    return number.person_key == typed.person_key


def _over(end: date | None, today: date) -> bool:
    return end is not None and end < today
