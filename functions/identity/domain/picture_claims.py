"""Under which keys a picture is claimed and looked for, so that copies of it are found without looking at all pictures.

A picture is claimed under its exact shades of grey, and under eight bands: each holds 24 of the bits of its hash that
change least when a picture is cropped. A copy has at least one band in common with it nearly always, once it is looked
at in a few of the ways in which it may have been cropped, and mirrored. What is found is then compared bit by bit, and
by its fingerprint (`imaging.fingerprint`).
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from functions.identity.domain.picture_hash import BITS, SIDE, Sight, mirrored

_BANDS, _BAND_BITS, _STEADY_BITS = 8, 24, 100
# Of the ways to crop: not at all, by 1 % and 2 % everywhere, by 2 % at the top left and at the bottom right.
_WAYS = (0, 40, 80, 60, 20)


class ClaimedPicture(NamedTuple):
    """A picture that was used: its perceptual hash and its fingerprint, which early claims lack."""

    hash: str
    fingerprint: bytes | None


class LookedAt(NamedTuple):
    """A picture as it was looked at: every shade, and what it looks like."""

    shades: bytes
    sight: Sight

    @classmethod
    def of(cls, shades: bytes) -> "LookedAt":
        """Look at the shades of a picture."""
        return cls(shades, Sight.of(shades))

    @property
    def exact(self) -> bytes:
        """What no other picture is claimed under."""
        return b"shades:" + self.shades

    @property
    def bands(self) -> list[bytes]:
        """What it is claimed under beside that."""
        return list(_bands_of(self.sight.uncropped[0]))

    @property
    def bands_of_originals(self) -> list[bytes]:
        """What a picture that this may be a copy of is claimed under."""
        ways = [self.sight.uncropped[way] for way in _WAYS]
        turned = [int(mirrored(f"{way:0{BITS // 4}x}"), 16) for way in ways]
        return sorted({band for way in (*ways, *turned) for band in _bands_of(way)})


def _bands_of(picture_hash: int) -> Iterator[bytes]:
    for number, bits in enumerate(_CHOSEN):
        value = sum((picture_hash >> bit & 1) << place for place, bit in enumerate(bits))
        yield b"band:%d:%06x" % (number, value)


def _choose() -> list[list[int]]:
    """The bits of each band, picked as by chance among those of the lowest frequencies, the same at all times."""
    places = sorted((row + column, row, column) for row in range(SIDE) for column in range(SIDE) if row + column)
    steady = [BITS - 1 - (row * SIDE + column) for _, row, column in places[:_STEADY_BITS]]
    return [
        sorted(steady, key=lambda bit: hashlib.sha256(b"%d:%d" % (number, bit)).digest())[:_BAND_BITS]
        for number in range(_BANDS)
    ]


_CHOSEN = _choose()
