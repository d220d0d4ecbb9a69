"""A 12-megapixel photo of a card: our pipeline without reading the text, or the least that can be done (`MEASURED`)."""

import io
import os
from pathlib import Path

from PIL import Image

from bench.timing import ROOT, obey
from functions.identity.imaging.photo import JPEG_QUALITY, quality_reasons, read_photo

PHOTO = Path(ROOT, "tests", "data", "collins_front_12mp.jpg").read_bytes()


def ours() -> bytes:
    """Checked, decoded, upright, in sRGB, measured, encoded again."""
    photo = read_photo(PHOTO, "image/jpeg")
    assert quality_reasons(photo) == []
    return photo.to_jpeg()


def floor() -> bytes:
    """Decoded by libjpeg-turbo at half scale and encoded."""
    with Image.open(io.BytesIO(PHOTO)) as source:
        source.draft("RGB", (source.width // 2, source.height // 2))
        file = io.BytesIO()
        source.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


call = {"ours": ours, "floor": floor}[os.environ["MEASURED"]]
call()
obey(call)
