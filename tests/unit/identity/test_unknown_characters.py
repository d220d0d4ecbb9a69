"""Characters that cannot be typed, private-use code points, numbers whose check character is printed wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.identity.domain.documents import DocumentRefused, DocumentType, parse_number
from functions.identity.domain.documents.resident_id import check_character
from functions.identity.domain.names import has_unknown, mask_name, parse_name, same_name
from functions.identity.domain.private_use import PUBLISHED

TODAY = date(2026, 11, 22)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("王suo", "王?"),
        ("王(suo)", "王?"),
        ("王（suo）", "王?"),
        ("王 suǒ", "王?"),
        ("王suo3", "王?"),
        ("王SUO", "王?"),
        ("王?", "王?"),
        ("王？", "王?"),
        ("王?明", "王?明"),
        ("王zhuang明", "王?明"),
        ("lü明", "?明"),
        ("(nv)明", "?明"),
        ("阿卜杜?·买买提", "阿卜杜?·买买提"),
    ],
)
def test_an_unknown_character_is_kept_in_its_place(raw: str, name: str) -> None:
    """However it is typed, it is stored as one mark, and masked as any character."""
    assert parse_name(raw) == name
    assert has_unknown(parse_name(raw))
    assert same_name(raw, name)
    assert len(mask_name(name)) == len(name)


@pytest.mark.parametrize(
    "raw", ["?", "??", "王??", "王suo?", "suo(suo)明", "Anna?", "王(", "王()", "王(xyz)", "王suo王li"]
)
def test_more_than_one_unknown_character_is_refused(raw: str) -> None:
    """One character of a Chinese name may be unknown, no more, and none of a Latin one."""
    with pytest.raises(DocumentRefused) as caught:
        parse_name(raw)
    assert caught.value.code == "NAME_FORMAT"


@pytest.mark.parametrize("raw", ["张 Anna", "Li Suo", "suo", "Wang"])
def test_latin_names_stay_what_they_are(raw: str) -> None:
    """What is no single syllable beside Han characters is a name in Latin letters."""
    assert parse_name(raw) == raw
    assert not has_unknown(raw)


@given(HAN, HAN, st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5))
def test_the_rest_of_the_name_has_to_agree(before: str, after: str, hidden: str) -> None:
    """Whatever stands in the place agrees, also nothing, where it was not read; another name does not."""
    typed = f"{before}?{after}"
    assert same_name(f"{before}{hidden}{after}", typed)
    assert same_name(typed, f"{before}{hidden}{after}")
    assert same_name(f"{before}{after}", typed)
    assert not same_name(f"{before}{hidden}{after}{hidden}{hidden}", typed)
    assert not same_name(f"{hidden}{hidden}{before}{hidden}{after}", typed)


def test_an_unknown_character_is_no_wildcard_for_a_whole_name() -> None:
    """It stands for one character; a name of nothing else is none."""
    assert not same_name("王小明", "王?")
    assert not same_name("李明", "王?")
    assert not same_name("李", "?")
    assert not same_name("Wang Suo", "王?")


def test_private_use_code_points_are_folded_to_published_ones() -> None:
    """Both spellings of one character are one name; the table agrees with Python's of GB 18030 where that is as new."""
    assert parse_name("王\ue863") == parse_name("王\u4dae")
    assert parse_name("王\ue81e") == "王\u9fb4"
    assert same_name("王\ue864", "王\u9fbb")
    codes = [bytes([0xFE, second]) for second in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
    assert len(codes) == len(PUBLISHED)
    for code, (private, published) in zip(codes, PUBLISHED.items(), strict=True):
        assert ord(code.decode("gb18030")) in {private, published}
        assert not 0xE000 <= published <= 0xF8FF
    with pytest.raises(DocumentRefused):
        parse_name("王\ue000")


BODIES = st.tuples(st.integers(1, 12), st.integers(1, 28), st.integers(0, 999)).map(
    lambda parts: f"4201061986{parts[0]:02d}{parts[1]:02d}{parts[2]:03d}"
)


@given(BODIES, st.sampled_from("0123456789X"))
def test_a_wrong_check_character_is_accepted_as_printed_alone(body: str, last: str) -> None:
    """Refused once; said to be printed so, it is the number, and known to disagree."""
    agrees = last == check_character(body)
    number = parse_number(DocumentType.RESIDENT_ID, body + last, today=TODAY, as_printed=True)
    assert (number.value, number.check_agrees) == (body + last, agrees)
    if agrees:
        assert parse_number(DocumentType.RESIDENT_ID, body + last, today=TODAY) == number
    else:
        with pytest.raises(DocumentRefused) as caught:
            parse_number(DocumentType.RESIDENT_ID, body + last, today=TODAY)
        assert caught.value.code == "ID_CHECKSUM"


@pytest.mark.parametrize(
    ("document_type", "number"),
    [
        (DocumentType.RESIDENCE_PERMIT, "810000199408230020"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, "911124198108030025"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, "XAF310168090199"),
    ],
)
def test_as_printed_is_for_every_number_with_a_check_character(document_type: DocumentType, number: str) -> None:
    """Residence permits and foreign permanent residents' cards too."""
    last = next(one for one in "0123456789" if _code(document_type, number[:-1] + one) == "ID_CHECKSUM")
    accepted = parse_number(document_type, number[:-1] + last, today=TODAY, as_printed=True)
    assert not accepted.check_agrees


def _code(document_type: DocumentType, number: str) -> str | None:
    try:
        parse_number(document_type, number, today=TODAY)
    except DocumentRefused as refused:
        return refused.code
    return None


def test_everything_else_of_a_number_has_to_be_right() -> None:
    """A birth date that does not exist, or another form, is refused as printed too."""
    for number, code in (("42010619861319002X", "ID_BIRTH_DATE"), ("4201061986111900", "ID_FORMAT")):
        with pytest.raises(DocumentRefused) as caught:
            parse_number(DocumentType.RESIDENT_ID, number, today=TODAY, as_printed=True)
        assert caught.value.code == code
