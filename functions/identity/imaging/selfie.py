"""Reading a selfie and seeing its portrait, from a small decoding within the limits of every upload.

It is never kept or shown, so neither its colours nor its profile matter. Needs Pillow alone.
"""

import warnings

from PIL import Image

from functions.identity.domain.faces import FaceBox, portrait_box
from functions.identity.domain.picture_hash import Sight
from functions.identity.imaging.decoding import (
    MALFORMED,
    MAX_BYTES,
    MAX_HELD_BYTES,
    MAX_PIXELS,
    UPRIGHT,
    decoded,
    held_bytes,
    opened,
    orientation_of,
)
from functions.identity.imaging.photo_file import BrokenFile, content_type_of
from functions.identity.imaging.picture_hash import shades

_SIDE = 512


class SelfieUnreadable(Exception):
    """The file is no JPEG or PNG picture within the limits."""


def read_selfie(data: bytes) -> Image.Image:
    """Return an upright grey picture of at most 512 pixels a side. Raises `SelfieUnreadable`."""
    kind = content_type_of(data)
    if kind is None or len(data) > MAX_BYTES:
        raise SelfieUnreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of broken EXIF blocks, which say nothing about the picture
            source = opened(data, kind)
            if source.width * source.height > MAX_PIXELS or held_bytes(source, data) > MAX_HELD_BYTES:
                raise SelfieUnreadable
            image = decoded(source, _SIDE).convert("L")
            orientation = orientation_of(source)
    except (BrokenFile, *MALFORMED) as error:
        raise SelfieUnreadable from error
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def portrait_seen(image: Image.Image, face: FaceBox) -> Sight:
    """Look at head and shoulders alone: the same cut as that of the portrait on a document."""
    return Sight.of(shades(image.crop(portrait_box(image.size, face))))
