"""Does what was read from a document agree with what was typed? One rule for each kind of page.

    resident ID, front      name and number            machine-readable page   name, number, nationality, expiry
    resident ID, back       validity                   permit, front           number, and name and validity if legible
    residence permit        like the resident ID       permit, back            nothing to compare
    temporary resident ID   name, number and validity on its one side

Every field is read at its place inside the one document that the photo shows (`found_document`, `one_document`).

A name that text recognition cannot read is unreadable, not wrong: the photo is asked for again.
"""

from datetime import date
from typing import Literal, NamedTuple

import msgspec

from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentRefused, DocumentType, MrzInvalid, mask_number, parse_mrz
from functions.identity.domain.documents import parse_number as parse_document_number
from functions.identity.domain.evidence import Extracted
from functions.identity.domain.extraction import (
    read_issuer,
    read_name,
    read_number,
    read_periods,
    read_validity,
    zone_lines,
)
from functions.identity.domain.found_document import FoundDocument, find_document
from functions.identity.domain.layouts import Zone, layout_of
from functions.identity.domain.names import mask_name, same_name
from functions.identity.domain.one_document import (
    NO_PORTRAIT,
    SEVERAL_DOCUMENTS,
    birth_agrees,
    name_labels,
    sex_agrees,
    shows_another,
    shows_another_zone,
)
from functions.identity.domain.text import TextLine
from functions.shared.vocabulary import Side

UNREADABLE, MISMATCH, EXPIRED = "TEXT_UNREADABLE", "TEXT_MISMATCH", "DOCUMENT_EXPIRED"

# Cards that carry name and number on the front and the validity on the back, like the resident ID.
_CARDS = {DocumentType.RESIDENT_ID, DocumentType.RESIDENCE_PERMIT}


class Comparison(NamedTuple):
    """Why the page does not do (nothing: it does), what was read, masked, and where the document lies."""

    reasons: list[str]
    extracted: Extracted
    document: FoundDocument | None = None


def compare(lines: list[TextLine], side: Side, person: Person, today: date) -> Comparison:
    """Compare the text of one side with the applicant's details; `today` is the date in Shanghai."""
    layout = layout_of(person.document_type, side)
    document = find_document(layout, lines) if layout is not None else None
    reasons, extracted = _compared(lines, side, person, today, document)
    if layout is not None and document is None and not layout.loose and not reasons:
        # The text is there, but not as this document prints it: a typed sheet, or a page of something else.
        reasons = [NO_PORTRAIT if side == "front" else UNREADABLE]
    return Comparison(reasons, extracted, document)


def _compared(
    lines: list[TextLine], side: Side, person: Person, today: date, document: FoundDocument | None
) -> tuple[list[str], Extracted]:
    if person.document_type is DocumentType.PASSPORT:
        return _compare_zone(lines, person, today, document)
    if person.document_type in _CARDS:
        if side == "front":
            return _compare_card_front(lines, person, document)
        return _compare_card_back(lines, person, today, document)
    if person.document_type is DocumentType.TEMPORARY_RESIDENT_ID:
        return _compare_temporary_card(lines, person, today, document)
    if side == "front":
        return _compare_permit(lines, person, today, document)
    return [], Extracted()


def _compare_card_front(
    lines: list[TextLine], person: Person, document: FoundDocument | None
) -> tuple[list[str], Extracted]:
    name_lines = _in(document, "name", lines)
    number_lines = _in(document, "number", lines)
    name, number = read_name(name_lines), read_number(person.document_type, number_lines)
    extracted = Extracted(
        name_masked=mask_name(name) if name else None, number_masked=mask_number(number) if number else None
    )
    if _others(lines, document, name_lines, name, number):
        return [SEVERAL_DOCUMENTS], extracted
    if name is None or number is None:
        return [UNREADABLE], extracted
    if number != person.number or not same_name(name, person.name):
        return [MISMATCH], extracted
    return _self_consistent(lines, number, document), extracted


def _compare_temporary_card(
    lines: list[TextLine], person: Person, today: date, document: FoundDocument | None
) -> tuple[list[str], Extracted]:
    """The one side of a temporary card: like the front of a resident ID, with its validity on it."""
    reasons, read = _compare_card_front(lines, person, document)
    own = [line for line in lines if document is None or not document.outside(line)]
    validity = read_validity(own)
    if reasons:
        return reasons, read
    if validity is None:
        return [UNREADABLE], read
    extracted = msgspec.structs.replace(read, valid_from=validity.valid_from, valid_until=validity.valid_until)
    return [EXPIRED] if _over(validity.valid_until, today) else [], extracted


def _self_consistent(lines: list[TextLine], number: str, document: FoundDocument | None) -> list[str]:
    """Why a card does not agree with itself: printed birth and sex are those of its number."""
    if document is None:
        return []
    birth = birth_agrees(document.lines_in(document.layout.birth, lines), number)
    if birth is False or sex_agrees(document.lines_in(document.layout.sex, lines), number) is False:
        return [MISMATCH]
    return [UNREADABLE] if birth is None and not document.layout.loose else []


def _others(
    lines: list[TextLine],
    document: FoundDocument | None,
    name_lines: list[TextLine],
    name: str | None,
    number: str | None,
) -> bool:
    """Whether there is another name or number than those read at their places."""
    if document is None:
        return False
    if document.layout.loose:
        return shows_another([line for line in lines if document.outside(line)], name, number)
    rest = [line for line in lines if line not in name_lines]
    return name_labels(name_lines) > 1 or shows_another(rest, name, number)


def _in(document: FoundDocument | None, zone: Literal["name", "number"], lines: list[TextLine]) -> list[TextLine]:
    """The lines of a zone; all of them where it is not known where the zone is."""
    place: Zone | None = getattr(document.layout, zone) if document is not None else None
    return lines if document is None or place is None else document.lines_in(place, lines)


def _compare_card_back(
    lines: list[TextLine], person: Person, today: date, document: FoundDocument | None
) -> tuple[list[str], Extracted]:
    place = document.layout.validity if document is not None else None
    validity = read_validity(document.lines_in(place, lines) if document is not None else lines)
    if len(read_periods(lines)) > 1 or shows_another(_without_periods(lines), person.name, person.number):
        return [SEVERAL_DOCUMENTS], Extracted()
    if validity is None:
        return [UNREADABLE], Extracted()
    end = validity.valid_until
    issuer = read_issuer(document.lines_in(document.layout.issuer, lines)) if document is not None else None
    extracted = Extracted(valid_from=validity.valid_from, valid_until=end, long_term=end is None, issuer=issuer)
    return [EXPIRED] if _over(end, today) else [], extracted


def _without_periods(lines: list[TextLine]) -> list[TextLine]:
    """The lines that hold no period of validity, whose digits may be read as one number."""
    return [line for line in lines if read_validity([line]) is None]


def _compare_permit(
    lines: list[TextLine], person: Person, today: date, document: FoundDocument | None
) -> tuple[list[str], Extracted]:
    own = [line for line in lines if document is None or not document.outside(line)]
    name_lines = _in(document, "name", own)
    name, number, validity = read_name(own), read_number(person.document_type, own), read_validity(own)
    end = validity.valid_until if validity else None
    extracted = Extracted(
        name_masked=mask_name(name) if name else None,
        number_masked=mask_number(number) if number else None,
        valid_from=validity.valid_from if validity else None,
        valid_until=end,
    )
    if _others(lines, document, name_lines, name, number):
        return [SEVERAL_DOCUMENTS], extracted
    if number is None:
        return [UNREADABLE], extracted
    # These cards print the name in more than one script, so only the number has to agree; a reviewer sees the rest.
    if not _same_number(number, person):
        return [MISMATCH], extracted
    return [EXPIRED] if _over(end, today) else [], extracted


def _compare_zone(
    lines: list[TextLine], person: Person, today: date, document: FoundDocument | None
) -> tuple[list[str], Extracted]:
    outside = [line for line in lines if document is not None and document.outside(line)]
    try:
        zone = parse_mrz(zone_lines([line for line in lines if line not in outside]), today=today)
    except MrzInvalid:
        return [UNREADABLE], Extracted()
    name = f"{zone.surname} {zone.given_names}".strip()
    extracted = Extracted(
        name_masked=mask_name(name), number_masked=mask_number(zone.number), valid_until=zone.expiry_date
    )
    if shows_another_zone(outside) or shows_another(outside, name, zone.number):
        return [SEVERAL_DOCUMENTS], extracted
    agrees = zone.number == person.number and zone.nationality == person.nationality and same_name(name, person.name)
    if not agrees:
        return [MISMATCH], extracted
    return [EXPIRED] if _over(zone.expiry_date, today) else [], extracted


def _same_number(read: str, person: Person) -> bool:
    """Equal by what identifies the person: the number of a reissue may be printed or left out."""
    try:
        number = parse_document_number(person.document_type, read, today=date.max, as_printed=True)
        typed = parse_document_number(person.document_type, person.number, today=date.max, as_printed=True)
    except DocumentRefused:
        return False
    return number.person_key == typed.person_key


def _over(end: date | None, today: date) -> bool:
    return end is not None and end < today
