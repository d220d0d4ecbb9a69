"""Reading text: sample documents from photo to fields, in every position, and against RapidOCR's own engine."""

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rapidocr import RapidOCR

from functions.identity.domain.documents import DocumentType
from functions.identity.domain.extraction import read_name, read_number, read_validity, side_shown, zone_lines
from functions.identity.domain.text import TextLine
from functions.identity.imaging.photo import read_photo
from functions.identity.imaging.text_detection import MAX_AREA, MAX_SIDE, Quad, detect_lines, line_around, network_size
from functions.identity.imaging.text_reader import MAX_LINES, TextReader, TurnedText, in_reading_order, text_reader
from functions.identity.imaging.text_recognition import alphabet_of, decoded
from tests.unit.identity.imaging.conftest import DATA

Read = Callable[[str], TurnedText]

FRONTS = [
    "collins_front_perspective.jpg",
    "collins_front_skewed.jpg",
    "ayiguli_front_phone.jpg",
    "wang_front_phone.jpg",
]
TURNED = [f"collins_front_turned_{degrees}.jpg" for degrees in (90, 180, 270)]
BACKS = ["collins_back_soft.jpg", "hopper_back_phone.jpg", "liu_back_phone.jpg", "collins_back_turned_90.jpg"]
PERMIT, PASSPORT = "ieong_permit_phone.jpg", "harper_passport_phone.jpg"
COMPARED = ["collins_front_dim.jpg", "collins_front_soft.jpg", *FRONTS[1:3], TURNED[1], PERMIT]


def opened(name: str) -> Image.Image:
    """A sample, upright as far as its file tells."""
    return read_photo((DATA / name).read_bytes(), "image/jpeg").image


@pytest.fixture(scope="module")
def read(reader: TextReader) -> Read:
    """The text of a sample by its file's name, read once."""
    return cache(lambda name: reader.read_turned(opened(name)))


@pytest.mark.parametrize("name", [*FRONTS, *TURNED])
def test_a_card_gives_name_and_number(name: str, read: Read, samples: dict[str, dict[str, Any]]) -> None:
    """Askew, in perspective, on its side or on its head, with rare characters or a long name: all is read."""
    lines = read(name).lines
    assert side_shown(lines) == "front"
    assert read_name(lines) == samples[name]["name"]
    assert read_number(DocumentType.RESIDENT_ID, lines) == samples[name]["number"]


@pytest.mark.parametrize("name", BACKS)
def test_the_back_gives_the_validity(name: str, read: Read, samples: dict[str, dict[str, Any]]) -> None:
    """Both dates, or the first one and 长期."""
    lines = read(name).lines
    assert side_shown(lines) == "back"
    validity = read_validity(lines)
    assert validity is not None
    assert validity.valid_from.isoformat() == samples[name]["valid_from"]
    until = validity.valid_until.isoformat() if validity.valid_until else None
    assert until == samples[name]["valid_until"]


def test_a_permit_gives_name_number_and_validity(read: Read, samples: dict[str, dict[str, Any]]) -> None:
    """A permit for Hong Kong and Macau in traditional characters."""
    lines = read(PERMIT).lines
    assert read_name(lines) == samples[PERMIT]["name"]
    assert read_number(DocumentType.HK_MACAU_PERMIT, lines) == samples[PERMIT]["number"]
    validity = read_validity(lines)
    assert validity is not None
    assert validity.valid_from.isoformat() == samples[PERMIT]["valid_from"]


def test_a_passport_gives_its_zone(read: Read, samples: dict[str, dict[str, Any]]) -> None:
    """Two lines of 44 characters, the second beginning with the number."""
    first, second = zone_lines(read(PASSPORT).lines)
    assert (len(first), len(second)) == (44, 44)
    assert second.startswith(samples[PASSPORT]["number"])


def test_the_turns_make_the_photo_upright(read: Read) -> None:
    """The photo turned as told has its title above and its number below, as the upright one has."""
    upright = read("collins_front_skewed.jpg")
    assert upright.quarter_turns == 0
    assert sorted(read(name).quarter_turns for name in TURNED) == [1, 2, 3]
    for name in TURNED:
        photo = read_photo((DATA / name).read_bytes(), "image/jpeg").turned(read(name).quarter_turns)
        lines = read(name).lines
        [number] = [line for line in lines if line.text == read_number(DocumentType.RESIDENT_ID, lines)]
        assert photo.image.width > photo.image.height
        assert number.top > photo.image.height / 2
        assert all(line.left < line.right and line.top < line.bottom for line in lines)


def test_lines_askew_are_levelled(read: Read) -> None:
    """On a photo 12 degrees askew, label and value still stand at one height."""
    lines = read("collins_front_skewed.jpg").lines
    tops = {line.text: line.top for line in lines}
    assert tops["姓名"] == pytest.approx(tops["柯爱琳"], abs=12)


def test_nothing_is_read_where_nothing_is(reader: TextReader) -> None:
    """An empty photo has no lines and needs no turn."""
    assert reader.read_turned(Image.new("RGB", (800, 600), (90, 90, 90))) == TurnedText([], 0, 0.0)


def test_noise_is_read_quickly(reader: TextReader) -> None:
    """Noise, and a strip one pixel high, give few lines and no error."""
    noise = np.random.default_rng(3).integers(0, 255, (900, 1200, 3), dtype=np.uint8)
    assert len(reader.read(Image.fromarray(noise))) <= MAX_LINES
    assert reader.read(Image.new("RGB", (2048, 1))) == []


def test_the_reader_is_made_once(models: Path, reader: TextReader) -> None:
    """The process keeps one reader for a directory."""
    assert text_reader(models) is reader


def test_ours_reads_no_less_than_rapidocr(read: Read, samples: dict[str, dict[str, Any]]) -> None:
    """Of the names and numbers on the sample cards our reader finds at least as many as the engine it replaces."""
    engine = RapidOCR(params={"Global.log_level": "error"})

    def found(name: str, text: str) -> int:
        plain = "".join(text.split()).replace("・", "·").replace("•", "·")
        return sum(samples[name][field] in plain for field in ("name", "number"))

    ours = theirs = 0
    for name in COMPARED:
        ours += found(name, "".join(line.text for line in read(name).lines))
        answer = engine(np.ascontiguousarray(np.asarray(opened(name))[:, :, ::-1]))
        theirs += found(name, "".join(answer.txts or ()))
    assert ours >= theirs
    assert ours == 2 * len(COMPARED)


@pytest.mark.parametrize("size", [(2016, 1512), (1512, 2016), (2048, 2048), (2048, 60), (800, 600), (20, 20)])
def test_the_network_sees_a_bounded_area(size: tuple[int, int]) -> None:
    """Multiples of 32, within the area that bounds memory, at about the photo's shape."""
    width, height = network_size(*size)
    assert width % 32 == height % 32 == 0
    assert 0 < width * height <= MAX_AREA
    assert max(width, height) <= MAX_SIDE


@pytest.mark.parametrize("degrees", [-44, -20, 0, 7, 44, 46, 90, 134])
def test_the_rectangle_around_a_line_is_found(degrees: int) -> None:
    """The smallest rectangle around points of a turned one is that one, grown, running right or down."""
    angle = math.radians(degrees)
    rng = np.random.default_rng(2)
    flat = np.concatenate([rng.uniform(-1, 1, (200, 2)), [[-1, -1], [-1, 1], [1, -1], [1, 1]]]) * (150, 12)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    quad = line_around(flat @ turn + (400, 300), 1, 1)
    assert quad is not None
    assert (quad.x, quad.y) == pytest.approx((400, 300))
    assert quad.angle == pytest.approx(angle)
    margin = 300 * 24 * 1.6 / 324
    assert (quad.length, quad.height) == pytest.approx((300 + margin, 24 + margin))


def test_specks_are_no_lines() -> None:
    """What is thinner than three pixels of the network is dropped, and so is what the network doubts."""
    answer = np.zeros((1, 1, 192, 256), dtype=np.float32)
    answer[0, 0, 20:22, 20:80] = 0.9
    answer[0, 0, 60:80, 20:120] = 0.4
    answer[0, 0, 120:140, 20:120] = 0.9
    [line] = detect_lines(lambda batch: answer, Image.new("RGB", (256, 192)))
    assert (line.x, line.y) == pytest.approx((70, 130))


def test_corners_run_as_a_reader_sees_them() -> None:
    """Top left, bottom left, bottom right, top right, also of a line on its head."""
    level = Quad(10, 20, 0.0, 8, 4)
    assert level.corners() == ((6, 18), (6, 22), (14, 22), (14, 18))
    flipped = [tuple(map(round, corner)) for corner in level._replace(angle=math.pi).corners()]
    assert flipped == [(14, 22), (14, 18), (6, 18), (6, 22)]


def test_decoding_drops_blanks_and_repetitions() -> None:
    """CTC: a character counts once until a blank or another one comes between."""
    alphabet = alphabet_of("a\nb\n")
    assert alphabet == ["", "a", "b", " "]
    path = [0, 1, 1, 0, 1, 2, 2, 3, 0]
    probabilities = np.full((len(path), 4), 0.1, dtype=np.float32)
    probabilities[np.arange(len(path)), path] = 0.8
    text, confidence = decoded(probabilities, alphabet)
    assert (text, confidence) == ("aab ", pytest.approx(0.8))
    assert decoded(probabilities[:1], alphabet) == ("", 0.0)


def test_rows_are_read_from_left_to_right() -> None:
    """Lines at about one height are a row, whatever order they come in."""
    lines = [TextLine(text, 1.0, left, top, left + 50, top + 20) for text, left, top in (
        ("d", 300, 104), ("b", 200, 6), ("a", 10, 0), ("c", 20, 100),
    )]  # fmt: skip
    assert "".join(line.text for line in in_reading_order(lines)) == "abcd"
