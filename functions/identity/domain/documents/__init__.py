"""Document numbers: what may be typed, what it says about the person, and how the machine-readable zone is read."""

from functions.identity.domain.documents.errors import DocumentRefused, DocumentType
from functions.identity.domain.documents.mrz import Mrz, MrzInvalid, check_digit, parse_mrz
from functions.identity.domain.documents.nationalities import parse_nationality
from functions.identity.domain.documents.numbers import DocumentNumber, mask_number, parse_number

__all__ = [
    "DocumentNumber",
    "DocumentRefused",
    "DocumentType",
    "Mrz",
    "MrzInvalid",
    "check_digit",
    "mask_number",
    "parse_mrz",
    "parse_nationality",
    "parse_number",
]
