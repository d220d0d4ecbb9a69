"""The images of the attack: what somebody may upload in place of a photo of their card, and what is to become of it.

`ACCEPTED` specimens show the front of Collins's card, whatever else they carry; the others end with the named reason.
Those marked `long` are run by `make attack` alone.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageCms, PngImagePlugin

from tests.attack.raw_images import (
    behind_the_start,
    flat_jpeg_of_separate_scans,
    flat_png,
    in_front_of_the_picture,
    patched_size,
    png_chunk,
    segment,
)

JPEG, PNG = "image/jpeg", "image/png"
ACCEPTED = "accepted"
MAX_BYTES = 8 * 1024 * 1024
CARD = Path(__file__).resolve().parents[1] / "data" / "collins_front_phone.jpg"
LARGE_CARD = CARD.with_name("collins_front_12mp.jpg")
# What a polyglot, a text or a camera leaves in a file; none of it may be in what is kept.
PHP, HTML, PLACE = b"<?php system($_GET['c']); ?>", b"<html><script>alert(1)</script></html>", b"taken at home"
NEEDLES = (PHP, HTML, PLACE, b"PK\x03\x04", b"ICC_PROFILE", b"Exif", b"http://ns.adobe.com/xap", b"MPF\0")
LARGEST = (6250, 4000)  # 25 megapixels


class Specimen(NamedTuple):
    """One upload: how it is made, the type that its form declares, and how it ends."""

    name: str
    make: Callable[[], bytes]
    ends: str
    content_type: str = JPEG
    side: str = "front"
    long: bool = False


def card() -> Image.Image:
    """The front of the card, as a phone saw it."""
    with Image.open(CARD) as photo:
        return photo.copy()


def file_of(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The image as a file."""
    target = io.BytesIO()
    image.save(target, kind, **({"quality": 92} | options if kind == "JPEG" else options))
    return target.getvalue()


def flat(kind: str, size: tuple[int, int] = (900, 600), mode: str = "RGB", **options: object) -> bytes:
    """A file without anything to see."""
    return file_of(Image.new(mode, size), kind, **options)


def archive() -> bytes:
    """A ZIP file with a program in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("shell.php", PHP)
    return target.getvalue()


def photographed_at_home() -> bytes:
    """A card lying on its side, with orientation, place, camera, preview, a comment and XMP."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x010F] = 6, PLACE.decode(), "camera"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (30.0, 35.0, 21.0)
    file = file_of(card().transpose(Image.Transpose.ROTATE_90), exif=exif, comment=HTML)
    return behind_the_start(file, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE))


def several_pictures() -> bytes:
    """What phones write: the photo, then others in the same file."""
    return file_of(card(), "MPO", save_all=True, append_images=[Image.new("RGB", (640, 480))])


def sixteen_bits() -> bytes:
    """The card in 16 bits of grey."""
    grey = card().convert("L").convert("I").point(lambda value: value * 257)
    return file_of(grey.convert("I;16"), "PNG", compress_level=1)


def with_texts() -> bytes:
    """The card with texts that inflate to 100 MB, and one that is a page."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", HTML.decode())
    swollen = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9))
    return in_front_of_the_picture(file_of(card(), "PNG", pnginfo=texts, compress_level=1), swollen)


def large(mode: str = "L", kind: str = "PNG", **options: object) -> bytes:
    """A card of nearly 25 megapixels."""
    with Image.open(LARGE_CARD) as photo:
        return file_of(photo.convert(mode).resize((5760, 4320), Image.Resampling.BILINEAR), kind, **options)


def cut(file: bytes) -> bytes:
    """Half of a file, of which Pillow's `verify` finds no fault."""
    half = file[: len(file) // 2]
    with Image.open(io.BytesIO(half)) as picture:
        picture.verify()
    return half


def ended(file: bytes) -> bytes:
    """Half of a JPEG, which then says that this was all."""
    return cut(file) + b"\xff\xd9"


def animated_png() -> bytes:
    """Two cards that take turns."""
    return flat("PNG", save_all=True, append_images=[Image.new("RGB", (900, 600), "red")])


def animated_gif() -> bytes:
    """The same as GIF."""
    return flat("GIF", save_all=True, append_images=[Image.new("RGB", (900, 600), "red")])


def swelling_profile() -> bytes:
    """A colour profile that inflates to 100 MB."""
    return in_front_of_the_picture(flat("PNG"), png_chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(100_000_000), 9)))


def huge_profile() -> bytes:
    """A card with a colour profile of 4 MB."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return file_of(card(), icc_profile=profile + bytes(4_000_000))


def padded(size: int) -> bytes:
    """The card, with so much behind it that the file has this size."""
    photo = CARD.read_bytes()
    return photo + bytes(size - len(photo))


def many_scans() -> bytes:
    """A progressive file that paints its picture a hundred thousand times."""
    file = flat("JPEG", progressive=True)
    return file[:-2] + segment(0xDA, b"\x01\x01\x00\x00\x00\x01") * 100_000 + file[-2:]


def heic() -> bytes:
    """How a photo of another make begins."""
    return struct.pack(">I4s4sI", 24, b"ftyp", b"heic", 0) + b"mif1heic" + bytes(500)


# One line for each: a table.
# ruff: noqa: E501
SPECIMENS = (
    Specimen("nothing", bytes, "NOT_AN_IMAGE"),
    Specimen("one byte", lambda: b"\xff", "NOT_AN_IMAGE"),
    Specimen("a signature alone", lambda: b"\xff\xd8\xff", "NOT_AN_IMAGE"),
    Specimen("a page named .jpg", lambda: HTML, "NOT_AN_IMAGE"),
    Specimen("a drawing named .jpg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "NOT_AN_IMAGE"),
    Specimen("an archive", archive, "NOT_AN_IMAGE"),
    Specimen("an animated GIF", animated_gif, "NOT_AN_IMAGE"),
    Specimen("TIFF", lambda: flat("TIFF"), "NOT_AN_IMAGE"),
    Specimen("WebP", lambda: flat("WEBP"), "NOT_AN_IMAGE"),
    Specimen("BMP", lambda: flat("BMP"), "NOT_AN_IMAGE"),
    Specimen("PDF", lambda: flat("PDF"), "NOT_AN_IMAGE"),
    Specimen("JPEG 2000", lambda: flat("JPEG2000"), "NOT_AN_IMAGE"),
    Specimen("HEIC", heic, "NOT_AN_IMAGE"),
    Specimen("JPEG that calls itself PNG", lambda: flat("JPEG"), "CONTENT_MISMATCH", PNG),
    Specimen("PNG that calls itself JPEG", lambda: flat("PNG"), "CONTENT_MISMATCH"),
    Specimen("PNG of 169 megapixels in 20 KB", lambda: flat_png((13000, 13000), 1, 0), "IMAGE_TOO_LARGE", PNG),
    Specimen("PNG that announces 2^62 pixels", lambda: flat_png((2**31 - 1,) * 2, 1, 0, rows=0), "IMAGE_TOO_LARGE", PNG),
    Specimen("JPEG that announces 4,290 megapixels", lambda: patched_size(flat("JPEG"), 65_500), "IMAGE_TOO_LARGE"),
    Specimen("25 megapixels and one row", lambda: flat_png((6250, 4001), 1, 0), "IMAGE_TOO_LARGE", PNG),
    Specimen("one pixel", lambda: flat("PNG", (1, 1)), "IMAGE_TOO_SMALL", PNG),
    Specimen("half a JPEG", lambda: cut(CARD.read_bytes()), "NOT_AN_IMAGE"),
    Specimen("half a JPEG that says it ended", lambda: ended(CARD.read_bytes()), "TEXT_UNREADABLE", long=True),
    Specimen("half a PNG", lambda: flat("PNG")[:800], "NOT_AN_IMAGE", PNG),
    Specimen("half a PNG in whole chunks", lambda: flat_png((900, 600), 8, 2, rows=300), "IMAGE_BLURRED", PNG),
    Specimen("an animated PNG", animated_png, "NOT_AN_IMAGE", PNG),
    Specimen("a profile that swells", swelling_profile, "NOT_AN_IMAGE", PNG, long=True),
    Specimen("a hundred thousand scans", many_scans, "NOT_AN_IMAGE"),
    Specimen("progressive, of 150 MB of coefficients", lambda: flat_jpeg_of_separate_scans(LARGEST, 0xC2), "IMAGE_TOO_LARGE"),
    Specimen("sequential, of as many", lambda: flat_jpeg_of_separate_scans(LARGEST, 0xC0), "IMAGE_TOO_LARGE"),
    Specimen("one byte too many", lambda: padded(MAX_BYTES + 1), "IMAGE_TOO_LARGE"),
    Specimen("a film strip", lambda: flat("JPEG", (65_500, 381)), "IMAGE_BLURRED"),
    Specimen("a page behind the picture and in it", lambda: behind_the_start(CARD.read_bytes(), segment(0xFE, PHP)) + HTML, ACCEPTED),
    Specimen("place, camera and a picture on its side", photographed_at_home, ACCEPTED, long=True),
    Specimen("a front as the back", CARD.read_bytes, "WRONG_SIDE", side="back", long=True),
    Specimen("several pictures in one JPEG", several_pictures, ACCEPTED, long=True),
    Specimen("an archive behind the picture", lambda: CARD.read_bytes() + archive(), ACCEPTED, long=True),
    Specimen("CMYK", lambda: file_of(card().convert("CMYK")), ACCEPTED, long=True),
    Specimen("16 bits", sixteen_bits, ACCEPTED, PNG, long=True),
    Specimen("a palette", lambda: file_of(card().quantize(200), "PNG", compress_level=1), ACCEPTED, PNG, long=True),
    Specimen("transparent", lambda: file_of(card().convert("RGBA"), "PNG", compress_level=1), ACCEPTED, PNG, long=True),
    Specimen("progressive", lambda: file_of(card(), progressive=True), ACCEPTED, long=True),
    Specimen("texts that swell", with_texts, ACCEPTED, PNG, long=True),
    Specimen("a profile of 4 MB", huge_profile, ACCEPTED, long=True),
    Specimen("8 MiB to the byte", lambda: padded(MAX_BYTES), ACCEPTED, long=True),
    Specimen("a card of 25 megapixels", lambda: large("RGB", "JPEG", quality=85), ACCEPTED, long=True),
    Specimen("a card of 25 megapixels, progressive", lambda: large("RGB", "JPEG", quality=85, progressive=True), ACCEPTED, long=True),
    Specimen("a grey card of 25 megapixels", lambda: large("L", "PNG"), ACCEPTED, PNG, long=True),
    Specimen("25 megapixels, transparent, 16 bits", lambda: flat_png(LARGEST, 16, 6), "IMAGE_BLURRED", PNG, long=True),
    Specimen("25 megapixels, 16 bits", lambda: flat_png(LARGEST, 16, 2), "IMAGE_BLURRED", PNG, long=True),
    Specimen("25 megapixels of grey, 16 bits", lambda: flat_png(LARGEST, 16, 0), "IMAGE_BLURRED", PNG, long=True),
    Specimen("25 megapixels, grey and transparent", lambda: flat_png(LARGEST, 8, 4), "IMAGE_BLURRED", PNG, long=True),
    Specimen("25 megapixels, interlaced", lambda: flat_png(LARGEST, 8, 2, interlaced=True), "IMAGE_BLURRED", PNG),
    Specimen("16 megapixels in separate scans", lambda: flat_jpeg_of_separate_scans((4080, 4080), 0xC0), "IMAGE_BLURRED", long=True),
    Specimen("16 megapixels in as many passes", lambda: flat_jpeg_of_separate_scans((4080, 4080), 0xC2), "IMAGE_BLURRED", long=True),
    Specimen("25 megapixels in CMYK", lambda: flat("JPEG", LARGEST, "CMYK"), "IMAGE_BLURRED", long=True),
    Specimen("a strip of 25 megapixels", lambda: flat_png((44_000, 568), 8, 6), "IMAGE_BLURRED", PNG),
)  # fmt: skip
