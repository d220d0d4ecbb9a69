"""Journeys over HTTP: against one local run, started for all of them, or against the stack that `make stack` rehearses.

`@pytest.mark.local_only` is for what needs settings of its own, which a deployed platform has not.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.client import Answer, Client
from local.run import Platform, local_run
from tests.integration.client import private_values
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
def private() -> Iterator[set[str]]:
    """Everything secret or personal that any client sends or is answered from now on."""
    seen: set[str] = set()
    call = Client.call

    def watched(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = call(client, method, path, body, **headers)
        seen.update(private_values(body), private_values(answer.body), {client.token} if client.token else set())
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "call", watched)
        yield seen


@pytest.fixture(scope="session")
def run(private: set[str]) -> Iterator[Platform]:
    """The platform, running. Whatever the journeys do: nothing private of theirs is in its logs."""
    stack = rehearsed()
    if stack:
        yield stack
        return
    with local_run() as running:
        yield running
    said = "\n".join(log.read_text(encoding="utf-8") for log in running.logs.glob("*.log"))
    assert '"message":"request"' in said
    assert private
    # As words of their own: six digits can stand by chance within an id or a time.
    leaked = [value for value in private if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said)]
    assert leaked == []


@pytest.fixture
def device(run: Platform) -> Callable[[], Client]:
    """A maker of devices that are not signed in."""
    return lambda: Client(run.api_url, run.standin_url)
