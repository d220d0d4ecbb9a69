"""Integration tests: the whole app in this process, on moto."""

from typing import Any

import pytest

from tests.integration.client import Http


@pytest.fixture
def http(aws: None, clock: Any) -> Http:
    """A client without a session."""
    from app import app

    return Http(app)
