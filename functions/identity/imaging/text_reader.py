"""Reading all text of a document photo: finds the lines, turns the photo upright, reads them, sorts them.

The models are PP-OCRv6 small, run by onnxruntime; `layers/imaging/build.py` puts them where this looks for them.
A photo on its side is recognised by the direction of its lines; one upside down, by reading some lines both ways.
"""

import ctypes
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from functions.identity.domain.text import TextLine
from functions.identity.imaging.onnx import onnxruntime
from functions.identity.imaging.text_detection import FloatArray, Network, Quad, detect_lines
from functions.identity.imaging.text_recognition import ReadText, alphabet_of, recognize_line

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNIZER = "PP-OCRv6_rec_small.onnx"
MIN_CONFIDENCE = 0.5
MAX_LINES = 120  # a document has about 20; a photo of a newspaper shall not take minutes
ELONGATED = 2.0  # length over height from which a line tells its direction
PROBES = 4  # lines read both ways where the first reading is doubtful
CERTAIN = 0.93
MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h
LARGE_BLOCK = 1 << 20


class TurnedText(NamedTuple):
    """The lines of a photo, and what had to be done to it.

    By how many quarter turns counter-clockwise the photo was turned to read it, and by how much (radians, clockwise)
    the text then still lay askew: by so much the lines' boxes are turned back about the photo's middle.
    """

    lines: list[TextLine]
    quarter_turns: int
    tilt: float


class TextReader:
    """The two networks: 60 MB once loaded, and 100 MB more while a photo is read."""

    def __init__(self, models_dir: Path, threads: int = 2) -> None:
        detector = session(models_dir / DETECTOR, threads)
        recognizer = session(models_dir / RECOGNIZER, threads)
        self._detector = network(detector)
        self._recognizer = network(recognizer)
        self._alphabet = alphabet_of(recognizer.get_modelmeta().custom_metadata_map["character"])

    def read(self, image: Image.Image) -> list[TextLine]:
        """The lines of text on an RGB photo, from top to bottom, whichever way it was held: see `read_turned`."""
        return self.read_turned(image).lines

    def read_turned(self, image: Image.Image) -> TurnedText:
        """The lines from top to bottom, then left to right, and the quarter turns that make the photo upright.

        Boxes are in pixels of the photo after those turns, and levelled: where the card lies a little askew, they are
        turned about the photo's centre, so that lines standing beside each other share their top.
        """
        quads = sorted(detect_lines(self._detector, image), key=lambda quad: -quad.length)[:MAX_LINES]
        turns = 0
        if sideways(quads):
            image, quads, turns = turned(image, quads, 1)
        if self._upside_down(image, quads):
            image, quads, half = turned(image, quads, 2)
            turns += half
        read = [(quad, self._recognize(image, quad)) for quad in quads]
        tilt = weighted_tilt(quads)
        lines = [
            line_of(levelled(quad, tilt, image.width / 2, image.height / 2), text)
            for quad, text in read
            if text.text.strip() and text.confidence >= MIN_CONFIDENCE
        ]
        return TurnedText(in_reading_order(lines), turns, tilt)

    def _recognize(self, image: Image.Image, quad: Quad) -> ReadText:
        return recognize_line(self._recognizer, self._alphabet, image, quad)

    def _upside_down(self, image: Image.Image, quads: list[Quad]) -> bool:
        probes = quads[:PROBES]
        if not probes:
            return False
        upright = sum(self._recognize(image, quad).confidence for quad in probes)
        if upright >= CERTAIN * len(probes):
            return False
        flipped = (quad._replace(angle=quad.angle + math.pi) for quad in probes)
        return sum(self._recognize(image, quad).confidence for quad in flipped) > upright


@cache
def text_reader(models_dir: Path) -> TextReader:
    """The process's reader: the first call loads the models (0.15 s), later ones return the same."""
    return_freed_memory()
    return TextReader(models_dir)


def return_freed_memory() -> None:
    """Make the C library give large blocks back as soon as they are freed, for the rest of the process.

    By itself glibc raises that limit with each large block it sees, up to 32 MB, and what the networks used stays with
    the process: 400 MB at most instead of 245. Other C libraries have no such call and need none.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BLOCK)


def session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """A model ready to run on a Lambda's share of two processors."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # keeps a plan for every input size ever seen; photos differ in size
    options.log_severity_level = 3
    # Spinning threads burn the processor time that the next line needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Asking for no more than is needed keeps the peak at 220 MB instead of 310.
    provider = ("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})
    return onnxruntime.InferenceSession(model, options, providers=[provider])


def network(model: onnxruntime.InferenceSession) -> Network:
    """The model as a function from array to array that gives its memory back after each run."""
    run = onnxruntime.RunOptions()
    run.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    [source] = [node.name for node in model.get_inputs()]

    def call(batch: FloatArray) -> FloatArray:
        [answer] = model.run(None, {source: batch}, run)
        result: FloatArray = answer
        return result

    return call


def sideways(quads: list[Quad]) -> bool:
    """Whether most of the text runs up or down."""
    steep = level = 0.0
    for quad in quads:
        if quad.length >= ELONGATED * quad.height:
            if quad.angle > math.pi / 4:
                steep += quad.length
            else:
                level += quad.length
    return steep > level


def turned(image: Image.Image, quads: list[Quad], quarter_turns: int) -> tuple[Image.Image, list[Quad], int]:
    """The photo and its lines one or two quarter turns counter-clockwise, and the number of turns."""
    if quarter_turns == 1:
        quads = [quad._replace(x=quad.y, y=image.width - quad.x, angle=quad.angle - math.pi / 2) for quad in quads]
        return image.transpose(Image.Transpose.ROTATE_90), quads, 1
    quads = [quad._replace(x=image.width - quad.x, y=image.height - quad.y) for quad in quads]
    return image.transpose(Image.Transpose.ROTATE_180), quads, 2


def weighted_tilt(quads: list[Quad]) -> float:
    """The angle at which the longest half of the text lies askew (radians, clockwise)."""
    long = sorted((quad for quad in quads if quad.length >= ELONGATED * quad.height), key=lambda quad: quad.angle)
    half = sum(quad.length for quad in long) / 2
    for quad in long:
        half -= quad.length
        if half <= 0:
            return quad.angle
    return 0.0


def levelled(quad: Quad, tilt: float, centre_x: float, centre_y: float) -> Quad:
    """The line turned about a centre by a tilt, against it."""
    x, y = quad.x - centre_x, quad.y - centre_y
    return quad._replace(
        x=centre_x + x * math.cos(tilt) + y * math.sin(tilt),
        y=centre_y - x * math.sin(tilt) + y * math.cos(tilt),
        angle=quad.angle - tilt,
    )


def line_of(quad: Quad, read: ReadText) -> TextLine:
    """The line with the box it fills."""
    xs, ys = zip(*quad.corners(), strict=True)
    return TextLine(read.text, read.confidence, min(xs), min(ys), max(xs), max(ys))


def in_reading_order(lines: list[TextLine]) -> list[TextLine]:
    """Rows from top to bottom, and each row from left to right; a row is what overlaps its first line by half."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: line.top + line.bottom):
        middle = (line.top + line.bottom) / 2
        if rows and rows[-1][0].top <= middle <= rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]
