"""The rehearsal's own tests: they run within `make stack`, against the platform that it deployed."""

from collections.abc import Callable

import pytest

from local.client import Client
from local.rehearsal.stack import StackRun
from local.template import ROOT
from tests.platforms import rehearsed


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a rehearsal there is nothing to test here."""
    if rehearsed() is not None:
        return
    here = [item for item in items if item.path.is_relative_to(ROOT / "tests" / "stack")]
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]


@pytest.fixture(scope="session")
def stack() -> StackRun:
    """The platform that is rehearsed."""
    found = rehearsed()
    assert found is not None
    return found


@pytest.fixture
def device(stack: StackRun) -> Callable[[], Client]:
    """A maker of devices that are not signed in."""
    return lambda: Client(stack.api_url, stack.standin_url)
