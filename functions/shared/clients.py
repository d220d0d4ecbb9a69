"""AWS clients, made when first used and once per process, with time limits below API Gateway's 29 seconds.

Many slow calls are as late as one that hangs. So while a request is answered no try of a call begins that might end too
late for the client to hear of it (`request_deadline`); workers have the time that Lambda gives them.

They are botocore's, of one session: boto3 adds nothing that is used here and takes as long to import as all of ours.
"""

import functools
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.session import Session, get_session

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
FACE_READ_TIMEOUT_S = 8.0  # a comparison may take a few seconds
MAX_START_S = 10.0  # Lambda's limit; clocks that differ by more are not believed
REQUEST_BUDGET_S = 28.0  # API Gateway and Lambda give a request up after 29
# A fixed text: botocore (1.44) would put its own together again twice for each call, a tenth of the call's CPU.
USER_AGENT = "health-talent"

_CONFIG = Config(
    connect_timeout=CONNECT_TIMEOUT_S,
    read_timeout=READ_TIMEOUT_S,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)


_answer_by: ContextVar[float] = ContextVar("answer_by", default=math.inf)


class DeadlineExceeded(BotoCoreError):
    """The request has been going on for so long that another call might end too late."""

    fmt = "There is no time left for another call."


@contextmanager
def request_deadline(received_at_ms: int | None = None) -> Iterator[None]:
    """Let every call that begins within it end before a client is reported by API Gateway that there is no answer.

    `received_at_ms` is when the request came to API Gateway, in milliseconds since 1970: a cold start has taken time
    since.
    """
    took_s = time.time() - received_at_ms / 1_000 if received_at_ms is not None else 0.0
    token = _answer_by.set(time.monotonic() + REQUEST_BUDGET_S - min(max(took_s, 0.0), MAX_START_S))
    try:
        yield
    finally:
        _answer_by.reset(token)


@contextmanager
def extended_deadline() -> Iterator[None]:
    """Let calls within it begin a try's longest time later: what is worth trying though it may be cut off."""
    token = _answer_by.set(_answer_by.get() + CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
    try:
        yield
    finally:
        _answer_by.reset(token)


def ensure_time_for(longest_s: float) -> None:
    """Raise `DeadlineExceeded` unless something that takes so long at most would end in time."""
    if time.monotonic() + longest_s > _answer_by.get():
        raise DeadlineExceeded


def _ensure_time_for_attempt(event_name: str, **_: Any) -> None:
    read_s = FACE_READ_TIMEOUT_S if event_name.startswith("before-send.rekognition.") else READ_TIMEOUT_S
    ensure_time_for(CONNECT_TIMEOUT_S + read_s)


@functools.cache
def session() -> Session:
    """The one session: descriptions of services, endpoints and credentials are read once for all clients."""
    made = get_session()
    made.set_default_client_config(Config(user_agent=USER_AGENT))
    made.get_component("event_emitter").register_first("before-send", _ensure_time_for_attempt)
    return made


def _client(service: str, config: Config = _CONFIG, region: str | None = None) -> Any:
    return session().create_client(service, region_name=region, config=config)


@functools.cache
def s3() -> "S3Client":
    """S3, with the signature that KMS-encrypted buckets ask of presigned forms and links."""
    signed = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    made: S3Client = _client("s3", _CONFIG.merge(signed))
    return made


@functools.cache
def kms() -> "KMSClient":
    """KMS."""
    made: KMSClient = _client("kms")
    return made


@functools.cache
def sns() -> "SNSClient":
    """SNS, for text messages. One try: of a message whose answer was lost, a second one would be another message."""
    once = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
    made: SNSClient = _client("sns", once)
    return made


@functools.cache
def sqs() -> "SQSClient":
    """SQS, for work that a function hands to another one."""
    made: SQSClient = _client("sqs")
    return made


@functools.cache
def ssm() -> "SSMClient":
    """Systems Manager parameters, for secrets of other services."""
    made: SSMClient = _client("ssm")
    return made


@functools.cache
def rekognition() -> "RekognitionClient":
    """Rekognition, in its own region: it is not offered everywhere the rest may run.

    Two calls of it must fit into a request.
    """
    slow = _CONFIG.merge(
        Config(read_timeout=FACE_READ_TIMEOUT_S, retries={"mode": "standard", "total_max_attempts": 2})
    )
    made: RekognitionClient = _client("rekognition", slow, settings().rekognition_region)
    return made


_TRANSIENT = {
    "InternalServerError",
    "InternalFailure",
    "DependencyTimeoutException",
    "KMSInternalException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


def is_transient(error: Exception) -> bool:
    """Whether a failed AWS call may work in a moment: no answer at all, throttling, or a fault on their side.

    `error` is botocore's, or PynamoDB's, which has it as its cause.
    """
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, BotoCoreError):
        return True
    response = getattr(cause, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = response.get("Error", {}).get("Code", "").rpartition(".")[2]  # SQS puts AWS.SimpleQueueService before it
    return code in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
