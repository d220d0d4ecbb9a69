"""Reading photos from outside: each limit, each lie about a file, each form in which a picture may come."""

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from functions.identity.imaging import decoding
from functions.identity.imaging import photo as photo_module
from functions.identity.imaging.photo import Photo, PhotoRejected, quality_reasons, read_photo
from functions.identity.imaging.photo_file import MAX_SCANS, MAX_SEGMENTS
from tests.unit.identity.imaging.conftest import DATA

JPEG, PNG = "image/jpeg", "image/png"
RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 60), (30, 60, 200), (255, 255, 255)


def picture(size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Four coloured quarters: red and green above, blue and white below."""
    image = Image.new("RGB", size, RED)
    across, down = size[0] // 2, size[1] // 2
    image.paste(GREEN, (across, 0, size[0], down))
    image.paste(BLUE, (0, down, across, size[1]))
    image.paste(WHITE, (across, down, size[0], size[1]))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def quarters(photo: Photo) -> list[tuple[int, ...]]:
    """The colours in the middle of the quarters: top left, top right, bottom left, bottom right."""
    width, height = photo.image.size
    return [
        photo.image.getpixel((width * x // 4, height * y // 4))  # type: ignore[misc]
        for y in (1, 3)
        for x in (1, 3)
    ]


def assert_quarters(photo: Photo, *expected: tuple[int, int, int], tolerance: int = 6) -> None:
    """The photo is RGB and its quarters have these colours."""
    assert photo.image.mode == "RGB"
    assert np.abs(np.array(quarters(photo)) - np.array(expected)).max() <= tolerance


def rejection(data: bytes, content_type: str = JPEG) -> str:
    """The code with which a file is rejected."""
    with pytest.raises(PhotoRejected) as caught:
        read_photo(data, content_type)
    return caught.value.code


@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", JPEG), ("PNG", PNG)])
def test_a_plain_photo_is_read(kind: str, content_type: str) -> None:
    """A JPEG and a PNG file of moderate size keep their size and colours."""
    photo = read_photo(encoded(picture(), kind), content_type)
    assert photo.image.size == (800, 600)
    assert_quarters(photo, RED, GREEN, BLUE, WHITE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0" + bytes(500),
        encoded(picture(), "GIF"),
        encoded(picture(), "WEBP"),
        encoded(picture(), "BMP"),
    ],
    ids=["empty", "1-byte", "jpeg-start", "png-start", "svg", "html", "pdf", "zeros", "gif", "webp", "bmp"],
)
def test_what_is_neither_jpeg_nor_png_is_no_image(data: bytes) -> None:
    """Other formats and other data are rejected, whatever they call themselves."""
    assert rejection(data, JPEG) in {"NOT_AN_IMAGE", "CONTENT_MISMATCH"}
    assert rejection(data, PNG) in {"NOT_AN_IMAGE", "CONTENT_MISMATCH"}


@pytest.mark.parametrize(("kind", "declared"), [("JPEG", PNG), ("PNG", JPEG), ("PNG", "image/gif"), ("JPEG", "")])
def test_a_lying_content_type_is_a_mismatch(kind: str, declared: str) -> None:
    """The declared content type must be the file's real one."""
    assert rejection(encoded(picture(), kind), declared) == "CONTENT_MISMATCH"


def test_eight_mebibytes_are_the_limit() -> None:
    """A file of exactly 8 MiB is read, one byte more is not."""
    file = encoded(picture())
    padded = file + bytes(photo_module.MAX_BYTES - len(file))
    assert read_photo(padded, JPEG).image.size == (800, 600)
    assert rejection(padded + b"\0") == "IMAGE_TOO_LARGE"


def test_25_megapixels_are_the_limit() -> None:
    """5,000 × 5,000 pixels are read, one row more is not, and what is read has the working size."""
    assert max(read_photo(encoded(Image.new("L", (5000, 5000), 90)), JPEG).image.size) <= photo_module.WORKING_SIDE
    assert rejection(encoded(Image.new("1", (5000, 5001)), "PNG"), PNG) == "IMAGE_TOO_LARGE"


def test_a_bomb_is_refused_by_its_header() -> None:
    """A file that announces 169 megapixels is refused without a pixel decoded: its data would not even decode."""
    header = struct.pack(">IIBBBBB", 13000, 13000, 8, 6, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"broken") + chunk(b"IEND", b"")
    assert rejection(bomb, PNG) == "IMAGE_TOO_LARGE"


def test_a_progressive_file_that_would_fill_the_memory_is_too_large() -> None:
    """20 megapixels without subsampling take 120 MB of coefficients; with subsampling they take 60 and are read."""
    image = Image.new("RGB", (5000, 4000), BLUE)
    assert rejection(encoded(image, progressive=True, subsampling=0)) == "IMAGE_TOO_LARGE"
    assert read_photo(encoded(image, progressive=True, subsampling=2), JPEG)


@pytest.mark.parametrize("size", [(559, 500), (800, 349), (349, 800), (1, 1)])
def test_a_tiny_photo_is_too_small(size: tuple[int, int]) -> None:
    """A photo on which a card's text has no pixels is refused."""
    assert rejection(encoded(picture(size))) == "IMAGE_TOO_SMALL"


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", JPEG), ("PNG", PNG)])
def test_a_truncated_file_is_rejected(kind: str, content_type: str, kept: float) -> None:
    """A file that ends early is rejected instead of being filled up with grey."""
    noisy = Image.fromarray(np.random.default_rng(1).integers(0, 255, (400, 600, 3), dtype=np.uint8))
    file = encoded(noisy, kind)
    assert rejection(file[: int(len(file) * kept)], content_type) == "NOT_AN_IMAGE"


def test_a_truncated_file_that_passes_a_superficial_check_is_rejected() -> None:
    """A JPEG cut in the middle satisfies Pillow's verify(); what counts is that all of it can be decoded."""
    file = encoded(picture())
    cut = file[: len(file) // 2]
    Image.open(io.BytesIO(cut)).verify()
    assert rejection(cut) == "NOT_AN_IMAGE"


def test_an_animated_png_is_rejected() -> None:
    """Only one frame is a photo of a document."""
    file = encoded(picture(), "PNG", save_all=True, append_images=[picture().rotate(180)])
    assert rejection(file, PNG) == "NOT_AN_IMAGE"


def test_the_first_picture_of_a_multi_picture_jpeg_is_read() -> None:
    """Phones store depth maps and previews behind the photo and call it JPEG: the photo is the first of them."""
    file = encoded(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (640, 480), BLUE)])
    photo = read_photo(file, JPEG)
    assert photo.image.size == (800, 600)
    assert_quarters(photo, RED, GREEN, BLUE, WHITE)


@pytest.mark.parametrize("tail", [b"PK\x03\x04 archive", b"<?php system($_GET[0]); ?>", b"\xff\xd8\xff\xe0 film"])
@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", JPEG), ("PNG", PNG)])
def test_a_polyglot_loses_its_second_nature(kind: str, content_type: str, tail: bytes) -> None:
    """What stands behind or between the parts of the picture is not in the new file."""
    hidden = encoded(picture(), kind) + tail
    clean = read_photo(hidden, content_type).to_jpeg()
    assert tail not in clean
    assert clean.endswith(b"\xff\xd9")


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, (RED, GREEN, BLUE, WHITE)),
        (2, (GREEN, RED, WHITE, BLUE)),
        (3, (WHITE, BLUE, GREEN, RED)),
        (4, (BLUE, WHITE, RED, GREEN)),
        (5, (RED, BLUE, GREEN, WHITE)),
        (6, (BLUE, RED, WHITE, GREEN)),
        (7, (WHITE, GREEN, BLUE, RED)),
        (8, (GREEN, WHITE, RED, BLUE)),
        (9, (RED, GREEN, BLUE, WHITE)),
    ],
)
@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", JPEG), ("PNG", PNG)])
def test_the_orientation_is_applied(
    kind: str, content_type: str, orientation: int, expected: tuple[tuple[int, int, int], ...]
) -> None:
    """All eight EXIF orientations give the upright picture; an unknown one is upright already."""
    exif = Image.Exif()
    exif[decoding.ORIENTATION] = orientation
    photo = read_photo(encoded(picture(), kind, exif=exif), content_type)
    assert photo.image.size == ((600, 800) if 5 <= orientation <= 8 else (800, 600))
    assert_quarters(photo, *expected)


@pytest.mark.parametrize(
    "block", [b"garbage", b"II*\0\x08\0\0\0\xff\xff", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x05\0\0\0\x01"]
)
def test_a_broken_exif_block_does_not_matter(block: bytes) -> None:
    """Viewers show such a photo as it is, and so do we."""
    file = encoded(picture())
    assert read_photo(file[:2] + segment(0xE1, b"Exif\0\0" + block) + file[2:], JPEG).image.size == (800, 600)


def test_the_new_file_holds_no_metadata() -> None:
    """Place, time, camera, comments, texts and profiles of the upload are gone."""
    exif = Image.Exif()
    exif[0x010F] = "camera"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    jpeg = encoded(picture(), exif=exif, icc_profile=profile, comment=b"a comment", dpi=(300, 300))
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "somebody")
    png = encoded(picture(), "PNG", exif=exif, pnginfo=text)
    for data, content_type in ((jpeg, JPEG), (png, PNG)):
        clean = Image.open(io.BytesIO(read_photo(data, content_type).to_jpeg()))
        assert clean.format == "JPEG"
        assert set(clean.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert clean.info["jfif_density"] == (1, 1)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_jpeg_colours_become_rgb(mode: str) -> None:
    """Grey and CMYK files are read as RGB."""
    photo = read_photo(encoded(picture().convert(mode), quality=95), JPEG)
    expected = [picture().convert(mode).convert("RGB").getpixel(at) for at in ((200, 150), (600, 150), (200, 450))]
    assert_quarters(photo, *expected, WHITE, tolerance=12)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_other_png_colours_become_rgb(mode: str) -> None:
    """Every PNG mode of 8 bits and fewer is read as RGB."""
    image = picture().convert(mode)
    photo = read_photo(encoded(image, "PNG"), PNG)
    expected = [image.convert("RGB").getpixel(at) for at in ((200, 150), (600, 150), (200, 450), (600, 450))]
    assert_quarters(photo, *expected)  # type: ignore[arg-type]


def test_16_bit_grey_keeps_its_tones() -> None:
    """A grey PNG of 16 bits is scaled to 8, not cut off."""
    ramp = np.full((400, 600), 0x4000, dtype=np.uint16)
    ramp[:, 300:] = 0xC000
    assert_quarters(read_photo(encoded(Image.fromarray(ramp), "PNG"), PNG), *[(64,) * 3, (192,) * 3] * 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(800, 600), (3300, 2401)])
def test_transparency_lies_on_white(size: tuple[int, int]) -> None:
    """Transparent parts become white, at the working size too."""
    image = picture(size).convert("RGBA")
    image.putalpha(Image.new("L", size, 255))
    image.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    assert_quarters(read_photo(encoded(image, "PNG"), PNG), WHITE, GREEN, BLUE, WHITE)


def test_a_transparent_colour_of_a_palette_lies_on_white() -> None:
    """The tRNS chunk of a palette counts as transparency."""
    image = Image.new("P", (800, 600), 1)
    image.putpalette([*RED, *BLUE])
    image.paste(0, (0, 0, 400, 600))
    assert_quarters(read_photo(encoded(image, "PNG", transparency=0), PNG), WHITE, BLUE, WHITE, BLUE)


def rgb_profile(swap: bool) -> bytes:
    """The sRGB profile, under another name; with red and green primaries exchanged, if `swap`."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    while (at := profile.find("sRGB".encode("utf-16-be"))) >= 0:
        profile[at : at + 8] = "mine".encode("utf-16-be")
    if swap:
        red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
        profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_colours_are_converted_to_srgb() -> None:
    """A colour profile is applied: with red and green primaries exchanged, red is green."""
    plain = read_photo(encoded(picture(), icc_profile=rgb_profile(swap=False)), JPEG)
    assert_quarters(plain, RED, GREEN, BLUE, WHITE)
    swapped = read_photo(encoded(Image.new("RGB", (800, 600), (220, 30, 30)), icc_profile=rgb_profile(swap=True)), JPEG)
    red, green, _ = swapped.image.getpixel((400, 300))  # type: ignore[misc]
    assert green > red + 100


@pytest.mark.parametrize(
    "profile", [b"broken", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), bytes(2_000_000)]
)
def test_a_profile_that_cannot_be_used_is_ignored(profile: bytes) -> None:
    """Broken, foreign and huge colour profiles leave the colours as they are."""
    assert_quarters(read_photo(encoded(picture(), icc_profile=profile), JPEG), RED, GREEN, BLUE, WHITE)


def test_compressed_chunks_that_swell_are_harmless() -> None:
    """Texts that inflate to 100 MB are never inflated, and such a colour profile is refused."""
    file = encoded(picture(), "PNG")
    swollen = zlib.compress(bytes(100_000_000), 9)
    text = file[:33] + chunk(b"zTXt", b"k\0\0" + swollen) + file[33:]
    assert read_photo(text, PNG).image.size == (800, 600)
    profile = file[:33] + chunk(b"iCCP", b"k\0\0" + swollen) + file[33:]
    assert rejection(profile, PNG) == "NOT_AN_IMAGE"


def test_a_file_of_countless_parts_is_rejected() -> None:
    """Thousands of empty segments or chunks would only cost time."""
    jpeg, png = encoded(picture()), encoded(picture(), "PNG")
    assert rejection(jpeg[:2] + segment(0xFE, b"") * MAX_SEGMENTS + jpeg[2:]) == "NOT_AN_IMAGE"
    assert rejection(png[:33] + chunk(b"tEXt", b"") * MAX_SEGMENTS + png[33:], PNG) == "NOT_AN_IMAGE"


def test_a_file_of_countless_scans_is_rejected() -> None:
    """A progressive file repeats its scans; each one costs a pass over the whole picture."""
    file = encoded(picture(), progressive=True)
    scan = segment(0xDA, b"\x01\x01\x00\x00\x00\x01")
    assert rejection(file[:-2] + scan * MAX_SCANS + b"\xff\xd9") == "NOT_AN_IMAGE"


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file[:2] + b"\xff\xd8" + file[2:],
        lambda file: file[:2] + b"\xff\xe1\x00\x01" + file[2:],
        lambda file: file[:2] + b"\xff\xe1\xff\xff" + file[-2:],
    ],
    ids=["nested", "too-short", "too-long"],
)
def test_a_jpeg_of_broken_segments_is_rejected(damage: Callable[[bytes], bytes]) -> None:
    """Segments must have a length that fits, and no picture stands within another."""
    assert rejection(damage(encoded(picture()))) == "NOT_AN_IMAGE"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_rejected(data: st.DataObject) -> None:
    """Whatever bytes change, the answer is a photo or a code."""
    name, content_type = data.draw(st.sampled_from((("JPEG", JPEG), ("PNG", PNG))))
    file = bytearray(encoded(picture((570, 360)), name, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"))
    for place in data.draw(st.lists(st.integers(0, min(len(file) - 1, 700)), min_size=1, max_size=8)):
        file[place] = data.draw(st.integers(0, 255))
    with suppress(PhotoRejected):
        assert read_photo(bytes(file), content_type).to_jpeg()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((4032, 3024), (2016, 1512)), ((3000, 4000), (1500, 2000)), ((3000, 500), (2048, 341)), ((2048, 900),) * 2],
)
def test_large_photos_come_out_at_the_working_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """Phone photos are halved by the decoder; others are scaled down only as far as needed."""
    photo = read_photo(encoded(picture(size)), JPEG)
    assert photo.image.size == expected
    assert_quarters(photo, RED, GREEN, BLUE, WHITE)


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (0, (RED, GREEN, BLUE, WHITE)),
        (1, (GREEN, WHITE, RED, BLUE)),
        (2, (WHITE, BLUE, GREEN, RED)),
        (3, (BLUE, RED, WHITE, GREEN)),
        (5, (GREEN, WHITE, RED, BLUE)),
    ],
)
def test_a_photo_is_turned_counter_clockwise(turns: int, expected: tuple[tuple[int, int, int], ...]) -> None:
    """Quarter turns go against the clock, and four of them are none."""
    assert_quarters(Photo(picture()).turned(turns), *expected)


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("collins_front_phone.jpg", []),
        ("collins_front_flat.png", []),
        ("collins_back_12mp.jpg", []),
        ("collins_front_soft.jpg", []),
        ("collins_front_dim.jpg", []),
        ("collins_front_gleam.jpg", []),
        ("harper_passport_flat.jpg", []),
        ("collins_front_blurred.jpg", ["IMAGE_BLURRED"]),
        ("collins_back_shaken.jpg", ["IMAGE_BLURRED"]),
        ("harper_passport_blurred.jpg", ["IMAGE_BLURRED"]),
        ("collins_front_glare.jpg", ["IMAGE_GLARE"]),
        ("collins_back_glare.jpg", ["IMAGE_GLARE"]),
    ],
)
def test_quality_is_judged_as_a_person_would(name: str, reasons: list[str]) -> None:
    """Sharp, slightly soft and dim photos pass; blurred, shaken and burnt-out ones do not."""
    photo = read_photo((DATA / name).read_bytes(), PNG if name.endswith("png") else JPEG)
    assert quality_reasons(photo) == reasons


def test_noise_does_not_hide_blur() -> None:
    """A blurred photo full of sensor noise is still blurred, and a sharp one with noise is still sharp."""
    rng = np.random.default_rng(7)
    for name, reasons in (("collins_front_blurred.jpg", ["IMAGE_BLURRED"]), ("collins_front_phone.jpg", [])):
        pixels = np.asarray(read_photo((DATA / name).read_bytes(), JPEG).image)
        noisy = np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)
        assert quality_reasons(Photo(Image.fromarray(noisy))) == reasons


def test_white_paper_around_a_card_is_no_glare() -> None:
    """A scan on white ground is burnt out nearly everywhere, but not by a reflection."""
    sheet = Image.new("RGB", (1800, 1300), WHITE)
    sheet.paste(read_photo((DATA / "collins_front_flat.jpg").read_bytes(), JPEG).image, (250, 240))
    assert quality_reasons(Photo(sheet)) == []


def test_a_photo_of_nothing_is_blurred() -> None:
    """Without any edge there is nothing to read, and a strip of a few rows is nothing either."""
    for size in ((800, 600), (2048, 10)):
        assert quality_reasons(Photo(Image.new("RGB", size, BLUE))) == ["IMAGE_BLURRED"]
