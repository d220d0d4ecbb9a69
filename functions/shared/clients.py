"""AWS clients, made when first used and once per process, with time limits below API Gateway's 29 seconds."""

import functools
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from functions.shared.config import settings

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

CONNECT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 4.0

_CONFIG = Config(
    connect_timeout=CONNECT_TIMEOUT_S,
    read_timeout=READ_TIMEOUT_S,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)


@functools.cache
def s3() -> "S3Client":
    """S3, with the signature that KMS-encrypted buckets ask of presigned forms and links."""
    return boto3.client(
        "s3", config=_CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
    )


@functools.cache
def kms() -> "KMSClient":
    """KMS."""
    return boto3.client("kms", config=_CONFIG)


@functools.cache
def sns() -> "SNSClient":
    """SNS, for text messages."""
    return boto3.client("sns", config=_CONFIG)


@functools.cache
def sqs() -> "SQSClient":
    """SQS, for work that a function hands to another one."""
    return boto3.client("sqs", config=_CONFIG)


@functools.cache
def ssm() -> "SSMClient":
    """Systems Manager parameters, for secrets of other services."""
    return boto3.client("ssm", config=_CONFIG)


@functools.cache
def rekognition() -> "RekognitionClient":
    """Rekognition, in its own region: it is not offered everywhere the rest may run.

    A comparison may take a few seconds, and two of them must fit into a request.
    """
    slow = _CONFIG.merge(Config(read_timeout=8.0, retries={"mode": "standard", "total_max_attempts": 2}))
    return boto3.client("rekognition", region_name=settings().rekognition_region, config=slow)
