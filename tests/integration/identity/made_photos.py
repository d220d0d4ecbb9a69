"""Photos for tests that say which faces they show: small JPEG pictures, each unlike all others, with a note in them.

`fake_faces` reads the note; the product sees a picture. Two photos of the same people are two pictures, as two frames
of a camera are; the same bytes are the same picture.
"""

import io
import itertools
import json
import random
from typing import Any

from PIL import Image

_COMMENT = b"\xff\xfe"
_NUMBERS = itertools.count()


def made_photo(*people: str, sharpness: float = 90.0) -> bytes:
    """A new photo that shows these people."""
    shades = random.Random(next(_NUMBERS)).randbytes(16 * 16)
    picture = Image.frombytes("L", (16, 16), shades).resize((160, 160), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    note = json.dumps({"faces": list(people), "sharpness": sharpness}).encode()
    jpeg = file.getvalue()
    return jpeg[:2] + _COMMENT + (len(note) + 2).to_bytes(2, "big") + note + jpeg[2:]


def note_in(content: bytes) -> dict[str, Any]:
    """What a made photo says; any other file shows one unknown person."""
    if content[2:4] == _COMMENT:
        length = int.from_bytes(content[4:6], "big")
        return dict(json.loads(content[6 : 4 + length]))
    return {"faces": ["somebody"], "sharpness": 90.0}
