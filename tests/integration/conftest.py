"""Integration tests: the whole app in this process, on moto."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.client import Http
from tests.integration.shared.log_lines import LogLines


@pytest.fixture
def http(aws: None, clock: Any) -> Iterator[Http]:
    """A client without a session. Whatever a test does: nothing private that it sent or was answered is logged."""
    from app import app

    client = Http(app)
    with LogLines() as logs:
        yield client
    # As words of their own: six digits can stand by chance within an id or a time.
    leaked = [value for value in client.private if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", logs.text)]
    assert leaked == []
