"""Making the perceptual hash of a picture (`domain.picture_hash` says what it is and compares two of them)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from functions.identity.domain.picture_hash import BITS, SIDE

_GRID = 64


def picture_hash(image: Image.Image) -> str:
    """Return the hash of an RGB picture: 64 hexadecimal digits.

    Copies differ in few bits, whether encoded again, resized or cropped by up to 2 %.
    """
    grey = image.convert("L").resize((_GRID, _GRID), Image.Resampling.BOX, reducing_gap=2.0)
    cosines = _cosines()
    values = cosines @ np.asarray(grey, dtype=np.float64) @ cosines.T
    values[0, 0] = 0.0  # the mean lightness says nothing
    bits = "".join("1" if value > 0 else "0" for value in values.ravel())
    return f"{int(bits, 2):0{BITS // 4}x}"


@cache
def _cosines() -> NDArray[np.float64]:
    """The lowest rows of the discrete cosine transform of `_GRID` samples."""
    frequencies, samples = np.mgrid[0:SIDE, 0:_GRID]
    return np.asarray(np.cos(np.pi * frequencies * (2 * samples + 1) / (2 * _GRID)))
