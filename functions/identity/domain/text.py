"""What text recognition hands to the rules: lines of text with where they stand on the photo."""

from typing import NamedTuple


class TextLine(NamedTuple):
    """One recognized line: its text, the confidence (0 to 1) and its box in pixels of the upright photo."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float
