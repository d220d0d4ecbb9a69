"""Amazon Rekognition in the local run: DetectFaces and CompareFaces in the service's own wire protocol (JSON 1.1).

A boto3 client pointed here (`AWS_ENDPOINT_URL_REKOGNITION`) is served as by the service: requests are checked as it
checks them, answers and errors have its shapes, faces are really found and compared. `handle` is plain, so any HTTP
server can mount it. Only the default attributes are answered, whatever else `Attributes` asks for; signatures are not
checked. `FAULTS` makes the next calls fail or drag, for tests and for watching the circuit breaker.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Final, Literal, get_args

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from local.standins import faces
from local.standins.face_measures import similarity

Fetch = Callable[[str, str, str | None], bytes]
Answer = tuple[int, dict[str, str], bytes]
FaultKind = Literal["throttling", "throughput", "internal_error", "slow"]

TARGET_PREFIX: Final = "RekognitionService."
MAXIMUM_BYTES: Final = 5 * 1024 * 1024  # in the request
MAXIMUM_OBJECT: Final = 15 * 1024 * 1024  # in S3
DEFAULT_THRESHOLD: Final = 80.0
ATTRIBUTES: Final = (
    *("DEFAULT", "ALL", "AGE_RANGE", "BEARD", "EMOTIONS", "EYE_DIRECTION", "EYEGLASSES", "EYES_OPEN", "GENDER"),
    *("MOUTH_OPEN", "MUSTACHE", "FACE_OCCLUDED", "SMILE", "SUNGLASSES"),
)
# The least brightness and sharpness of a face that CompareFaces looks at. Amazon does not publish its bars.
QUALITY_BARS: Final = {"NONE": (0, 0), "AUTO": (10, 15), "LOW": (10, 15), "MEDIUM": (20, 30), "HIGH": (30, 50)}


class RekognitionError(Exception):
    """An answer that is not 200: the service's name for what went wrong, its words, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


INVALID_PARAMETERS: Final = "InvalidParameterException", "Request has invalid parameters"
FAULT_ERRORS: Final = {
    "throttling": ("ThrottlingException", "Rate exceeded", 400),
    "throughput": ("ProvisionedThroughputExceededException", "Provisioned rate exceeded", 400),
    "internal_error": ("InternalServerError", "Internal server error", 500),
}


class S3Object(msgspec.Struct, rename="pascal"):
    """Where an image is."""

    bucket: str | None = None
    name: str | None = None
    version: str | None = None


class Image(msgspec.Struct, rename="pascal"):
    """An image: its bytes, or where it is."""

    content: bytes | None = msgspec.field(default=None, name="Bytes")
    s3_object: S3Object | None = msgspec.field(default=None, name="S3Object")


class DetectFacesRequest(msgspec.Struct, rename="pascal"):
    """What DetectFaces takes."""

    image: Image | None = None
    attributes: list[str] | None = None


class CompareFacesRequest(msgspec.Struct, rename="pascal"):
    """What CompareFaces takes."""

    source_image: Image | None = None
    target_image: Image | None = None
    similarity_threshold: float | None = None
    quality_filter: str | None = None


class Faults:
    """What the next calls shall suffer instead of an answer; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kind: FaultKind = "throttling"
        self._calls = 0
        self._delay_s = 0.0

    def arm(self, kind: FaultKind, calls: int = 1, delay_s: float = 0.0) -> None:
        """Makes the next `calls` calls fail, or (`slow`) be answered only after `delay_s` seconds.

        Replaces what was armed before. Raises ValueError for an unknown kind or a negative number.
        """
        if kind not in get_args(FaultKind) or calls < 0 or delay_s < 0:
            message = f"a fault is one of {', '.join(get_args(FaultKind))}, with calls and delay_s not below 0"
            raise ValueError(message)
        with self._lock:
            self._kind, self._calls, self._delay_s = kind, calls, delay_s

    def clear(self) -> None:
        """Lets every call through again."""
        with self._lock:
            self._calls = 0

    def strike(self) -> None:
        """Counts one call: waits, raises RekognitionError, or does nothing."""
        with self._lock:
            if self._calls == 0:
                return
            self._calls -= 1
            kind, delay_s = self._kind, self._delay_s
        if kind == "slow":
            time.sleep(delay_s)
        else:
            raise RekognitionError(*FAULT_ERRORS[kind])


FAULTS: Final = Faults()


def handle(target: str, body: bytes, fetch: Fetch, faults: Faults = FAULTS) -> Answer:
    """Status, headers and body that answer one request; `target` is its `X-Amz-Target` header.

    `fetch` returns the content of an S3 object by bucket, key and version (None: the newest) and raises botocore's
    ClientError where S3 refuses; where S3 cannot be reached (BotoCoreError), the answer is InternalServerError.
    """
    request_id = str(uuid.uuid4())
    try:
        faults.strike()
        status, answer = 200, _answer(target, body, fetch)
    except RekognitionError as error:
        status = error.status
        answer = {"__type": error.code, "Code": error.code, "Logref": request_id, "Message": error.message}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
    return status, headers, json.dumps(answer).encode()


def _answer(target: str, body: bytes, fetch: Fetch) -> dict[str, Any]:
    try:
        match target.removeprefix(TARGET_PREFIX) if target.startswith(TARGET_PREFIX) else None:
            case "DetectFaces":
                return _detect_faces(msgspec.json.decode(body, type=DetectFacesRequest), fetch)
            case "CompareFaces":
                return _compare_faces(msgspec.json.decode(body, type=CompareFacesRequest), fetch)
            case _:
                code, message = "UnknownOperationException", "The local run knows DetectFaces and CompareFaces only"
                raise RekognitionError(code, message)
    except msgspec.DecodeError as error:
        raise RekognitionError("SerializationException", str(error)) from error
    except faces.ImageUnreadable as error:
        raise RekognitionError("InvalidImageFormatException", "Request has invalid image format") from error
    except faces.ImageTooLarge as error:
        raise RekognitionError("ImageTooLargeException", "Input image dimensions exceed the maximum") from error
    except (faces.ImageTooSmall, faces.NoFaceInSource) as error:
        raise RekognitionError(*INVALID_PARAMETERS) from error


def _detect_faces(request: DetectFacesRequest, fetch: Fetch) -> dict[str, Any]:
    for attribute in request.attributes or []:
        if attribute not in ATTRIBUTES:
            raise _violation(f"[{attribute}]", "attributes", f"Member must satisfy enum value set: {ATTRIBUTES}")
    image = _image(request.image, "image", fetch)
    return {"FaceDetails": [_compared_face(face) for face in faces.engine().detect(image)]}


def _compare_faces(request: CompareFacesRequest, fetch: Fetch) -> dict[str, Any]:
    threshold = DEFAULT_THRESHOLD if request.similarity_threshold is None else request.similarity_threshold
    if not 0 <= threshold <= 100:
        raise _violation(str(threshold), "similarityThreshold", "Member must have value between 0 and 100")
    bar = request.quality_filter or "NONE"
    if bar not in QUALITY_BARS:
        raise _violation(bar, "qualityFilter", f"Member must satisfy enum value set: {list(QUALITY_BARS)}")
    brightness, sharpness = QUALITY_BARS[bar]
    comparison = faces.engine().compare(
        _image(request.source_image, "sourceImage", fetch),
        _image(request.target_image, "targetImage", fetch),
        usable=lambda face: face.brightness >= brightness and face.sharpness >= sharpness,
    )
    scored = [(similarity(cosine), _compared_face(face)) for face, cosine in comparison.targets]
    return {
        "SourceImageFace": _source_face(comparison.source),
        "FaceMatches": [{"Similarity": score, "Face": face} for score, face in scored if score >= threshold],
        "UnmatchedFaces": [face for score, face in scored if score < threshold],
    }


def _image(image: Image | None, member: str, fetch: Fetch) -> bytes:
    if image is None:
        raise _violation("null", member, "Member must not be null")
    if (image.content is None) == (image.s3_object is None):
        raise RekognitionError(*INVALID_PARAMETERS)
    if image.content is not None:
        if len(image.content) > MAXIMUM_BYTES:
            message = f"Member must have length less than or equal to {MAXIMUM_BYTES}"
            raise _violation("java.nio.HeapByteBuffer", f"{member}.bytes", message)
        return image.content
    where = image.s3_object
    if where is None or not where.bucket or not where.name:
        raise RekognitionError(*INVALID_PARAMETERS)
    try:
        content = fetch(where.bucket, where.name, where.version)
    except ClientError as error:
        message = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
        raise RekognitionError("InvalidS3ObjectException", message) from error
    except BotoCoreError as error:
        raise RekognitionError(*FAULT_ERRORS["internal_error"]) from error
    if len(content) > MAXIMUM_OBJECT:
        raise RekognitionError("ImageTooLargeException", "Image size is too large")
    return content


def _violation(value: str, member: str, rule: str) -> RekognitionError:
    """What every AWS service answers when a member breaks its own model's bounds (no model lists this exception)."""
    message = f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    return RekognitionError("ValidationException", message)


def _source_face(face: faces.Face) -> dict[str, Any]:
    box = {"Width": face.width, "Height": face.height, "Left": face.left, "Top": face.top}
    return {"BoundingBox": box, "Confidence": face.confidence}


def _compared_face(face: faces.Face) -> dict[str, Any]:
    return {
        **_source_face(face),
        "Landmarks": [{"Type": name, "X": x, "Y": y} for name, (x, y) in face.landmarks.items()],
        "Pose": {"Roll": face.roll, "Yaw": face.yaw, "Pitch": face.pitch},
        "Quality": {"Brightness": face.brightness, "Sharpness": face.sharpness},
    }
