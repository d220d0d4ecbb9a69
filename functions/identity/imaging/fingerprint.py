"""Telling a copy of a picture from another frame of the same face, where their perceptual hashes are too near.

A fingerprint says where a picture gets lighter or darker, across and down: the inner part of the picture in 48 x 48
fields, every second column of them kept, fields that hardly differ from the next left out. A copy is laid over the
picture it was cut from by undoing its crop, and then almost nothing differs. In a new frame the camera, the head or the
face has moved by a little, and no crop undoes that. Figures: docs/adr/0023. Needs Pillow alone.
"""

from typing import NamedTuple

from PIL import Image, ImageChops, ImageOps

from functions.identity.domain.picture_claims import ClaimedPicture, LookedAt
from functions.identity.domain.picture_hash import Crop
from functions.identity.imaging.picture_hash import shades

FIELDS = 48
# Copies (encoded again, resized, mirrored, cropped by up to 2 % a side) differ in at most 8 % of the marked fields.
MAX_DIFFERENCE = 0.085
_HOPELESS = 0.4  # after the first steps; no copy is that far off
_INNER = 0.03  # of each side: what every copy still shows
_STEPS = (0.005, 0.0025, 0.00125)
_ROUNDS = 3
_PAIRS = ((1, -1), (-1, 1), (1, 0), (-1, 0), (0, 1), (0, -1))
_MOVES = (*((0, 0, *pair) for pair in _PAIRS), *((*pair, 0, 0) for pair in _PAIRS))
_LOWEST, _HIGHEST = -0.004, 0.024  # slightly more than what may have been cut off
_CANDIDATES = 8
_WHOLE = Crop(0, 0, 0, 0)


class Picture(NamedTuple):
    """A decoded picture, at most 512 pixels a side and grey, and what is claimed and looked for of it."""

    image: Image.Image
    looked_at: LookedAt

    @classmethod
    def of(cls, image: Image.Image) -> "Picture":
        """Look at a picture as a whole."""
        return cls(image, LookedAt.of(shades(image)))

    @property
    def fingerprint(self) -> bytes:
        """576 bytes."""
        return _fingerprint(self.image, _WHOLE, mirrored=False)

    def is_copy_of_any(self, claimed: set[ClaimedPicture]) -> bool:
        """Whether this is a copy of one of the pictures; of those with near hashes only the nearest are compared.

        One without a fingerprint is judged by its hash alone.
        """
        sight = self.looked_at.sight
        near = sorted((one for one in claimed if sight.is_copy_of(one.hash)), key=lambda one: sight.distance(one.hash))
        return any(self._is_copy_of(one) for one in near[:_CANDIDATES])

    def _is_copy_of(self, claimed: ClaimedPicture) -> bool:
        return claimed.fingerprint is None or self.difference(claimed) <= MAX_DIFFERENCE

    def difference(self, claimed: ClaimedPicture) -> float:
        """The share of marked fields that differ, once a crop is undone: searched until it is small enough."""
        known = int.from_bytes(claimed.fingerprint or b"")
        crop, mirrored = self.looked_at.sight.nearest(claimed.hash)

        def measured(tried: Crop) -> float:
            return _difference(int.from_bytes(_fingerprint(self.image, tried, mirrored=mirrored)), known)

        least = measured(crop)
        for step in _STEPS:
            for _ in range(_ROUNDS):
                before = least
                for move in _MOVES:
                    tried = crop.moved(step, move)
                    if min(tried) < _LOWEST or max(tried) > _HIGHEST:
                        continue
                    difference = measured(tried)
                    if difference < least:
                        least, crop = difference, tried
                if least <= MAX_DIFFERENCE or least > _HOPELESS:
                    return least
                if least == before:
                    break
        return least


def _difference(one: int, other: int) -> float:
    marked = (one | other).bit_count()
    return (one ^ other).bit_count() / marked if marked else 0.0


def _fingerprint(image: Image.Image, crop: Crop, *, mirrored: bool) -> bytes:
    """The marks of the inner part of a picture from which this was cropped."""
    size = FIELDS + 1
    fields = image.resize((size, size), Image.Resampling.BILINEAR, box=_inner_box(image.size, crop))
    if mirrored:
        fields = ImageOps.mirror(fields)
    here = fields.crop((0, 0, FIELDS, FIELDS))
    steps = []
    for right, down in ((1, 0), (0, 1)):
        there = fields.crop((right, down, FIELDS + right, FIELDS + down))
        steps += [ImageChops.subtract(here, there), ImageChops.subtract(there, here)]
    total = sum(sum(value * count for value, count in enumerate(step.histogram())) for step in steps)
    usual = max(1.0, total / (2 * FIELDS * FIELDS))
    marks = [255 if value > usual else 0 for value in range(256)]
    thinned = (step.resize((FIELDS // 2, FIELDS), Image.Resampling.NEAREST) for step in steps)
    return b"".join(step.point(marks, "1").tobytes() for step in thinned)


def _inner_box(size: tuple[int, int], crop: Crop) -> tuple[float, float, float, float]:
    width, height = size

    def across(place: float) -> float:
        return min(max((place - crop.left) / (1 - crop.left - crop.right), 0.0), 1.0) * width

    def down(place: float) -> float:
        return min(max((place - crop.top) / (1 - crop.top - crop.bottom), 0.0), 1.0) * height

    return across(_INNER), down(_INNER), across(1 - _INNER), down(1 - _INNER)
