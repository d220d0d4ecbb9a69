"""How reasons are answered: each code with its text in the caller's language and what it concerns."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from functions.identity.domain.applications import sides_of
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import SIDES, ReadField
from functions.identity.domain.reasons import (
    FACE_REASONS,
    MISMATCHES,
    REJECTION_CONCERNS,
    REJECTION_REASONS,
    SCAN_REASONS,
    Concern,
    FaceReasonCode,
    RejectionCode,
    ScanReasonCode,
)
from functions.identity.domain.review_reasons import REVIEW_REASONS, ShownReason
from functions.shared.errors import Text
from functions.shared.http import Request
from functions.shared.table.identity import Identity

CodeT = TypeVar("CodeT", bound=str)
ReasonT = TypeVar("ReasonT")


class ScanReason(msgspec.Struct):
    """Why a scan was rejected, with what to do about it; `field` is what disagrees, for `TEXT_MISMATCH`."""

    code: ScanReasonCode
    field: ReadField | None
    detail: str


class FaceReason(msgspec.Struct):
    """Why a face check failed, with what to do about it."""

    code: FaceReasonCode
    detail: str


class ReviewDetail(msgspec.Struct):
    """Why an application is reviewed, in words."""

    code: ShownReason
    detail: str


class IdentityRejection(msgspec.Struct):
    """Why an application was rejected: what to do about it, what the reviewer wrote, and what is to be corrected."""

    code: RejectionCode
    detail: str
    comment: str | None
    fields: list[Concern]


def scan_reasons(request: Request, codes: Sequence[str], mismatched: Sequence[str] = ()) -> list[ScanReason]:
    """Return the reasons of a scan; one for each field that disagrees, where it is known which do."""
    reasons: list[ScanReason] = []
    for code in cast("Sequence[ScanReasonCode]", codes):
        if code == "TEXT_MISMATCH" and mismatched:
            fields = cast("Sequence[ReadField]", mismatched)
            reasons += [ScanReason(code, field, request.localize(MISMATCHES[field])) for field in fields]
        else:
            reasons.append(ScanReason(code, None, request.localize(SCAN_REASONS[code])))
    return reasons


def face_reasons(request: Request, codes: Sequence[str]) -> list[FaceReason]:
    """Return the reasons of a face check."""
    return _reasons(request, codes, FACE_REASONS, FaceReason)


def review_reasons(request: Request, codes: Sequence[str]) -> list[ReviewDetail]:
    """Return reasons for review in words."""
    return _reasons(request, codes, REVIEW_REASONS, ReviewDetail)


def rejection_view(
    request: Request, identity: Identity, shown_code: RejectionCode | None = None
) -> IdentityRejection | None:
    """Return the rejection of an identity, under another code where its own may not be shown; None without one."""
    if identity.rejection is None:
        return None
    code: RejectionCode = shown_code or identity.rejection["code"]
    sides = sides_of(DocumentType(identity.document_type)) if identity.document_type else SIDES
    concerns = [one for one in REJECTION_CONCERNS[code] if one not in SIDES or one in sides]
    return IdentityRejection(code, request.localize(REJECTION_REASONS[code]), identity.rejection["comment"], concerns)


def _reasons(
    request: Request, codes: Sequence[str], texts: Mapping[CodeT, Text], shape: Callable[[CodeT, str], ReasonT]
) -> list[ReasonT]:
    """Reasons with their texts. What is stored is one of the codes: raises `KeyError` for any other."""
    return [shape(code, request.localize(texts[code])) for code in cast("Sequence[CodeT]", codes)]
