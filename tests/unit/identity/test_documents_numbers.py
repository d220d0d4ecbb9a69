"""Document numbers as typed, at every edge of their standards."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.identity.domain.documents import (
    DocumentNumber,
    DocumentRefused,
    DocumentType,
    check_digit,
    mask_number,
    parse_nationality,
    parse_number,
)
from functions.identity.domain.documents.resident_id import EARLIEST_BIRTH, check_character

TODAY = date(2026, 11, 22)
EXAMPLE = "11010519491231002X"  # GB 11643's own


def with_check(body: str) -> str:
    """17 digits with their check character."""
    return body + check_character(body)


def parse(document_type: DocumentType, raw: str, nationality: str | None = None) -> DocumentNumber:
    """`parse_number` on the day of these tests."""
    return parse_number(document_type, raw, today=TODAY, nationality=nationality)


def refusal(document_type: DocumentType, raw: str, nationality: str | None = None) -> DocumentRefused:
    """The error with which it is refused."""
    with pytest.raises(DocumentRefused) as caught:
        parse(document_type, raw, nationality)
    return caught.value


def numbers(prefixes: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Valid 18-character numbers: a prefix of 6 digits, a birth date up to today, a sequence, the check character."""
    births = st.dates(EARLIEST_BIRTH, TODAY).map(lambda day: day.strftime("%Y%m%d").zfill(8))
    sequences = st.integers(0, 999).map(lambda number: f"{number:03}")
    return st.builds(lambda *parts: with_check("".join(parts)), prefixes, births, sequences)


areas = st.integers(0, 809999).map(lambda code: f"{code:06}")
resident_ids = numbers(areas)
permits = numbers(st.sampled_from(["810000", "820000", "830000"]))
foreign_numbers = numbers(st.integers(900000, 999999).map(str))


@pytest.mark.parametrize("number", [EXAMPLE, "440524188001010014"])
def test_examples_of_the_standard(number: str) -> None:
    """Both examples printed in GB 11643 are accepted, with a birth date and a known area."""
    parsed = parse(DocumentType.RESIDENT_ID, number)
    assert parsed.value == parsed.person_key == number
    assert parsed.birth_date == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert parsed.area_code_known is True


@pytest.mark.parametrize(
    "raw",
    [
        "11010519491231002x",
        " 11010519491231002X\n",
        "110105 19491231 002X",
        "110105-19491231-002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002ｘ",
        "\u3000110105\u300019491231 002X",
    ],
)
def test_ways_to_type_one_number(raw: str) -> None:
    """Case, full width, blanks and hyphens make no other number."""
    assert parse(DocumentType.RESIDENT_ID, raw).value == EXAMPLE


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "1101051949123100",
        "11010519491231002XX",
        "1101051949123100２X9",
        "X1010519491231002X",
        "11010519491231002٠",  # Arabic-Indic zero
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",
        "११०१०५१९४९१२३१००२X",
        "\U0001d7cf1010519491231002X",  # mathematical bold one
        "11010519491231002Х",  # Cyrillic
        "11010519491231002×",
        "110105\u200b19491231002X",
        "\ufeff11010519491231002X",
        "11010519491231002X\x00",
        "\x0011010519491231002X",
        "110105\n19491231002X",
        "11010519491231002X\u202c",
        "\ud800",
        "1" * 100_000,
        "😀" * 18,
    ],
)
def test_what_is_no_resident_id(raw: str) -> None:
    """Wrong lengths, other scripts' digits, look-alikes, invisible and control characters are ID_FORMAT."""
    assert refusal(DocumentType.RESIDENT_ID, raw).code == "ID_FORMAT"


def test_fifteen_digits_are_asked_for_again() -> None:
    """A number of the first generation is answered by asking for the 18 characters."""
    refused = refusal(DocumentType.RESIDENT_ID, "110105491231002")
    assert refused.code == "ID_FORMAT"
    assert "18 位" in refused.text.zh
    assert "18 characters" in refused.text.en


@pytest.mark.parametrize(
    ("birth", "accepted"),
    [
        ("20000229", True),  # divisible by 400
        ("19000229", False),  # divisible by 100
        ("20240229", True),
        ("20230229", False),
        ("19490431", False),
        ("19491301", False),
        ("19490001", False),
        ("19490100", False),
        ("00000101", False),
        ("17991231", False),
        ("18000101", True),
        ("20261122", True),
        ("20261123", False),
        ("21261122", False),
        ("99991231", False),
    ],
)
def test_birth_dates(birth: str, accepted: bool) -> None:
    """The birth date exists and is today (as the caller's clock has it) at the latest."""
    number = with_check(f"110105{birth}002")
    if accepted:
        assert parse(DocumentType.RESIDENT_ID, number).birth_date is not None
    else:
        assert refusal(DocumentType.RESIDENT_ID, number).code == "ID_BIRTH_DATE"


def test_today_is_the_callers() -> None:
    """A child born on the 23rd is refused while the caller's date is the 22nd, and accepted a day later."""
    number = with_check("11010520261123002")
    assert refusal(DocumentType.RESIDENT_ID, number).code == "ID_BIRTH_DATE"
    tomorrow = parse_number(DocumentType.RESIDENT_ID, number, today=TODAY + timedelta(days=1))
    assert tomorrow.birth_date == date(2026, 11, 23)


def test_unknown_area_is_no_refusal() -> None:
    """A number whose area code no one has heard of is accepted and marked."""
    assert parse(DocumentType.RESIDENT_ID, with_check("77999919900101001")).area_code_known is False


@pytest.mark.parametrize(
    ("typed_as", "number", "named"),
    [
        (DocumentType.RESIDENT_ID, with_check("81000019900101001"), "港澳台居民居住证"),
        (DocumentType.RESIDENT_ID, with_check("82000019900101001"), "港澳台居民居住证"),
        (DocumentType.RESIDENT_ID, with_check("83000019900101001"), "港澳台居民居住证"),
        (DocumentType.RESIDENT_ID, with_check("83010119900101001"), "港澳台居民居住证"),
        (DocumentType.RESIDENT_ID, "932682198501010017", "外国人永久居留身份证"),
        (DocumentType.RESIDENT_ID, "KAZ110090123105", "外国人永久居留身份证"),
        (DocumentType.RESIDENT_ID, "H12345678", "港澳居民来往内地通行证"),
        (DocumentType.RESIDENCE_PERMIT, EXAMPLE, "居民身份证"),
        (DocumentType.RESIDENCE_PERMIT, "932682198501010017", "外国人永久居留身份证"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, EXAMPLE, "居民身份证"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, with_check("83000019900101001"), "港澳台居民居住证"),
        (DocumentType.PASSPORT, EXAMPLE, "居民身份证"),
        (DocumentType.PASSPORT, "kaz110090123105", "外国人永久居留身份证"),
        (DocumentType.HK_MACAU_PERMIT, with_check("81000019900101001"), "港澳台居民居住证"),
        (DocumentType.TAIWAN_PERMIT, with_check("83000019900101001"), "港澳台居民居住证"),
        (DocumentType.TAIWAN_PERMIT, "M1234567801", "港澳居民来往内地通行证"),
    ],
)
def test_number_of_another_document(typed_as: DocumentType, number: str, named: str) -> None:
    """A number that clearly belongs to another document is ID_WRONG_TYPE and says which."""
    refused = refusal(typed_as, number, "GBR")
    assert refused.code == "ID_WRONG_TYPE"
    assert named in refused.text.zh


@given(resident_ids)
def test_every_valid_resident_id_parses(number: str) -> None:
    """Whatever the area, date and sequence, a right check character makes a number, and parsing it changes nothing."""
    parsed = parse(DocumentType.RESIDENT_ID, number)
    assert parsed.value == number
    assert parse(DocumentType.RESIDENT_ID, parsed.value) == parsed


@given(resident_ids, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_substitution_is_refused(number: str, place: int, other: str) -> None:
    """MOD 11-2 lets no single wrong character through."""
    assume(number[place] != other)
    refusal(DocumentType.RESIDENT_ID, number[:place] + other + number[place + 1 :])


@given(resident_ids, st.integers(0, 16))
def test_every_adjacent_swap_is_refused(number: str, place: int) -> None:
    """MOD 11-2 lets no two neighbours change places."""
    assume(number[place] != number[place + 1])
    refusal(DocumentType.RESIDENT_ID, number[:place] + number[place + 1] + number[place] + number[place + 2 :])


@given(permits)
def test_residence_permits(number: str) -> None:
    """A number beginning with 810000, 820000 or 830000 is a residence permit's; it names no county."""
    parsed = parse(DocumentType.RESIDENCE_PERMIT, number)
    assert parsed.person_key == number
    assert parsed.area_code_known is None
    assert refusal(DocumentType.RESIDENT_ID, number).code == "ID_WRONG_TYPE"


@pytest.mark.parametrize("number", ["811234199001010015", "81000019900101001", "81000019900101001A"])
def test_what_is_no_residence_permit(number: str) -> None:
    """Other codes below 81 and wrong lengths are ID_FORMAT."""
    assert refusal(DocumentType.RESIDENCE_PERMIT, number).code == "ID_FORMAT"


def test_check_characters_of_permits() -> None:
    """A residence permit and both generations of foreign numbers are held to their check characters."""
    for document_type, number in (
        (DocumentType.RESIDENCE_PERMIT, "810000199001010010"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, "932682198501010018"),
        (DocumentType.FOREIGN_PERMANENT_RESIDENT, "KAZ110090123106"),
    ):
        assert refusal(document_type, number).code == "ID_CHECKSUM"


@given(foreign_numbers)
def test_foreign_permanent_residents(number: str) -> None:
    """Since 2023 these numbers begin with 9 and follow GB 11643."""
    assert parse(DocumentType.FOREIGN_PERMANENT_RESIDENT, number).value == number


def test_published_foreign_numbers() -> None:
    """The examples in the immigration administration's notes of 2023 on both generations are accepted."""
    new = parse(DocumentType.FOREIGN_PERMANENT_RESIDENT, "932682198501010017")
    old = parse(DocumentType.FOREIGN_PERMANENT_RESIDENT, "kaz 1100 901231 05")
    assert (new.birth_date, old.birth_date) == (date(1985, 1, 1), date(1990, 12, 31))
    assert old.person_key == "KAZ110090123105"


@pytest.mark.parametrize(
    ("yymmdd", "birth"), [("261122", date(2026, 11, 22)), ("261123", date(1926, 11, 23)), ("000229", date(2000, 2, 29))]
)
def test_century_of_old_foreign_numbers(yymmdd: str, birth: date) -> None:
    """Two digits of a year mean the latest one that is not in the future."""
    body = f"KAZ1100{yymmdd}0"
    assert parse(DocumentType.FOREIGN_PERMANENT_RESIDENT, f"{body}{check_digit(body)}").birth_date == birth


@pytest.mark.parametrize("yymmdd", ["010229", "991301", "000000"])
def test_impossible_dates_of_old_foreign_numbers(yymmdd: str) -> None:
    """A date that no century has is ID_BIRTH_DATE."""
    body = f"KAZ1100{yymmdd}0"
    number = f"{body}{check_digit(body)}"
    assert refusal(DocumentType.FOREIGN_PERMANENT_RESIDENT, number).code == "ID_BIRTH_DATE"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("l898902c3", "L898902C3"), ("Ｅ１２３４５６７８", "E12345678"), ("12345", "12345"), ("EA 1234567", "EA1234567")],
)
def test_passports(raw: str, value: str) -> None:
    """A passport's number is 5 to 9 letters and digits; the nationality makes it one person's."""
    parsed = parse(DocumentType.PASSPORT, raw, "gbr")
    assert (parsed.value, parsed.person_key, parsed.birth_date) == (value, "GBR" + value, None)


@pytest.mark.parametrize(
    "raw", ["1234", "A123456789", "A12<45678", "E1234567٨", "ſ1234567", "ı1234567", "E1234567\u200d"]
)
def test_what_is_no_passport(raw: str) -> None:
    """Other lengths and characters beyond ASCII, even those that upper-case into it, are ID_FORMAT."""
    assert refusal(DocumentType.PASSPORT, raw, "GBR").code == "ID_FORMAT"


@pytest.mark.parametrize(
    ("raw", "code"),
    [("GBR", "GBR"), (" gbd ", "GBD"), ("ＲＫＳ", "RKS"), ("UNO", "UNO"), ("XXA", "XXA"), ("D", "DEU"), ("D<<", "DEU")],
)
def test_nationalities(raw: str, code: str) -> None:
    """ISO 3166's codes and ICAO's own are nationalities; Germany's one letter is its three."""
    assert parse_nationality(raw) == code


@pytest.mark.parametrize("raw", [None, "", "UTO", "ZZZ", "GB", "中国", "GBRR", "G\x00R", "ＧＢ", "A" * 10_000])
def test_passport_without_nationality(raw: str | None) -> None:
    """A passport with no nationality, or none that exists, is NATIONALITY_FORMAT."""
    assert refusal(DocumentType.PASSPORT, "E12345678", raw).code == "NATIONALITY_FORMAT"


@pytest.mark.parametrize(
    ("raw", "key"), [("h12345678", "H12345678"), ("M1234567801", "M12345678"), ("Ｈ1234567802", "H12345678")]
)
def test_hk_macau_permits(raw: str, key: str) -> None:
    """The person's key is the first nine characters, whichever reissue the permit is."""
    assert parse(DocumentType.HK_MACAU_PERMIT, raw).person_key == key


@pytest.mark.parametrize("raw", ["12345678", "A12345678", "H1234567", "H123456789", "H123456780A", "HA1234567"])
def test_what_is_no_hk_macau_permit(raw: str) -> None:
    """Other letters and lengths are ID_FORMAT."""
    assert refusal(DocumentType.HK_MACAU_PERMIT, raw).code == "ID_FORMAT"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("05616820", "05616820"),
        ("0561682001", "0561682001"),
        ("0561682001(D)", "0561682001D"),
        ("0561682001（d）", "0561682001D"),
        ("0561682001B", "0561682001B"),
        ("05616820013", "05616820013"),
    ],
)
def test_taiwan_permits(raw: str, value: str) -> None:
    """The first eight digits are the person's for life; issue and office may follow, in brackets or not."""
    parsed = parse(DocumentType.TAIWAN_PERMIT, raw)
    assert (parsed.value, parsed.person_key) == (value, "05616820")


@pytest.mark.parametrize("raw", ["0561682", "056168200", "05616820(D)", "0561682001()", "0561682001(DD)", "A5616820"])
def test_what_is_no_taiwan_permit(raw: str) -> None:
    """Other lengths are ID_FORMAT."""
    assert refusal(DocumentType.TAIWAN_PERMIT, raw).code == "ID_FORMAT"


@given(st.sampled_from(DocumentType), st.text(max_size=80))
def test_any_text_is_answered(document_type: DocumentType, raw: str) -> None:
    """Whatever is typed is parsed or refused with a text in both languages, and the refusal never repeats it."""
    try:
        parsed = parse(document_type, raw, "GBR")
    except DocumentRefused:
        refused = refusal(document_type, raw, "GBR")
        assert all(refused.text)
        assert str(refused) == refused.code
    else:
        assert parse(document_type, parsed.value, "GBR") == parsed


typed_numbers = st.one_of(
    resident_ids,
    st.from_regex(r"[HM][0-9]{8}([0-9]{2})?", fullmatch=True),
    st.from_regex(r"[0-9]{8}([0-9]{2}[A-Z0-9]?)?", fullmatch=True),
    st.from_regex(r"[A-Z0-9]{5,9}", fullmatch=True),
    st.from_regex(r"[A-Z]{3}[0-9]{12}", fullmatch=True),
)


@given(typed_numbers)
def test_masks_never_reveal(number: str) -> None:
    """A mask has the number's length, shows 3 and 4 characters of 18, and a third of a shorter number at most."""
    masked = mask_number(number)
    shown = len(masked) - masked.count("*")
    assert len(masked) == len(number)
    assert all(mask in ("*", real) for mask, real in zip(masked, number, strict=True))
    assert shown == 7 if len(number) == 18 else shown <= len(number) // 3
    assert re.fullmatch(r"[^*]*\*+[^*]*", masked)


@pytest.mark.parametrize(
    ("number", "masked"),
    [(EXAMPLE, "110***********002X"), ("H12345678", "H******78"), ("12345", "****5"), ("12", "**"), ("", "")],
)
def test_masks(number: str, masked: str) -> None:
    """Masks at their edges; what is too short is hidden whole."""
    assert mask_number(number) == masked


def test_representation_hides_the_number() -> None:
    """A number that ends in a log by accident is masked there."""
    assert EXAMPLE not in repr(parse(DocumentType.RESIDENT_ID, EXAMPLE))
