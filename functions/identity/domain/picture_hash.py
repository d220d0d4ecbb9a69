"""Perceptual hashes of pictures, and whether two of them belong to copies of one picture.

A hash is 256 bits as 64 hexadecimal digits: the signs of the 16 x 16 lowest spatial frequencies of the grey picture,
one row of bits for each vertical frequency. A copy that was cropped shifts them all, so that another frame of the same
face would be as near. Therefore a picture is compared as a `Sight`: its hashes for every way in which it may have been
cropped by up to 2 % at each side. The right one of them is nearly that of the picture it was cut from.

Plain Python, so that any function can make and compare them.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from operator import mul
from typing import NamedTuple

GRID = 64  # the picture is looked at in 64 x 64 shades of grey
SIDE = 16
BITS = SIDE * SIDE
_KEPT = 24
CROPS = (0.0, 0.01, 0.02)  # what may be missing at a side
# Copies (encoded again, resized, mirrored, cropped by up to 2 % at each side) differ in 19 bits at most; frames
# of one face that hardly differ may be as near, so that what is near is compared by fingerprint too. docs/adr/0023
MAX_COPY_DISTANCE = 22
# Mirroring a picture changes the sign of its odd horizontal frequencies, and nothing else.
ODD_COLUMNS = sum(1 << bit for bit in range(BITS) if (BITS - 1 - bit) % 2 == 1)


class Crop(NamedTuple):
    """Which share of a picture was cut off at each side."""

    top: float
    bottom: float
    left: float
    right: float

    def moved(self, step: float, move: tuple[int, int, int, int]) -> "Crop":
        """Return this crop with this many steps more at each side."""
        return Crop(*(side + steps * step for side, steps in zip(self, move, strict=True)))


class Sight(NamedTuple):
    """What a picture looks like: its hash, and those that it would have had before it was cropped."""

    hash: str
    uncropped: tuple[int, ...]

    @classmethod
    def of(cls, grey: Sequence[int]) -> "Sight":
        """See a picture of `GRID` x `GRID` shades of grey, row by row."""
        hashes = tuple(hashes_if_cropped(grey))
        return cls(_text(hashes[0]), hashes)

    def is_copy_of(self, known: str) -> bool:
        """Whether this is a copy of the picture with that hash, possibly mirrored."""
        return self.distance(known) <= MAX_COPY_DISTANCE

    def distance(self, known: str) -> int:
        """In how many of 256 bits it differs from the picture with that hash, cropped and turned to be nearest."""
        return self._nearest(known)[0]

    def nearest(self, known: str) -> tuple[Crop, bool]:
        """Return how it was cropped if it is a copy of the picture with that hash, and whether it is mirrored."""
        _, way, mirrored = self._nearest(known)
        return CROPPED[way], mirrored

    def _nearest(self, known: str) -> tuple[int, int, bool]:
        turned = ((False, int(known, 16)), (True, int(known, 16) ^ ODD_COLUMNS))
        return min(
            ((mine ^ bits).bit_count(), way, mirrored)
            for way, mine in enumerate(self.uncropped)
            for mirrored, bits in turned
        )


# The ways in which a picture may have been cropped, in the order of `Sight.uncropped`.
CROPPED = tuple(Crop(*sides) for sides in product(CROPS, repeat=4))


def hash_of(grey: Sequence[int]) -> str:
    """Return the hash of a picture of `GRID` x `GRID` shades of grey, row by row."""
    return _text(next(hashes_if_cropped(grey)))


def mirrored(picture_hash: str) -> str:
    """Return the hash of the same picture with left and right exchanged."""
    return _text(int(picture_hash, 16) ^ ODD_COLUMNS)


def distance(one: str, other: str) -> int:
    """Return in how many of 256 bits two hashes differ, whichever way round the pictures are: about 128 by chance."""
    first = int(one, 16)
    return min((first ^ int(turned, 16)).bit_count() for turned in (other, mirrored(other)))


def hashes_if_cropped(grey: Sequence[int], crops: tuple[float, ...] = CROPS) -> Iterator[int]:
    """Yield the hash of the picture as it is, then of what it may have been before it was cropped by these shares.

    The picture is taken as its `_KEPT` x `_KEPT` lowest frequencies: a crop mixes the sixteen with those next to them.
    """
    waves = _waves()
    rows = [grey[start : start + GRID] for start in range(0, GRID * GRID, GRID)]
    across = [[_dot(wave, row) for row in rows] for wave in waves]
    columns = [[_dot(wave, line) for wave in waves] for line in across]
    for vertical in _bases(crops):
        seen = [[_dot(basis, column) for column in columns] for basis in vertical]
        for horizontal in _bases(crops):
            bits = 0
            for row in seen:
                for basis in horizontal:
                    bits = bits << 1 | (_dot(row, basis) > 0)
            yield bits & ~(1 << (BITS - 1))  # the mean lightness says nothing


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    total: float = sum(map(mul, one, other))
    return total


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    """The lowest rows of the orthonormal cosine transform."""
    return tuple(
        tuple(
            math.sqrt((2 if frequency else 1) / GRID) * math.cos(math.pi * frequency * (2 * place + 1) / (2 * GRID))
            for place in range(GRID)
        )
        for frequency in range(_KEPT)
    )


@cache
def _bases(crops: tuple[float, ...]) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """For each way to crop one dimension, how the sixteen frequencies of before follow from the kept ones of now."""
    return tuple(_basis(before, after) for before in crops for after in crops)


def _basis(before: float, after: float) -> tuple[tuple[float, ...], ...]:
    """Where something is missing, the outermost shade continues."""
    waves = _waves()
    stretched = []
    for wave in waves:
        shades = []
        for place in range(GRID):
            inside = ((place + 0.5) / GRID - before) / (1 - before - after) * GRID - 0.5
            inside = min(max(inside, 0.0), GRID - 1.0)
            first = math.floor(inside)
            share = inside - first
            shades.append(wave[first] * (1 - share) + wave[min(first + 1, GRID - 1)] * share)
        stretched.append(shades)
    return tuple(tuple(_dot(waves[frequency], shades) for shades in stretched) for frequency in range(SIDE))


def _text(bits: int) -> str:
    return f"{bits:0{BITS // 4}x}"
