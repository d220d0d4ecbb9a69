"""What face detection hands to the rules: where the faces of a picture are."""

from typing import NamedTuple


class FaceBox(NamedTuple):
    """One detected face: its box as parts of the picture's width and height, and the confidence (0 to 100)."""

    left: float
    top: float
    width: float
    height: float
    confidence: float
