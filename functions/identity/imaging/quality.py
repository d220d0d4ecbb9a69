"""Measuring whether a photo is sharp and evenly lit enough to be read; text recognition has the last word.

The limits are lenient: a photo refused for nothing costs its owner an attempt, while a bad one that passes ends in text
that cannot be read.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from functions.identity.imaging.regions import Region, connected_regions

# Sharp photos have 0.6 to 0.8, soft ones that are still read without a mistake 1.0, unreadable ones 2.1 and more.
MAX_SOFTNESS = 1.5
SHARPNESS_SIDE = 1024
TILE = 32
TOP_TILES = 0.05

# The smallest reflection worth a new photo hides about a line of a card; reflections beside the text are harmless.
MAX_GLARE = 0.03
GLARE_SIDE = 256
BURNT_OUT = 250
GROUND_SIDES = 3


def softness(image: Image.Image) -> float:
    """How far edges are smeared: the blur's standard deviation, in pixels of the photo at a length of 1,024 pixels.

    The second derivative of an edge blurred by a Gaussian has 1/(2 sigma²) of the first one's energy, whatever its
    contrast. It is taken in the 5 % of tiles with most contrast, where neither noise nor an empty table counts, and in
    both directions, since a shaking hand smears only one; the worse one counts. Infinite for a photo of nothing.
    """
    size = _fitted(image, SHARPNESS_SIDE)
    grey = np.asarray(image.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=2.0), dtype=np.float32)
    # A mean of four against noise, which lives in single pixels.
    smooth = (grey[:-1, :-1] + grey[1:, :-1] + grey[:-1, 1:] + grey[1:, 1:]) * np.float32(0.25)
    across = _smear(smooth[:, 2:] - smooth[:, :-2], smooth[:, 2:] + smooth[:, :-2] - 2 * smooth[:, 1:-1])
    down = _smear(smooth[2:] - smooth[:-2], smooth[2:] + smooth[:-2] - 2 * smooth[1:-1])
    return max(across, down)


def glare(image: Image.Image) -> float:
    """The share of the photo (0 to 1) that is burnt out, without the white ground that a document may lie on."""
    small = np.asarray(image.resize(_fitted(image, GLARE_SIDE), Image.Resampling.BOX, reducing_gap=2.0))
    burnt = small.min(axis=2) >= BURNT_OUT
    spots = [region for region in connected_regions(burnt) if not _surrounds(region, burnt.shape)]
    return sum(region.area for region in spots) / float(burnt.size)


def _fitted(image: Image.Image, side: int) -> tuple[int, int]:
    scale = side / max(image.size)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _smear(doubled_slopes: NDArray[np.float32], bends: NDArray[np.float32]) -> float:
    """The standard deviation of the blur, from first (over two pixels) and second differences in one direction."""
    slope_energies, bend_energies = _above_noise(_tile_sums(doubled_slopes)), _above_noise(_tile_sums(bends))
    best = np.argsort(slope_energies)[-max(1, int(len(slope_energies) * TOP_TILES)) :]
    slope, bend = float(slope_energies[best].sum()) / 4, float(bend_energies[best].sum())
    return math.sqrt(slope / (2 * bend)) if bend > 0 else math.inf


def _above_noise(energies: NDArray[np.float32]) -> NDArray[np.float32]:
    """The energies without what even the emptiest tiles have; none of a photo without tiles."""
    if not energies.size:
        return energies
    return energies - np.float32(np.partition(energies, len(energies) // 10)[len(energies) // 10])


def _tile_sums(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The energy of each tile."""
    rows, columns = values.shape[0] // TILE, values.shape[1] // TILE
    tiles = values[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    return np.asarray(np.einsum("abcd,abcd->ac", tiles, tiles).ravel(), dtype=np.float32)


def _surrounds(region: Region, shape: tuple[int, ...]) -> bool:
    """Whether the region reaches three sides of the photo: white paper under a card does, a reflection does not."""
    height, width = shape
    reached = (
        region.rows.min() == 0,
        region.rows.max() == height - 1,
        region.lefts.min() == 0,
        region.rights.max() == width,
    )
    return sum(map(bool, reached)) >= GROUND_SIDES
