"""Hashing the cuts around a document's portrait, once, when its front is scanned: see `domain.portrait_cuts`.

The picture is scaled down first, so that a cut costs a fraction of a millisecond.
"""

import math

import numpy as np
from PIL import Image

from functions.identity.domain.faces import FaceBox, portrait_box
from functions.identity.domain.picture_hash import BITS, GRID, SIDE
from functions.identity.domain.portrait_cuts import cuts_around

_WIDTH = 100  # pixels of the portrait, in the picture that is cut


def hashes_of_cuts(image: Image.Image, face: FaceBox) -> list[int]:
    """Return the perceptual hash of every cut around the portrait with this face, as integers."""
    box = portrait_box(image.size, face)
    scale = min(1.0, _WIDTH / max(1, box[2] - box[0], box[3] - box[1]))
    small = image.convert("L")
    if scale < 1:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        small = small.resize(size, Image.Resampling.BOX)
    across, down = small.width / image.width, small.height / image.height
    portrait = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    return [_hash(small, cut) for cut in cuts_around(portrait, small.size)]


def _hash(small: Image.Image, cut: tuple[float, float, float, float]) -> int:
    """The same bits as those of `domain.picture_hash.hash_of`, by matrices."""
    grey = np.asarray(small.resize((GRID, GRID), Image.Resampling.BOX, box=cut), dtype=np.float64)
    bits = np.packbits((_WAVES @ grey @ _WAVES.T > 0).ravel()).tobytes()
    return int.from_bytes(bits) & ~(1 << (BITS - 1))


_PLACES = (2 * np.arange(GRID) + 1) * math.pi / (2 * GRID)
_WAVES = np.cos(np.outer(np.arange(SIDE), _PLACES))
