"""What an application has gathered so far: the scan that counts for each side, and the passed face check."""

from datetime import date, datetime
from typing import Final, Literal

import msgspec

from functions.shared.vocabulary import FaceMethod, Side

SIDES: Final[tuple[Side, ...]] = ("front", "back")
# What is read from a document and compared with what was typed.
ReadField = Literal["name", "number", "nationality"]


class Extracted(msgspec.Struct, frozen=True):
    """What was read from a document, personal data masked. A document that never expires has no `valid_until`."""

    name_masked: str | None = None
    number_masked: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    long_term: bool = False
    issuer: str | None = None


class ReadText(msgspec.Struct, frozen=True):
    """What was read from a document and is personal: it is kept sealed, for reviewers and for comparing it again.

    `birth` is read where the document's number does not hold it.
    """

    name: str | None = None
    number: str | None = None
    nationality: str | None = None
    birth: date | None = None


class SideScan(msgspec.Struct, frozen=True):
    """The scan that counts for one side: the newest accepted one, else the reviewer's, else the newest rejected one.

    `portrait_key` is the portrait cut out of an accepted front, in an object of its own; None where face detection was
    not available. The hashes are perceptual (`domain.picture_hash`): of the whole clean picture and of its portrait.
    Issuer and validity are what this side prints; `long_term` means valid without end. `mismatched` are the fields that
    disagree with the application; a `comparable` front is accepted once they agree. `read_sealed` is a `ReadText`,
    sealed, in base64. Sizes are in pixels. `cuts_slot` says where the hashes of cuts around the portrait are kept
    (`PortraitCuts`), which scans of earlier versions lack.
    """

    scan_id: str
    side: Side
    status: Literal["accepted", "rejected", "for_review"]
    reasons: list[str]
    image_key: str | None
    valid_until: date | None = None
    portrait_key: str | None = None
    scan_hash: str | None = None
    portrait_hash: str | None = None
    valid_from: date | None = None
    long_term: bool = False
    issuer: str | None = None
    mismatched: list[ReadField] = []
    comparable: bool = False
    read_sealed: str | None = None
    size: tuple[int, int] | None = None
    portrait_size: tuple[int, int] | None = None
    cuts_slot: int | None = None


class FailedFace(msgspec.Struct, frozen=True):
    """The last face check of an application that failed because the faces differ: its selfie is for a reviewer."""

    face_check_id: str
    selfie_key: str


class PassedFace(msgspec.Struct, frozen=True):
    """The face check that a submission may use up, and where its selfie is kept.

    `compared_with` is the scan whose portrait it was compared with, None where there was none: another front scan
    needs another face check, or a face that was never compared could verify. WeChat compares the face with its own
    portrait: then there is neither a scan nor a selfie.
    """

    face_check_id: str
    valid_until: datetime
    selfie_key: str | None
    compared_with: str | None
    method: FaceMethod = "selfie"
