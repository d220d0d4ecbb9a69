"""The measures that Rekognition reports of a face, derived plainly from five points and the face's pixels.

All but the pose are on Rekognition's scale of 0 to 100. The values are like Rekognition's, not equal to them: a rule
of the product that holds here is only exercised, not proved.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# YuNet's score of a clear face is 0.85 to 0.97, for which Rekognition says 99 and more.
CONFIDENCE_SCALE: Final = ((0.0, 0.0), (0.7, 90.0), (0.85, 99.0), (1.0, 100.0))
# 0.363 is the threshold OpenCV publishes for SFace. Other people's photos stay below 0.25, the same person's in honest
# light and focus lie above 0.6; what is between 0.363 and 0.5 may be either and must not pass a threshold of 99.
SIMILARITY_SCALE: Final = ((-1.0, 0.0), (0.0, 0.0), (0.25, 10.0), (0.363, 80.0), (0.5, 99.0), (1.0, 100.0))

SHARPNESS_WIDTH: Final = 96
SHARPNESS_LIMITS: Final = (3.0, 1000.0)  # variance of the Laplacian: hopelessly blurred, crisp
NOSE_DEPTH: Final = 0.6  # how far the nose stands out of the plane of eyes and mouth, in distances between the eyes
NOSE_HEIGHT: Final = 0.55  # where it lies between eyes (0) and mouth (1) of a face that looks straight ahead


def similarity(cosine: float) -> float:
    """The cosine of two faces on Rekognition's scale of 0 to 100: never falling, 80 at 0.363, 99 at 0.5."""
    return _interpolate(SIMILARITY_SCALE, cosine)


def confidence(score: float) -> float:
    """YuNet's score (0 to 1) on Rekognition's scale of 0 to 100: 99 at 0.85."""
    return _interpolate(CONFIDENCE_SCALE, score)


def pose(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Roll, yaw and pitch in degrees, from the points left and right eye, nose, left and right corner of the mouth.

    Left and right are those of the image, as Rekognition names them. Roll is the tilt of the line of the eyes, yaw and
    pitch follow from where the nose lies beside and between eyes and mouth. Good to some five degrees.
    """
    eye_left, eye_right, nose, mouth_left, mouth_right = (complex(x, y) for x, y in points)
    across = eye_right - eye_left
    distance = abs(across) or 1.0
    upright = across / distance  # dividing by it turns the face so that its eyes are level
    eyes, mouth = (eye_left + eye_right) / 2 / upright, (mouth_left + mouth_right) / 2 / upright
    tip = nose / upright
    drop = max((mouth - eyes).imag, 0.1 * distance)
    along = (tip - eyes).imag / drop
    beside = (tip - eyes).real - along * (mouth - eyes).real
    roll = math.degrees(math.atan2(across.imag, across.real))
    yaw = math.degrees(math.atan2(beside, NOSE_DEPTH * distance))
    pitch = math.degrees(math.atan2((NOSE_HEIGHT - along) * drop, NOSE_DEPTH * distance))
    return roll, yaw, pitch


def brightness(face: "Pixels") -> float:
    """The mean lightness (CIE L*, 0 to 100) of a face's pixels, blue first."""
    import cv2
    import numpy as np

    return float(np.mean(cv2.cvtColor(face, cv2.COLOR_BGR2LAB)[..., 0])) / 2.55


def sharpness(face: "Pixels") -> float:
    """How crisp a face is, 0 to 100; it must be SHARPNESS_WIDTH pixels wide, since sharpness depends on the size.

    The logarithm of the Laplacian's variance: about 20 less for each doubling of a blur.
    """
    import cv2
    import numpy as np

    variance = float(np.var(cv2.Laplacian(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), cv2.CV_64F)))
    low, high = SHARPNESS_LIMITS
    return 100 * math.log(min(max(variance, low), high) / low) / math.log(high / low)


def _interpolate(scale: tuple[tuple[float, float], ...], value: float) -> float:
    """The straight line between the two knots around `value`; the ends beyond them."""
    value = min(max(value, scale[0][0]), scale[-1][0])
    for (low, at_low), (high, at_high) in pairwise(scale):
        if value <= high:
            return at_low + (at_high - at_low) * (value - low) / (high - low)
    return scale[0][1]  # not a number: features of nothing are like nothing
