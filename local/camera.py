"""A camera for the local run's client: each frame of a face is another picture, as when a person takes a selfie again.

The hand has moved a little, the head is turned a little, the light is another.
"""

import io
import random

from PIL import Image, ImageEnhance

_RANDOM = random.Random()


def start_over(seed: int) -> None:
    """Take the same frames as after any other start with this seed, so that two walks of a journey can be compared."""
    _RANDOM.seed(seed)


def frame(selfie: bytes) -> bytes:
    """Take another frame of a selfie, as JPEG."""
    with Image.open(io.BytesIO(selfie)) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    turned = picture.rotate(_RANDOM.choice((-1, 1)) * _RANDOM.uniform(2, 9), Image.Resampling.BICUBIC)
    nearer = _RANDOM.uniform(1.1, 1.4)
    seen = int(width / nearer), int(height / nearer)
    left, top = _RANDOM.randint(0, width - seen[0]), _RANDOM.randint(0, height - seen[1])
    moved = turned.crop((left, top, left + seen[0], top + seen[1])).resize((width, height), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    ImageEnhance.Brightness(moved).enhance(_RANDOM.uniform(0.9, 1.1)).save(file, "JPEG", quality=90)
    return file.getvalue()
