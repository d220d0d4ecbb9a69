"""From lines to fields: what recognition makes of labels, values, look-alikes and layouts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.documents import DocumentType
from functions.identity.domain.documents.resident_id import check_character
from functions.identity.domain.extraction import (
    Validity,
    read_name,
    read_number,
    read_validity,
    side_shown,
    zone_lines,
)
from functions.identity.domain.text import TextLine

HEIGHT = 40


def lines(*placed: tuple[str, int, int]) -> list[TextLine]:
    """Lines of 40 pixels' height from text, left and top; characters are 40 pixels wide, Latin ones 20."""
    return [
        TextLine(text, 0.99, left, top, left + sum(40 if char > "\u2e00" else 20 for char in text), top + HEIGHT)
        for text, left, top in placed
    ]


FRONT_BELOW = (
    ("性别女民族汉", 60, 170),
    ("出生1986年11月19日", 60, 250),
    ("住址", 60, 330),
    ("湖北省武汉市", 200, 330),
)
NUMBER = "420106198611190025"


@pytest.mark.parametrize(
    ("top", "name"),
    [
        ([("姓名", 60, 80), ("柯爱琳", 200, 76)], "柯爱琳"),
        ([("姓名柯爱琳", 60, 80)], "柯爱琳"),
        ([("姓 名 柯 爱 琳", 60, 80)], "柯爱琳"),
        ([("姓名:柯爱琳", 60, 80)], "柯爱琳"),
        ([("名柯爱琳", 60, 80)], "柯爱琳"),
        ([("样例 SAMPLE", 800, 20), ("姓名", 60, 80), ("王䶮", 200, 80)], "王䶮"),
        ([("姓名", 60, 80), ("阿依古丽・买买提", 200, 80)], "阿依古丽·买买提"),
        ([("姓名阿依古丽•买买提", 60, 80)], "阿依古丽·买买提"),
        ([("姓名", 60, 70), ("阿卜杜热合曼·", 200, 60), ("买买提依明", 202, 110)], "阿卜杜热合曼·买买提依明"),
        ([("姓名阿卜杜热合曼·", 60, 60), ("买买提依明", 150, 110)], "阿卜杜热合曼·买买提依明"),
    ],
)
def test_the_name_stands_beside_its_label(top: list[tuple[str, int, int]], name: str) -> None:
    """Joined with its label or apart, with blanks, with any kind of middle dot, over one line or two."""
    assert read_name(lines(*top, *FRONT_BELOW)) == name


@pytest.mark.parametrize(
    "placed",
    [
        [],
        [("柯爱琳", 200, 80)],
        [("姓名", 60, 80)],
        [("姓名", 60, 80), ("12345", 200, 80)],
        [("柯爱琳", 10, 80), ("姓名", 400, 80)],
    ],
)
def test_without_label_or_letters_there_is_no_name(placed: list[tuple[str, int, int]]) -> None:
    """A name is not guessed."""
    assert read_name(lines(*placed)) is None


def test_a_permit_names_in_han_before_latin() -> None:
    """The Latin spelling below is not part of the name, and is the name where nothing else is."""
    both = [("姓名", 400, 80), ("陳美玲", 560, 80), ("CHAN, MEI LING", 560, 140), ("出生日期", 400, 200)]
    assert read_name(lines(*both)) == "陳美玲"
    assert read_name(lines(("姓名/Name", 400, 80), ("SMITH, JOHN O'NEIL", 640, 80))) == "SMITH, JOHN O'NEIL"
    assert read_name(lines(("姓名 SMITH", 400, 80))) == "SMITH"


def test_the_row_of_the_sex_is_no_name() -> None:
    """Beside the next label, even a little above its middle, nothing continues the name."""
    for value in ("女民族汉", "女"):
        placed = [("姓名", 60, 80), ("柯爱琳", 200, 76), (value, 200, 148), ("性别", 60, 150), *FRONT_BELOW[1:]]
        assert read_name(lines(*placed)) == "柯爱琳"


def test_the_row_of_an_address_is_no_name() -> None:
    """Only lines before the next label, close below the name, continue it."""
    placed = [("姓名", 60, 80), ("柯爱琳", 200, 80), ("湖北省武汉市", 200, 330)]
    assert read_name(lines(*placed)) == "柯爱琳"


@pytest.mark.parametrize(
    "placed",
    [
        [("公民身份号码", 60, 500), (NUMBER, 340, 500)],
        [(f"公民身份号码{NUMBER}", 60, 500)],
        [("公民身份号码", 60, 500), ("420106 19861119 0025", 340, 500)],
        [("420106", 340, 500), ("19861119", 500, 502), ("0025", 700, 498)],
        [("42O1O61986lll9OO25", 340, 500)],
        [("４２０１０６１９８６１１１９００２５", 340, 500)],
        [("420106198611190026", 340, 100), (NUMBER, 340, 500)],
        [(f"X{NUMBER}9", 340, 500)],
    ],
)
def test_the_number_is_found(placed: list[tuple[str, int, int]]) -> None:
    """Joined with its label, in pieces, in full width, with look-alike letters, beside a wrong one."""
    assert read_number(DocumentType.RESIDENT_ID, lines(*placed)) == NUMBER


@given(st.from_regex(r"[1-6][0-9]{16}", fullmatch=True))
def test_every_checked_number_is_found(body: str) -> None:
    """Whatever its digits, and with a small x for X."""
    number = body + check_character(body)
    assert read_number(DocumentType.RESIDENCE_PERMIT, lines(("公民身份号码" + number.lower(), 0, 0))) == number


def test_a_number_with_a_wrong_check_character_is_given_as_it_is() -> None:
    """So that it can be compared with what was typed; with letters inside it is none at all."""
    assert read_number(DocumentType.RESIDENT_ID, lines(("420106198611190026", 0, 0))) == "420106198611190026"
    assert read_number(DocumentType.RESIDENT_ID, lines(("42010619861119O026", 0, 0))) is None
    assert read_number(DocumentType.RESIDENT_ID, lines(("42010619861119002H", 0, 0))) is None
    assert read_number(DocumentType.RESIDENT_ID, lines(("H12345678", 0, 0))) is None


@pytest.mark.parametrize(
    ("document_type", "placed", "number"),
    [
        (DocumentType.HK_MACAU_PERMIT, [("证件号码", 0, 0), ("H12345678", 200, 0)], "H12345678"),
        (DocumentType.HK_MACAU_PERMIT, [("证件号码M0045670102", 0, 0)], "M0045670102"),
        (DocumentType.HK_MACAU_PERMIT, [("1985.03.08", 0, 0)], None),
        (DocumentType.TAIWAN_PERMIT, [("1985.03.08", 0, 0), ("证件号码", 0, 90), ("01234567", 200, 90)], "01234567"),
        (DocumentType.TAIWAN_PERMIT, [("0123456701(B)", 200, 90)], "0123456701B"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, [("GBR110078010101", 200, 90)], "GBR110078010101"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, [("911124198108030024", 200, 90)], "911124198108030024"),
        (DocumentType.PASSPORT, [("925076473", 200, 90)], None),
    ],
)
def test_other_documents_have_other_numbers(
    document_type: DocumentType, placed: list[tuple[str, int, int]], number: str | None
) -> None:
    """Each document's own form is looked for."""
    assert read_number(document_type, lines(*placed)) == number


@pytest.mark.parametrize(
    ("text", "validity"),
    [
        ("2018.03.05-2038.03.05", Validity(date(2018, 3, 5), date(2038, 3, 5))),
        ("有效期限2018.03.05-2038.03.05", Validity(date(2018, 3, 5), date(2038, 3, 5))),
        ("2018.03.05 - 2038.03.05", Validity(date(2018, 3, 5), date(2038, 3, 5))),
        ("20180305-20380305", Validity(date(2018, 3, 5), date(2038, 3, 5))),
        ("2018.0305一2038.03,05", Validity(date(2018, 3, 5), date(2038, 3, 5))),
        ("2018年03月05日至2038年03月05日", Validity(date(2018, 3, 5), date(2038, 3, 5))),
        ("2016.07.18-长期", Validity(date(2016, 7, 18), None)),
        ("2016.07.18长期", Validity(date(2016, 7, 18), None)),
        ("2018.02.30-2038.03.05", None),
        ("2018.03.05-2018.03.05", None),
        ("2038.03.05-2018.03.05", None),
        ("2018.03.05-2088.03.05", None),
        ("2018.03.05", None),
        ("长期", None),
    ],
)
def test_the_validity_is_read(text: str, validity: Validity | None) -> None:
    """Two dates in any punctuation, or one and 长期; what is no period is nothing."""
    assert read_validity(lines((text, 200, 0))) == validity


def test_a_validity_in_two_pieces_is_read() -> None:
    """Recognition may part the line at its dash."""
    pieces = lines(("有效期限", 0, 0), ("2018.03.05-", 200, 2), ("长期", 450, 0))
    assert read_validity(pieces) == Validity(date(2018, 3, 5), None)


@pytest.mark.parametrize(
    ("texts", "side"),
    [
        (["姓名", "柯爱琳", "性别女民族汉", "公民身份号码"], "front"),
        (["公民身份 号码", NUMBER], "front"),
        (["中华人民共和国", "居民身份证", "签发机关"], "back"),
        (["有效期限", "2018.03.05-2038.03.05"], "back"),
        (["住址", "中华人民共和国", "姓名"], "front"),
        (["中华人民共和国", "姓名"], None),
        (["PASSPORT"], None),
        ([], None),
    ],
)
def test_the_side_is_told_by_its_labels(texts: list[str], side: str | None) -> None:
    """More labels of one side than of the other; nothing is guessed."""
    assert side_shown(lines(*((text, 0, 80 * row) for row, text in enumerate(texts)))) == side


FIRST = "P<GBRHARPER<<GRACE<ANNE<<<<<<<<<<<<<<<<<<<<<"
SECOND = "9250764733GBR6612094F3405145<<<<<<<<<<<<<<<6"


def test_the_zone_is_found_below_everything_else() -> None:
    """Long lines of a zone's characters; names of states and labels are none."""
    page = [
        ("UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND", 0, 0),
        ("PASSPORT/PASSEPORT NUMBER 925076473", 0, 60),
    ]
    zone = [(FIRST, 0, 600), (SECOND, 0, 660)]
    assert zone_lines(lines(*page, *zone)) == [FIRST, SECOND]
    assert zone_lines(lines(*page)) == []


def test_a_zone_in_pieces_is_joined() -> None:
    """Pieces in one row, other fillers, blanks, full width and small letters are fixed."""
    pieces = [(FIRST[:20], 0, 600), (FIRST[20:], 400, 604), ("９" + SECOND[1:20].lower() + " " + SECOND[20:], 0, 660)]
    assert zone_lines(lines(*pieces)) == [FIRST, SECOND]
    assert zone_lines(lines((FIRST.replace("<<", "«"), 0, 600), (SECOND, 0, 660)))[0] == FIRST


def test_three_lines_of_a_card_are_kept() -> None:
    """A card's zone has three lines of 30 characters; not more than the lowest three are taken."""
    card = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
    assert zone_lines(lines(*((text, 0, 60 * row) for row, text in enumerate([card[2], *card])))) == card
