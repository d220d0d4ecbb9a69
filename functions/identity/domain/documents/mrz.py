"""Machine-readable zones of ICAO 9303: TD3 (passports, part 4), TD1 and TD2 (cards, parts 5 and 6).

Lines come from text recognition. Where a format requires a digit or a letter, a look-alike is read as such; document
numbers may hold both and are never changed. A zone counts only if every check digit then agrees.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from functions.identity.domain.documents.nationalities import country_code
from functions.shared.code_format import FULL_WIDTH

WEIGHTS = (7, 3, 1)
VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}

DIGITS_FOR = str.maketrans("OQDILZSGB", "000112568")
LETTERS_FOR = str.maketrans("012568", "OIZSGB")

FILLERS = str.maketrans(dict.fromkeys("‹〈＜く", "<") | dict.fromkeys("«《", "<<") | dict.fromkeys(" \u3000", ""))


class MrzInvalid(ValueError):
    """Lines that are no valid zone; `what` names the first part that is wrong, as a word and never its content."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Mrz:
    """What a zone says. Names are in its Latin spelling; `sex` is `M`, `F` or `X`; unknown dates are None."""

    document_code: str
    issuer: str
    nationality: str
    number: str
    birth_date: date | None
    expiry_date: date | None
    sex: str
    surname: str
    given_names: str
    optional_data: str

    def __repr__(self) -> str:
        """Without the person: representations end in logs."""
        return f"Mrz({self.document_code}, {self.issuer})"


class _Layout(NamedTuple):
    """Where things stand when the lines of a format are put one after the other; each slice without its check digit."""

    lines: int
    width: int
    names: slice
    number: slice
    nationality: slice
    birth: slice
    sex: int
    expiry: slice
    optional: tuple[slice, ...]
    composite_over: tuple[slice, ...]
    composite: int


TD3 = _Layout(
    lines=2,
    width=44,
    names=slice(5, 44),
    number=slice(44, 53),
    nationality=slice(54, 57),
    birth=slice(57, 63),
    sex=64,
    expiry=slice(65, 71),
    optional=(slice(72, 86),),
    composite_over=(slice(44, 54), slice(57, 64), slice(65, 87)),
    composite=87,
)
TD2 = _Layout(
    lines=2,
    width=36,
    names=slice(5, 36),
    number=slice(36, 45),
    nationality=slice(46, 49),
    birth=slice(49, 55),
    sex=56,
    expiry=slice(57, 63),
    optional=(slice(64, 71),),
    composite_over=(slice(36, 46), slice(49, 56), slice(57, 71)),
    composite=71,
)
TD1 = _Layout(
    lines=3,
    width=30,
    names=slice(60, 90),
    number=slice(5, 14),
    nationality=slice(45, 48),
    birth=slice(30, 36),
    sex=37,
    expiry=slice(38, 44),
    optional=(slice(15, 30), slice(48, 59)),
    composite_over=(slice(5, 30), slice(30, 37), slice(38, 45), slice(48, 59)),
    composite=59,
)
ISSUER = slice(2, 5)


def check_digit(text: str) -> int:
    """The check digit of ICAO 9303 part 3, 4.9 (weights 7, 3, 1, modulo 10); ValueError for what no zone holds."""
    try:
        return sum(VALUES[character] * WEIGHTS[place % 3] for place, character in enumerate(text)) % 10
    except KeyError:
        raise ValueError("only A-Z, 0-9 and < have a value") from None


def past_date(yymmdd: str, *, today: date) -> date | None:
    """The latest day not after `today` that six digits can mean, None if there is none in this century or the last."""
    century = today.year - today.year % 100
    days = (_day(year, yymmdd) for year in (century + int(yymmdd[:2]), century - 100 + int(yymmdd[:2])))
    return next((day for day in days if day and day <= today), None)


def parse_mrz(lines: Sequence[str], *, today: date) -> Mrz:
    """What the zone on these lines says, `today` deciding the centuries of its dates.

    Raises MrzInvalid with `lines`, `characters`, `document_code`, `number`, `birth_date`, `expiry_date`, `sex`,
    `nationality`, `name`, `optional_data` or `composite`. Expiry is read, not judged.
    """
    layout, zone = _laid_out([_folded(line) for line in lines])
    zone = _repaired(layout, zone)
    if not zone[0].isalpha() or zone[0] == "V":  # visas look like passports, but have no composite and prove no one
        raise MrzInvalid("document_code")

    number, optional = _number_and_optional(layout, zone)
    birth = _checked_date(zone, layout.birth, "birth_date")
    expiry = _checked_date(zone, layout.expiry, "expiry_date")
    if layout is TD3 and not _agrees(zone[layout.optional[0]], zone[86], empty_may_be_blank=True):
        raise MrzInvalid("optional_data")
    if not _agrees("".join(zone[part] for part in layout.composite_over), zone[layout.composite]):
        raise MrzInvalid("composite")

    nationality = country_code(zone[layout.nationality])
    if not re.fullmatch(r"[A-Z]{3}", nationality):
        raise MrzInvalid("nationality")
    sex = {"M": "M", "F": "F", "<": "X", "X": "X"}.get(zone[layout.sex])
    if sex is None:
        raise MrzInvalid("sex")
    surname, given_names = _names(zone[layout.names])
    birth_date = past_date(birth, today=today) if birth else None
    expiry_date = _nearest_date(expiry, today=today) if expiry else None
    if birth and birth_date is None:
        raise MrzInvalid("birth_date")
    if expiry and expiry_date is None:
        raise MrzInvalid("expiry_date")
    return Mrz(
        document_code=zone[:2].rstrip("<"),
        issuer=country_code(zone[ISSUER]),
        nationality=nationality,
        number=number,
        birth_date=birth_date,
        expiry_date=expiry_date,
        sex=sex,
        surname=surname,
        given_names=given_names,
        optional_data=optional,
    )


def _folded(line: str) -> str:
    folded = line.translate(FILLERS).translate(FULL_WIDTH)
    if not re.fullmatch(r"[A-Za-z0-9<]{1,100}", folded):
        raise MrzInvalid("characters")
    return folded.upper()


def _laid_out(lines: list[str]) -> tuple[_Layout, str]:
    """The format these lines have, and the lines as one; the line of names may have lost or gained fillers."""
    for layout in (TD3, TD2, TD1):
        names_line = layout.names.start // layout.width
        fixed = [line for place, line in enumerate(lines) if place != names_line]
        if len(lines) != layout.lines or any(len(line) != layout.width for line in fixed):
            continue
        names = lines[names_line].rstrip("<").ljust(layout.width, "<")
        if len(names) == layout.width:
            return layout, "".join([*lines[:names_line], names, *lines[names_line + 1 :]])
    raise MrzInvalid("lines")


def _repaired(layout: _Layout, zone: str) -> str:
    """The zone with look-alikes replaced where only digits, or only letters, can stand."""
    characters = list(zone)

    def read_as(table: dict[int, int], places: slice) -> None:
        characters[places] = "".join(characters[places]).translate(table)

    for part in (layout.birth, layout.expiry):
        read_as(DIGITS_FOR, slice(part.start, part.stop + 1))
    read_as(DIGITS_FOR, slice(layout.number.stop, layout.number.stop + 1))
    read_as(DIGITS_FOR, slice(layout.composite, layout.composite + 1))
    if layout is TD3:
        read_as(DIGITS_FOR, slice(86, 87))
    for part in (slice(0, 1), ISSUER, layout.nationality, layout.names):
        read_as(LETTERS_FOR, part)
    return "".join(characters)


def _agrees(text: str, check: str, *, empty_may_be_blank: bool = False) -> bool:
    if check in ("", "<"):
        return empty_may_be_blank and not text.strip("<")
    return check.isdigit() and check_digit(text) == int(check)


def _number_and_optional(layout: _Layout, zone: str) -> tuple[str, str]:
    """The document number and the optional data.

    Numbers beyond nine characters run on into the optional data of TD1 and TD2, with `<` for their check digit and
    the real one behind their last character (parts 5 and 6, note j).
    """
    first, *others = layout.optional
    number, check, optional = zone[layout.number], zone[layout.number.stop], zone[first]
    if check == "<" and layout is not TD3:
        run_on, _, optional = optional.partition("<")
        number, check = number + run_on[:-1], run_on[-1:]
    if not number.strip("<") or not _agrees(number, check):
        raise MrzInvalid("number")
    rest = [optional, *(zone[part] for part in others)]
    # Whatever a number holds besides letters and digits stands as `<` in the zone, and people leave it out or not.
    return number.replace("<", ""), " ".join(filter(None, (part.strip("<") for part in rest)))


def _checked_date(zone: str, part: slice, what: str) -> str:
    """Six digits, or the empty string where the date is unknown in part or whole."""
    text, check = zone[part], zone[part.stop]
    if not re.fullmatch(r"[0-9<]{6}", text) or not _agrees(text, check, empty_may_be_blank=True):
        raise MrzInvalid(what)
    return "" if "<" in text else text


def _day(year: int, yymmdd: str) -> date | None:
    try:
        return date(year, int(yymmdd[2:4]), int(yymmdd[4:]))
    except ValueError:
        return None


def _nearest_date(yymmdd: str, *, today: date) -> date | None:
    """The day nearest to today: documents run for ten years or so, before or after."""
    century = today.year - today.year % 100
    years = (century + shift + int(yymmdd[:2]) for shift in (-100, 0, 100))
    days = [day for year in years if (day := _day(year, yymmdd))]
    return min(days, key=lambda day: abs(day - today), default=None)


def _names(field: str) -> tuple[str, str]:
    if not re.fullmatch(r"[A-Z<]+", field):
        raise MrzInvalid("name")
    surname, _, given_names = field.strip("<").partition("<<")
    surname, given_names = (" ".join(filter(None, part.split("<"))) for part in (surname, given_names))
    if not surname:
        raise MrzInvalid("name")
    return surname, given_names
