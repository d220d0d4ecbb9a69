"""What all tests share: the product's settings, a clock that stands still until it is moved, AWS in this process."""

import functools
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from local.aws.moto_tables import answer_faster
from local.aws.provision import provision
from local.template import ACCOUNT, REGION, Template

# Settings are read once and the table's name at import, so they stand before anything of the product is imported.
TEMPLATE = Template()
os.environ.update(TEMPLATE.environment())
os.environ.update(
    AWS_DEFAULT_REGION=REGION, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_EC2_METADATA_DISABLED="true"
)
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "health-talent")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """The time it was set to."""
        return self.time

    def forward(self, seconds: int) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The product's clock, standing at 2026-11-22 16:00 in Shanghai."""
    from functions.shared import clock as product_clock

    standing = Clock()
    monkeypatch.setattr(product_clock, "now", standing.now)
    return standing


answer_faster()


@pytest.fixture(scope="session", autouse=True)
def _one_rsa_key() -> Iterator[None]:
    """Moto (5.2) makes an RSA key for every KMS key, at a seventh of a second each: one will do for all."""
    from moto.kms import utils

    made = functools.cache(utils.rsa.generate_private_key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "rsa", SimpleNamespace(generate_private_key=made, RSAPrivateKey=utils.rsa.RSAPrivateKey))
        yield


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    """Everything the template describes, in moto within this process.

    Made once for each module, and emptied for each test: making it takes longer than most tests. Clients outlive it:
    moto stands in for AWS in every client that is made after moto was imported.
    """
    from moto import mock_aws

    from functions.shared import cursors, derived_keys, idempotency

    with mock_aws():
        # What was derived from the keys of another account is invalid.
        cursors._key.cache_clear()
        idempotency._hash_key.cache_clear()
        derived_keys.derived_key.cache_clear()
        derived_keys.chain_key.cache_clear()
        provision(TEMPLATE, None, retry_s=1)
        yield


@pytest.fixture
def aws(account: None) -> None:
    """The same with nothing in it: no item, object or message."""
    from moto.dynamodb.models import dynamodb_backends
    from moto.s3.models import s3_backends
    from moto.sns.models import sns_backends
    from moto.sqs.models import sqs_backends

    from functions.grants import display_names

    display_names.clear_cache()
    dynamodb_backends[ACCOUNT][REGION].tables[TEMPLATE.name_of("Table")].items.clear()
    for bucket in ("UploadBucket", "EvidenceBucket"):
        s3_backends[ACCOUNT]["aws"].buckets[TEMPLATE.name_of(bucket)].keys.clear()
    sns_backends[ACCOUNT][REGION].sms_messages.clear()
    for queue in sqs_backends[ACCOUNT][REGION].queues.values():
        queue._messages.clear()
        queue._pending_messages.clear()
