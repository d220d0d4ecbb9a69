"""What changes the number of calls, and what does not: remembered names, children, filters, callers, chunks."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from functions.grants import display_names
from functions.grants.jobs import worker as job_worker
from functions.shared import clients, cursors
from functions.shared.table.base import connection
from tests.integration.grants import job_queue
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, Tree, add_institution

Count = Callable[[Callable[[], Any]], dict[str, int]]


@pytest.fixture
def count(aws: None) -> Count:
    """Counts the calls that something makes, by operation."""
    seen: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        seen[model.name] += 1

    for client in (connection().connection.client, clients.kms(), clients.s3(), clients.sqs()):
        client.meta.events.register("before-call", note)

    def counted(do: Callable[[], Any]) -> dict[str, int]:
        seen.clear()
        answer = do()
        assert answer is None or answer.status < 300, answer
        return dict(seen)

    return counted


SESSION = {"GetItem": 1}


def test_my_businesses(world: Tree, count: Count) -> None:
    """One Query, and one read of the names when none is remembered."""
    city = world.manager(CITY)
    display_names.clear_cache()
    assert count(lambda: city.phone.get("/grants/mine")) == {**SESSION, "Query": 1, "BatchGetItem": 1}
    assert count(lambda: city.phone.get("/grants/mine")) == {**SESSION, "Query": 1}
    assert count(lambda: city.phone.get("/auth/me"))["Query"] == 1


def test_the_consoles_list(world: Tree, count: Count) -> None:
    """Two Queries and one BatchGetItem a page beside the one of authority, whatever the children, filter or caller."""
    city = world.manager(CITY)
    cursors._key()
    display_names.clear_cache()
    few = count(lambda: city.list(CITY, limit=100))
    assert few == {**SESSION, "Query": 2, "BatchGetItem": 3}  # the province's name
    few = count(lambda: city.list(CITY, limit=100))
    for number in range(120):
        add_institution(f"Y{number:04d}", CITY)
    assert few == count(lambda: city.list(CITY, limit=100)) == {**SESSION, "Query": 2, "BatchGetItem": 2}
    assert few == count(lambda: city.list(CITY, status="vacant")) == count(lambda: world.admin.list(CITY))


def test_an_institutions_confirmation_code(world: Tree, count: Count) -> None:
    """Three beyond the session check to see it, four to rotate it; one more for the name of who made the code."""
    city = world.manager(CITY)
    place = f"/console/institutions/{CITY}/confirmation-code"
    looking = {**SESSION, "Query": 2, "BatchGetItem": 1}
    assert count(lambda: city.console.get(place)) == looking
    for keeper in (city, world.admin):
        assert count(lambda client=keeper.console: client.post(place)) == {**looking, "TransactWriteItems": 1}
        assert count(lambda client=keeper.console: client.get(place)) == {**looking, "GetItem": 2}


def test_bulk_jobs(world: Tree, count: Count) -> None:
    """Two and a message to make one, two to look at it; a Query for what it skipped, two more for a link."""
    city = world.manager(CITY)
    city.issue(HOSPITAL)
    answers: list[Any] = []

    def make() -> Any:
        body = {"supervisor": CITY, "institutions": [HOSPITAL]}
        answers.append(city.console.post(f"/console/grants/{EXAM}/code-jobs", body))
        return answers[-1]

    assert count(make) == {**SESSION, "BatchGetItem": 1, "TransactWriteItems": 1, "SendMessage": 1}
    place = f"/console/jobs/{answers[-1].body['job_id']}"
    display_names.find_names([EXAM], [CITY, HOSPITAL])
    assert count(lambda: city.console.get(place)) == {"GetItem": 2, "BatchGetItem": 1}
    job_queue.work_off()
    assert count(lambda: city.console.get(place)) == {"GetItem": 2, "BatchGetItem": 1, "Query": 1}
    place = f"/console/jobs/{job_queue.made(city, 'export', CITY)}"
    job_queue.work_off()
    assert count(lambda: city.console.get(place)) == {"GetItem": 2, "BatchGetItem": 2, "TransactWriteItems": 1}


def test_a_chunk_of_a_job(world: Tree, count: Count) -> None:
    """Five calls for 47 codes, four for 31 revocations, beside taking the job on and counting."""
    city = world.manager(CITY)
    job_queue.add_children(CITY, 20)
    taking_on = {"GetItem": 1, "Query": 1, "TransactWriteItems": 1}
    chunk = {"BatchGetItem": 2, "Query": 1, "TransactWriteItems": 1}
    for kind, more in (("code", {"BatchWriteItem": 1}), ("revocation", {})):
        job_id = job_queue.made(city, kind, CITY)
        seen = count(lambda: job_worker.work_off(job_id, lambda: 300.0))  # noqa: B023 - called at once
        assert Counter(seen) == Counter(taking_on) + Counter(chunk) + Counter(more)
