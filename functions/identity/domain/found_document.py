"""Finding the one document on a photo: its layout is fitted to the labels and lines that were read.

Every pair of labels proposes where the document lies; the proposal that most labels agree with is refined. What is left
is the outline, the zones of the values, the place of the portrait, and what lies outside.
"""

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import NamedTuple

from functions.identity.domain.extraction import FILLERS, plain_text, rows_of
from functions.identity.domain.faces import FaceBox
from functions.identity.domain.layouts import Anchor, Layout, Zone
from functions.identity.domain.placement import Placement, Point, Similarity, fitted, similarity
from functions.identity.domain.text import TextLine

_MAX_SIGHTINGS = 6  # of one label; a form below the card repeats each once
_LEAST_APART = 8.0  # millimetres between two labels that propose a place
_STEEPEST = math.radians(20)  # of lines that were levelled already
_LEVEL = math.radians(1.0)
_NEAR, _NEARER = 5.0, 3.0  # how far from its place a label may be, at first and after the first fit
_MISPLACED = 1  # labels that are read, but not at their place: of a card one at most, of a typed sheet several
_GROWTH = 0.16  # of a line's height: how far its box reaches beyond the text at each end
_HALF = 0.55  # the width of a Latin character; a Chinese one has 1


class Sighting(NamedTuple):
    """A label seen on the photo: its left and right end at half its height, in pixels."""

    anchor: Anchor
    left: Point
    right: Point

    def pairs(self) -> tuple[tuple[Point, Point], tuple[Point, Point]]:
        """Both ends: where they are on the document, and on the photo."""
        anchor = self.anchor
        return ((anchor.left, anchor.middle), self.left), ((anchor.right, anchor.middle), self.right)


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document that was found: its layout and where it lies."""

    layout: Layout
    placement: Placement

    def lines_in(self, zone: Zone | None, lines: Sequence[TextLine]) -> list[TextLine]:
        """Return the lines whose middle lies in a zone; none without a zone."""
        if zone is None:
            return []
        return [line for line in lines if zone.holds(self.placement.on_document(_middle(line)))]

    def outside(self, line: TextLine, margin: float = 1.0) -> bool:
        """Whether a line lies outside the outline."""
        return not self.layout.outline.holds(self.placement.on_document(_middle(line)), margin)

    def face(self, face: FaceBox, size: tuple[int, int], tilt: float) -> Zone:
        """Return where on the document a face lies.

        `size` is that of the upright photo; the text lines are levelled: turned about its middle by `tilt`.
        """
        width, height = size
        x, y = face.left * width - width / 2, face.top * height - height / 2
        right, bottom = x + face.width * width, y + face.height * height
        places = [
            self.placement.on_document(
                (
                    width / 2 + a * math.cos(tilt) + b * math.sin(tilt),
                    height / 2 - a * math.sin(tilt) + b * math.cos(tilt),
                )
            )
            for a, b in ((x, y), (right, y), (right, bottom), (x, bottom))
        ]
        xs, ys = zip(*places, strict=True)
        return Zone(min(xs), min(ys), max(xs), max(ys))


def find_document(layout: Layout, lines: Sequence[TextLine]) -> FoundDocument | None:
    """Return the document that fits the layout best, or None where too few of its labels are at their places.

    Of a layout that is known exactly, hardly a label may be elsewhere alone: a typed sheet has the same labels.
    """
    sightings = _sightings(layout, lines, 0.0)
    start = _best(layout, sightings)
    if start is not None and abs(cmath.phase(start.turn)) > _LEVEL:
        # The photo was levelled by other text than the document's: its lines are askew in their boxes.
        sightings = _sightings(layout, lines, cmath.phase(start.turn))
        start = _best(layout, sightings)
    if start is None:
        return None
    unit = layout.size[0] / 2
    agreeing = _agreeing(start.on_photo, abs(start.turn), sightings, _NEAR)
    placement = fitted(start, [pair for _, one in agreeing for pair in one.pairs()], unit)
    agreeing = _agreeing(placement.on_photo, abs(start.turn), sightings, _NEARER)
    misplaced = len({one.anchor for one in sightings}) - len(agreeing)
    if len(agreeing) < layout.needed or (not layout.loose and misplaced > _MISPLACED):
        return None
    return FoundDocument(layout, fitted(start, [pair for _, one in agreeing for pair in one.pairs()], unit))


def _best(layout: Layout, sightings: Sequence[Sighting]) -> Similarity | None:
    """The proposal that most labels agree with, None where they are too few."""
    best: tuple[int, float] = (layout.needed - 1, 0.0)
    start: Similarity | None = None
    for proposal in _proposals(sightings):
        near = _agreeing(proposal.on_photo, abs(proposal.turn), sightings, _NEAR)
        score = (len(near), -sum(away for away, _ in near))
        if score > best:
            best, start = score, proposal
    return start if best[0] >= layout.needed else None


def _sightings(layout: Layout, lines: Sequence[TextLine], tilt: float) -> list[Sighting]:
    texts = [(line, plain_text(line.text).translate(FILLERS).upper()) for line in [*lines, *_joined_rows(lines)]]
    found: list[Sighting] = []
    for anchor in layout.anchors:
        seen = (
            _sighting(anchor, line, text, match.span(), tilt)
            for line, text in texts
            for match in anchor.pattern.finditer(text)
        )
        found += list(dict.fromkeys(seen))[:_MAX_SIGHTINGS]
    return found


def _joined_rows(lines: Sequence[TextLine]) -> list[TextLine]:
    """Rows of several lines as one line each: recognition may break a label or a number in two."""
    return [
        TextLine(
            "".join(line.text for line in row),
            min(line.confidence for line in row),
            row[0].left,
            min(line.top for line in row),
            row[-1].right,
            max(line.bottom for line in row),
        )
        for row in rows_of(list(lines))
        if len(row) > 1 and all(_adjoin(*pair) for pair in pairwise(row))
    ]


def _adjoin(before: TextLine, after: TextLine) -> bool:
    return after.left - before.right < 2 * (after.bottom - after.top)


def _sighting(anchor: Anchor, line: TextLine, text: str, span: tuple[int, int], tilt: float) -> Sighting:
    """A label as part of a line whose text lies askew in its box by `tilt`."""
    widths = [_HALF if character.isascii() else 1.0 for character in text]
    across, down = line.right - line.left, line.bottom - line.top
    cosine, sine = math.cos(tilt), abs(math.sin(tilt))
    length = (across * cosine - down * sine) / (cosine * cosine - sine * sine)
    height = (down * cosine - across * sine) / (cosine * cosine - sine * sine)
    if length <= 0 or height <= 0:
        length, height = across, down
    length -= 2 * _GROWTH * height
    direction, middle = cmath.rect(1.0, tilt), complex(*_middle(line))
    ends = [middle + direction * length * (sum(widths[:place]) / (sum(widths) or 1.0) - 0.5) for place in span]
    return Sighting(anchor, (ends[0].real, ends[0].imag), (ends[1].real, ends[1].imag))


def _proposals(sightings: Sequence[Sighting]) -> list[Similarity]:
    made: list[Similarity] = []
    for one, other in combinations(sightings, 2):
        if one.anchor is not other.anchor and (found := _proposal(one.pairs()[0], other.pairs()[0])):
            made.append(found)
    # A single long line tells where a document lies as well.
    return made + [found for one in sightings if (found := _proposal(*one.pairs()))]


def _proposal(one: tuple[Point, Point], other: tuple[Point, Point]) -> Similarity | None:
    if math.dist(one[0], other[0]) < _LEAST_APART:
        return None
    found = similarity(one, other)
    if found is None or abs(math.atan2(found.turn.imag, found.turn.real)) > _STEEPEST:
        return None
    return found


def _agreeing(
    on_photo: Callable[[Point], Point], scale: float, sightings: Sequence[Sighting], near: float
) -> list[tuple[float, Sighting]]:
    """The nearest sighting of each label that is at its place, with how far it is away (millimetres)."""
    best: dict[Anchor, tuple[float, Sighting]] = {}
    for one in sightings:
        away = max(math.dist(on_photo(place), pixel) for place, pixel in one.pairs()) / scale
        if away <= near and (one.anchor not in best or away < best[one.anchor][0]):
            best[one.anchor] = (away, one)
    return list(best.values())


def _middle(line: TextLine) -> Point:
    return (line.left + line.right) / 2, (line.top + line.bottom) / 2
