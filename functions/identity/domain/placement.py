"""Where on a photo a flat document lies: a projective map from its millimetres to the photo's pixels.

It starts from two printed texts at known places (`similarity`) and is then fitted to all that were found (`fitted`).
The fit is a linear least-squares problem of eight unknowns, held near the start by a weak prior, so that few or badly
placed points give a plain rotation and scale instead of a wild perspective. Plain Python: there are a dozen points.
"""

from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]

# How strongly the fit is held: scale, turn and shear may adapt, perspective less so.
_PRIOR = (0.0, 0.06, 0.06, 0.0, 0.06, 0.06, 0.1, 0.1)
_IDENTITY = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_SINGULAR = 1e-12


class Similarity(NamedTuple):
    """A turn and a scale (as one complex number) and where the document's corner lies, in pixels."""

    turn: complex
    origin: complex

    def on_photo(self, place: Point) -> Point:
        """Return the pixel of a place on the document."""
        pixel = self.origin + self.turn * complex(*place)
        return pixel.real, pixel.imag


class Placement(NamedTuple):
    """A fitted map; `start` is the similarity that it refines, in units of `unit` millimetres."""

    start: Similarity
    unit: float
    parameters: tuple[float, ...]

    def on_photo(self, place: Point) -> Point:
        """Return the pixel of a place (x, y in millimetres) on the document."""
        x, y = place[0] / self.unit, place[1] / self.unit
        a, b, c, d, e, f, g, h = self.parameters
        scale = 1 + g * x + h * y or _SINGULAR
        return self.start.on_photo(((a + b * x + c * y) / scale * self.unit, (d + e * x + f * y) / scale * self.unit))

    def on_document(self, pixel: Point) -> Point:
        """Return the place (x, y in millimetres from the document's left top) of a pixel."""
        moved = (complex(*pixel) - self.start.origin) / self.start.turn / self.unit
        u, v = moved.real, moved.imag
        a, b, c, d, e, f, g, h = self.parameters
        # u (1 + g x + h y) = a + b x + c y, and likewise for v: two equations in x and y.
        first, second = (b - u * g, c - u * h, u - a), (e - v * g, f - v * h, v - d)
        determinant = first[0] * second[1] - first[1] * second[0] or _SINGULAR
        x = (first[2] * second[1] - first[1] * second[2]) / determinant
        y = (first[0] * second[2] - first[2] * second[0]) / determinant
        return x * self.unit, y * self.unit


def similarity(one: tuple[Point, Point], other: tuple[Point, Point]) -> Similarity | None:
    """Return the turn and scale that bring two places to their pixels; None where the two are the same place."""
    (place, pixel), (other_place, other_pixel) = one, other
    across = complex(*other_place) - complex(*place)
    if abs(across) < _SINGULAR:
        return None
    turn = (complex(*other_pixel) - complex(*pixel)) / across
    return Similarity(turn, complex(*pixel) - turn * complex(*place)) if abs(turn) > _SINGULAR else None


def fitted(start: Similarity, pairs: Sequence[tuple[Point, Point]], unit: float) -> Placement:
    """Return the map that brings places (millimetres) nearest to their pixels; `unit` is about the document's size."""
    matrix = [[0.0] * 8 for _ in range(8)]
    right = [0.0] * 8
    for index, weight in enumerate(_PRIOR):
        matrix[index][index] += weight * weight + _SINGULAR
        right[index] += weight * weight * _IDENTITY[index]
    for place, pixel in pairs:
        x, y = place[0] / unit, place[1] / unit
        moved = (complex(*pixel) - start.origin) / start.turn / unit
        for row, value in (
            ((1.0, x, y, 0.0, 0.0, 0.0, -x * moved.real, -y * moved.real), moved.real),
            ((0.0, 0.0, 0.0, 1.0, x, y, -x * moved.imag, -y * moved.imag), moved.imag),
        ):
            for i in range(8):
                right[i] += row[i] * value
                for j in range(8):
                    matrix[i][j] += row[i] * row[j]
    return Placement(start, unit, tuple(_solved(matrix, right)))


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The solution of a system of linear equations, by elimination with the largest pivot."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column] or _SINGULAR
        for row in range(size):
            if row != column:
                factor = rows[row][column] / head
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[-1] / (row[index] or _SINGULAR) for index, row in enumerate(rows)]
