"""Perceptual hashes: copies of a picture are known again, other pictures are not taken for it."""

import io
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from functions.identity.domain.picture_hash import distance, is_copy, mirrored
from functions.identity.imaging.picture_hash import picture_hash

DATA = Path(__file__).resolve().parents[3] / "data"
PICTURES = ("selfie_collins.jpg", "selfie_hopper.jpg", "collins_front_phone.jpg", "harper_passport_phone.jpg")


def opened(name: str) -> Image.Image:
    with Image.open(DATA / name) as picture:
        return picture.convert("RGB")


def encoded_again(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=35)
    return Image.open(file).convert("RGB")


def cropped(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = picture.size
    box = (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    return picture.crop(box)


@pytest.mark.parametrize("name", PICTURES)
def test_a_copy_is_known_again(name: str) -> None:
    """Encoded again, resized, mirrored or cropped by 2 % at every side, a picture is still the same."""
    picture = opened(name)
    known = picture_hash(picture)
    copies = [
        encoded_again(picture),
        picture.resize((picture.width // 3, picture.height // 3)),
        ImageOps.mirror(picture),
        cropped(picture, 0.02, 0.02, 0.02, 0.02),
        cropped(picture, 0.02, 0.02, 0, 0),
        ImageOps.mirror(encoded_again(cropped(picture, 0, 0, 0.02, 0.02).resize((600, 700)))),
    ]
    assert all(is_copy(known, picture_hash(copy)) for copy in copies)


def test_other_pictures_are_no_copies() -> None:
    """Different pictures, of the same person too, are far from each other."""
    names = (*PICTURES, "selfie_collins_cool.jpg", "selfie_other_person.jpg", "collins_back_phone.jpg")
    hashes = [picture_hash(opened(name)) for name in names]
    assert not any(is_copy(one, other) for one, other in combinations(hashes, 2))


def test_mirroring_a_hash_is_mirroring_the_picture() -> None:
    """The hash of a mirrored picture follows from the hash, and mirroring twice changes nothing."""
    picture = opened("selfie_collins.jpg").resize((64, 64))
    known = picture_hash(picture)
    assert distance(mirrored(known), picture_hash(ImageOps.mirror(picture))) <= 2
    assert mirrored(mirrored(known)) == known
