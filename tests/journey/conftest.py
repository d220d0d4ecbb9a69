"""Journeys over HTTP: against one local run, started for all of them, or against the stack that `make stack` rehearses.

`@pytest.mark.local_only` is for what needs settings of its own, which a deployed platform has not.
"""

from collections.abc import Callable, Iterator

import pytest

from local.client import Client
from local.run import Platform, local_run
from tests.platforms import rehearsed


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "local_only: needs settings of its own, so it starts a local run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The rehearsal leaves out what is not about its platform."""
    if rehearsed() is None:
        return
    local_only = [item for item in items if item.get_closest_marker("local_only")]
    config.hook.pytest_deselected(items=local_only)
    items[:] = [item for item in items if item not in local_only]


@pytest.fixture(scope="session")
def run() -> Iterator[Platform]:
    """The platform, running."""
    stack = rehearsed()
    if stack:
        yield stack
        return
    with local_run() as running:
        yield running


@pytest.fixture
def device(run: Platform) -> Callable[[], Client]:
    """A maker of devices that are not signed in."""
    return lambda: Client(run.api_url, run.standin_url)
