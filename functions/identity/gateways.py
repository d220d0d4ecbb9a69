"""The upload bucket and the face comparison service: what identity talks to beside its table."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
import pybreaker
from botocore.exceptions import BotoCoreError, ClientError

from functions.identity.domain.faces import FaceBox
from functions.identity.errors import FaceUnavailable
from functions.shared import clients, clock
from functions.shared.config import settings
from functions.shared.observability import logger
from functions.shared.parsing import Url

UploadKind = Literal["scans", "selfies"]


class Upload(msgspec.Struct, frozen=True):
    """An S3 presigned POST: send the fields, then `file` of at most `max_bytes`, before it expires."""

    url: Url
    fields: dict[str, str]
    expires_at: datetime
    max_bytes: int


def upload_key(kind: UploadKind, user_id: str, thing_id: str) -> str:
    """Where a user's photo arrives: `uploads/scans/5f0c…/77e1…`."""
    return f"uploads/{kind}/{user_id}/{thing_id}"


def selfie_key(user_id: str, face_check_id: str, version: str | None) -> str:
    """Where the clean copy of one version of a selfie is kept for a week: `selfies/5f0c…/31bd…-<version>.jpg`."""
    return f"selfies/{user_id}/{face_check_id}-{version or 'null'}.jpg"


def failed_selfie_key(user_id: str, face_check_id: str, version: str | None) -> str:
    """Where that of a selfie is kept whose face was another one: `selfies/5f0c…/31bd…-<version>-failed.jpg`."""
    return selfie_key(user_id, face_check_id, version).removesuffix(".jpg") + _FAILED


_FAILED = "-failed.jpg"


def scan_key(user_id: str, scan_id: str, *, accepted: bool) -> str:
    """Where the clean copy of a scan is kept: `documents/5f0c…/77e1….jpg`, or `rejected/5f0c…/77e1….jpg`."""
    return f"{'documents' if accepted else 'rejected'}/{user_id}/{scan_id}.jpg"


def portrait_key(user_id: str, scan_id: str, *, accepted: bool) -> str:
    """Where the portrait cut out of a front is kept, beside it: `documents/5f0c…/77e1…-portrait.jpg`."""
    return scan_key(user_id, scan_id, accepted=accepted).removesuffix(".jpg") + "-portrait.jpg"


def kept_key(user_id: str, revision: int, shows: str) -> str:
    """Where a verification keeps what it stands on: `verified/5f0c…/2-front.jpg`."""
    return f"verified/{user_id}/{revision}-{shows}.jpg"


def is_whole_document(key: str) -> bool:
    """Whether an image of a verification shows a whole document."""
    return key.endswith("-front.jpg")


def upload_form(key: str, content_type: str, size: int | None, expires_in_s: int) -> Upload:
    """A form that lets exactly this key, content type and size through (any size up to the limit when None)."""
    smallest, largest = (size, size) if size else (1, settings().upload_max_bytes)
    conditions: list[Any] = [{"Content-Type": content_type}, ["content-length-range", smallest, largest]]
    form = clients.s3().generate_presigned_post(
        settings().upload_bucket,
        key,
        Fields={"Content-Type": content_type},
        Conditions=conditions,
        ExpiresIn=expires_in_s,
    )
    return Upload(form["url"], form["fields"], clock.after(expires_in_s), largest)


def view_link(key: str) -> str:
    """A link to an image that works for a few minutes."""
    expires_in = settings().review_link_s
    return clients.s3().generate_presigned_url(
        "get_object", Params={"Bucket": settings().upload_bucket, "Key": key}, ExpiresIn=expires_in
    )


# Every prefix under which there is something of a user; the next part of the key is the user's id.
IMAGE_PLACES = ("uploads/scans", "uploads/selfies", "documents", "rejected", "selfies", "verified")
ERASURES_S = (5, 900)  # SQS waits for 15 minutes at most
LEFTOVERS_S = 180  # far beyond the request that asks for it
COMPARED_S = 10  # longer than nearly every comparison; where one takes longer the message comes again
FORM_EXPIRED_S = 900  # as late as the queue can wait: the form lasts 10 minutes, the check 5


class UploadTooLarge(Exception):
    """The object is larger than any photo we read."""


def read_upload(key: str, version: str | None) -> bytes | None:
    """The bytes of an upload, or None when it is gone. Raises `UploadTooLarge` before reading them."""
    try:
        found = clients.s3().get_object(Bucket=settings().upload_bucket, Key=key, **_version(version))
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "404"}:
            return None
        raise
    with found["Body"] as body:
        if found["ContentLength"] > settings().upload_max_bytes:
            raise UploadTooLarge
        return body.read()


def write_image(key: str, jpeg: bytes, size: tuple[int, int] | None = None) -> None:
    """Keep a clean image, with its size in pixels where nothing else holds it; the bucket encrypts it."""
    metadata = {"width": str(size[0]), "height": str(size[1])} if size is not None else {}
    clients.s3().put_object(
        Bucket=settings().upload_bucket, Key=key, Body=jpeg, ContentType="image/jpeg", Metadata=metadata
    )


def copy_image(source: str, target: str) -> bool:
    """Keep an image in another place too, where another rule of retention holds; False when it is gone already."""
    bucket = settings().upload_bucket
    try:
        clients.s3().copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source})
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return False
        raise
    return True


def delete_upload(key: str, version: str | None) -> None:
    """Remove one version of an image for good."""
    clients.s3().delete_object(Bucket=settings().upload_bucket, Key=key, **_version(version))


def erase_images(user_id: str) -> int:
    """Delete every version of everything that shows a user, for good; how many."""
    return _erase(one for place in IMAGE_PLACES for one in _versions(f"{place}/{user_id}/"))


def erase_scan(user_id: str, scan_id: str) -> None:
    """Delete every clean copy of a scan and its portrait, for good, whichever way it was decided."""
    for accepted in (True, False):
        _erase(_versions(scan_key(user_id, scan_id, accepted=accepted).removesuffix(".jpg")))


def erase_failed_selfies(user_id: str, but: str | None) -> int:
    """Delete the copies of selfies that failed, but one, for good; how many."""
    return _erase(one for one in _versions(f"selfies/{user_id}/") if one["Key"].endswith(_FAILED) and one["Key"] != but)


def erase_uploads(kind: UploadKind, user_id: str, thing_id: str) -> int:
    """Delete every version that a form has brought, for good; how many."""
    return _erase(_versions(upload_key(kind, user_id, thing_id)))


def erase_orphaned_copies(user_id: str, portrait_key: str | None, before: datetime) -> int:
    """Delete what was kept before that moment, but not beside the portrait in force, for good; how many."""
    beside = f"{portrait_key.rpartition('-')[0]}-" if portrait_key is not None else None
    return _erase(
        one
        for one in _versions(f"verified/{user_id}/")
        if one["LastModified"] < before and (beside is None or not one["Key"].startswith(beside))
    )


def erase_replaced(user_id: str, kept: Collection[str], before: datetime) -> int:
    """Delete the accepted scans and portraits from before that moment that are not among the kept ones; how many."""
    return _erase(
        one for one in _versions(f"documents/{user_id}/") if one["LastModified"] < before and one["Key"] not in kept
    )


def _versions(prefix: str) -> Iterator[Any]:
    """Every version and delete marker of every object under a prefix."""
    pages = clients.s3().get_paginator("list_object_versions").paginate(Bucket=settings().upload_bucket, Prefix=prefix)
    for page in pages:
        yield from (*page.get("Versions", []), *page.get("DeleteMarkers", []))


def _erase(versions: Iterable[Any]) -> int:
    erased = 0
    for one in versions:
        delete_upload(one["Key"], one["VersionId"])
        erased += 1
    return erased


def send_erasures(user_id: str) -> None:
    """Have the scan function erase a user's images, soon and once more as late as the queue can wait."""
    for delay_s in ERASURES_S:
        _send({"erase": user_id}, delay_s)


def send_leftovers(user_id: str) -> None:
    """Have the scan function delete, when this request is over, what no verification of the user stands on."""
    _send({"leftovers": user_id}, LEFTOVERS_S)


def send_selfie(user_id: str, face_check_id: str, delay_s: int) -> None:
    """Have the scan function keep what was compared of a face check, and delete the rest, in this many seconds.

    Selfies have a queue and workers of their own, so that neither they nor scans wait behind the others.
    """
    _send({"selfie": f"{user_id}/{face_check_id}"}, delay_s, settings().selfies_queue_url)


def send_recheck(user_id: str) -> None:
    """Have the scan function cut out the portrait of a person who was verified without it."""
    _send({"recheck": user_id}, 0)


def kept_people() -> Iterator[str]:
    """The ids of all users of whom a verification keeps images; one listing for each thousand."""
    pages = clients.s3().get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=settings().upload_bucket, Prefix="verified/", Delimiter="/")
    for page in found:
        yield from (one["Prefix"].split("/")[1] for one in page.get("CommonPrefixes", []))


def send_person_steps(user_id: str) -> None:
    """Have the function behind the queue of jobs carry out what is due of a user; one message too many does nothing.

    The steps themselves are in the table, and an hourly run finds them: a message that cannot be sent is only late.
    """
    body = msgspec.json.encode({"steps_of": user_id}).decode()
    try:
        clients.sqs().send_message(QueueUrl=settings().jobs_queue_url, MessageBody=body)
    except (ClientError, BotoCoreError) as error:
        logger.warning("person_steps_not_sent", user_id=user_id, reason=_reason(error))


def _send(message: dict[str, str], delay_s: int, queue_url: str | None = None) -> None:
    body = msgspec.json.encode(message).decode()
    to = queue_url or settings().scans_queue_url
    clients.sqs().send_message(QueueUrl=to, MessageBody=body, DelaySeconds=delay_s)


class KeptImage(msgspec.Struct, frozen=True):
    """A clean image that is there; its size in pixels where it was kept with it."""

    size: tuple[int, int] | None


def kept_image(key: str) -> KeptImage | None:
    """A clean image, or None when it is not there now. One S3 round trip."""
    head = _head(key)
    if head is None:
        return None
    metadata = head["Metadata"]
    return KeptImage((int(metadata["width"]), int(metadata["height"])) if "width" in metadata else None)


def uploaded_version(key: str) -> str | None:
    """The version of an upload that is there now, or None when there is none."""
    head = _head(key)
    return head.get("VersionId", "null") if head is not None else None


def _head(key: str) -> Any | None:
    try:
        return clients.s3().head_object(Bucket=settings().upload_bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise


def _version(version: str | None) -> dict[str, Any]:
    return {"VersionId": version} if version and version != "null" else {}


class Selfie(msgspec.Struct, frozen=True):
    """One version of a selfie in the upload bucket."""

    key: str
    version: str | None


# The provider is left alone for half a minute after five failed calls in a row.
_breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30, name="rekognition")

_MAX_ATTEMPT_S = clients.CONNECT_TIMEOUT_S + clients.FACE_READ_TIMEOUT_S
# How a comparison ended takes a read and a write to note down.
_MAX_END_S = 2 * (clients.CONNECT_TIMEOUT_S + clients.READ_TIMEOUT_S)

# What the provider says of a picture, not of itself.
_PICTURE_REFUSED = {"InvalidImageFormatException", "ImageTooLargeException", "InvalidParameterException"}
_MIN_SHARPNESS, _MIN_BRIGHTNESS, _MAX_TURN = 40.0, 20.0, 35.0  # quality on scales to 100, degrees
_MIN_FACE_SHARE = 0.08


class FaceService:
    """Amazon Rekognition; another provider can stand in its place.

    Comparisons go from S3 object to S3 object, and the similarity never leaves this class. The scan function, which
    holds the picture anyway, sends its bytes to have the faces found.
    """

    @staticmethod
    def ensure_time() -> None:
        """Raise `FaceUnavailable` unless a call that begins now would leave the time to note down how it ended."""
        try:
            _ensure_time_for_attempt()
        except clients.DeadlineExceeded:
            logger.warning("face_deadline")
            raise FaceUnavailable from None

    def check_selfie(self, selfie: Selfie) -> FaceBox | str:
        """The one usable face of a selfie, else `FACE_COUNT` or `FACE_QUALITY`. Raises `FaceUnavailable`."""
        found = self._call("detect_faces", Image=_image(selfie.key, selfie.version), Attributes=["DEFAULT"])
        if found is None:
            return "FACE_QUALITY"
        faces = found["FaceDetails"]
        if len(faces) != 1:
            return "FACE_COUNT"
        return _box(faces[0]) if _usable(faces[0]) else "FACE_QUALITY"

    def find(self, jpeg: bytes) -> list[FaceBox] | None:
        """The faces in a picture, None when the provider refuses the picture. Raises `FaceUnavailable`."""
        found = self._call("detect_faces", Image={"Bytes": jpeg}, Attributes=["DEFAULT"])
        if found is None:
            return None
        return [_box(face) for face in found["FaceDetails"]]

    def compare(self, portrait_key: str, selfie: Selfie) -> str | None:
        """`FACE_MISMATCH`, or None when the selfie shows the person of the portrait. Raises `FaceUnavailable`."""
        threshold = settings().face_similarity
        found = self._call(
            "compare_faces",
            SourceImage=_image(portrait_key, None),
            TargetImage=_image(selfie.key, selfie.version),
            SimilarityThreshold=threshold,
            QualityFilter="AUTO",
        )
        if found is None:
            return "FACE_MISMATCH"
        passed = any(match["Similarity"] >= threshold for match in found["FaceMatches"])
        return None if passed and not found["UnmatchedFaces"] else "FACE_MISMATCH"

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """The provider's answer, or None when it refuses the picture itself."""
        self.ensure_time()
        try:
            return _breaker.call(self._answer, operation, arguments)
        except pybreaker.CircuitBreakerError:
            logger.warning("face_circuit_open", operation=operation)
        except (ClientError, BotoCoreError) as error:
            logger.error("faces_failed", operation=operation, reason=_reason(error))
        raise FaceUnavailable

    @staticmethod
    def _answer(operation: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        client = clients.rekognition()
        # A second try is botocore's; once registered, the hook stays as it is.
        client.meta.events.register_first("before-send.rekognition", _ensure_time_for_attempt, unique_id="time-to-end")
        try:
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] in _PICTURE_REFUSED:
                return None
            raise
        return answer


def _ensure_time_for_attempt(**_: Any) -> None:
    clients.ensure_time_for(_MAX_ATTEMPT_S + _MAX_END_S)


def _box(face: dict[str, Any]) -> FaceBox:
    box = face["BoundingBox"]
    return FaceBox(box["Left"], box["Top"], box["Width"], box["Height"], face["Confidence"])


def _usable(face: dict[str, Any]) -> bool:
    """Sharp, lit, looking at the camera and not far away."""
    quality, pose, box = face["Quality"], face["Pose"], face["BoundingBox"]
    return bool(
        quality["Sharpness"] >= _MIN_SHARPNESS
        and quality["Brightness"] >= _MIN_BRIGHTNESS
        and abs(pose["Yaw"]) <= _MAX_TURN
        and abs(pose["Pitch"]) <= _MAX_TURN
        and min(box["Width"], box["Height"]) >= _MIN_FACE_SHARE
    )


def _image(key: str, version: str | None) -> dict[str, Any]:
    place = {"Bucket": settings().upload_bucket, "Name": key}
    if version and version != "null":
        place["Version"] = version
    return {"S3Object": place}


def _reason(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
