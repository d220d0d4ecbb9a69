"""The bucket of what is deployed: private, and every content in it once."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deployment.artifacts import Artifacts
from deployment.errors import DeploymentFailed

ACCOUNT, BUCKET = "123456789012", "artifacts"


@pytest.fixture(params=["us-east-1", "ap-southeast-1"])
def s3(request: pytest.FixtureRequest) -> Any:
    """S3 of a region, empty."""
    with mock_aws():
        yield boto3.session.Session("test", "test").client("s3", region_name=request.param)


def test_a_content_is_sent_once(s3: Any, tmp_path: Path) -> None:
    """Another content is another object, the same one is known by its hash, and nothing is overwritten."""
    artifacts = Artifacts(s3, BUCKET, ACCOUNT)
    artifacts.make_bucket()
    s3.delete_bucket_policy(Bucket=BUCKET)  # moto (5.2) does not read its condition and refuses everything
    path = tmp_path / "functions.zip"
    told: list[str] = []
    path.write_bytes(b"one")
    first = artifacts.store(path, told.append)
    assert artifacts.store(path, told.append) == first
    path.write_bytes(b"two")
    second = artifacts.store(path, told.append)
    assert [line.split()[0] for line in told] == ["sends", "has", "sends"]
    contents = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in (first, second)}
    assert list(contents.values()) == [b"one", b"two"]
    assert artifacts.uri(first) == f"s3://{BUCKET}/{first}"
    assert artifacts.url(first).endswith(f"/{BUCKET}/{first}")


def test_the_bucket_is_closed(s3: Any) -> None:
    """Nothing public, encrypted, TLS only; making it again fixes what is missing."""
    artifacts = Artifacts(s3, BUCKET, ACCOUNT)
    artifacts.make_bucket()
    s3.delete_bucket_policy(Bucket=BUCKET)
    artifacts.make_bucket()
    artifacts.check_bucket()
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (ends,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert ends["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_a_bucket_that_is_named_must_be_there(s3: Any) -> None:
    """It is not made by a typing mistake."""
    with pytest.raises(DeploymentFailed, match="does not exist"):
        Artifacts(s3, "mistyped", ACCOUNT).check_bucket()
    with pytest.raises(ClientError):
        s3.head_bucket(Bucket="mistyped")
