"""The validity of a card fits its holder's age at issue, and has started."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.documents import DocumentType
from functions.identity.domain.validity import age_on, is_plausible, terms_at

BIRTH = date(1980, 6, 15)
TODAY = date(2026, 11, 22)
ID = DocumentType.RESIDENT_ID


def card(issued: date, years: int | None, *, birth: date = BIRTH, today: date = TODAY) -> bool:
    until = issued.replace(year=issued.year + years) if years is not None else None
    return is_plausible(ID, birth, issued, until, today)


@pytest.mark.parametrize(
    ("age", "terms"),
    [
        (0, {5}), (14, {5}), (15, {5, 10}), (16, {5, 10}), (17, {10}), (24, {10}), (25, {10, 20}), (26, {10, 20}),
        (27, {20}), (44, {20}), (45, {20, None}), (46, {20, None}), (47, {None}), (90, {None}),
    ],
)  # fmt: skip
def test_terms(age: int, terms: set[int | None]) -> None:
    """The term follows from the age at issue; a year before and after a limit, both terms fit."""
    assert terms_at(age) == terms


@pytest.mark.parametrize(("age", "before", "after"), [(17, 5, 10), (27, 10, 20), (47, 20, None)])
def test_at_the_birthday(age: int, before: int, after: int | None) -> None:
    """With the tolerance of a year, the younger term ends on the day before a birthday, and the older one continues."""
    birthday = BIRTH.replace(year=BIRTH.year + age)
    eve = birthday - timedelta(days=1)
    assert card(eve, before, today=date(2030, 1, 1))
    assert not card(birthday, before, today=date(2030, 1, 1))
    assert card(birthday, after, today=date(2030, 1, 1))


@pytest.mark.parametrize(
    ("issued", "years"),
    [
        (TODAY + timedelta(days=1), None),  # begins tomorrow
        (date(2011, 11, 22), None),  # long-term at 31
        (date(2011, 11, 22), 5),  # a child's term
        (date(2011, 11, 22), 30),
        (BIRTH - timedelta(days=1), 5),  # before birth
    ],
)
def test_cards_that_nobody_has(issued: date, years: int | None) -> None:
    """A card of the future, of another age, of no term, or from before the birth is not plausible."""
    assert not card(issued, years)


def test_a_card_of_today_and_the_day_before() -> None:
    """A card that begins today is plausible, and so is one that ends on the day before its anniversary."""
    assert card(TODAY, None)
    assert is_plausible(ID, BIRTH, date(2018, 3, 5), date(2038, 3, 4), TODAY)
    assert not is_plausible(ID, BIRTH, date(2018, 3, 5), date(2037, 3, 5), TODAY)


def test_leap_days() -> None:
    """A term that begins on 29 February, and a holder who was born on one."""
    assert is_plausible(ID, BIRTH, date(2020, 2, 29), date(2040, 2, 29), TODAY)
    born = date(2004, 2, 29)
    assert age_on(date(2021, 2, 28), born) == 16
    assert age_on(date(2021, 3, 1), born) == 17
    assert is_plausible(ID, born, date(2024, 2, 29), date(2034, 3, 1), TODAY)


@pytest.mark.parametrize("document_type", [one for one in DocumentType if one is not ID])
def test_other_documents_have_terms_of_their_own(document_type: DocumentType) -> None:
    """Of other documents only the beginning is judged."""
    assert is_plausible(document_type, BIRTH, date(2024, 1, 1), date(2029, 1, 1), TODAY)
    assert is_plausible(document_type, None, date(2024, 1, 1), date(2029, 1, 1), TODAY)
    assert not is_plausible(document_type, None, date(2030, 1, 1), date(2035, 1, 1), TODAY)


def test_what_was_not_read_is_not_judged() -> None:
    """Without a beginning there is nothing to judge."""
    assert is_plausible(ID, BIRTH, None, None, TODAY)


@given(birth=st.dates(date(1930, 1, 1), date(2026, 1, 1)), days=st.integers(0, 36_000))
def test_every_lawful_card_is_plausible(birth: date, days: int) -> None:
    """A card with the term of the law at its age is plausible on the day it is issued."""
    issued = birth + timedelta(days=days)
    age = age_on(issued, birth)
    years = 5 if age < 16 else 10 if age < 26 else 20 if age < 46 else None
    if years is not None:
        until = date(issued.year + years, 3, 1) if (issued.month, issued.day) == (2, 29) else None
        until = until or issued.replace(year=issued.year + years)
    else:
        until = None
    assert is_plausible(ID, birth, issued, until, today=issued)
