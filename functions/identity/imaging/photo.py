"""A photo from outside made safe: checked before it is decoded, decoded once, upright, in sRGB, without metadata.

Stages: size of the file → its true type → its essential bytes (`photo_file`) → the header's dimensions → decoding at
about the working size → orientation → colours. Everything later works on the result; the upload itself is deleted.
"""

import io
import math
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from functions.identity.domain.faces import FaceBox
from functions.identity.imaging.photo_file import (
    BrokenFile,
    content_type_of,
    essential_jpeg,
    essential_png,
    in_one_pass,
)
from functions.identity.imaging.quality import MAX_GLARE, MAX_SOFTNESS, glare, softness
from functions.identity.imaging.text_reader import text_reader

NOT_AN_IMAGE = "NOT_AN_IMAGE"
CONTENT_MISMATCH = "CONTENT_MISMATCH"
IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
IMAGE_TOO_SMALL = "IMAGE_TOO_SMALL"
IMAGE_BLURRED = "IMAGE_BLURRED"
IMAGE_GLARE = "IMAGE_GLARE"

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 25_000_000
# What decoding may hold at once, and from where on the text reader's networks (46 MB) have to make room for it.
MAX_HELD_BYTES, LARGE_HELD_BYTES = 100_000_000, 50_000_000
# A card's smallest text is a thirtieth of its width: below this its characters have no 12 pixels.
MIN_LONG_SIDE, MIN_SHORT_SIDE = 560, 350
# 12 megapixels halved by the decoder come out just below; a card that fills half of it is read without loss.
WORKING_SIDE = 2048
JPEG_QUALITY = 90
BAND_PIXELS = 1 << 20
# How far a portrait reaches from the middle of its face, in sides of the face.
PORTRAIT_REACH = 0.9
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


@dataclass(frozen=True, slots=True)
class Photo:
    """An upright sRGB image (mode "RGB"), its long side at most `WORKING_SIDE` pixels, and nothing else."""

    image: Image.Image

    def turned(self, quarter_turns: int) -> "Photo":
        """The photo turned counter-clockwise by a number of quarter turns."""
        method = {1: UPRIGHT[8], 2: UPRIGHT[3], 3: UPRIGHT[6]}.get(quarter_turns % 4)
        return self if method is None else Photo(self.image.transpose(method))

    def portrait(self, face: FaceBox) -> "Photo":
        """Head and shoulders around a face: the same cut for every picture, as far as the photo reaches."""
        width, height = face.width * self.image.width, face.height * self.image.height
        x, y = face.left * self.image.width + width / 2, face.top * self.image.height + height / 2
        reach = PORTRAIT_REACH * max(width, height)
        box = (x - reach, y - reach, x + reach, y + reach)
        left, top, right, bottom = (round(value) for value in box)
        inside = (max(0, left), max(0, top), min(self.image.width, right), min(self.image.height, bottom))
        return Photo(self.image.crop(inside))

    def to_jpeg(self) -> bytes:
        """The photo as a new JPEG file without any metadata."""
        file = io.BytesIO()
        self.image.save(file, "JPEG", quality=JPEG_QUALITY, exif=b"", icc_profile=b"", comment=b"")
        return file.getvalue()


def read_photo(data: bytes, content_type: str) -> Photo:
    """The photo in a JPEG or PNG file of at most 8 MiB and 25 megapixels.

    Raises PhotoRejected: IMAGE_TOO_LARGE, NOT_AN_IMAGE (also for truncated and animated files), CONTENT_MISMATCH (the
    declared type is not the real one), IMAGE_TOO_SMALL. Says nothing about how well the photo can be read.
    """
    if len(data) > MAX_BYTES:
        raise PhotoRejected(IMAGE_TOO_LARGE)
    actual = content_type_of(data)
    if actual is None:
        raise PhotoRejected(NOT_AN_IMAGE)
    if actual != content_type:
        raise PhotoRejected(CONTENT_MISMATCH)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of broken EXIF blocks, which say nothing about the picture
            source = opened(data, actual)
            check_dimensions(source, data)  # first of all: Pillow decodes a PNG when it is asked for its orientation
            image = decoded(source)
            orientation = orientation_of(source)
            image = in_srgb(image, source.info.get("icc_profile"))
    except (BrokenFile, *MALFORMED) as error:
        raise PhotoRejected(NOT_AN_IMAGE) from error
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    return Photo(image)


def quality_reasons(photo: Photo) -> list[str]:
    """What keeps the photo from being read: IMAGE_BLURRED, IMAGE_GLARE, both or nothing."""
    measured = ((IMAGE_BLURRED, softness(photo.image), MAX_SOFTNESS), (IMAGE_GLARE, glare(photo.image), MAX_GLARE))
    return [code for code, value, limit in measured if value > limit]


def opened(data: bytes, content_type: str) -> JpegImageFile | PngImageFile:
    """The file with its header read and no pixel decoded.

    The decoders are named instead of `Image.open`, which would try others and treat an MPO's frames as pages.
    """
    if content_type == "image/jpeg":
        return JpegImageFile(io.BytesIO(essential_jpeg(data)))
    return PngImageFile(io.BytesIO(essential_png(data)))


def check_dimensions(source: JpegImageFile | PngImageFile, data: bytes) -> None:
    """Raises PhotoRejected where the header announces more or less than a photo of a document has.

    A large one has the text reader make room: it is back within 0.15 seconds.
    """
    pixels = source.width * source.height
    if pixels > MAX_PIXELS:
        raise PhotoRejected(IMAGE_TOO_LARGE)
    if max(source.size) < MIN_LONG_SIDE or min(source.size) < MIN_SHORT_SIDE:
        raise PhotoRejected(IMAGE_TOO_SMALL)
    held = held_bytes(source, data)
    if held > MAX_HELD_BYTES:
        raise PhotoRejected(IMAGE_TOO_LARGE)
    if held > LARGE_HELD_BYTES:
        text_reader.cache_clear()


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


def decoded(source: JpegImageFile | PngImageFile) -> Image.Image:
    """All pixels at about the working size, in mode "RGB", "L" or "CMYK"; raises for data that ends early.

    A file that says that it ends, rows too soon, has those rows grey or black: then the text is not there to be read.
    libjpeg decodes to half, a quarter or an eighth for a fraction of the work, but Pillow asks it to only when both
    sides shrink at least as far: so the size asked for is fitted to the photo's shape.
    """
    shrink = max(source.size) / WORKING_SIDE
    whole = max(1, 2 ** int(math.log2(max(1.0, shrink * 1.3))))  # down to 77 % of the working side does no harm
    if isinstance(source, JpegImageFile) and whole > 1:
        source.draft(None, (source.width // whole, source.height // whole))
    source.load()
    image: Image.Image = source
    if isinstance(source, PngImageFile) and (source.mode not in ("RGB", "L") or source.has_transparency_data):
        image = flattened(source)
    if max(image.size) > WORKING_SIDE:
        scale = WORKING_SIDE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
    return image


def flattened(source: Image.Image) -> Image.Image:
    """A PNG picture of any mode as RGB, on white where it is transparent; in bands, to hold it only once."""
    step = max(1, math.ceil(max(source.size) / WORKING_SIDE))
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


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image as RGB with the colours that its profile means; without a usable profile its numbers are sRGB."""
    converted: Image.Image | None = None
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                srgb = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            converted = None  # a broken profile, or one for another kind of image: viewers ignore it, so do we
    if converted is None:
        converted = image if image.mode == "RGB" else image.convert("RGB")
    converted.info.clear()  # what Pillow learnt from the upload's header must not be written again
    return converted
