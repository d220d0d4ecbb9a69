"""The birth date that a document shows where its number holds none."""

from datetime import date

import pytest

from functions.identity.domain.applications import Person
from functions.identity.domain.birth import read_birth
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.text import TextLine

TODAY = date(2026, 11, 22)
PASSPORT = Person(DocumentType.PASSPORT, "Anna Maria Eriksson", "L898902C3", nationality="UTO")
PERMIT = Person(DocumentType.HK_MACAU_PERMIT, "陳美玲", "H12345678")
ZONE = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)


def lines(*texts: str) -> list[TextLine]:
    return [TextLine(text, 0.99, 0, 40 * row, 900, 40 * row + 30) for row, text in enumerate(texts)]


def test_a_passport() -> None:
    """It stands in the machine-readable zone; without a zone there is none."""
    assert read_birth(lines(*ZONE), PASSPORT, TODAY) == date(1974, 8, 12)
    assert read_birth(lines("PASSPORT"), PASSPORT, TODAY) is None


@pytest.mark.parametrize(
    ("texts", "birth"),
    [
        (("出生日期 1985.03.08",), date(1985, 3, 8)),
        (("出生日期", "１９８５年３月８日"), date(1985, 3, 8)),
        (("有效期限 2021.06.10-2031.06.09",), None),
        (("出生日期 1985.13.08",), None),
        (("出生日期 2085.03.08",), None),
    ],
)
def test_a_permit(texts: tuple[str, ...], birth: date | None) -> None:
    """It stands beside or below its label; what is no date, or one to come, is none."""
    assert read_birth(lines(*texts), PERMIT, TODAY) == birth


def test_a_number_that_holds_it() -> None:
    """A resident ID's number has it already."""
    person = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190025")
    assert read_birth(lines("出生 1986年11月19日"), person, TODAY) is None
