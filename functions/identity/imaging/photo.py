"""A photo from outside made safe: checked before it is decoded, decoded once, upright, in sRGB, without metadata.

Stages: size of the file → its true type → its essential bytes (`photo_file`) → the header's dimensions → decoding at
about the working size → orientation → colours. Everything later works on the result; the upload itself is deleted.
"""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from functions.identity.domain.faces import FaceBox, portrait_box
from functions.identity.imaging.decoding import (
    CONTENT_MISMATCH,
    IMAGE_TOO_LARGE,
    IMAGE_TOO_SMALL,
    MALFORMED,
    MAX_BYTES,
    MAX_HELD_BYTES,
    MAX_PIXELS,
    NOT_AN_IMAGE,
    UPRIGHT,
    PhotoRejected,
    decoded,
    held_bytes,
    opened,
    orientation_of,
)
from functions.identity.imaging.photo_file import BrokenFile, content_type_of
from functions.identity.imaging.quality import MAX_GLARE, MAX_SOFTNESS, glare, softness
from functions.identity.imaging.text_reader import text_reader

IMAGE_BLURRED = "IMAGE_BLURRED"
IMAGE_GLARE = "IMAGE_GLARE"

# From where on the text reader's networks (46 MB) have to make room for what decoding holds at once.
LARGE_HELD_BYTES = 50_000_000
# A card's smallest text is a thirtieth of its width: below this its characters have no 12 pixels.
MIN_LONG_SIDE, MIN_SHORT_SIDE = 560, 350
# 12 megapixels halved by the decoder come out just below; a card that fills half of it is read without loss.
WORKING_SIDE = 2048
JPEG_QUALITY = 90


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
        return Photo(self.image.crop(portrait_box(self.image.size, face)))

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
            image = decoded(source, WORKING_SIDE)
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
