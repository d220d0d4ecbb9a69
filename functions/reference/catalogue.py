"""What forms and pages offer and name: documents, nationalities, categories, reasons and limits, in one language.

Everything comes from the rules of the areas, so that a page never offers what a call refuses.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

import msgspec

from functions.grants.errors import MAX_ASSISTANTS
from functions.identity.domain.applications import sides_of
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.documents.nationalities import NATIONALITIES
from functions.identity.domain.reasons import FACE_REASONS, REJECTION_REASONS, SCAN_REASONS
from functions.identity.domain.review_reasons import REVIEW_REASONS, REVIEWERS_ONLY
from functions.institutions.domain import names
from functions.institutions.domain.categories import CATEGORIES
from functions.institutions.domain.registrations import REJECTION_REASONS as REGISTRATION_REJECTION_REASONS
from functions.shared.config import settings
from functions.shared.errors import Text
from functions.shared.vocabulary import Side

Say = Callable[[Text], str]
Code = TypeVar("Code", bound=str)

# The name of each document, and a number of its form: the numbers of no one, with true check characters.
_DOCUMENTS: Mapping[DocumentType, tuple[Text, str]] = {
    DocumentType.RESIDENT_ID: (Text("居民身份证", "Resident ID card"), "110101199003070011"),
    DocumentType.TEMPORARY_RESIDENT_ID: (Text("临时居民身份证", "Temporary resident ID card"), "110101199003070011"),
    DocumentType.RESIDENCE_PERMIT: (
        Text("港澳台居民居住证", "Residence permit for Hong Kong, Macao and Taiwan residents"),
        "810000199003070015",
    ),
    DocumentType.HK_MACAU_PERMIT: (
        Text("港澳居民来往内地通行证", "Mainland travel permit for Hong Kong and Macao residents"),
        "H12345678",
    ),
    DocumentType.TAIWAN_PERMIT: (
        Text("台湾居民来往大陆通行证", "Mainland travel permit for Taiwan residents"),
        "12345678",
    ),
    DocumentType.PASSPORT: (Text("护照", "Passport"), "E12345678"),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: (
        Text("外国人永久居留身份证", "Foreign permanent resident ID card"),
        "911124199003070016",
    ),
}


class DocumentTypeView(msgspec.Struct):
    """A kind of document: the sides to scan, and what its form asks for."""

    document_type: DocumentType
    name: str
    sides: list[Side]
    needs_nationality: bool
    number_example: str


class Nationality(msgspec.Struct):
    """A nationality by its code in passports (ISO 3166-1 alpha-3, ICAO 9303)."""

    code: str
    name: str


class Category(msgspec.Struct):
    """A category of institutions; `category` is what is sent and stored, `name` what is shown."""

    category: str
    name: str


class Reason(msgspec.Struct):
    """A code and what it says to a person."""

    code: str
    detail: str


class Limits(msgspec.Struct):
    """Limits that pages mention; times in seconds."""

    upload_max_bytes: int
    upload_form_s: int
    scan_failures: int
    scan_failures_window_s: int
    face_failures: int
    face_failures_window_s: int
    face_pause_s: int
    face_check_s: int
    sms_code_s: int
    sms_code_tries: int
    sms_resend_s: int
    qr_login_s: int
    review_claim_s: int
    grant_code_s: int
    invitation_s: int
    assistants: int
    registrations_per_day: int
    wrong_confirmation_codes_per_day: int
    wrong_grant_codes_per_day: int
    institution_name_length: int


class Reference(msgspec.Struct):
    """What forms offer and pages name, in the language of the request."""

    document_types: list[DocumentTypeView]
    nationalities: list[Nationality]
    categories: list[Category]
    identity_rejections: list[Reason]
    registration_rejections: list[Reason]
    review_reasons: list[Reason]
    scan_reasons: list[Reason]
    face_reasons: list[Reason]
    limits: Limits


def reference(localize: Say) -> Reference:
    """Return all of it in the language that `localize` speaks. Nothing is read."""
    return Reference(
        document_types=[
            DocumentTypeView(
                document_type=document_type,
                name=localize(name),
                sides=list(sides_of(document_type)),
                needs_nationality=document_type is DocumentType.PASSPORT,
                number_example=example,
            )
            for document_type, (name, example) in _DOCUMENTS.items()
        ],
        nationalities=sorted(
            (Nationality(code, localize(name)) for code, name in _nationalities().items()), key=lambda one: one.code
        ),
        categories=[Category(category, localize(name)) for category, name in CATEGORIES.items()],
        identity_rejections=_reasons(REJECTION_REASONS, localize),
        registration_rejections=_reasons(REGISTRATION_REJECTION_REASONS, localize),
        review_reasons=[one for one in _reasons(REVIEW_REASONS, localize) if one.code not in REVIEWERS_ONLY],
        scan_reasons=_reasons(SCAN_REASONS, localize),
        face_reasons=_reasons(FACE_REASONS, localize),
        limits=_limits(),
    )


def _reasons(texts: Mapping[Code, Text], localize: Say) -> list[Reason]:
    return [Reason(code, localize(text)) for code, text in texts.items()]


@cache
def _nationalities() -> dict[str, Text]:
    # Imported here: no other call needs these 8 KB.
    from functions.reference.nationality_table import TABLE  # noqa: PLC0415

    lines = (line.split("\t") for line in TABLE.split("\n") if line)
    return {code: Text(zh, en) for code, zh, en in lines if code in NATIONALITIES}


def _limits() -> Limits:
    values = settings()
    of_settings = {name: getattr(values, name) for name in Limits.__struct_fields__ if hasattr(values, name)}
    return Limits(**of_settings, assistants=MAX_ASSISTANTS, institution_name_length=names.MAX_LENGTH)
