"""Reading one line of text with the PP-OCRv6 recognizer: cut it out of the photo, straighten it, decode the network.

The network answers, for every eighth column of the line, a probability for each character of its alphabet; CTC
decoding takes the likeliest, drops repetitions and blanks.
"""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from functions.identity.imaging.text_detection import FloatArray, Network, Quad, normalized

LINE_HEIGHT = 48  # what the network was trained on
MIN_STRIP = 16
MIN_WIDTH = 320  # shorter lines are filled up with grey, as in training
MAX_WIDTH = 2400  # a line of a passport's machine-readable zone needs about 1,300
LEVEL = math.radians(0.3)


class ReadText(NamedTuple):
    """The text of a line, and the mean certainty of its characters (0 to 1; 0 for no text)."""

    text: str
    confidence: float


def alphabet_of(characters: str) -> list[str]:
    """The network's outputs in order, from the list kept in the model's metadata: blank, the characters, space."""
    return ["", *characters.removesuffix("\n").split("\n"), " "]


def recognize_line(network: Network, alphabet: list[str], image: Image.Image, quad: Quad) -> ReadText:
    """The text within a rectangle of an RGB image."""
    return decoded(network(padded(cut_out(image, quad)))[0], alphabet)


def cut_out(image: Image.Image, quad: Quad) -> Image.Image:
    """The rectangle as an upright strip, 48 pixels high."""
    width = min(MAX_WIDTH, max(MIN_STRIP, round(LINE_HEIGHT * quad.length / quad.height)))
    corners = quad.corners()
    (left, top), _, (right, bottom), _ = corners
    inside = left >= 0 and top >= 0 and right <= image.width and bottom <= image.height
    if abs(quad.angle) < LEVEL and inside:
        return image.resize((width, LINE_HEIGHT), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    strip = image.transform(
        (max(1, round(quad.length)), max(1, round(quad.height))),
        Image.Transform.QUAD,
        [coordinate for corner in corners for coordinate in corner],
        Image.Resampling.BICUBIC,
    )
    return strip.resize((width, LINE_HEIGHT), Image.Resampling.BILINEAR)


def padded(strip: Image.Image) -> FloatArray:
    """The strip as the network wants it, its width a multiple of 8."""
    width = max(MIN_WIDTH, math.ceil(strip.width / 8) * 8)
    batch = np.zeros((1, 3, LINE_HEIGHT, width), dtype=np.float32)
    batch[:, :, :, : strip.width] = normalized(strip)
    return batch


def decoded(probabilities: FloatArray, alphabet: list[str]) -> ReadText:
    """CTC's best path through an array (columns, characters)."""
    best = probabilities.argmax(axis=1)
    kept = best != 0
    kept[1:] &= best[1:] != best[:-1]
    if not kept.any():
        return ReadText("", 0.0)
    text = "".join(alphabet[index] for index in best[kept])
    return ReadText(text, float(probabilities.max(axis=1)[kept].mean()))
