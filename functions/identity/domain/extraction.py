"""From lines of text on a document to its fields: name, number, validity, machine-readable zone, and which side it is.

Works on what recognition makes of real photos: labels and values joined or apart, blanks lost or added, look-alike
characters. It finds candidates and judges no further than it must: whether a number or a date is right is for others.
"""

import math
import re
from dataclasses import dataclass
from datetime import date

from functions.identity.domain.documents.errors import DocumentType
from functions.identity.domain.documents.resident_id import check_character
from functions.identity.domain.text import TextLine
from functions.shared.code_format import FULL_WIDTH
from functions.shared.vocabulary import Side

FRONT_WORDS = ("姓名", "性别", "民族", "出生", "住址", "身份号码")
BACK_WORDS = ("中华人民共和国", "身份证", "签发机关", "有效期")

HAN = "々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
DOTS = "·・•‧∙⋅･．."
NAME_LABEL = re.compile(r"(?:姓名|姓|名)(?:/?name)?[::]?", re.IGNORECASE)
NEXT_LABEL = re.compile(r"性别|民族|出生|住址|公民|有效|签发|证件|国籍")
HAN_NAME = re.compile(f"[{HAN}{DOTS}]+")
LATIN_NAME = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ ,.'’-]+")

DAY = r"((?:19|20)[0-9]{2})[.,:·。年]?([01][0-9])[.,:·。月]?([0-3][0-9])日?"
PERIOD = re.compile(DAY + r"[-–—一~至到.]{0,2}(?:" + DAY + "|(长期?))")
LONG_TERM = 7  # the group of PERIOD that holds it
# Resident ID cards are valid for 5, 10 or 20 years or without end, all others for less: beyond it a digit is misread.
MAX_YEARS = 20

ISSUER = re.compile("^.*?机关[::]?")

LONG_NUMBER = 18
LOOK_ALIKES = str.maketrans("OQDILZSBG", "000112586")
NUMBERS = {
    DocumentType.HK_MACAU_PERMIT: re.compile(r"(?<![A-Z0-9])[HM][0-9]{8}(?:[0-9]{2})?(?![0-9])"),
    DocumentType.TAIWAN_PERMIT: re.compile(r"(?<![A-Z0-9.])[0-9]{8}(?:[0-9]{2}(?:\(?[A-Z0-9]\)?)?)?(?![A-Z0-9.])"),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: re.compile(r"(?<![A-Z0-9])[A-Z]{3}[0-9]{12}(?![0-9])"),
}
LONG_NUMBERED = (
    DocumentType.RESIDENT_ID,
    DocumentType.TEMPORARY_RESIDENT_ID,
    DocumentType.RESIDENCE_PERMIT,
    DocumentType.FOREIGN_PERMANENT_RESIDENT,
)

FILLERS = str.maketrans(dict.fromkeys("‹〈＜く", "<") | dict.fromkeys("«《", "<<"))
ZONE_LINE = re.compile(r"[A-Z0-9<]{28,48}")
ZONE_LINES = 3
ZONE_DIGITS = 6  # what tells a line without filler from an issuer's long name


@dataclass(frozen=True, slots=True)
class Validity:
    """The period in which a document is valid; `valid_until` is None for 长期 (without end)."""

    valid_from: date
    valid_until: date | None


def side_shown(lines: list[TextLine]) -> Side | None:
    """The side of a resident ID or residence permit that these lines come from; None where they do not tell."""
    text = "".join(plain_text(line.text) for line in lines)
    front = sum(word in text for word in FRONT_WORDS)
    back = sum(word in text for word in BACK_WORDS)
    if front == back:
        return None
    return "front" if front > back else "back"


def read_name(lines: list[TextLine]) -> str | None:
    """The name as printed beside 姓名, without blanks and its dots as `·`; in Latin letters if there is no other.

    A name that runs over two lines is joined. None if there is no such label, or nothing legible beside it.
    """
    for label in lines:
        text = plain_text(label.text)
        found = NAME_LABEL.match(text)
        if not found:
            continue
        rest, parts = text[found.end() :], []
        left = label.left + (label.right - label.left) * found.end() / len(text)
        beside = [line for line in lines if line is not label and is_beside(line, label, left)]
        if rest:
            parts.append(rest)
        elif beside:
            first = min(beside, key=lambda line: line.left)
            parts.append(plain_text(first.text))
            left = first.left
        han = _han_name(parts[0]) if parts else None
        if han:
            return "".join([han, *_continued(lines, label, left)])
        latin = LATIN_NAME.fullmatch(rest or (min(beside, key=lambda line: line.left).text if beside else ""))
        if latin:
            return latin[0].strip()
    return None


def read_number(document_type: DocumentType, lines: list[TextLine]) -> str | None:
    """The likeliest document number; None if nothing has its form.

    An 18-character number whose check character agrees goes before one where it does not, and look-alike letters are
    read as digits only if it then agrees. Passports are not covered: their number stands in the zone (`zone_lines`).
    """
    texts = _texts(lines)
    if document_type in LONG_NUMBERED:
        number = _long_number(texts)
        if number:
            return number
    pattern = NUMBERS.get(document_type)
    if pattern:
        for text in texts:
            found = pattern.search(text)
            if found:
                return found[0].replace("(", "").replace(")", "")
    return None


def read_periods(lines: list[TextLine]) -> set[Validity]:
    """Every different period of validity that these lines hold."""
    return {found for line in lines if (found := read_validity([line])) is not None}


def read_issuer(lines: list[TextLine]) -> str | None:
    """The issuing authority beside 签发机关, or None."""
    text = "".join(plain_text(line.text) for line in sorted(lines, key=lambda line: line.left))
    issuer = ISSUER.sub("", text)
    return issuer if issuer and HAN_NAME.fullmatch(issuer) else None


def read_validity(lines: list[TextLine]) -> Validity | None:
    """The period of validity; None if there is none, or one that is no period."""
    for text in _texts(lines):
        found = PERIOD.search(text)
        if not found:
            continue
        try:
            start = date(*map(int, found.group(1, 2, 3)))
            end = None if found[LONG_TERM] else date(*map(int, found.group(4, 5, 6)))
        except ValueError:
            continue
        if end is None or (end > start and end.year - start.year <= MAX_YEARS):
            return Validity(start, end)
    return None


def zone_lines(lines: list[TextLine]) -> list[str]:
    """The two or three lowest lines that look like a machine-readable zone, without blanks; empty if there are none."""
    found = [text for row in rows_of(lines) if (text := _zone_text(row))]
    return found[-ZONE_LINES:]


def _zone_text(row: list[TextLine]) -> str | None:
    text = "".join(line.text for line in row).translate(FULL_WIDTH).translate(FILLERS)
    text = "".join(text.split()).upper()
    telling = "<" in text or sum(character.isdigit() for character in text) >= ZONE_DIGITS
    return text if telling and ZONE_LINE.fullmatch(text) else None


def plain_text(text: str) -> str:
    """The text in half width and without blanks."""
    return "".join(text.translate(FULL_WIDTH).split())


def _texts(lines: list[TextLine]) -> list[str]:
    """Every line by itself, then every row as one text, in capital letters."""
    rows = ["".join(plain_text(line.text) for line in row) for row in rows_of(lines)]
    return [text.upper() for text in [*(plain_text(line.text) for line in lines), *rows]]


def rows_of(lines: list[TextLine]) -> list[list[TextLine]]:
    """Lines that stand beside each other, from left to right; the rows from top to bottom."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=_middle):
        if rows and rows[-1][0].top <= _middle(line) <= rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def is_beside(line: TextLine, label: TextLine, left: float) -> bool:
    """Whether a line stands to the right of a label: its middle at the label's height, or the other way round."""
    same_row = label.top <= _middle(line) <= label.bottom or line.top <= _middle(label) <= line.bottom
    return same_row and line.left >= left - (label.bottom - label.top)


def _han_name(text: str) -> str | None:
    if not HAN_NAME.fullmatch(text):
        return None
    return re.sub(f"[{DOTS}]", "·", text)


def _continued(lines: list[TextLine], label: TextLine, left: float) -> list[str]:
    """The further lines of a name: below it, starting under its first character, above the row of the next label."""
    height = label.bottom - label.top
    below = [line for line in lines if _middle(line) > label.bottom]
    end = min((line.top for line in below if NEXT_LABEL.search(plain_text(line.text))), default=math.inf)
    parts = []
    last = label.bottom
    for line in sorted(below, key=_middle):
        if _middle(line) >= end or line.top - last > height:
            break
        part = _han_name(plain_text(line.text))
        if part and abs(line.left - left) <= height:
            parts.append(part)
            last = line.bottom
    return parts


def _middle(line: TextLine) -> float:
    return (line.top + line.bottom) / 2


def _long_number(texts: list[str]) -> str | None:
    """The best 18 characters in a row: checked, checked after reading look-alikes as digits, or of the right form."""
    unchecked = None
    for text in texts:
        for start in range(len(text) - LONG_NUMBER + 1):
            raw = text[start : start + LONG_NUMBER]
            if not (raw.isascii() and raw.isalnum()):
                continue
            body = raw[:-1].translate(LOOK_ALIKES)
            if not body.isdigit():
                continue
            last = raw[-1] if raw[-1] == "X" else raw[-1].translate(LOOK_ALIKES)
            if last == check_character(body):
                return body + last
            if raw[:-1].isdigit() and unchecked is None and (last.isdigit() or last == "X"):
                unchecked = raw
    return unchecked
