"""Looking at one photo: whether it is good enough, shows the right side, and agrees with what was typed.

Only the scan function imports this: it brings in the imaging layer.
"""

from datetime import date
from pathlib import Path

import msgspec

from functions.identity.domain.applications import Person, Side
from functions.identity.domain.comparison import compare
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import Extracted
from functions.identity.domain.extraction import side_shown
from functions.identity.imaging.photo import PhotoRejected, quality_reasons, read_photo
from functions.identity.imaging.text_reader import text_reader
from functions.shared.config import settings


class Verdict(msgspec.Struct, frozen=True):
    """What was found: no reasons means accepted. `jpeg` is the clean copy, when there was a picture at all."""

    reasons: list[str]
    jpeg: bytes | None = None
    extracted: Extracted | None = None

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against the photo."""
        return not self.reasons


def check_photo(photo: bytes, content_type: str, side: Side, person: Person, today: date) -> Verdict:
    """Judge a photo as one side of a person's document: about a second, nearly all of it for reading the text."""
    try:
        opened = read_photo(photo, content_type)
    except PhotoRejected as rejected:
        return Verdict([rejected.code])
    poor = quality_reasons(opened)
    if poor:
        return Verdict(poor, opened.to_jpeg())
    lines, quarter_turns = text_reader(Path(settings().text_models_dir)).read_turned(opened.image)
    # Face comparison finds no face that lies on its side, so the kept copy is upright.
    jpeg = opened.turned(quarter_turns).to_jpeg()
    shown = side_shown(lines) if person.document_type is DocumentType.RESIDENT_ID else None
    if shown is not None and shown != side:
        return Verdict(["WRONG_SIDE"], jpeg)
    reasons, extracted = compare(lines, side, person, today)
    return Verdict(reasons, jpeg, extracted)
