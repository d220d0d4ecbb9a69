"""Races: thirty-two callers at once against MiniStack, twenty rounds each. Run by `make races`, not by `make test`."""

import os
from collections.abc import Iterator

import boto3
import pytest

from local.aws.provision import provision
from local.rehearsal import ministack
from local.template import ROOT, Template
from tests.races.callers import Callers
from tests.races.face_service import FaceService

LOG = ROOT / "build" / "stack" / "ministack.log"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "races: needs MiniStack (`make races`)")
    config.addinivalue_line("markers", "province: the whole province on MiniStack (`make province`)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Races run only where they are asked for: they need an emulator that the other tests do without."""
    here = [item for item in items if item.path.is_relative_to(ROOT / "tests" / "races")]
    for item in here:
        if item.get_closest_marker("province") is None:
            item.add_marker(pytest.mark.races)
    if not any(marker in config.option.markexpr for marker in ("races", "province")):
        config.hook.pytest_deselected(items=here)
        items[:] = [item for item in items if item not in here]
    # Imports look at the whole directory, so they come before the races that write institutions past it.
    items.sort(key=lambda item: item.path != ROOT / "tests" / "races" / "test_importing.py")


@pytest.fixture(scope="session")
def faces() -> Iterator[FaceService]:
    """A face service that counts what it is asked; MiniStack has none."""
    with FaceService() as service:
        yield service


@pytest.fixture(scope="session")
def aws_endpoint(faces: FaceService) -> Iterator[str]:
    """Where everything the template describes stands, empty, for this process and those it starts."""
    from functions.shared import clients
    from functions.shared.config import settings
    from functions.shared.table.base import connection

    def begin_anew() -> None:
        for cached in (clients.s3, clients.kms, clients.sns, clients.sqs, clients.ssm, clients.rekognition):
            cached.cache_clear()
        boto3.setup_default_session()
        connection().connection._client = None

    with ministack.running(LOG) as endpoint, pytest.MonkeyPatch.context() as environment:
        environment.setitem(os.environ, "AWS_ENDPOINT_URL", endpoint)
        environment.setitem(os.environ, "AWS_ENDPOINT_URL_REKOGNITION", faces.endpoint)
        # Every round leaves wrong codes behind; what is raced for here is not how many the province may have.
        environment.setitem(os.environ, "SMS_WRONG_TOTAL_HOUR", "1000000")
        settings.cache_clear()
        begin_anew()
        provision(Template(), endpoint, retry_s=1)
        yield endpoint
    begin_anew()


@pytest.fixture(scope="session")
def callers(aws_endpoint: str) -> Iterator[Callers]:
    """The thirty-two callers."""
    crowd = Callers()
    yield crowd
    crowd.leave()
