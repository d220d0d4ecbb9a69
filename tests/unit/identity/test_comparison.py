"""What is read from each kind of page, compared with what was typed."""

from datetime import date

import msgspec
import pytest

from functions.identity.domain.applications import Person
from functions.identity.domain.comparison import Comparison, compare
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.text import TextLine
from functions.shared.vocabulary import Side
from tests.unit.identity.pages import Text, back, beside, front, lines_of, passport, permit

TODAY = date(2026, 11, 22)
COLLINS = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190025")
AS_PRINTED = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190026")  # a wrong check character
CHAN = Person(DocumentType.HK_MACAU_PERMIT, "陳美玲", "H12345678")
ERIKSSON = Person(DocumentType.PASSPORT, "Anna Maria Eriksson", "L898902C3", nationality="UTO")
PERMIT = ("姓名陳美玲", "证件号码H12345678", "2021.06.10-2031.06.09")
# ICAO 9303 part 4, appendix A: the specimen, and the same with a later expiry.
ZONE = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def page(*texts: str) -> list[TextLine]:
    """Lines of text below each other."""
    return [TextLine(text, 0.99, 60, 80 * row, 60 + 20 * len(text), 80 * row + 40) for row, text in enumerate(texts)]


def judge(person: Person, side: Side, *texts: str, today: date = TODAY) -> Comparison:
    return compare(page(*texts), side, person, today)


def card(person: Person, side: Side, texts: list[Text], today: date = TODAY) -> Comparison:
    return compare(lines_of(*texts), side, person, today)


@pytest.mark.parametrize(
    ("typed", "texts", "reasons"),
    [
        (COLLINS, front(), []),
        (Person(DocumentType.RESIDENT_ID, "柯愛琳", COLLINS.number), front(), ["TEXT_MISMATCH"]),
        (Person(DocumentType.RESIDENT_ID, COLLINS.name, "420102196612093468"), front(), ["TEXT_MISMATCH"]),
        (COLLINS, front(name=None), ["TEXT_UNREADABLE"]),
        (COLLINS, front(number=None), ["TEXT_UNREADABLE"]),
        (COLLINS, [], ["TEXT_UNREADABLE"]),
        (Person(DocumentType.RESIDENT_ID, "柯?琳", COLLINS.number), front(), []),
        (Person(DocumentType.RESIDENT_ID, "柯?琳", COLLINS.number), front(name="柯琳"), []),
        (Person(DocumentType.RESIDENT_ID, "何?琳", COLLINS.number), front(), ["TEXT_MISMATCH"]),
        (Person(DocumentType.RESIDENT_ID, "柯?", COLLINS.number), front(), ["TEXT_MISMATCH"]),
        (AS_PRINTED, front(number=AS_PRINTED.number), []),
        (AS_PRINTED, front(), ["TEXT_MISMATCH"]),
    ],
)
def test_the_front_of_a_card(typed: Person, texts: list[Text], reasons: list[str]) -> None:
    """Name and number must both be read and agree; what cannot be read is not wrong."""
    assert card(typed, "front", texts).reasons == reasons


@pytest.mark.parametrize(
    ("texts", "reasons"),
    [
        (front(birth=date(1986, 11, 18)), ["TEXT_MISMATCH"]),
        (front(birth=date(1966, 12, 9)), ["TEXT_MISMATCH"]),
        (front(sex="男"), ["TEXT_MISMATCH"]),
        (front(birth=None), ["TEXT_UNREADABLE"]),
        (front(sex=None), []),
    ],
)
def test_a_card_agrees_with_itself(texts: list[Text], reasons: list[str]) -> None:
    """Printed birth date and sex are those of the number; the birth date must be legible."""
    assert card(COLLINS, "front", texts).reasons == reasons


def test_a_digit_that_was_read_twice() -> None:
    """A birth date that recognition broke in two lines, with a digit in both, is still the same date."""
    texts = [*front(birth=None), ("1986年1", (17.4, 22.9, 31.6, 2.5)), ("11月19日", (30.7, 23.0, 47.4, 2.6))]
    assert card(COLLINS, "front", texts).reasons == []


OTHER_NUMBER = "420502199202290042"


@pytest.mark.parametrize("at", [(10.0, -14.0), (10.0, 62.0), (92.0, 10.0), (-45.0, 20.0), (20.0, 37.0)])
@pytest.mark.parametrize("text", ["姓名欧阳若兰", "姓名：欧阳若兰性别女", f"公民身份号码{OTHER_NUMBER}", OTHER_NUMBER])
def test_another_name_or_number(text: str, at: tuple[float, float]) -> None:
    """A strip above, below, beside or over the card makes a second document, whichever of them was typed."""
    victim = Person(DocumentType.RESIDENT_ID, "欧阳若兰", OTHER_NUMBER)
    for typed in (COLLINS, victim):
        assert card(typed, "front", [*front(), beside(text, *at)]).reasons == ["MORE_THAN_ONE_DOCUMENT"]


def test_a_label_whose_value_stands_beside_it() -> None:
    """Label and name as two lines are another name as well."""
    strip = [beside("姓名", 10.0, -10.0), beside("欧阳若兰", 24.0, -10.0)]
    assert card(COLLINS, "front", [*front(), *strip]).reasons == ["MORE_THAN_ONE_DOCUMENT"]


@pytest.mark.parametrize(
    "text",
    [
        *("姓名", "姓名：____", "姓名：________性别：____", "姓名性别民族", "身份证号码：", "报名申请表"),
        *("姓名柯爱琳", "420106198611190025", "签发机关武汉市公安局", "联系电话027-87654321"),
    ],
)
def test_a_form_below_the_card(text: str) -> None:
    """Empty labels, the person's own name and number, and the other side of the card are no second document."""
    assert card(COLLINS, "front", [*front(), beside(text, 5.0, -20.0)]).reasons == []


def test_a_typed_sheet() -> None:
    """All of the text, but not as a card prints it: there is no portrait on it."""
    reasons = judge(COLLINS, "front", "姓名柯爱琳", "性别女民族汉", "公民身份号码420106198611190025").reasons
    assert reasons == ["PORTRAIT_MISSING"]


def test_what_was_read_is_masked() -> None:
    """Also where it disagrees, so that a typing mistake can be seen."""
    extracted = card(Person(DocumentType.RESIDENT_ID, "何慧", COLLINS.number), "front", front()).extracted
    assert (extracted.name_masked, extracted.number_masked) == ("柯**", "420***********0025")


@pytest.mark.parametrize(
    ("period", "reasons", "long_term"),
    [
        ("2018.03.05-2038.03.05", [], False),
        ("2006.11.22-2026.11.22", [], False),
        ("2006.11.21-2026.11.21", ["DOCUMENT_EXPIRED"], False),
        ("2016.07.18-长期", [], True),
        (None, ["TEXT_UNREADABLE"], False),
    ],
)
def test_the_back_of_a_card(period: str | None, reasons: list[str], long_term: bool) -> None:
    """It is valid on its last day, some are valid for ever, and without a period it cannot be read."""
    found = card(COLLINS, "back", back(period))
    assert (found.reasons, found.extracted.long_term) == (reasons, long_term)


def test_what_the_back_says() -> None:
    """Issuer and both dates are kept for the reviewer."""
    read = card(COLLINS, "back", back()).extracted
    assert (read.issuer, read.valid_from, read.valid_until) == (
        "武汉市公安局武昌分局",
        date(2018, 3, 5),
        date(2038, 3, 5),
    )


def test_another_period_on_the_back() -> None:
    """A strip with another period below the card is not read, and makes a second document."""
    texts = [*back("2004.06.01-2024.06.01"), beside("有效期限2020.01.01-2040.01.01", 5.0, 62.0)]
    assert card(COLLINS, "back", texts).reasons == ["MORE_THAN_ONE_DOCUMENT"]


@pytest.mark.parametrize(("number", "reasons"), [(COLLINS.number, []), (OTHER_NUMBER, ["MORE_THAN_ONE_DOCUMENT"])])
def test_both_sides_on_one_page(number: str, reasons: list[str]) -> None:
    """Either side is read beside the other one, which must be the same person's."""
    upper = [(text, (left, y - 70, right, height)) for text, (left, y, right, height) in front(number=number)]
    assert card(COLLINS, "back", [*back(), *upper]).reasons == reasons
    assert card(COLLINS, "front", [*upper, *back()]).reasons == (reasons and ["TEXT_MISMATCH"])


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


@pytest.mark.parametrize(
    ("period", "reasons"),
    [
        ("2026.10.20-2027.01.19", []),
        ("2026.05.20-2026.08.19", ["DOCUMENT_EXPIRED"]),
        ("", ["TEXT_UNREADABLE"]),
    ],
)
def test_a_temporary_card(period: str, reasons: list[str]) -> None:
    """Its one side is like the front of a card, and has its validity on it."""
    person = Person(DocumentType.TEMPORARY_RESIDENT_ID, COLLINS.name, COLLINS.number)
    texts = [*front(), beside(f"有效期限{period}", 6.1, 40.0)]
    found = card(person, "front", texts)
    assert found.reasons == reasons
    assert (found.extracted.valid_until is not None) == (period != "")
    assert card(person, "front", [*texts[:-1], *front(birth=date(1986, 1, 1))]).reasons != []


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("姓名欧阳若兰", ["MORE_THAN_ONE_DOCUMENT"]),
        (OTHER_NUMBER, ["MORE_THAN_ONE_DOCUMENT"]),
        ("H87654321", ["MORE_THAN_ONE_DOCUMENT"]),
        ("姓名：____", []),
        ("H12345678", []),
    ],
)
def test_a_strip_below_a_permit(text: str, reasons: list[str]) -> None:
    """Another name or number outside the permit is a second document; empty labels and its own number are not."""
    assert card(CHAN, "front", permit()).reasons == []
    assert card(CHAN, "front", [*permit(), beside(text, 5.0, 66.0)]).reasons == reasons


def test_a_number_outside_the_permit_is_not_read() -> None:
    """What was typed and lies beside another person's permit agrees with nothing."""
    other = [*permit(number="H87654321"), beside("H12345678", 5.0, 66.0)]
    assert card(CHAN, "front", other).reasons == ["MORE_THAN_ONE_DOCUMENT"]


def test_a_residence_permit_agrees_with_itself() -> None:
    """Like a card, where its layout fits: another birth date than the number's disagrees."""
    person = Person(DocumentType.RESIDENCE_PERMIT, "陳美玲", "810000199408230021")
    own = {"name": person.name, "number": person.number}
    assert card(person, "front", front(birth=date(1994, 8, 23), **own)).reasons == []
    assert card(person, "front", front(birth=date(1994, 8, 24), **own)).reasons == ["TEXT_MISMATCH"]
    assert card(person, "front", front(birth=None, **own)).reasons == []


def test_a_second_passport() -> None:
    """A second machine-readable zone, or a name beside the page, is a second document."""
    today = date(2012, 4, 1)
    second = [(text, (left, y - 100, right, height)) for text, (left, y, right, height) in passport(*ZONE)]
    assert card(ERIKSSON, "front", passport(*ZONE), today).reasons == []
    assert card(ERIKSSON, "front", [*passport(*ZONE), *second], today).reasons == ["MORE_THAN_ONE_DOCUMENT"]
    named = [*passport(*ZONE), beside("姓名欧阳若兰", 10.0, 96.0)]
    assert card(ERIKSSON, "front", named, today).reasons == ["MORE_THAN_ONE_DOCUMENT"]


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


def test_a_mismatch_names_its_field_and_what_else_is_wrong() -> None:
    """A front whose only fault is what was typed has nothing else against it; an expired passport has."""
    slip = card(Person(DocumentType.RESIDENT_ID, "柯爱林", COLLINS.number), "front", front())
    assert (slip.reasons, slip.disagreeing, slip.other_faults) == (["TEXT_MISMATCH"], ["name"], [])
    assert (slip.text.name, slip.text.number) == (COLLINS.name, COLLINS.number)
    expired = judge(msgspec.structs.replace(ERIKSSON, number="L898902C4"), "front", *ZONE)
    assert (expired.reasons, expired.disagreeing, expired.other_faults) == (
        ["TEXT_MISMATCH"],
        ["number"],
        ["DOCUMENT_EXPIRED"],
    )
