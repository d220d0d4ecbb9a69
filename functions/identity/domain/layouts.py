"""What is printed where on each document: sizes, labels, the zones of the values, the place of the portrait.

All in millimetres from the left top corner. Cards are ISO/IEC 7810 ID-1, passport pages ID-3 with the zone of ICAO 9303
part 4. A layout that is `loose` is known less exactly, or is printed in several editions: its documents always go to a
reviewer, and a photo that does not fit it is judged by its faces alone.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from functions.identity.domain.documents import DocumentType
from functions.shared.vocabulary import Side


class Zone(NamedTuple):
    """A rectangle on a document."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, place: tuple[float, float], margin: float = 0.0) -> bool:
        """Whether a place lies in the zone, or no further outside than the margin."""
        x, y = place
        return (
            self.left - margin <= x <= self.right + margin and self.top - margin <= y <= self.bottom + margin
        )  # fmt: skip


class Anchor(NamedTuple):
    """A printed text that is always at the same place: what it says, its left and right end, the height of its middle.

    Matched against lines without blanks, in half width and capitals.
    """

    pattern: re.Pattern[str]
    left: float
    right: float
    middle: float


@dataclass(frozen=True, slots=True)
class Layout:
    """One side of a document. Zones of values span whole rows, labels included, as recognition joins them."""

    size: tuple[float, float]
    anchors: tuple[Anchor, ...]
    needed: int  # how many anchors have to be found at their places
    portrait: Zone | None = None
    name: Zone | None = None
    number: Zone | None = None
    sex: Zone | None = None
    birth: Zone | None = None
    issuer: Zone | None = None
    validity: Zone | None = None
    ghosts: bool = False  # whether smaller pictures of the face are printed elsewhere on it
    loose: bool = False

    @property
    def outline(self) -> Zone:
        """The whole document."""
        return Zone(0.0, 0.0, *self.size)


CARD, PASSPORT_PAGE = (85.6, 54.0), (125.0, 88.0)


def _at(pattern: str, left: float, right: float, middle: float) -> Anchor:
    return Anchor(re.compile(pattern), left, right, middle)


_RESIDENT_FRONT = Layout(
    CARD,
    (
        _at("姓名", 6.1, 12.3, 8.7),
        _at("性别", 6.1, 12.5, 15.9),
        _at("民族", 23.4, 30.6, 15.9),
        _at("出生", 6.1, 12.6, 22.9),
        _at("住址", 6.1, 12.7, 30.0),
        _at("公民身份号码", 6.3, 23.8, 47.5),
        _at("[0-9]{17}[0-9X]", 29.2, 77.8, 47.5),
    ),
    needed=4,
    portrait=Zone(57.0, 7.0, 80.0, 40.0),
    name=Zone(3.0, 4.0, 58.0, 14.0),
    number=Zone(3.0, 43.0, 82.0, 51.5),
    sex=Zone(3.0, 12.5, 58.0, 19.4),
    birth=Zone(3.0, 19.4, 58.0, 26.4),
)
_RESIDENT_BACK = Layout(
    CARD,
    (
        _at("中华人民共和国", 28.7, 74.6, 10.0),
        _at("居民身份证", 29.2, 76.3, 21.5),
        _at("签发机关", 17.2, 28.9, 39.5),
        _at("有效期限", 17.2, 29.2, 46.7),
        _at(r"(?:19|20)[0-9]{2}\.[0-9]{2}\.[0-9]{2}-", 32.3, 50.5, 46.7),
    ),
    needed=3,
    issuer=Zone(15.0, 35.5, 84.0, 43.1),
    validity=Zone(15.0, 43.1, 84.0, 50.5),
)
_RESIDENCE_FRONT = Layout(
    CARD,
    tuple(anchor for anchor in _RESIDENT_FRONT.anchors if anchor.pattern.pattern != "民族"),
    needed=4,
    portrait=_RESIDENT_FRONT.portrait,
    name=_RESIDENT_FRONT.name,
    number=_RESIDENT_FRONT.number,
    sex=_RESIDENT_FRONT.sex,
    birth=_RESIDENT_FRONT.birth,
    ghosts=True,
    loose=True,
)
# The temporary card has the resident card's rows, with issuer and validity below the number or beside the address.
_TEMPORARY = Layout(
    CARD,
    _RESIDENT_FRONT.anchors,
    needed=4,
    portrait=_RESIDENT_FRONT.portrait,
    name=_RESIDENT_FRONT.name,
    number=_RESIDENT_FRONT.number,
    sex=_RESIDENT_FRONT.sex,
    birth=_RESIDENT_FRONT.birth,
    loose=True,
)
_PERMIT_FRONT = Layout(
    CARD,
    (
        _at("居民来往(?:内地|大陆)通行证", 16.2, 55.0, 6.2),
        _at("姓名", 29.0, 34.0, 13.3),
        _at("出生日期", 29.2, 39.3, 25.4),
        _at("性别", 68.1, 73.0, 25.5),
        _at("有效期限", 29.1, 39.2, 31.3),
        _at("签发机关", 29.1, 39.2, 37.4),
        _at("证件号码", 5.7, 15.9, 46.9),
        _at("(?:换证|签发)次数", 58.0, 68.0, 46.9),
    ),
    needed=4,
    portrait=Zone(3.0, 9.0, 28.0, 42.0),
    name=Zone(28.0, 10.0, 84.0, 22.5),
    number=Zone(3.0, 42.5, 84.0, 51.5),
    ghosts=True,
    loose=True,
)
_FOREIGN_RESIDENT_FRONT = Layout(
    CARD,
    (
        _at("姓名", 6.1, 12.3, 11.0),
        _at("性别", 6.1, 12.3, 19.0),
        _at("出生日期", 6.1, 17.0, 25.0),
        _at("国籍", 6.1, 12.3, 31.0),
        _at("有效期限", 6.1, 17.0, 37.0),
        _at("证件号码", 6.1, 17.0, 47.0),
    ),
    needed=4,
    portrait=Zone(55.0, 7.0, 82.0, 42.0),
    ghosts=True,
    loose=True,
)
_PASSPORT = Layout(
    PASSPORT_PAGE,
    (
        _at("^P[A-Z0-9<]{30,46}$", 6.1, 119.4, 71.9),
        _at("^(?=(?:.*[0-9]){6})[A-Z0-9<]{30,46}$", 6.1, 119.4, 79.9),
    ),
    needed=2,
    portrait=Zone(2.0, 10.0, 44.0, 62.0),
    ghosts=True,
    loose=True,
)  # fmt: skip

_LAYOUTS: dict[tuple[DocumentType, Side], Layout] = {
    (DocumentType.RESIDENT_ID, "front"): _RESIDENT_FRONT,
    (DocumentType.RESIDENT_ID, "back"): _RESIDENT_BACK,
    (DocumentType.TEMPORARY_RESIDENT_ID, "front"): _TEMPORARY,
    (DocumentType.RESIDENCE_PERMIT, "front"): _RESIDENCE_FRONT,
    (DocumentType.HK_MACAU_PERMIT, "front"): _PERMIT_FRONT,
    (DocumentType.TAIWAN_PERMIT, "front"): _PERMIT_FRONT,
    (DocumentType.FOREIGN_PERMANENT_RESIDENT, "front"): _FOREIGN_RESIDENT_FRONT,
    (DocumentType.PASSPORT, "front"): _PASSPORT,
}


def layout_of(document_type: DocumentType, side: Side) -> Layout | None:
    """Return the layout of one side of a document, or None where nothing is read from it by its place."""
    return _LAYOUTS.get((document_type, side))
