"""Journeys over HTTP: against one local run, started for all of them."""

from collections.abc import Callable, Iterator

import pytest

from local.client import Client
from local.run import Run, local_run


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """The platform, running."""
    with local_run() as running:
        yield running


@pytest.fixture
def device(run: Run) -> Callable[[], Client]:
    """A maker of devices that are not signed in."""
    return lambda: Client(run.api_url, run.standin_url)
