"""Perceptual hashes: copies of a picture are known again and found, other pictures are not taken for it."""

import io
import random
from itertools import permutations
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageOps

from functions.identity.domain.picture_claims import ClaimedPicture
from functions.identity.domain.picture_hash import Sight, distance, mirrored
from functions.identity.imaging.fingerprint import Picture
from functions.identity.imaging.picture_hash import picture_hash

DATA = Path(__file__).resolve().parents[3] / "data"
PICTURES = ("selfie_collins.jpg", "selfie_hopper.jpg", "collins_front_phone.jpg", "harper_passport_phone.jpg")
SELFIES = ("selfie_collins.jpg", "selfie_hopper.jpg", "selfie_collins_cool.jpg", "selfie_other_person.jpg")


def opened(name: str) -> Image.Image:
    with Image.open(DATA / name) as picture:
        return picture.convert("RGB").resize((600, 750))


def encoded_again(picture: Image.Image, quality: int = 35) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def cropped(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = picture.size
    box = (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    return picture.crop(box)


def seen(picture: Image.Image) -> Picture:
    """A picture as a selfie is decoded."""
    small = picture.convert("L")
    small.thumbnail((512, 512))
    return Picture.of(small)


def next_frame(picture: Image.Image, chance: random.Random) -> Image.Image:
    """The same face, held nearly still: turned by 1/3 degree at most, 1 % nearer, and every part moved a little."""
    width, height = picture.size
    fields = range(6)
    turned = picture.rotate(chance.uniform(-0.3, 0.3), Image.Resampling.BICUBIC)
    at = {
        (i, j): (i * width / 5 + chance.gauss(0, 0.004 * width), j * height / 5 + chance.gauss(0, 0.004 * width))
        for i in fields
        for j in fields
    }
    mesh = [
        (
            (i * width // 5, j * height // 5, (i + 1) * width // 5, (j + 1) * height // 5),
            (*at[i, j], *at[i, j + 1], *at[i + 1, j + 1], *at[i + 1, j]),
        )
        for i in range(5)
        for j in range(5)
    ]
    moved = turned.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)
    return encoded_again(cropped(moved, *(chance.uniform(0, 0.005) for _ in range(4))).resize(picture.size), 85)


def another_frame(picture: Image.Image, chance: random.Random) -> Image.Image:
    """The same face a moment later: the hand has moved a few percent, the head has turned a few degrees."""
    width, height = picture.size
    nearer = chance.uniform(1.03, 1.15)
    seen = int(width / nearer), int(height / nearer)
    left, top = chance.randint(0, width - seen[0]), chance.randint(0, height - seen[1])
    turned = picture.rotate(chance.uniform(-4, 4), Image.Resampling.BICUBIC)
    moved = turned.crop((left, top, left + seen[0], top + seen[1])).resize(picture.size, Image.Resampling.BICUBIC)
    return encoded_again(ImageEnhance.Brightness(moved).enhance(chance.uniform(0.85, 1.15)), 85)


def claimed(picture: Picture) -> ClaimedPicture:
    """A picture as it is claimed."""
    return ClaimedPicture(picture.looked_at.sight.hash, picture.fingerprint)


def is_found(copy: Picture, known: Picture) -> bool:
    """Whether a claim of the known picture would be found for the copy, and taken for the same picture."""
    common = {known.looked_at.exact, *known.looked_at.bands} & {
        copy.looked_at.exact,
        *copy.looked_at.bands_of_originals,
    }
    return bool(common) and copy.is_copy_of_any({claimed(known)})


@pytest.mark.parametrize("name", PICTURES)
def test_a_copy_is_known_again(name: str) -> None:
    """Encoded again, resized, mirrored or cropped by 2 % at every side, a picture is still the same."""
    picture = opened(name)
    known = {claimed(seen(picture))}
    copies = [
        encoded_again(picture),
        picture.resize((picture.width // 3, picture.height // 3)),
        ImageOps.mirror(picture),
        cropped(picture, 0.02, 0.02, 0.02, 0.02),
        cropped(picture, 0.02, 0.02, 0, 0),
        cropped(picture, 0, 0.02, 0.01, 0.01),
        ImageOps.mirror(encoded_again(cropped(picture, 0, 0, 0.02, 0.02).resize((600, 700)))),
    ]
    assert [copy for copy in copies if not seen(copy).is_copy_of_any(known)] == []


def test_copies_are_found_among_all_pictures() -> None:
    """Nearly all copies cropped within 2 % have a mark in common with their original (98 of 100, measured)."""
    chance = random.Random(7)
    found = []
    for name in PICTURES:
        picture = opened(name)
        known = seen(picture)
        for _ in range(25):
            copy = encoded_again(cropped(picture, *(chance.uniform(0, 0.02) for _ in range(4))), chance.randint(40, 90))
            found.append(is_found(seen(copy), known))
    assert sum(found) / len(found) >= 0.9


def test_the_same_bytes_are_always_found() -> None:
    """A picture has every mark in common with itself."""
    picture = seen(opened("selfie_collins.jpg"))
    looked_at = picture.looked_at
    assert looked_at.exact == seen(opened("selfie_collins.jpg")).looked_at.exact
    assert set(looked_at.bands) <= set(looked_at.bands_of_originals)
    assert len(looked_at.bands_of_originals) <= 80
    assert is_found(picture, picture)


def test_another_frame_is_no_copy() -> None:
    """Of 624 pairs of frames of one face, at most 5 of 1000 are taken for copies."""
    chance = random.Random(3)
    taken = []
    for name in SELFIES:
        frames = [seen(another_frame(opened(name), chance)) for _ in range(13)]
        taken += [is_found(later, earlier) for earlier, later in permutations(frames, 2)]
    assert len(taken) > 600
    assert sum(taken) / len(taken) <= 0.005


def test_a_new_frame_that_hardly_differs_is_no_copy() -> None:
    """A face that is held as still as a person can is another picture in nearly every new frame."""
    chance = random.Random(5)
    taken = []
    for name in SELFIES:
        known = seen(opened(name))
        frames = [seen(next_frame(opened(name), chance)) for _ in range(8)]
        assert any(frame.looked_at.sight.is_copy_of(known.looked_at.sight.hash) for frame in frames)
        taken += [is_found(frame, known) for frame in frames]
    assert sum(taken) <= 1


def test_a_picture_claimed_without_a_fingerprint_is_known_by_its_hash() -> None:
    """What was claimed before there were fingerprints still counts once."""
    picture = seen(opened("selfie_collins.jpg"))
    old = ClaimedPicture(picture.looked_at.sight.hash, None)
    assert seen(encoded_again(opened("selfie_collins.jpg"))).is_copy_of_any({old})


def test_other_pictures_are_no_copies() -> None:
    """Different pictures, of the same person too, are far from each other."""
    names = (*PICTURES, "selfie_collins_cool.jpg", "selfie_other_person.jpg", "collins_back_phone.jpg")
    sights = [seen(opened(name)).looked_at.sight for name in names]
    assert not any(one.is_copy_of(other.hash) for one, other in permutations(sights, 2))


def test_mirroring_a_hash_is_mirroring_the_picture() -> None:
    """The hash of a mirrored picture follows from the hash, and mirroring twice changes nothing."""
    picture = opened("selfie_collins.jpg").resize((64, 64))
    known = picture_hash(picture)
    assert distance(mirrored(known), picture_hash(ImageOps.mirror(picture))) <= 2
    assert mirrored(mirrored(known)) == known
    assert Sight.of(list(range(64)) * 64).distance(known) > 22
