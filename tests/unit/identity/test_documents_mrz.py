"""Machine-readable zones: the specimens of ICAO 9303, and what text recognition makes of them."""

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.identity.domain.documents import MrzInvalid, check_digit, parse_mrz
from functions.identity.domain.documents.mrz import past_date

TODAY = date(2026, 11, 22)

TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")


class Holder(NamedTuple):
    """What a test writes into a zone."""

    number: str
    birth: str
    expiry: str
    surname: str = "BERG"
    given: str = "ANNA"
    country: str = "GBR"
    sex: str = "F"
    optional: str = ""


def checked(text: str) -> str:
    """The text with its check digit."""
    return text + str(check_digit(text))


def td3(holder: Holder) -> tuple[str, str]:
    """A passport's zone."""
    names = f"P<{holder.country.ljust(3, '<')}{holder.surname}<<{holder.given}".replace(" ", "<").ljust(44, "<")[:44]
    number, birth, expiry = checked(holder.number.ljust(9, "<")), checked(holder.birth), checked(holder.expiry)
    optional = checked(holder.optional.ljust(14, "<"))
    composite = check_digit(number + birth + expiry + optional)
    return names, f"{number}{holder.country.ljust(3, '<')}{birth}{holder.sex}{expiry}{optional}{composite}"


def td1(holder: Holder) -> tuple[str, str, str]:
    """A card's zone."""
    number, birth, expiry = checked(holder.number.ljust(9, "<")), checked(holder.birth), checked(holder.expiry)
    country, optional = holder.country.ljust(3, "<"), holder.optional.ljust(15, "<")
    composite = check_digit(number + optional + birth + expiry + "<" * 11)
    return (
        f"I<{country}{number}{optional}",
        f"{birth}{holder.sex}{expiry}{country}{'<' * 11}{composite}",
        f"{holder.surname}<<{holder.given}".replace(" ", "<").ljust(30, "<")[:30],
    )


def what_is_wrong(*lines: str) -> str:
    """The word with which these lines are refused."""
    with pytest.raises(MrzInvalid) as caught:
        parse_mrz(lines, today=TODAY)
    return caught.value.what


@pytest.mark.parametrize(
    ("lines", "code", "number", "optional"),
    [(TD3, "P", "L898902C3", "ZE184226B"), (TD2, "I", "D23145890", ""), (TD1, "I", "D23145890", "")],
)
def test_specimens(lines: tuple[str, ...], code: str, number: str, optional: str) -> None:
    """The specimens of ICAO 9303 parts 4, 5 and 6 read as the standard says."""
    mrz = parse_mrz(lines, today=TODAY)
    assert (mrz.document_code, mrz.number, mrz.optional_data) == (code, number, optional)
    assert (mrz.issuer, mrz.nationality, mrz.sex) == ("UTO", "UTO", "F")
    assert (mrz.surname, mrz.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (mrz.birth_date, mrz.expiry_date) == (date(1974, 8, 12), date(2012, 4, 15))


@pytest.mark.parametrize(
    "lines",
    [
        ("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"),
        ("I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<", "D23145890<UTO3407127M95071227349<<<8"),
    ],
)
def test_long_numbers(lines: tuple[str, ...]) -> None:
    """A number of more than nine characters runs on into the optional data, as in the standard's example."""
    mrz = parse_mrz(lines, today=TODAY)
    assert (mrz.number, mrz.optional_data, mrz.surname) == ("D23145890734", "", "STEVENSON")


def test_check_digits_of_the_standard() -> None:
    """The worked examples of part 3, 4.9 come out right, and other characters have no value."""
    assert check_digit("520727") == 3
    assert check_digit("AB2134<<<") == 5
    assert check_digit("L898902C3") == 6
    with pytest.raises(ValueError, match="A-Z"):
        check_digit("é")


@pytest.mark.parametrize(
    ("row", "column", "what"),
    [(1, 0, "number"), (1, 13, "birth_date"), (1, 21, "expiry_date"), (1, 28, "optional_data"), (1, 43, "composite")],
)
def test_every_check_digit_counts(row: int, column: int, what: str) -> None:
    """One wrong digit is reported by the name of the part it stands in."""
    lines = [list(line) for line in TD3]
    lines[row][column] = "9" if lines[row][column] != "9" else "8"
    assert what_is_wrong(*("".join(line) for line in lines)) == what


@given(st.sampled_from([TD3, TD2, TD1]), st.data())
def test_a_wrong_digit_never_passes(lines: tuple[str, ...], data: st.DataObject) -> None:
    """No digit of the zone can be another digit unnoticed."""
    row = data.draw(st.integers(0, len(lines) - 1))
    places = [place for place, character in enumerate(lines[row]) if character.isdigit()]
    assume(places)
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from("0123456789"))
    assume(other != lines[row][place])
    wrong = [*lines[:row], lines[row][:place] + other + lines[row][place + 1 :], *lines[row + 1 :]]
    with pytest.raises(MrzInvalid):
        parse_mrz(wrong, today=TODAY)


@pytest.mark.parametrize(
    ("lines", "row", "read", "as_"),
    [
        (TD3, 1, "7408122F", "74O8I22F"),
        (TD3, 1, "1204159ZE", "I2O4IS9ZE"),
        (TD3, 1, "UTO7408", "UT07408"),
        (TD3, 1, "<<<<<10", "<<<<<IO"),
        (TD3, 0, "P<UTOERIKSSON", "P<UT0ER1K550N"),
        (TD3, 0, "<<<<<<<<<<<<<<<<<<<", ""),
        (TD3, 0, "<<<<<<<<<<<<<<<<<<<", "<<<<<<<<<<<<<<<<<<<<<<"),
        (TD3, 0, "ERIKSSON<<ANNA", "eriksson《anna"),
        (TD3, 0, "P<UTO", "P ＜UTO"),
        (TD1, 1, "7408122F", "74O8I22F"),
        (TD1, 2, "<<<<<<<<<<", "<<<<"),
        (TD2, 1, "D231458907UTO", "D231458907UT0"),
    ],
)
def test_look_alikes(lines: tuple[str, ...], row: int, read: str, as_: str) -> None:
    """Letters where only digits stand, digits where only letters stand, lost fillers and odd brackets are fixed."""
    assert read in lines[row]
    misread = [*lines[:row], lines[row].replace(read, as_), *lines[row + 1 :]]
    assert parse_mrz(misread, today=TODAY) == parse_mrz(lines, today=TODAY)


def test_fillers_inside_a_number() -> None:
    """A hyphen in a number is a filler in its zone, and no part of the number as people type it."""
    assert parse_mrz(td3(Holder("AB<12345", "900101", "300101")), today=TODAY).number == "AB12345"


def test_numbers_are_never_mended() -> None:
    """A document number may hold letters and digits, so O for 0 in it is an error."""
    assert what_is_wrong(TD3[0], TD3[1].replace("L898902C3", "L8989O2C3")) == "number"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((), "lines"),
        (("",), "characters"),
        ((TD3[0],), "lines"),
        ((TD3[1], TD3[0]), "number"),
        ((TD3[0], TD3[1][:-1]), "lines"),
        ((TD3[0] + "X", TD3[1]), "lines"),
        ((*TD3, TD3[0]), "lines"),
        ((TD3[0].replace("ANNA", "ÅNNA"), TD3[1]), "characters"),
        ((TD3[0], TD3[1].replace("7408122", "74081\x002")), "characters"),
        ((TD3[0], TD3[1].replace("7408122", "٧408122")), "characters"),
        (("V" + TD3[0][1:], TD3[1]), "document_code"),
        (("<" + TD3[0][1:], TD3[1]), "document_code"),
        ((TD3[0], TD3[1].replace("F12", "Q12")), "sex"),
        ((TD3[0], TD3[1].replace("L898902C36", "<<<<<<<<<<")), "number"),
        ((TD1[0].replace("D231458907", "D23145890<"), *TD1[1:]), "number"),
        ((TD3[0], TD3[1].replace("59ZE184226B<<<<<10", "59<<<<<<<<<<<<<<<<")), "composite"),
        ((TD3[0], TD3[1].replace("UTO", "<<<")), "nationality"),
        (("P<UTO".ljust(44, "<"), TD3[1]), "name"),
        (("P<UTO3RIKSSON".ljust(44, "<"), TD3[1]), "name"),
    ],
)
def test_what_is_no_zone(lines: tuple[str, ...], what: str) -> None:
    """Anything else is refused by the name of what is wrong."""
    assert what_is_wrong(*lines) == what


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("261122", date(2026, 11, 22)),
        ("261123", date(1926, 11, 23)),
        ("270101", date(1927, 1, 1)),
        ("000229", date(2000, 2, 29)),
        ("000101", date(2000, 1, 1)),
        ("991231", date(1999, 12, 31)),
        ("<<<<<<", None),
        ("74<<<<", None),
    ],
)
def test_century_of_birth(birth: str, expected: date | None) -> None:
    """A birth is the latest that is not in the future; a partly unknown one is None."""
    assert parse_mrz(td3(Holder("E12345678", birth, "300101")), today=TODAY).birth_date == expected


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        ("300101", date(2030, 1, 1)),
        ("991231", date(1999, 12, 31)),
        ("760101", date(2076, 1, 1)),
        ("280229", date(2028, 2, 29)),
        ("<<<<<<", None),
    ],
)
def test_century_of_expiry(expiry: str, expected: date | None) -> None:
    """An expiry is the nearest such day, before or after today."""
    assert parse_mrz(td3(Holder("E12345678", "900101", expiry)), today=TODAY).expiry_date == expected


@pytest.mark.parametrize(
    ("birth", "expiry", "what"),
    [("010229", "300101", "birth_date"), ("991301", "300101", "birth_date"), ("900101", "290229", "expiry_date")],
)
def test_days_that_never_were(birth: str, expiry: str, what: str) -> None:
    """A day that no century has is wrong even where its check digit is right."""
    assert what_is_wrong(*td3(Holder("E12345678", birth, expiry))) == what


def test_germany_and_unspecified_sex() -> None:
    """`D<<` is DEU, `<` is X, and a mononym has no given names."""
    mrz = parse_mrz(td1(Holder("C01X00T47", "640812", "310101", "MUELLER", "", "D", "<", "A<B")), today=TODAY)
    assert (mrz.issuer, mrz.nationality, mrz.sex) == ("DEU", "DEU", "X")
    assert (mrz.surname, mrz.given_names, mrz.optional_data) == ("MUELLER", "", "A<B")


holders = st.builds(
    Holder,
    number=st.from_regex(r"[A-Z0-9]{5,9}", fullmatch=True),
    birth=st.dates(TODAY - timedelta(days=36_000), TODAY).map(lambda day: day.strftime("%y%m%d")),
    expiry=st.dates(TODAY - timedelta(days=15_000), TODAY + timedelta(days=15_000)).map(lambda d: d.strftime("%y%m%d")),
    surname=st.from_regex(r"[A-Z]{1,10}( [A-Z]{1,8})?", fullmatch=True),
    given=st.from_regex(r"[A-Z]{1,8}", fullmatch=True),
    country=st.sampled_from(["GBR", "CHN", "RKS"]),
    sex=st.sampled_from("MF"),
    optional=st.just(""),
)


@given(holders)
def test_zones_read_as_they_were_written(holder: Holder) -> None:
    """Whatever is written with right check digits is read back."""
    for lines in (td3(holder), td1(holder)):
        mrz = parse_mrz(lines, today=TODAY)
        assert (mrz.number, mrz.sex, mrz.nationality) == (holder.number, holder.sex, holder.country)
        assert (mrz.surname, mrz.given_names) == (holder.surname, holder.given)
        assert [day and day.strftime("%y%m%d") for day in (mrz.birth_date, mrz.expiry_date)] == [
            holder.birth,
            holder.expiry,
        ]
        assert holder.number not in repr(mrz)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_lines_are_answered(lines: list[str]) -> None:
    """Arbitrary text is refused, never an error of another kind."""
    with pytest.raises(MrzInvalid):
        parse_mrz(lines, today=TODAY)


@given(st.dates(date(1927, 1, 1), TODAY))
def test_past_dates(day: date) -> None:
    """Every day of the last hundred years is found again from its six digits."""
    assert past_date(day.strftime("%y%m%d"), today=TODAY) == day
