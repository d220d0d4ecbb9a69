"""Image files put together by hand: what no library writes, or not without the memory that the picture would take."""

import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}  # for each pixel, by PNG colour type
# Adam7: where each pass begins, and its steps (PNG specification, 8.2).
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def behind_the_start(jpeg: bytes, more: bytes) -> bytes:
    """A JPEG file with more segments at its beginning."""
    return jpeg[:2] + more + jpeg[2:]


def in_front_of_the_picture(png: bytes, more: bytes) -> bytes:
    """A PNG file with more chunks behind its header."""
    return png[:33] + more + png[33:]


def patched_size(jpeg: bytes, side: int) -> bytes:
    """A JPEG file that announces a larger picture than it holds."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", side, side) + jpeg[at + 4 :]


def flat_png(
    size: tuple[int, int], depth: int, colour: int, rows: int | None = None, *, interlaced: bool = False
) -> bytes:
    """A PNG file of nothing but zeros; with fewer rows than it announces, if `rows` is given."""
    width, height = size
    bits = depth * SAMPLES[colour]
    packed = zlib.compressobj(9)
    data = []
    for left, top, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        row = bytes(1 + (-(-(width - left) // across) * bits + 7) // 8)
        data += [packed.compress(row) for _ in range(-(-(height - top) // down) if rows is None else rows)]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    picture = b"".join([*data, packed.flush()])
    return PNG_SIGNATURE + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", picture) + png_chunk(b"IEND", b"")


def flat_jpeg_of_separate_scans(size: tuple[int, int], frame: int) -> bytes:
    """A grey JPEG whose three components stand in scans of their own, so that decoders keep all of it at once.

    `frame` is 0xC0 (sequential) or 0xC2 (progressive). Each block is the same: no difference to the last one, then
    (where the scan holds it) the end of the block.
    """
    blocks = -(-size[0] // 8) * -(-size[1] // 8)
    progressive = frame == 0xC2
    # Codes of one table each: the DC difference 0 is "0", the end of a block is "0".
    tables = segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\x00") + segment(
        0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\x00"
    )
    parts = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    header = segment(frame, struct.pack(">BHHB", 8, size[1], size[0], 3) + parts)
    bits = blocks * (1 if progressive else 2)
    scan = bytes(bits // 8) + (bytes([0xFF >> bits % 8]) if bits % 8 else b"")
    last = 0 if progressive else 63
    scans = b"".join(segment(0xDA, bytes((1, number, 0, 0, last, 0))) + scan for number in (1, 2, 3))
    quantization = segment(0xDB, b"\x00" + bytes([1]) * 64)
    return b"\xff\xd8" + quantization + header + tables + scans + b"\xff\xd9"
