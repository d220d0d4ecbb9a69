"""Finding lines of text on a photo with the PP-OCRv6 detector (DB, arXiv:1911.08947), on numpy and Pillow alone.

Stages: shrink → network (a probability for each pixel) → connected areas → smallest rectangle around each → grow it,
since the network marks only the core of a line. OpenCV, Shapely and pyclipper would do the same in 150 MB more.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from functions.identity.imaging.regions import connected_regions

FloatArray = NDArray[np.float32]
Network = Callable[[FloatArray], FloatArray]


# The network's activations weigh about 150 bytes for each pixel of its input, so its area is what bounds memory.
MAX_AREA = 704 * 960
MAX_SIDE = 1280
STRIDE = 32  # both sides of the network's input are multiples of this
# The values PP-OCRv6 was trained and is published with.
PIXEL_THRESHOLD = 0.3
LINE_THRESHOLD = 0.6
GROWTH = 1.6
MIN_THICKNESS = 3.0


class Quad(NamedTuple):
    """A turned rectangle: its centre, the direction its text runs (radians, clockwise from level), length, height."""

    x: float
    y: float
    angle: float
    length: float
    height: float

    def corners(self) -> tuple[tuple[float, float], ...]:
        """The corners as a reader of the line sees them: top left, bottom left, bottom right, top right."""
        along = (math.cos(self.angle) * self.length / 2, math.sin(self.angle) * self.length / 2)
        down = (-math.sin(self.angle) * self.height / 2, math.cos(self.angle) * self.height / 2)
        return tuple(
            (self.x + a * along[0] + d * down[0], self.y + a * along[1] + d * down[1])
            for a, d in ((-1, -1), (-1, 1), (1, 1), (1, -1))
        )


def detect_lines(network: Network, image: Image.Image) -> list[Quad]:
    """The lines of text on an RGB image, in its pixels and in no particular order.

    A line runs along the longer side of its rectangle, to the right or downwards; whether it stands on its head, only
    reading it can tell.
    """
    width, height = network_size(image.width, image.height)
    probabilities = network(normalized(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)))
    scale_x, scale_y = image.width / width, image.height / height
    quads = (line_around(area, scale_x, scale_y) for area in text_areas(probabilities[0, 0]))
    return [quad for quad in quads if quad is not None]


def network_size(width: int, height: int) -> tuple[int, int]:
    """The size at which the network sees an image of this size: multiples of 32, the area within `MAX_AREA`."""
    scale = min(1.0, math.sqrt(MAX_AREA / (width * height)), MAX_SIDE / max(width, height))
    return max(STRIDE, int(width * scale) // STRIDE * STRIDE), max(STRIDE, int(height * scale) // STRIDE * STRIDE)


def normalized(image: Image.Image) -> FloatArray:
    """An RGB image as the networks want it: a batch of one, blue first, -1 to 1."""
    pixels = np.asarray(image, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(pixels[np.newaxis] * np.float32(1 / 127.5) - np.float32(1))


def text_areas(probabilities: FloatArray) -> list[NDArray[np.float64]]:
    """The corner points (x, y) of each area that is text with enough certainty: an array (points, 2) for each."""
    sums = np.zeros((probabilities.shape[0], probabilities.shape[1] + 1))
    np.cumsum(probabilities, axis=1, out=sums[:, 1:])
    areas = []
    for region in connected_regions(probabilities > PIXEL_THRESHOLD):
        rows, lefts, rights = region
        if (sums[rows, rights] - sums[rows, lefts]).sum() < LINE_THRESHOLD * region.area:
            continue
        xs = np.concatenate([lefts, rights, lefts, rights])
        ys = np.concatenate([rows, rows, rows + 1, rows + 1])
        areas.append(np.stack([xs, ys], axis=1).astype(np.float64))
    return areas


def line_around(points: NDArray[np.float64], scale_x: float, scale_y: float) -> Quad | None:
    """The smallest rectangle around the points, grown to the whole line and in the photo's pixels; None for a speck."""
    hull = convex_hull(points * (scale_x, scale_y))
    edges = np.roll(hull, -1, axis=0) - hull
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    axes = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    normals = np.stack([-axes[:, 1], axes[:, 0]], axis=1)
    along, across = hull @ axes.T, hull @ normals.T
    lengths, heights = np.ptp(along, axis=0), np.ptp(across, axis=0)
    best = int(np.argmin(lengths * heights))
    length, height = float(lengths[best]), float(heights[best])
    if min(length / scale_x, height / scale_y) < MIN_THICKNESS:
        return None
    middle = (along[:, best].min() + along[:, best].max()) / 2 * axes[best]
    middle += (across[:, best].min() + across[:, best].max()) / 2 * normals[best]
    margin = length * height * GROWTH / (length + height)
    angle = float(angles[best])
    if height > length:
        length, height, angle = height, length, angle + math.pi / 2
    return Quad(float(middle[0]), float(middle[1]), rightwards(angle), length + margin, height + margin)


def rightwards(angle: float) -> float:
    """The same axis as an angle from -45° to 135°: to the right, or downwards where the line is steep."""
    return (angle + math.pi / 4) % math.pi - math.pi / 4


def convex_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of the convex hull in order (Andrew's monotone chain)."""
    ordered = [tuple(point) for point in np.unique(points, axis=0).tolist()]

    def half(chain: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        hull: list[tuple[float, ...]] = []
        for x, y in chain:
            while len(hull) > 1:
                (ax, ay), (bx, by) = hull[-2], hull[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                hull.pop()
            hull.append((x, y))
        return hull[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))
