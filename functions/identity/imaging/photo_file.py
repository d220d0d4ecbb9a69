"""What the bytes of an upload may hold: a JPEG or PNG file is walked once and cut down to what a decoder needs.

What is left out (comments, texts, previews, second frames, films and archives behind the picture) can no longer cost
time or memory or be taken for something else; what makes decoders work for hours (thousands of scans) is refused.
"""

import re
import struct
from collections import Counter
from collections.abc import Iterator

JPEG_SIGNATURE = b"\xff\xd8\xff"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# A marker other than a restart within a scan: also finds the next segment, skipping fill bytes, as decoders do.
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
END_OF_IMAGE, START_OF_SCAN, START_OF_IMAGE, TEMPORARY = 0xD9, 0xDA, 0xD8, 0x01
SEQUENTIAL_FRAMES, PROGRESSIVE_FRAMES = (0xC0, 0xC1, 0xC9), (0xC2, 0xCA)  # those that libjpeg decodes
APPLICATION_SEGMENTS = range(0xE0, 0xF0)
COMMENT = 0xFE
# Application segments that bear on the picture, how they begin, and how many of each count: storage of colours (JFIF,
# Adobe), orientation, a colour profile of at most 1 MiB.
KEPT_SEGMENTS = {0xE0: (b"JFIF\0", 1), 0xE1: (b"Exif\0\0", 1), 0xE2: (b"ICC_PROFILE\0", 16), 0xEE: (b"Adobe", 1)}
LENGTH_FIELD = 2
COMPONENTS_OF_FRAME, COMPONENTS_OF_SCAN = 9, 4  # where their number stands, from the marker on
MAX_SCANS = 64  # progressive files have about 10; 100,000 tiny ones would decode for an hour
MAX_SEGMENTS = 5_000  # a PNG of 8 MiB in libpng's usual chunks has 1,000
MAX_PROFILE = 1 << 20
PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"IDAT", b"IEND"})


class BrokenFile(ValueError):
    """The bytes are no complete JPEG or PNG file of one frame, or one made to do harm."""


def content_type_of(data: bytes) -> str | None:
    """What the first bytes say: "image/jpeg", "image/png", or None for everything else."""
    if data.startswith(JPEG_SIGNATURE):
        return "image/jpeg"
    return "image/png" if data.startswith(PNG_SIGNATURE) else None


def essential_jpeg(data: bytes) -> bytes:
    """The first picture of a JPEG file with its orientation and colour profile; raises BrokenFile.

    Many phones write several pictures into one file (MPO: depth, gain map, a short film behind it) and still call it
    JPEG. The first one is the photo its owner saw, so it counts as the one frame.
    """
    kept = [data[:2]]
    seen: Counter[int] = Counter()
    for gap, start, end, marker in _segments(data):
        if seen[START_OF_SCAN]:
            kept.append(data[gap:start])  # a scan's data lies between its header and the next segment
        seen[marker] += marker == START_OF_SCAN
        if seen[START_OF_SCAN] > MAX_SCANS:
            raise BrokenFile("too many scans")
        if _bears_on_picture(data, start, marker, seen):
            kept.append(data[start:end])
    return b"".join(kept)


def in_one_pass(jpeg: bytes) -> bool:
    """Whether a JPEG file can be decoded row by row: its first scan holds all of the picture; raises BrokenFile.

    Decoders keep any other one whole as coefficients, whatever kind of file it says it is.
    """
    components = 0
    for _, start, end, marker in _segments(jpeg):
        if marker in (*SEQUENTIAL_FRAMES, *PROGRESSIVE_FRAMES) and end - start > COMPONENTS_OF_FRAME:
            components = jpeg[start + COMPONENTS_OF_FRAME]
            if marker in PROGRESSIVE_FRAMES:
                return False
        elif marker == START_OF_SCAN and end - start > COMPONENTS_OF_SCAN:
            return jpeg[start + COMPONENTS_OF_SCAN] >= components
    raise BrokenFile("no picture")


def _segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Where the segment before ended, where this one starts and ends, and its marker; up to the end of the image."""
    end = 2
    for _ in range(MAX_SEGMENTS):
        found = MARKER.search(data, end)
        if found is None:
            raise BrokenFile("no end of image")
        gap, start, marker = end, found.start(), found[1][0]
        if marker == END_OF_IMAGE:
            yield gap, start, start + 2, marker
            return
        if marker in (START_OF_IMAGE, TEMPORARY):
            raise BrokenFile("a picture within the picture")
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        end = start + 2 + length
        if length < LENGTH_FIELD or end > len(data):
            raise BrokenFile("a segment reaches beyond the file")
        yield gap, start, end, marker
    raise BrokenFile("too many segments")


def _bears_on_picture(data: bytes, start: int, marker: int, seen: Counter[int]) -> bool:
    if marker not in APPLICATION_SEGMENTS and marker != COMMENT:
        return True
    beginning, most = KEPT_SEGMENTS.get(marker, (b"", 0))
    seen[marker] += data.startswith(beginning, start + 4)
    return data.startswith(beginning, start + 4) and seen[marker] <= most


def essential_png(data: bytes) -> bytes:
    """A PNG file with the chunks that make its picture, its orientation and colour profile; raises BrokenFile.

    An animation has no one frame that its owner saw: refused.
    """
    kept = [PNG_SIGNATURE]
    position = len(PNG_SIGNATURE)
    for _ in range(MAX_SEGMENTS):
        try:
            length, kind = struct.unpack_from(">I4s", data, position)
        except struct.error:
            raise BrokenFile("no end of image") from None
        end = position + length + 12
        if end > len(data):
            raise BrokenFile("a chunk reaches beyond the file")
        if kind == b"acTL" and data[position + 8 : position + 12] != b"\0\0\0\1":
            raise BrokenFile("an animation")
        if kind in PNG_KEPT and (kind not in (b"iCCP", b"eXIf") or length <= MAX_PROFILE):
            kept.append(data[position:end])
        if kind == b"IEND":
            return b"".join(kept)
        position = end
    raise BrokenFile("too many chunks")
