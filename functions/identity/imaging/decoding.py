"""Decoding a picture from outside within limits: JPEG and PNG alone, by decoders that are named, at the size needed.

It needs Pillow and nothing else, so that the functions that compare faces can decode a selfie without the networks of
the text reader.
"""

import io
import math
import struct
import zlib

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from functions.identity.imaging.photo_file import essential_jpeg, essential_png, in_one_pass

NOT_AN_IMAGE = "NOT_AN_IMAGE"
CONTENT_MISMATCH = "CONTENT_MISMATCH"
IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
IMAGE_TOO_SMALL = "IMAGE_TOO_SMALL"

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_HELD_BYTES = 100_000_000  # what decoding may hold at once
BAND_PIXELS = 1 << 20
# How a photo with each EXIF orientation (JEITA CP-3451 4.6.4.A) becomes upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112
# What Pillow 13 raises on malformed data, by family: its decoders OSError (truncated files too), its header readers
# SyntaxError and what careless reading of bytes brings, its limits on compressed chunks ValueError.
MALFORMED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    struct.error,
    zlib.error,
)


class PhotoRejected(Exception):
    """The upload is no photo to work with; `code` says why: one of the first four codes above."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def opened(data: bytes, content_type: str) -> JpegImageFile | PngImageFile:
    """The file with its header read and no pixel decoded.

    The decoders are named instead of `Image.open`, which would try others and treat an MPO's frames as pages.
    """
    if content_type == "image/jpeg":
        return JpegImageFile(io.BytesIO(essential_jpeg(data)))
    return PngImageFile(io.BytesIO(essential_png(data)))


def held_bytes(source: JpegImageFile | PngImageFile, data: bytes) -> float:
    """What decoding holds at once: a PNG's pixels, a JPEG's coefficients where it comes in several passes."""
    pixels = source.width * source.height
    if isinstance(source, PngImageFile):
        return pixels * {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(source.mode, 4)
    if in_one_pass(data):
        return 0
    factors = [horizontal * vertical for _, horizontal, vertical, _ in source.layer]
    return 2 * pixels * sum(factors) / max(factors)


def orientation_of(source: Image.Image) -> int:
    """The EXIF orientation; 1 (upright) where there is none or the block is broken, as viewers take it."""
    try:
        orientation = source.getexif().get(ORIENTATION, 1)
    except MALFORMED:
        return 1
    return orientation if isinstance(orientation, int) else 1


def decoded(source: JpegImageFile | PngImageFile, side: int) -> Image.Image:
    """All pixels, the longer side at most `side`, in mode "RGB", "L" or "CMYK"; raises for data that ends early.

    A file that says that it ends, rows too soon, has those rows grey or black: then the text is not there to be read.
    libjpeg decodes to half, a quarter or an eighth for a fraction of the work, but Pillow asks it to only when both
    sides shrink at least as far: so the size asked for is fitted to the photo's shape.
    """
    shrink = max(source.size) / side
    whole = max(1, 2 ** int(math.log2(max(1.0, shrink * 1.3))))  # down to 77 % of the side does no harm
    if isinstance(source, JpegImageFile) and whole > 1:
        source.draft(None, (source.width // whole, source.height // whole))
    source.load()
    image: Image.Image = source
    if isinstance(source, PngImageFile) and (source.mode not in ("RGB", "L") or source.has_transparency_data):
        image = flattened(source, side)
    if max(image.size) > side:
        scale = side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
    return image


def flattened(source: Image.Image, side: int) -> Image.Image:
    """A PNG picture of any mode as RGB, on white where it is transparent; in bands, to hold it only once."""
    step = max(1, math.ceil(max(source.size) / side))
    result = Image.new("RGB", (math.ceil(source.width / step), math.ceil(source.height / step)))
    height = step * max(1, BAND_PIXELS // (source.width * step))
    transparent = source.has_transparency_data
    for top in range(0, source.height, height):
        band = source.crop((0, top, source.width, min(source.height, top + height)))
        if band.mode in ("I", "I;16"):
            band = band.convert("I").point(lambda value: value / 256).convert("L")
        elif transparent:
            colours = band.convert("RGBA")
            band = Image.new("RGB", band.size, "white")
            band.paste(colours, mask=colours.getchannel("A"))
        band = band.convert("RGB")
        result.paste(band.reduce(step) if step > 1 else band, (0, top // step))
    return result
