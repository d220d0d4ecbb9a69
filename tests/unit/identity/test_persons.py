"""What documents say about whether two applications can be one person's."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.names import name_key, same_name
from functions.identity.domain.persons import NumberFacts, facts_of, may_be_one_person, name_birth_key

COLLINS = Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190025")
PASSPORT = Person(DocumentType.PASSPORT, "柯爱琳", "E12345678", nationality="CHN")


def test_what_a_number_says() -> None:
    """Birth date and sex stand in a number of 18 characters, and in no other."""
    assert facts_of(COLLINS) == NumberFacts(date(1986, 11, 19), "female")
    assert facts_of(PASSPORT) == NumberFacts(None, None)
    assert facts_of(Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198613190025")) == NumberFacts(None, None)


@pytest.mark.parametrize(
    ("after", "one"),
    [
        (COLLINS, True),
        (PASSPORT, True),  # as far as both say
        (Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190041"), True),
        (Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611190033"), False),  # a man
        (Person(DocumentType.RESIDENT_ID, "柯爱琳", "420106198611180025"), False),  # another birthday
        (Person(DocumentType.RESIDENT_ID, "柯爱玲", "420106198611190025"), False),
    ],
)
def test_one_person(after: Person, one: bool) -> None:
    """Name, birth date and sex agree, or it may be somebody else."""
    assert may_be_one_person(COLLINS, after) is one
    assert may_be_one_person(after, COLLINS) is one


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Grace Anne Harper", "HARPER GRACE ANNE"),
        ("阿依古丽·买买提", "阿依古丽．买买提"),
        ("José O'Neil", "JOSE ONEIL"),
    ],
)
def test_one_name_has_one_key(a: str, b: str) -> None:
    """However a name is spelled, people who share it are found."""
    assert same_name(a, b)
    assert name_birth_key(a, date(1966, 12, 9)) == name_birth_key(b, date(1966, 12, 9))
    assert name_birth_key(a, date(1966, 12, 9)) != name_birth_key(b, date(1966, 12, 10))


@given(st.lists(st.text("ABCdefgé", min_size=1, max_size=5), min_size=1, max_size=4))
def test_the_order_of_parts_does_not_count(parts: list[str]) -> None:
    """Surname first or last, in any case: one key."""
    assert name_key(" ".join(parts)) == name_key(" ".join(reversed(parts)).upper())
