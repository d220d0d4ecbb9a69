"""The local Rekognition, seen through a real boto3 client over HTTP: answers, errors and faults as the service has."""

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from PIL import Image

from local.standins import rekognition

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
BUCKET = "uploads"


def fetch(bucket: str, key: str, version: str | None) -> bytes:
    """Plays S3: the sample files are the objects of one bucket, all of version `v1`."""
    if bucket == "unreachable":
        raise EndpointConnectionError(endpoint_url="http://s3.test")
    if key == "huge.png":
        return bytes(rekognition.MAXIMUM_OBJECT + 1)
    if bucket != BUCKET or version not in (None, "v1") or not (DATA / key).is_file():
        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
    return (DATA / key).read_bytes()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, answer = rekognition.handle(self.headers["X-Amz-Target"], body, fetch)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def client() -> "Iterator[RekognitionClient]":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield boto3.client(
        "rekognition",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        region_name="ap-northeast-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    yield
    rekognition.FAULTS.clear()


def in_s3(key: str, bucket: str = BUCKET) -> Any:
    return {"S3Object": {"Bucket": bucket, "Name": key}}


def code_of(error: "pytest.ExceptionInfo[ClientError]") -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_detect_faces_describes_the_face(client: "RekognitionClient") -> None:
    """A selfie in S3 gives one face with box, five landmarks, pose, quality and confidence on Rekognition's scales."""
    answer = client.detect_faces(Image=in_s3("selfie_collins.jpg"))
    (face,) = answer["FaceDetails"]
    assert set(face) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert set(face["BoundingBox"]) == {"Width", "Height", "Left", "Top"}
    box, quality = face["BoundingBox"], face["Quality"]
    assert 0 < box["Left"] < box["Left"] + box["Width"] < 1
    assert 0 < box["Top"] < box["Top"] + box["Height"] < 1
    assert {mark["Type"] for mark in face["Landmarks"]} == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert set(face["Pose"]) == {"Roll", "Yaw", "Pitch"}
    assert 0 <= quality["Brightness"] <= 100
    assert 0 <= quality["Sharpness"] <= 100
    assert face["Confidence"] >= 99
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(("name", "count"), [("selfie_nobody.jpg", 0), ("selfie_two_people.jpg", 2)])
def test_detect_faces_counts(client: "RekognitionClient", name: str, count: int) -> None:
    """No face is an empty list, not an error; two faces are two."""
    answer = client.detect_faces(Image={"Bytes": (DATA / name).read_bytes()}, Attributes=["DEFAULT", "FACE_OCCLUDED"])
    assert len(answer["FaceDetails"]) == count


def test_compare_faces_matches_the_same_person(client: "RekognitionClient") -> None:
    """The portrait on a card matches a selfie of its holder at the threshold of 99, object to object."""
    source: Any = {"S3Object": {"Bucket": BUCKET, "Name": "collins_front_phone.jpg", "Version": "v1"}}
    answer = client.compare_faces(
        SourceImage=source, TargetImage=in_s3("selfie_collins.jpg"), SimilarityThreshold=99, QualityFilter="HIGH"
    )
    (match,) = answer["FaceMatches"]
    assert 99 <= match["Similarity"] <= 100
    assert set(match["Face"]) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}
    assert answer["UnmatchedFaces"] == []


def test_compare_faces_tells_another_person(client: "RekognitionClient") -> None:
    """Another person's face is unmatched at the default threshold of 80."""
    answer = client.compare_faces(
        SourceImage=in_s3("collins_front_phone.jpg"), TargetImage=in_s3("selfie_other_person.jpg")
    )
    assert answer["FaceMatches"] == []
    assert len(answer["UnmatchedFaces"]) == 1


def test_compare_faces_orders_and_parts_the_faces_of_the_target(client: "RekognitionClient") -> None:
    """Of two people in the target one matches; at a threshold of 0 both do, the more alike first."""
    images: Any = {"SourceImage": in_s3("portraits/collins.png"), "TargetImage": in_s3("selfie_two_people.jpg")}
    answer = client.compare_faces(**images)
    assert (len(answer["FaceMatches"]), len(answer["UnmatchedFaces"])) == (1, 1)
    first, second = client.compare_faces(**images, SimilarityThreshold=0)["FaceMatches"]
    assert first["Similarity"] > 99
    assert second["Similarity"] < 20


def test_the_quality_filter_leaves_bad_faces_out(client: "RekognitionClient") -> None:
    """A blurred face is compared without a filter and is neither match nor unmatched face with one."""
    images: Any = {"SourceImage": in_s3("portraits/collins.png"), "TargetImage": in_s3("selfie_blurred.jpg")}
    assert len(client.compare_faces(**images, SimilarityThreshold=0)["FaceMatches"]) == 1
    answer = client.compare_faces(**images, SimilarityThreshold=0, QualityFilter="HIGH")
    assert answer["FaceMatches"] == answer["UnmatchedFaces"] == []


def test_a_source_without_a_face_is_an_invalid_parameter(client: "RekognitionClient") -> None:
    """No face in the source image is InvalidParameterException, no face in the target an empty answer."""
    with pytest.raises(client.exceptions.InvalidParameterException, match="Request has invalid parameters"):
        client.compare_faces(SourceImage=in_s3("selfie_nobody.jpg"), TargetImage=in_s3("selfie_collins.jpg"))
    answer = client.compare_faces(SourceImage=in_s3("selfie_collins.jpg"), TargetImage=in_s3("selfie_nobody.jpg"))
    assert answer["FaceMatches"] == answer["UnmatchedFaces"] == []


def small_png() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (60, 60)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("image", "code", "status"),
    [
        (in_s3("nothing.jpg"), "InvalidS3ObjectException", 400),
        (in_s3("selfie_collins.jpg", "elsewhere"), "InvalidS3ObjectException", 400),
        (
            {"S3Object": {"Bucket": BUCKET, "Name": "selfie_nobody.jpg", "Version": "v2"}},
            "InvalidS3ObjectException",
            400,
        ),
        (in_s3("selfie_collins.jpg", "unreachable"), "InternalServerError", 500),
        (in_s3("huge.png"), "ImageTooLargeException", 400),
        (in_s3("manifest.json"), "InvalidImageFormatException", 400),
        ({"Bytes": b"not an image"}, "InvalidImageFormatException", 400),
        ({"Bytes": bytes(rekognition.MAXIMUM_BYTES + 1)}, "ValidationException", 400),
        ({"Bytes": small_png()}, "InvalidParameterException", 400),
        ({}, "InvalidParameterException", 400),
        ({"Bytes": b"1", **in_s3("selfie_nobody.jpg")}, "InvalidParameterException", 400),
        ({"S3Object": {"Bucket": BUCKET}}, "InvalidParameterException", 400),
    ],
)
def test_bad_images_have_the_services_errors(client: "RekognitionClient", image: Any, code: str, status: int) -> None:
    """An image that is missing, unreachable, too large, too small, no image or named wrongly has its own error code."""
    with pytest.raises(ClientError) as error:
        client.detect_faces(Image=image)
    assert code_of(error) == (code, status)


@pytest.mark.parametrize("arguments", [{"SimilarityThreshold": 100.5}, {"QualityFilter": "BEST"}])
def test_values_out_of_their_range_are_refused(client: "RekognitionClient", arguments: Any) -> None:
    """A threshold beyond 100 and an unknown filter break the service's model."""
    with pytest.raises(ClientError) as error:
        client.compare_faces(
            SourceImage=in_s3("selfie_collins.jpg"), TargetImage=in_s3("selfie_collins.jpg"), **arguments
        )
    assert code_of(error) == ("ValidationException", 400)


def test_an_unknown_attribute_is_refused(client: "RekognitionClient") -> None:
    """An attribute that Rekognition does not know breaks the service's model."""
    unknown: Any = ["HAIR"]
    with pytest.raises(ClientError) as error:
        client.detect_faces(Image=in_s3("selfie_collins.jpg"), Attributes=unknown)
    assert code_of(error) == ("ValidationException", 400)


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("RekognitionService.DetectLabels", b"{}", b"UnknownOperationException"),
        ("DetectFaces", b"{}", b"UnknownOperationException"),
        ("RekognitionService.DetectFaces", b"not json", b"SerializationException"),
        ("RekognitionService.DetectFaces", b"\xff", b"SerializationException"),
        ("RekognitionService.DetectFaces", b'{"Image": {"Bytes": "*"}}', b"SerializationException"),
        ("RekognitionService.DetectFaces", b'{"Image": 1}', b"SerializationException"),
        ("RekognitionService.DetectFaces", b"{}", b"ValidationException"),
    ],
)
def test_what_no_client_sends_is_refused_too(target: str, body: bytes, code: bytes) -> None:
    """An unknown operation, a body that is not JSON or of other types, and a missing image have their errors."""
    status, headers, answer = rekognition.handle(target, body, fetch)
    assert status == 400
    assert code in answer
    assert headers["Content-Type"] == "application/x-amz-json-1.1"


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttling", "ThrottlingException", 400),
        ("throughput", "ProvisionedThroughputExceededException", 400),
        ("internal_error", "InternalServerError", 500),
    ],
)
def test_faults_strike_as_many_calls_as_armed(
    client: "RekognitionClient", kind: rekognition.FaultKind, code: str, status: int
) -> None:
    """Two armed faults fail two calls with the service's error; the third is answered."""
    rekognition.FAULTS.arm(kind, calls=2)
    for _ in range(2):
        with pytest.raises(ClientError) as error:
            client.detect_faces(Image=in_s3("selfie_nobody.jpg"))
        assert code_of(error) == (code, status)
    assert client.detect_faces(Image=in_s3("selfie_nobody.jpg"))["FaceDetails"] == []


def test_a_slow_call_is_still_answered(client: "RekognitionClient") -> None:
    """An armed delay holds the answer back for that long, once."""
    rekognition.FAULTS.arm("slow", delay_s=0.5)
    started = time.monotonic()
    assert client.detect_faces(Image=in_s3("selfie_nobody.jpg"))["FaceDetails"] == []
    assert time.monotonic() - started >= 0.5


def test_impossible_faults_are_refused() -> None:
    """A negative number of calls is a ValueError and arms nothing."""
    faults = rekognition.Faults()
    with pytest.raises(ValueError, match="a fault is one of"):
        faults.arm("throttling", calls=-1)
    faults.strike()


def test_importing_the_handler_loads_no_image_library() -> None:
    """OpenCV, numpy and Pillow wait for the first call, so that the local run starts at once."""
    script = "import sys, local.standins.rekognition; print([m for m in ('cv2', 'numpy', 'PIL') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
