"""Whether there is one document on the photo, and whether it agrees with itself.

What is read counts only at its place inside the outline. Another name (a label with a value), another document number
or another machine-readable zone anywhere else means a second document; a form's empty labels, and both sides of one
card on one page, do not. A face outside the place of the portrait means a second person; smaller ghost images printed
inside a permit or passport do not.
"""

import re
from collections.abc import Iterable, Sequence

from functions.identity.domain.extraction import DOTS, HAN, is_beside, plain_text, rows_of, zone_lines
from functions.identity.domain.faces import FaceBox
from functions.identity.domain.found_document import FoundDocument
from functions.identity.domain.names import same_name
from functions.identity.domain.text import TextLine

SEVERAL_DOCUMENTS, SEVERAL_FACES, NO_PORTRAIT = "MORE_THAN_ONE_DOCUMENT", "MORE_THAN_ONE_FACE", "PORTRAIT_MISSING"

_NAME_LABEL = re.compile("姓名")
_VALUE = re.compile(f"[^{HAN}A-Za-z0-9]*([{HAN}{DOTS}]{{2,20}})")
_ANOTHER_LABEL = re.compile(
    "姓名|性别|民族|出生|年月|年龄|住址|地址|住所|公民|有效|签|盖章|证件|身份|号码|国籍|电话|手机|联系|单位|部门|职务|职称|学历"
    "|日期|备注|编号|序号|照片|籍贯|政治|婚姻|专业|邮编|申请|填写|本人|姓|名"
)
_NUMBERS = re.compile(r"[0-9]{15,}X?|(?<![A-Z0-9])[A-Z][0-9]{8}(?![0-9])|(?<![A-Z0-9])[A-Z]{3}[0-9]{12}(?![0-9])")
_BIRTH = re.compile(r"((?:18|19|20)[0-9]{2})年([0-9]{1,3})月([0-9]{1,2})")
_LAST_MONTH = 12
_PORTRAIT_MARGIN = 2.0  # millimetres that a fit may be wrong by
_SMALLEST, _LARGEST = 0.2, 0.72  # a face's width, in widths of its portrait
_GHOST = 0.8  # a ghost image's width at most, in widths of the portrait's face


def shows_another(lines: Sequence[TextLine], name: str | None, number: str | None) -> bool:
    """Whether these lines, which are not those of the document's own name, hold another name or number."""
    if any(not (name and same_name(value, name)) for value in _labelled_names(lines)):
        return True
    own = number or ""
    return any(not (own and (found in own or own in found)) for found in _numbers(lines))


def shows_another_zone(lines: Sequence[TextLine]) -> bool:
    """Whether these lines hold a machine-readable zone."""
    return bool(zone_lines(list(lines)))


def name_labels(lines: Iterable[TextLine]) -> int:
    """Return how often the label of a name is printed."""
    return sum(len(_NAME_LABEL.findall(plain_text(line.text))) for line in lines)


def birth_agrees(lines: Sequence[TextLine], number: str) -> bool | None:
    """Whether the printed birth date is that of an 18-character number; None where it cannot be read."""
    for text in _texts(lines):
        found = _BIRTH.search(text.partition("出生")[2] or text)
        if found:
            year, month, day = found.groups()
            if int(month) > _LAST_MONTH:
                month = month[-len(str(int(number[10:12]))) :]  # a digit between two lines is read twice
            return (int(year), int(month), int(day)) == (int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return None


def sex_agrees(lines: Sequence[TextLine], number: str) -> bool | None:
    """Whether the printed sex is that of an 18-character number; None where it cannot be read."""
    found = re.search("[男女]", "".join(plain_text(line.text) for line in lines))
    return None if found is None else (found[0] == "男") == (int(number[16]) % 2 == 1)


def portrait_among(
    faces: Sequence[FaceBox], document: FoundDocument | None, size: tuple[int, int], tilt: float
) -> FaceBox | str | None:
    """Return the face that is the document's portrait, or the reason why the photo is rejected.

    `size` is the upright photo's, `tilt` the angle by which its lines were levelled. None: without a found document (of
    a type whose layout is known loosely) no face is known to be the portrait, so only a reviewer can compare.
    """
    if document is None or document.layout.portrait is None:
        if not faces:
            return NO_PORTRAIT
        first, *others = sorted(faces, key=lambda face: -face.width)
        return SEVERAL_FACES if any(other.width > _GHOST * first.width for other in others) else None
    zone = document.layout.portrait
    places = [(face, document.face(face, size, tilt)) for face in faces]
    width = zone.right - zone.left
    usable = [
        (place.right - place.left, face)
        for face, place in places
        if zone.holds(((place.left + place.right) / 2, (place.top + place.bottom) / 2), _PORTRAIT_MARGIN)
        and _SMALLEST * width <= place.right - place.left <= _LARGEST * width
    ]
    if not usable:
        return NO_PORTRAIT
    across, portrait = max(usable, key=lambda one: one[0])
    for face, place in places:
        ghost = document.layout.ghosts and place.right - place.left <= _GHOST * across
        centre = ((place.left + place.right) / 2, (place.top + place.bottom) / 2)
        if face is not portrait and not (ghost and document.layout.outline.holds(centre)):
            return SEVERAL_FACES
    return portrait


def _labelled_names(lines: Sequence[TextLine]) -> list[str]:
    found = []
    for line in lines:
        text = plain_text(line.text)
        for label in _NAME_LABEL.finditer(text):
            beside = [other for other in lines if other is not line and is_beside(other, line, line.right)]
            texts = [text[label.end() :]]
            if beside and not texts[0].strip(":：_.。-—"):
                texts.append(plain_text(min(beside, key=lambda other: other.left).text))
            found += [value for rest in texts if (value := _value(rest))]
    return found


def _value(text: str) -> str | None:
    """The name at the start of a text, which may go on with the next label; None for a label or nothing."""
    found = _VALUE.match(text)
    if found is None:
        return None
    value = _ANOTHER_LABEL.split(found[1], maxsplit=1)[0]
    return value if len(value) > 1 else None


def _numbers(lines: Sequence[TextLine]) -> list[str]:
    return [found for text in _texts(lines) for found in _NUMBERS.findall(text)]


def _texts(lines: Sequence[TextLine]) -> list[str]:
    """Every row as one text, then every line by itself, in half width and capitals."""
    rows = ["".join(plain_text(line.text) for line in row) for row in rows_of(list(lines))]
    return [text.upper() for text in [*rows, *(plain_text(line.text) for line in lines)]]
