"""Journeys over HTTP: against one local run, started for all of them, or against the stack that `make stack` rehearses.

`@pytest.mark.local_only` is for what needs settings of its own, which a deployed platform has not.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local.client import Answer, Client
from local.run import Platform, Run, local_run
from local.template import REGION, Template
from tests.attack.stored import holders_of
from tests.integration.client import SECRET, private_values
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
def secrets() -> set[str]:
    """What of that must not be in the table in clear."""
    return set()


@pytest.fixture(scope="session")
def private(secrets: set[str]) -> Iterator[set[str]]:
    """Everything secret or personal that any client sends or is answered from now on."""
    seen: set[str] = set()
    call = Client.call

    def watched(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = call(client, method, path, body, **headers)
        token = {client.token} if client.token else set()
        seen.update(private_values(body), private_values(answer.body), token)
        secrets.update(private_values(body, SECRET), private_values(answer.body, SECRET), token)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "call", watched)
        yield seen


@pytest.fixture(scope="session")
def run(private: set[str], secrets: set[str]) -> Iterator[Platform]:
    """The platform, running. Whatever the journeys and the demo do: nothing private of theirs is in its logs.

    Nor is any secret that an answer held in its table.
    """
    stack = rehearsed()
    if stack:
        yield stack
        return
    with local_run() as running:
        yield running
        items = _stored(running)
    assert {secret: found for secret in secrets if (found := holders_of(secret, items))} == {}
    assert secrets  # so that nothing is found because nothing was looked for,
    assert items  # or looked through
    said = "\n".join(log.read_text(encoding="utf-8") for log in running.logs.glob("*.log"))
    assert '"message":"request"' in said
    assert private
    # As words of their own: six digits can stand by chance within an id or a time.
    leaked = [value for value in private if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said)]
    assert leaked == []


def _stored(running: Run) -> list[dict[str, Any]]:
    """Every item of the table, as a backup holds it."""
    session = boto3.Session(aws_access_key_id="journeys", aws_secret_access_key="journeys", region_name=REGION)
    client = session.client("dynamodb", endpoint_url=running.aws_url)
    pages = client.get_paginator("scan").paginate(TableName=Template().name_of("Table"))
    items = [item for page in pages for item in page["Items"]]
    client.close()
    return items


@pytest.fixture
def device(run: Platform) -> Callable[[], Client]:
    """A maker of devices that are not signed in."""
    return lambda: Client(run.api_url, run.standin_url)
