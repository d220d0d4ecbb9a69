"""Looking at one photo: whether it is good enough, shows the right side, and agrees with what was typed.

Only the scan function imports this: it brings in the imaging layer.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from functions.identity.domain.applications import Person
from functions.identity.domain.birth import read_birth
from functions.identity.domain.comparison import MISMATCH, Comparison, compare
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import Extracted, ReadField, ReadText
from functions.identity.domain.extraction import side_shown
from functions.identity.domain.one_document import portrait_among
from functions.identity.errors import FaceUnavailable
from functions.identity.gateways import FaceService
from functions.identity.imaging.decoding import PhotoRejected
from functions.identity.imaging.photo import IMAGE_GLARE, Photo, quality_reasons, read_photo
from functions.identity.imaging.picture_hash import picture_hash
from functions.identity.imaging.portrait_cuts import hashes_of_cuts
from functions.identity.imaging.text_reader import text_reader
from functions.shared.config import settings
from functions.shared.vocabulary import Side


class Verdict(msgspec.Struct, frozen=True):
    """What was found: no reasons means accepted. `jpeg` is the clean copy, when there was a picture at all.

    An accepted front has its portrait, cut out, and the perceptual hashes of both pictures and of the `cuts` around the
    portrait; it has none where no face is known to be the portrait. `faces_unavailable` means that only the faces could
    not be looked for. `birth` is read where the document's number does not hold it. Sizes are those of the clean
    copies, in pixels.

    `text` is what was read, unmasked, and `disagreeing` the fields for which the photo is `TEXT_MISMATCH`. Where it
    would do if they agreed, it is `comparable`, and has its portrait and hashes too.
    """

    reasons: list[str]
    jpeg: bytes | None = None
    extracted: Extracted | None = None
    portrait: bytes | None = None
    scan_hash: str | None = None
    portrait_hash: str | None = None
    cuts: list[int] = []
    faces_unavailable: bool = False
    birth: date | None = None
    name_birth_hash: str | None = None
    size: tuple[int, int] | None = None
    portrait_size: tuple[int, int] | None = None
    text: ReadText = ReadText()
    disagreeing: list[ReadField] = []
    comparable: bool = False

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against the photo."""
        return not self.reasons


# What a reflection may cause.
_HIDDEN = frozenset({"TEXT_UNREADABLE", "PORTRAIT_MISSING"})

Check = Callable[[bytes, str, Side, Person, date], Verdict]


def check_photo(photo: bytes, content_type: str, side: Side, person: Person, today: date) -> Verdict:
    """Judge a photo as one side of a person's document: about a second, nearly all of it for reading the text."""
    try:
        opened = read_photo(photo, content_type)
    except PhotoRejected as rejected:
        return Verdict([rejected.code])
    poor = quality_reasons(opened)
    if poor and poor != [IMAGE_GLARE]:
        return Verdict(poor, opened.to_jpeg(), size=opened.image.size)
    verdict = _read(opened, side, person, today)
    # White paper of a copy or form is burnt out as well: it is glare where something cannot be seen.
    hidden = bool(verdict.reasons) and _HIDDEN.issuperset(verdict.reasons)
    return msgspec.structs.replace(verdict, reasons=poor) if poor and hidden else verdict


def _read(opened: Photo, side: Side, person: Person, today: date) -> Verdict:
    """What the text and the faces of a photo say."""
    text = text_reader(Path(settings().text_models_dir)).read_turned(opened.image)
    # Face comparison finds no face that lies on its side, so the kept copy is upright.
    upright = opened.turned(text.quarter_turns)
    jpeg = upright.to_jpeg()
    compared = compare(text.lines, side, person, today)
    shown = side_shown(text.lines) if person.document_type is DocumentType.RESIDENT_ID else None
    if compared.document is None and shown is not None and shown != side:
        return Verdict(["WRONG_SIDE"], jpeg, size=upright.image.size)
    verdict = Verdict(compared.reasons, jpeg, compared.extracted, scan_hash=picture_hash(upright.image))
    if side == "front" and not compared.other_faults:
        verdict = _with_portrait(upright, jpeg, compared, text.tilt)
        birth = read_birth(text.lines, person, today) if verdict.accepted else None
        verdict = msgspec.structs.replace(verdict, birth=birth)
    read = msgspec.structs.replace(compared.text, birth=verdict.birth)
    verdict = msgspec.structs.replace(verdict, size=upright.image.size, text=read)
    return _but_mismatched(verdict, compared.disagreeing) if compared.disagreeing else verdict


def _but_mismatched(verdict: Verdict, fields: list[ReadField]) -> Verdict:
    """A front that disagrees with what was typed; where it has its portrait, it does once that is corrected."""
    return msgspec.structs.replace(
        verdict,
        reasons=[MISMATCH],
        disagreeing=fields,
        comparable=verdict.portrait is not None,
        birth=None,
        faces_unavailable=False,
    )


def _with_portrait(upright: Photo, jpeg: bytes, compared: Comparison, tilt: float) -> Verdict:
    """The verdict on a front whose text agrees: whether it has its one portrait."""
    extracted, scan_hash = compared.extracted, picture_hash(upright.image)
    try:
        found = FaceService().find(jpeg)
    except FaceUnavailable:
        return Verdict([], jpeg, extracted, scan_hash=scan_hash, faces_unavailable=True)
    face = portrait_among(found or [], compared.document, upright.image.size, tilt)
    if isinstance(face, str):
        return Verdict([face], jpeg, extracted)
    if face is None:
        return Verdict([], jpeg, extracted, scan_hash=scan_hash)
    portrait = upright.portrait(face)
    verdict = Verdict([], jpeg, extracted, portrait.to_jpeg(), scan_hash, picture_hash(portrait.image))
    cuts = hashes_of_cuts(upright.image, face)
    return msgspec.structs.replace(verdict, portrait_size=portrait.image.size, cuts=cuts)
