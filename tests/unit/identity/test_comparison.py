"""What is read from each kind of page, compared with what was typed."""

from datetime import date

import pytest

from functions.identity.domain.applications import Person, Side
from functions.identity.domain.comparison import Comparison, compare
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.text import TextLine

TODAY = date(2026, 11, 22)
COLLINS = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190025")
AS_PRINTED = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190026")  # a wrong check character
CHAN = Person(DocumentType.HK_MACAU_PERMIT, "陳美玲", "H12345678")
ERIKSSON = Person(DocumentType.PASSPORT, "Anna Maria Eriksson", "L898902C3", nationality="UTO")
FRONT = ("姓名柯爱琳", "性别女民族汉", "公民身份号码420106198611190025")
PERMIT = ("姓名陳美玲", "证件号码H12345678", "2021.06.10-2031.06.09")
# ICAO 9303 part 4, appendix A: the specimen, and the same with a later expiry.
ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def page(*texts: str) -> list[TextLine]:
    """Lines of text below each other."""
    return [TextLine(text, 0.99, 60, 80 * row, 60 + 20 * len(text), 80 * row + 40) for row, text in enumerate(texts)]


def judge(person: Person, side: Side, *texts: str, today: date = TODAY) -> Comparison:
    return compare(page(*texts), side, person, today)


@pytest.mark.parametrize(
    ("typed", "texts", "reasons"),
    [
        (COLLINS, FRONT, []),
        (Person(DocumentType.RESIDENT_ID, "柯愛琳", COLLINS.number), FRONT, ["TEXT_MISMATCH"]),
        (Person(DocumentType.RESIDENT_ID, COLLINS.name, "420102196612093468"), FRONT, ["TEXT_MISMATCH"]),
        (Person(DocumentType.RESIDENT_ID, "柯?琳", COLLINS.number), FRONT, []),
        (Person(DocumentType.RESIDENT_ID, "柯?琳", COLLINS.number), ("姓名柯琳", *FRONT[1:]), []),
        (Person(DocumentType.RESIDENT_ID, "何?琳", COLLINS.number), FRONT, ["TEXT_MISMATCH"]),
        (Person(DocumentType.RESIDENT_ID, "柯?", COLLINS.number), FRONT, ["TEXT_MISMATCH"]),
        (AS_PRINTED, (*FRONT[:2], f"公民身份号码{AS_PRINTED.number}"), []),
        (AS_PRINTED, FRONT, ["TEXT_MISMATCH"]),
        (COLLINS, FRONT[1:], ["TEXT_UNREADABLE"]),
        (COLLINS, FRONT[:2], ["TEXT_UNREADABLE"]),
        (COLLINS, (), ["TEXT_UNREADABLE"]),
    ],
)
def test_the_front_of_a_card(typed: Person, texts: tuple[str, ...], reasons: list[str]) -> None:
    """Name and number must both be read and agree; what cannot be read is not wrong."""
    assert judge(typed, "front", *texts).reasons == reasons


def test_what_was_read_is_masked() -> None:
    """Also where it disagrees, so that a typing mistake can be seen."""
    extracted = judge(Person(DocumentType.RESIDENT_ID, "何慧", COLLINS.number), "front", *FRONT).extracted
    assert (extracted.name_masked, extracted.number_masked) == ("柯**", "420***********0025")


@pytest.mark.parametrize(
    ("period", "reasons", "long_term"),
    [
        ("有效期限2018.03.05-2038.03.05", [], False),
        ("有效期限2006.11.22-2026.11.22", [], False),
        ("有效期限2006.11.21-2026.11.21", ["DOCUMENT_EXPIRED"], False),
        ("有效期限2016.07.18-长期", [], True),
        ("签发机关武汉市公安局", ["TEXT_UNREADABLE"], False),
    ],
)
def test_the_back_of_a_card(period: str, reasons: list[str], long_term: bool) -> None:
    """It is valid on its last day, some are valid for ever, and without a period it cannot be read."""
    found = judge(COLLINS, "back", period)
    assert (found.reasons, found.extracted.long_term) == (reasons, long_term)


def test_a_residence_permit_is_like_a_card() -> None:
    """Name and number on the front, validity on the back."""
    permit = Person(DocumentType.RESIDENCE_PERMIT, "陳美玲", "810000199408230021")
    assert judge(permit, "front", "姓名陳美玲", "公民身份号码810000199408230021").reasons == []
    assert judge(permit, "back", "2018.03.05-2023.03.05").reasons == ["DOCUMENT_EXPIRED"]


@pytest.mark.parametrize(
    ("number", "texts", "reasons"),
    [
        ("H12345678", PERMIT, []),
        ("H1234567802", PERMIT, []),
        ("H12345679", PERMIT, ["TEXT_MISMATCH"]),
        ("H12345678", ("姓名CHAN, MEI LING", *PERMIT[1:]), []),
        ("H12345678", PERMIT[:1], ["TEXT_UNREADABLE"]),
        ("H12345678", PERMIT[1:2], []),
        ("H12345678", (*PERMIT[:2], "2015.06.10-2025.06.09"), ["DOCUMENT_EXPIRED"]),
    ],
)
def test_the_front_of_a_permit(number: str, texts: tuple[str, ...], reasons: list[str]) -> None:
    """The person's number decides, whichever issue it is; the name is for the reviewer; an end is respected."""
    assert judge(Person(DocumentType.HK_MACAU_PERMIT, CHAN.name, number), "front", *texts).reasons == reasons


def test_the_back_of_a_permit_has_nothing_to_compare() -> None:
    """It is kept for the reviewer."""
    assert judge(CHAN, "back", "CHAN MEI LING") == Comparison([], judge(CHAN, "back").extracted)


def test_a_number_that_no_document_has() -> None:
    """What looks like a number, and breaks the rules of its document, agrees with nothing."""
    foreigner = Person(DocumentType.FOREIGN_PERMANENT_RESIDENT, "Ann Lee", "CAN110186010105")
    assert judge(foreigner, "front", "CAN110186010106").reasons == ["TEXT_MISMATCH"]


@pytest.mark.parametrize(
    ("typed", "today", "reasons"),
    [
        (ERIKSSON, date(2012, 4, 15), []),
        (ERIKSSON, date(2012, 4, 16), ["DOCUMENT_EXPIRED"]),
        (Person(DocumentType.PASSPORT, "Anna Eriksson", "L898902C3", nationality="UTO"), date(2012, 1, 1), None),
        (Person(DocumentType.PASSPORT, ERIKSSON.name, "L898902C4", nationality="UTO"), date(2012, 1, 1), None),
        (Person(DocumentType.PASSPORT, ERIKSSON.name, "L898902C3", nationality="GBR"), date(2012, 1, 1), None),
    ],
)
def test_the_data_page_of_a_passport(typed: Person, today: date, reasons: list[str] | None) -> None:
    """Name, number and nationality of the zone must agree, and it must not be over."""
    found = judge(typed, "front", *ZONE, today=today)
    assert found.reasons == (["TEXT_MISMATCH"] if reasons is None else reasons)
    assert found.extracted.valid_until == date(2012, 4, 15)


def test_a_zone_that_contradicts_itself_is_unreadable() -> None:
    """A wrong check digit, or no zone at all."""
    assert judge(ERIKSSON, "front", ZONE[0], ZONE[1].replace("C36", "C37")).reasons == ["TEXT_UNREADABLE"]
    assert judge(ERIKSSON, "front", "PASSPORT").reasons == ["TEXT_UNREADABLE"]
