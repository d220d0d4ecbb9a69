"""Looking at a decoded picture as `domain.picture_hash` compares it."""

from PIL import Image

from functions.identity.domain.picture_hash import GRID, hash_of


def shades(image: Image.Image) -> bytes:
    """Return the picture as rows of `GRID` x `GRID` shades of grey."""
    return image.convert("L").resize((GRID, GRID), Image.Resampling.BOX, reducing_gap=2.0).tobytes()


def picture_hash(image: Image.Image) -> str:
    """Return the perceptual hash of a picture: 64 hexadecimal digits."""
    return hash_of(shades(image))
