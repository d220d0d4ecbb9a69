"""What is deployed, in a bucket: every file under the hash of its content, so it is sent once and never changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from deployment import zip_writer
from deployment.errors import DeploymentFailed

# Where S3 takes no location for a bucket.
_FIRST_REGION: Final = "us-east-1"
_MISSING: Final = {"404", "NoSuchBucket"}


class Artifacts:
    """A bucket of this account that holds what is deployed."""

    def __init__(self, s3: Any, bucket: str, account: str) -> None:
        self._s3, self._bucket, self._account = s3, bucket, account

    def make_bucket(self) -> None:
        """Make it where it is missing: private, encrypted, over TLS only, with an end for broken uploads.

        The settings are put every time, so that a run that was stopped between two of them is fixed by the next.
        Raises `DeploymentFailed` where the name is somebody else's.
        """
        if not self._exists():
            self._create()
        owner = {"Bucket": self._bucket, "ExpectedBucketOwner": self._account}
        private = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        self._s3.put_public_access_block(**owner, PublicAccessBlockConfiguration=private)
        encrypted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        self._s3.put_bucket_encryption(**owner, ServerSideEncryptionConfiguration={"Rules": [encrypted]})
        ends = {"ID": "broken", "Status": "Enabled", "Filter": {}}
        broken = {**ends, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
        self._s3.put_bucket_lifecycle_configuration(**owner, LifecycleConfiguration={"Rules": [broken]})
        self._s3.put_bucket_policy(**owner, Policy=json.dumps(_tls_only(self._arn())))

    def check_bucket(self) -> None:
        """Nothing. Raises `DeploymentFailed` for a bucket that is named, and missing or somebody else's."""
        if not self._exists():
            raise DeploymentFailed(f"The bucket {self._bucket}, which the stage names, does not exist.")

    def store(self, path: Path, tell: Callable[[str], None]) -> str:
        """The key of a file's content; it is sent unless it is there. Raises `ClientError`."""
        key = f"{path.stem}/{zip_writer.digest(path)}{path.suffix}"
        owner = {"ExpectedBucketOwner": self._account}
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key, **owner)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
                raise
            tell(f"  sends {path.name} ({path.stat().st_size / 1e6:.1f} MB)")
            # Shows up as a whole or not at all, also when it is sent in parts.
            self._s3.upload_file(str(path), self._bucket, key, ExtraArgs=owner)
        else:
            tell(f"  has {path.name}")
        return key

    def uri(self, key: str) -> str:
        """How SAM names it."""
        return f"s3://{self._bucket}/{key}"

    def url(self, key: str) -> str:
        """How CloudFormation is told of a template."""
        return f"{self._s3.meta.endpoint_url}/{self._bucket}/{key}"

    def _exists(self) -> bool:
        try:
            self._s3.head_bucket(Bucket=self._bucket, ExpectedBucketOwner=self._account)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _MISSING:
                return False
            raise DeploymentFailed(
                f"The bucket {self._bucket} cannot be used ({code}): it may be another account's."
            ) from error
        return True

    def _create(self) -> None:
        region = self._s3.meta.region_name
        where = {} if region == _FIRST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self._s3.create_bucket(Bucket=self._bucket, **where)

    def _arn(self) -> str:
        return f"arn:{self._s3.meta.partition}:s3:::{self._bucket}"


def _tls_only(arn: str) -> dict[str, Any]:
    denied = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [denied]}
