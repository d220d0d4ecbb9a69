"""What face detection hands to the rules: where the faces of a picture are."""

from typing import NamedTuple


class FaceBox(NamedTuple):
    """One detected face: its box as parts of the picture's width and height, and the confidence (0 to 100)."""

    left: float
    top: float
    width: float
    height: float
    confidence: float


# How far a portrait reaches from the middle of its face, in sides of the face.
PORTRAIT_REACH = 0.9


def portrait_box(size: tuple[int, int], face: FaceBox) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of head and shoulders, in pixels: the same cut around every face."""
    width, height = face.width * size[0], face.height * size[1]
    x, y = face.left * size[0] + width / 2, face.top * size[1] + height / 2
    reach = PORTRAIT_REACH * max(width, height)
    left, top, right, bottom = (round(value) for value in (x - reach, y - reach, x + reach, y + reach))
    return max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)
