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

from functions.identity.domain.agreement import disagreeing
from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType, MrzInvalid, mask_number, parse_mrz
from functions.identity.domain.evidence import Extracted, ReadField, ReadText
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
from functions.identity.domain.names import mask_name
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
    """Why the page does not do (nothing: it does), what was read, masked, and where the document lies.

    `text` is what was read, unmasked. `disagreeing` are the fields for which the page is `TEXT_MISMATCH`;
    `other_faults` is why it would not do even if they agreed.
    """

    reasons: list[str]
    extracted: Extracted
    document: FoundDocument | None = None
    text: ReadText = ReadText()
    disagreeing: list[ReadField] = []
    other_faults: list[str] = []


def compare(lines: list[TextLine], side: Side, person: Person, today: date) -> Comparison:
    """Compare the text of one side with the applicant's details; `today` is the date in Shanghai."""
    layout = layout_of(person.document_type, side)
    document = find_document(layout, lines) if layout is not None else None
    compared = _compared(lines, side, person, today, document)
    other_faults = compared.other_faults if compared.disagreeing else compared.reasons
    if layout is not None and document is None and not layout.loose and not other_faults:
        # The text is there, but not as this document prints it: a typed sheet, or a page of something else.
        other_faults = [NO_PORTRAIT if side == "front" else UNREADABLE]
    reasons = [MISMATCH] if compared.disagreeing else other_faults
    return compared._replace(reasons=reasons, other_faults=other_faults, document=document)


def _of_person(text: ReadText, person: Person, extracted: Extracted, other_faults: list[str]) -> Comparison:
    """The comparison of a page whose text was read, and that has these other faults."""
    fields = disagreeing(text, person)
    reasons = [MISMATCH] if fields else other_faults
    return Comparison(reasons, extracted, None, text, fields, other_faults)


def _compared(
    lines: list[TextLine], side: Side, person: Person, today: date, document: FoundDocument | None
) -> Comparison:
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
    return Comparison([], Extracted())


def _compare_card_front(lines: list[TextLine], person: Person, document: FoundDocument | None) -> Comparison:
    name_lines = _in(document, "name", lines)
    number_lines = _in(document, "number", lines)
    name, number = read_name(name_lines), read_number(person.document_type, number_lines)
    extracted = Extracted(
        name_masked=mask_name(name) if name else None, number_masked=mask_number(number) if number else None
    )
    text = ReadText(name, number)
    if _others(lines, document, name_lines, name, number):
        return Comparison([SEVERAL_DOCUMENTS], extracted, text=text)
    if name is None or number is None:
        return Comparison([UNREADABLE], extracted, text=text)
    return _of_person(text, person, extracted, _self_consistent(lines, number, document))


def _compare_temporary_card(
    lines: list[TextLine], person: Person, today: date, document: FoundDocument | None
) -> Comparison:
    """The one side of a temporary card: like the front of a resident ID, with its validity on it."""
    front = _compare_card_front(lines, person, document)
    own = [line for line in lines if document is None or not document.outside(line)]
    validity = read_validity(own)
    if front.other_faults or (front.reasons and not front.disagreeing):
        return front
    if validity is None:
        return _of_person(front.text, person, front.extracted, [UNREADABLE])
    extracted = msgspec.structs.replace(
        front.extracted, valid_from=validity.valid_from, valid_until=validity.valid_until
    )
    return _of_person(front.text, person, extracted, [EXPIRED] if _over(validity.valid_until, today) else [])


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
) -> Comparison:
    place = document.layout.validity if document is not None else None
    validity = read_validity(document.lines_in(place, lines) if document is not None else lines)
    if len(read_periods(lines)) > 1 or shows_another(_without_periods(lines), person.name, person.number):
        return Comparison([SEVERAL_DOCUMENTS], Extracted())
    if validity is None:
        return Comparison([UNREADABLE], Extracted())
    end = validity.valid_until
    issuer = read_issuer(document.lines_in(document.layout.issuer, lines)) if document is not None else None
    extracted = Extracted(valid_from=validity.valid_from, valid_until=end, long_term=end is None, issuer=issuer)
    return Comparison([EXPIRED] if _over(end, today) else [], extracted)


def _without_periods(lines: list[TextLine]) -> list[TextLine]:
    """The lines that hold no period of validity, whose digits may be read as one number."""
    return [line for line in lines if read_validity([line]) is None]


def _compare_permit(lines: list[TextLine], person: Person, today: date, document: FoundDocument | None) -> Comparison:
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
    text = ReadText(name, number)
    if _others(lines, document, name_lines, name, number):
        return Comparison([SEVERAL_DOCUMENTS], extracted, text=text)
    if number is None:
        return Comparison([UNREADABLE], extracted, text=text)
    return _of_person(text, person, extracted, [EXPIRED] if _over(end, today) else [])


def _compare_zone(lines: list[TextLine], person: Person, today: date, document: FoundDocument | None) -> Comparison:
    outside = [line for line in lines if document is not None and document.outside(line)]
    try:
        zone = parse_mrz(zone_lines([line for line in lines if line not in outside]), today=today)
    except MrzInvalid:
        return Comparison([UNREADABLE], Extracted())
    name = f"{zone.surname} {zone.given_names}".strip()
    extracted = Extracted(
        name_masked=mask_name(name), number_masked=mask_number(zone.number), valid_until=zone.expiry_date
    )
    text = ReadText(name, zone.number, zone.nationality)
    if shows_another_zone(outside) or shows_another(outside, name, zone.number):
        return Comparison([SEVERAL_DOCUMENTS], extracted, text=text)
    return _of_person(text, person, extracted, [EXPIRED] if _over(zone.expiry_date, today) else [])


def _over(end: date | None, today: date) -> bool:
    return end is not None and end < today
