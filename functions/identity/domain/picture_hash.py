"""Perceptual hashes of pictures, and whether two of them belong to copies of one picture.

A hash is 256 bits as 64 hexadecimal digits: the signs of the 16 x 16 lowest spatial frequencies of the grey picture,
one row of bits for each vertical frequency. Plain Python, so that any function can compare what the imaging layer made.
"""

SIDE = 16
BITS = SIDE * SIDE
# Copies (encoded again, resized, mirrored, cropped by 2 %) differ in 60 bits at most, other pictures in 89 and more:
# measured on the sample pictures.
MAX_COPY_DISTANCE = 70
# Mirroring a picture changes the sign of its odd horizontal frequencies, and nothing else.
_ODD_COLUMNS = sum(1 << bit for bit in range(BITS) if (BITS - 1 - bit) % 2 == 1)


def mirrored(picture_hash: str) -> str:
    """Return the hash of the same picture with left and right exchanged."""
    return f"{int(picture_hash, 16) ^ _ODD_COLUMNS:0{BITS // 4}x}"


def distance(one: str, other: str) -> int:
    """Return in how many of 256 bits two hashes differ, whichever way round the pictures are: about 128 by chance."""
    first = int(one, 16)
    return min((first ^ int(turned, 16)).bit_count() for turned in (other, mirrored(other)))


def is_copy(one: str, other: str) -> bool:
    """Whether two hashes belong to copies of one picture, one of them possibly mirrored."""
    return distance(one, other) <= MAX_COPY_DISTANCE
