"""Attacks: a short cut of them runs with all tests, the whole of them by `make attack` (python -m tests.attack)."""

import pytest

from local.aws.moto_tables import patch_moto_tables
from local.template import ROOT
from tests.attack.fault_injection import weather
from tests.attack.fixtures import scene
from tests.integration.auth.conftest import wechat
from tests.integration.conftest import http

__all__ = ["http", "scene", "weather", "wechat"]
patch_moto_tables()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "attack: takes long, so only `make attack` runs it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long runs only where it is asked for."""
    if "attack" in config.option.markexpr:
        return
    long = [
        item
        for item in items
        if item.path.is_relative_to(ROOT / "tests" / "attack") and item.get_closest_marker("attack")
    ]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether everything is tried, or the short cut of every test run."""
    return "attack" in request.config.option.markexpr
