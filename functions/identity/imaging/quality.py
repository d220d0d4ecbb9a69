"""Whether a photo is sharp and evenly lit enough to be read; text recognition has the last word.

Both measures are lenient: a photo refused for nothing costs its owner an attempt, while a bad one that passes ends in
text that cannot be read.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from functions.identity.imaging.photo import Photo
from functions.identity.imaging.regions import Region, connected_regions

IMAGE_BLURRED = "IMAGE_BLURRED"
IMAGE_GLARE = "IMAGE_GLARE"

# Sharp photos have 0.6 to 0.75, soft ones that are still read without a mistake 1.0, unreadable ones 2.2 and more.
MAX_SOFTNESS = 1.8
SHARPNESS_SIDE = 1024
TILE = 32
TOP_TILES = 0.05

# The smallest reflection worth a new photo hides about a line of a card; reflections beside the text are harmless.
MAX_GLARE = 0.03
GLARE_SIDE = 256
BURNT_OUT = 250


def quality_reasons(photo: Photo) -> list[str]:
    """What keeps the photo from being read: IMAGE_BLURRED, IMAGE_GLARE, both or nothing."""
    reasons = []
    if softness(photo.image) > MAX_SOFTNESS:
        reasons.append(IMAGE_BLURRED)
    if glare(photo.image) > MAX_GLARE:
        reasons.append(IMAGE_GLARE)
    return reasons


def softness(image: Image.Image) -> float:
    """How far edges are smeared: the blur's standard deviation, in pixels of the photo at a length of 1,024 pixels.

    The second derivative of an edge blurred by a Gaussian has 1/(2 sigma²) of the first one's energy, whatever its
    contrast. It is taken in the 5 % of tiles with most contrast, where neither noise nor an empty table counts, and in
    both directions, since a shaking hand smears only one; the worse one counts. Infinite for a photo of nothing.
    """
    size = _fitted(image, SHARPNESS_SIDE)
    grey = np.asarray(image.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=2.0), dtype=np.float32)
    # A mean of four against noise, which lives in single pixels.
    grey = (grey[:-1, :-1] + grey[1:, :-1] + grey[:-1, 1:] + grey[1:, 1:]) / 4
    return max(_softness_across(grey), _softness_across(grey.T))


def glare(image: Image.Image) -> float:
    """The share of the photo (0 to 1) that is burnt out, without the white ground that a document may lie on."""
    small = np.asarray(image.resize(_fitted(image, GLARE_SIDE), Image.Resampling.BOX, reducing_gap=2.0))
    burnt = small.min(axis=2) >= BURNT_OUT
    spots = [region for region in connected_regions(burnt) if not _surrounds(region, burnt.shape)]
    return sum(region.area for region in spots) / burnt.size


def _fitted(image: Image.Image, side: int) -> tuple[int, int]:
    scale = side / max(image.size)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _softness_across(grey: NDArray[np.float32]) -> float:
    slopes = _tile_sums(((grey[:, 2:] - grey[:, :-2]) / 2) ** 2)
    bends = _tile_sums((grey[:, 2:] + grey[:, :-2] - 2 * grey[:, 1:-1]) ** 2)
    best = np.argsort(slopes)[-max(1, int(len(slopes) * TOP_TILES)) :]
    bend = float(bends[best].sum())
    return math.sqrt(float(slopes[best].sum()) / (2 * bend)) if bend else math.inf


def _tile_sums(values: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = values.shape[0] // TILE, values.shape[1] // TILE
    tiles = values[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    return tiles.sum(axis=(1, 3)).ravel()


def _surrounds(region: Region, shape: tuple[int, ...]) -> bool:
    """Whether the region reaches three sides of the photo, as white paper under a card does and a reflection does not."""
    height, width = shape
    reached = (
        region.rows.min() == 0,
        region.rows.max() == height - 1,
        region.lefts.min() == 0,
        region.rights.max() == width,
    )
    return sum(map(bool, reached)) >= 3
