"""Numbers as people type them: folded to one canonical form, checked by the rules of their document, masked.

    resident ID, temporary or not,
    residence permit                    GB 11643: area, birth date, sequence, MOD 11-2 check character
    foreign permanent resident          since 2023: 9, province, ISO 3166 numeric, birth date, sequence, MOD 11-2
                                        before: ISO 3166 alpha-3, area (4), YYMMDD, sequence, ICAO 9303 check digit
    passport                            ICAO 9303's number field, 5 to 9 letters or digits; its check is in the MRZ
    Hong Kong/Macau permit              H or M, 8 digits for life, and formerly 2 digits for the reissue
    Taiwan permit                       8 digits for life; before 2008 also 2 digits for the issue, and before 2006 a
                                        letter or digit for the issuing office, printed in brackets

A number that does not fit its document, but clearly another one, is refused with the name of that one.
"""

import re
from dataclasses import dataclass
from datetime import date

from functions.identity.domain.documents.area_codes import is_known_area
from functions.identity.domain.documents.errors import (
    DocumentRefused,
    DocumentType,
    wrong_birth_date,
    wrong_checksum,
    wrong_format,
    wrong_type,
)
from functions.identity.domain.documents.mrz import check_digit, past_date
from functions.identity.domain.documents.nationalities import parse_nationality
from functions.identity.domain.documents.resident_id import check_agrees, checked_birth_date
from functions.shared.code_format import normalize_code
from functions.shared.errors import Text

# `[0-9]`, not `\d`: that takes the digits of every script.
PATTERNS = {
    DocumentType.RESIDENT_ID: re.compile(r"(?!9|8[123])[0-9]{17}[0-9X]"),
    DocumentType.TEMPORARY_RESIDENT_ID: re.compile(r"(?!9|8[123])[0-9]{17}[0-9X]"),
    DocumentType.RESIDENCE_PERMIT: re.compile(r"8[123]0000[0-9]{11}[0-9X]"),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: re.compile(r"9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}"),
    DocumentType.PASSPORT: re.compile(r"[A-Z0-9]{5,9}"),
    DocumentType.HK_MACAU_PERMIT: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    DocumentType.TAIWAN_PERMIT: re.compile(r"[0-9]{8}(?:[0-9]{2}[A-Z0-9]?)?"),
}

# Shapes that only one document has; tried when a number does not fit the type it was typed as.
TELLING_SHAPES = {
    DocumentType.RESIDENCE_PERMIT: re.compile(r"8[123][0-9]{15}[0-9X]"),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: PATTERNS[DocumentType.FOREIGN_PERMANENT_RESIDENT],
    DocumentType.RESIDENT_ID: PATTERNS[DocumentType.RESIDENT_ID],
    DocumentType.HK_MACAU_PERMIT: PATTERNS[DocumentType.HK_MACAU_PERMIT],
}

RESIDENTS = {DocumentType.RESIDENT_ID, DocumentType.TEMPORARY_RESIDENT_ID}
OLD_RESIDENT_ID = re.compile(r"[0-9]{15}")
ISSUING_OFFICE = re.compile(r"([0-9]{10})\(([A-Z0-9])\)")

MAX_INPUT = 64
LONG_NUMBER = 18  # characters of all numbers per GB 11643


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number that obeys the rules of its document.

    `person_key` is what stays the same when the document is renewed, so that "type:person_key" is one person's.
    `birth_date` is None where the number carries none; `area_code_known` is None where it carries no county.
    `check_agrees` is False for a wrong check character that was accepted as it is printed.
    """

    type: DocumentType
    value: str
    person_key: str
    birth_date: date | None = None
    area_code_known: bool | None = None
    check_agrees: bool = True

    def __repr__(self) -> str:
        """Without the number: representations end in logs."""
        return f"DocumentNumber({self.type}, {mask_number(self.value)})"


def parse_number(
    document_type: DocumentType,
    raw: str,
    *,
    today: date,
    nationality: str | None = None,
    as_printed: bool = False,
) -> DocumentNumber:
    """The number in canonical form with what it tells about the person.

    `today` is the date in Asia/Shanghai; `nationality` is needed for passports alone. `as_printed` accepts
    a check character that disagrees with the digits: some documents were printed so. Raises DocumentRefused with
    ID_FORMAT, ID_WRONG_TYPE, ID_CHECKSUM, ID_BIRTH_DATE or NATIONALITY_FORMAT.
    """
    if len(raw) > MAX_INPUT:
        raise wrong_format(document_type)
    value = normalize_code(raw)
    if document_type is DocumentType.TAIWAN_PERMIT:
        value = ISSUING_OFFICE.sub(r"\1\2", value)
    if not PATTERNS[document_type].fullmatch(value):
        raise _misfit(document_type, value)
    match document_type:
        case DocumentType.RESIDENT_ID | DocumentType.TEMPORARY_RESIDENT_ID:
            birth = checked_birth_date(value, today=today, as_printed=as_printed)
            known = is_known_area(value[:6])
            # A temporary card bears the number of the resident ID card, so it is the same claim.
            return DocumentNumber(DocumentType.RESIDENT_ID, value, value, birth, known, check_agrees(value))
        case DocumentType.RESIDENCE_PERMIT:
            birth = checked_birth_date(value, today=today, as_printed=as_printed)
            return DocumentNumber(document_type, value, value, birth, check_agrees=check_agrees(value))
        case DocumentType.FOREIGN_PERMANENT_RESIDENT:
            birth = _foreign_birth_date(value, today, as_printed=as_printed)
            return DocumentNumber(document_type, value, value, birth, check_agrees=_foreign_check_agrees(value))
        case DocumentType.PASSPORT:
            return DocumentNumber(document_type, value, parse_nationality(nationality or "") + value)
        case DocumentType.HK_MACAU_PERMIT:
            return DocumentNumber(document_type, value, value[:9])
        case DocumentType.TAIWAN_PERMIT:  # pragma: no branch (mypy proves that no case is missing)
            return DocumentNumber(document_type, value, value[:8])


def mask_number(value: str) -> str:
    """The number with its first 3 and last 4 characters, the rest `*`; below 18 characters a third of it at most."""
    first, last = (3, 4) if len(value) >= LONG_NUMBER else (len(value) // 6, (len(value) // 3) - len(value) // 6)
    return value[:first] + "*" * (len(value) - first - last) + value[len(value) - last :]


def _misfit(document_type: DocumentType, value: str) -> DocumentRefused:
    if document_type in RESIDENTS and OLD_RESIDENT_ID.fullmatch(value):
        return DocumentRefused(
            "ID_FORMAT",
            Text(
                "15 位旧号码已停用，请填写居民身份证上的 18 位号码。",
                "Numbers of 15 digits are no longer in use. Please enter the 18 characters on your resident ID card.",
            ),
        )
    for right, shape in TELLING_SHAPES.items():
        if right is not document_type and shape.fullmatch(value):
            return wrong_type(right)
    return wrong_format(document_type)


def _foreign_check_agrees(value: str) -> bool:
    return check_agrees(value) if len(value) == LONG_NUMBER else str(check_digit(value[:14])) == value[14]


def _foreign_birth_date(value: str, today: date, *, as_printed: bool) -> date:
    if len(value) == LONG_NUMBER:
        return checked_birth_date(value, today=today, as_printed=as_printed)
    if not as_printed and not _foreign_check_agrees(value):
        raise wrong_checksum()
    birth = past_date(value[7:13], today=today)
    if birth is None:
        raise wrong_birth_date()
    return birth
