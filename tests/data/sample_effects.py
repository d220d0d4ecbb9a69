"""What a phone does to a document or a face: tables, perspective, light, focus, noise.

All functions take and return RGB arrays of uint8, (height, width, 3); randomness comes only from the given generator.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def table(width: int, height: int, rng: np.random.Generator, colour: tuple[int, int, int] = (66, 48, 36)) -> Array:
    """A dark wooden table top."""
    small = cv2.resize(rng.normal(0, 1, (height // 4 + 1, 24)).astype(np.float32), (width, height))
    grain = cv2.GaussianBlur(small, (0, 0), sigmaX=width / 60, sigmaY=1.2)
    patches = rng.normal(0, 1, (14, 9)).astype(np.float32)
    grain += 0.35 * cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.array(colour, np.float32) + grain[..., None] * np.array([13, 10, 8], np.float32), 0, 255).astype(
        np.uint8
    )


def lay(  # noqa: PLR0913, PLR0917
    page: Array, ground: Array, fill: float, degrees: float, tilt: float, shift: tuple[float, float]
) -> Array:
    """The RGBA page on the ground, its width being `fill` of the picture's, turned, with its far edge `tilt` shorter.

    `shift` moves its middle, as parts of the picture's width and height.
    """
    height, width = ground.shape[:2]
    page_height, page_width = page.shape[:2]
    across = width * fill
    down = across * page_height / page_width
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * (across, down * (1 - 0.5 * abs(tilt)))
    corners[:2, 0] *= 1 - tilt
    turn = math.radians(degrees)
    corners = corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    corners += (width * (0.5 + shift[0]), height * (0.5 + shift[1]))
    source = np.array([[0, 0], [page_width, 0], [page_width, page_height], [0, page_height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    step = max(1.0, page_width / across)
    soft = cv2.GaussianBlur(page, (0, 0), 0.35 * step) if step > 1.2 else page  # against moiré when shrinking
    laid = cv2.warpPerspective(soft, matrix, (width, height), flags=cv2.INTER_CUBIC)
    alpha = laid[..., 3:].astype(np.float32) / 255
    shadow = cv2.GaussianBlur(laid[..., 3], (0, 0), width / 130).astype(np.float32)[..., None] / 255
    offset = np.roll(shadow, (height // 130, width // 150), (0, 1))
    out = ground * (1 - 0.55 * offset) * (1 - alpha) + laid[..., :3] * alpha
    return np.clip(out, 0, 255).astype(np.uint8)


def lamp(picture: Array, warmth: float, exposure: float, falloff: float, centre: tuple[float, float]) -> Array:
    """Uneven, slightly coloured light; exposure 1 and warmth 0 are neutral."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = ((x / width - centre[0]) ** 2 + (y / height - centre[1]) ** 2)[..., None]
    gain = exposure * (1 - falloff * reach) * np.array([1 + warmth, 1.0, 1 - warmth], np.float32)
    return np.clip(picture * gain, 0, 255).astype(np.uint8)


def glare(
    picture: Array, centre: tuple[float, float], size: tuple[float, float], strength: float, degrees: float
) -> Array:
    """A reflection: an ellipse with soft edge, burnt out where strength is above 1. Sizes are parts of the width."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = x - centre[0] * width, y - centre[1] * height
    turn = math.radians(degrees)
    along = (dx * math.cos(turn) + dy * math.sin(turn)) / (size[0] * width)
    aside = (dy * math.cos(turn) - dx * math.sin(turn)) / (size[1] * width)
    weight = np.clip(strength * np.exp(-((along**2 + aside**2) ** 2)), 0, 1)[..., None]
    return np.clip(picture * (1 - weight) + 255 * weight, 0, 255).astype(np.uint8)


def defocus(picture: Array, sigma: float) -> Array:
    """Out of focus, by a Gaussian of `sigma` pixels."""
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def shake(picture: Array, length: int, degrees: float) -> Array:
    """A moving hand: every point is smeared over `length` pixels."""
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), degrees, 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def noise(picture: Array, sigma: float, rng: np.random.Generator) -> Array:
    """Sensor noise of `sigma` levels; drawn once on a tile, so that 12 megapixels stay quick."""
    height, width = picture.shape[:2]
    tile = rng.normal(0, sigma, (512, 512, 3)).astype(np.float32)
    grain = np.tile(tile, (height // 512 + 1, width // 512 + 1, 1))[:height, :width]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def room(width: int, height: int, rng: np.random.Generator, wall: tuple[int, int, int]) -> Array:
    """A plain room: wall, floor, a window and a shelf; no one in it."""
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = wall
    picture *= np.linspace(1.06, 0.86, width, dtype=np.float32)[None, :, None]
    floor = round(height * 0.84)
    picture[floor:] = (128, 104, 82)
    left, top, right, bottom = round(width * 0.05), round(height * 0.08), round(width * 0.26), round(height * 0.42)
    cv2.rectangle(picture, (left, top), (right, bottom), (238, 236, 230), round(width * 0.014))
    picture[top:bottom, left:right] = (206, 222, 236)
    cv2.line(picture, ((left + right) // 2, top), ((left + right) // 2, bottom), (238, 236, 230), round(width * 0.01))
    shelf = round(height * 0.3)
    cv2.rectangle(picture, (round(width * 0.74), shelf), (round(width * 0.98), shelf + height // 70), (120, 88, 60), -1)
    for book in range(6):
        x = round(width * (0.755 + book * 0.034))
        tall = round(height * (0.085 + 0.02 * (book % 3)))
        colour = tuple(int(value) for value in rng.integers(60, 190, 3))
        cv2.rectangle(picture, (x, shelf - tall), (x + round(width * 0.026), shelf), colour, -1)
    soft = cv2.GaussianBlur(picture, (0, 0), width / 320)
    return np.clip(soft, 0, 255).astype(np.uint8)


def stand(figure: Array, ground: Array, height: float, middle: tuple[float, float], degrees: float) -> Array:
    """An RGBA person before the ground: `height` of the picture's height, middle of the cut-out at `middle`."""
    rows, columns = ground.shape[:2]
    scale = rows * height / figure.shape[0]
    centre = (figure.shape[1] / 2, figure.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(centre, degrees, scale)
    matrix[:, 2] += (columns * middle[0] - centre[0], rows * middle[1] - centre[1])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    source = figure if scale >= 1 else cv2.GaussianBlur(figure, (0, 0), 0.4 / scale)
    laid = cv2.warpAffine(source, matrix, (columns, rows), flags=flags)
    alpha = laid[..., 3:].astype(np.float32) / 255
    return np.clip(ground * (1 - alpha) + laid[..., :3] * alpha, 0, 255).astype(np.uint8)


def gamma(picture: Array, power: float) -> Array:
    """Lifts (below 1) or deepens (above 1) the middle tones."""
    return np.clip(255 * (picture / 255.0) ** power, 0, 255).astype(np.uint8)
