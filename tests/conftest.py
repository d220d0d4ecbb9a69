"""What all tests share: the product's settings, a clock that stands still until it is moved, AWS in this process."""

import functools
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from local.provision import provision
from local.template import REGION, Template

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


@pytest.fixture(scope="session", autouse=True)
def _one_rsa_key() -> Iterator[None]:
    """Moto (5.2) makes an RSA key for every KMS key, at a seventh of a second each: one will do for all."""
    from moto.kms import utils

    made = functools.cache(utils.rsa.generate_private_key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "rsa", SimpleNamespace(generate_private_key=made, RSAPrivateKey=utils.rsa.RSAPrivateKey))
        yield


@pytest.fixture
def aws() -> Iterator[None]:
    """Everything the template describes, empty, in moto within this process."""
    from moto import mock_aws

    from functions.grants import names
    from functions.shared import clients, cursors
    from functions.shared.table.base import Item, connection

    caches = (clients.s3, clients.kms, clients.sns, clients.sqs, clients.ssm, clients.rekognition, cursors._key)
    with mock_aws():
        for cached in caches:
            cached.cache_clear()
        names.forget()
        # PynamoDB keeps one client for the process; a client made outside of moto would call AWS.
        connection().connection._client = None
        provision(TEMPLATE, None, retry_s=1)
        yield
    for cached in caches:
        cached.cache_clear()
    assert Item.Meta.table_name == TEMPLATE.name_of("Table")
