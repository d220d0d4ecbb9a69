"""Prints the megabytes that our pipeline needs for a photo of this many megapixels (`MEASURED`), above its imports.

Where that is more than the product lets in, its limit is lifted, so that the photo is decoded and not refused.
"""

import io
import os

from PIL import Image

from bench.timing import ROOT, peak_mb
from functions.identity.imaging import photo as product
from functions.identity.imaging.photo import quality_reasons, read_photo

megapixels = int(os.environ["MEASURED"])
SAMPLE = ROOT / "tests" / "data" / "collins_front_12mp.jpg"


def photo_file() -> bytes:
    """The sample, larger if need be; made in a child, whose memory does not count here."""
    if megapixels == 12:
        return SAMPLE.read_bytes()
    reading, writing = os.pipe()
    if os.fork() == 0:
        with Image.open(SAMPLE) as sample:
            scale = (megapixels / 12) ** 0.5
            larger = sample.resize((int(sample.width * scale), int(sample.height * scale)))
        file = io.BytesIO()
        larger.save(file, "JPEG", quality=80)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(file.getvalue())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    os.wait()
    return content


data = photo_file()
product.MAX_PIXELS = max(product.MAX_PIXELS, megapixels * 1_100_000)  # the sample's 12 are 12.2
before = peak_mb()
photo = read_photo(data, "image/jpeg")
quality_reasons(photo)
photo.to_jpeg()
print(peak_mb() - before)
