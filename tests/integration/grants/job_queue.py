"""The queue of bulk jobs in tests: what waits in it, and the jobs function that takes it from there."""

import json
import time
from typing import Any

from functions.shared import clients
from functions.shared.config import settings
from local.aws.pump import Context
from tests.integration.client import Answer
from tests.integration.grants.builders import EXAM, Someone, add_institution

LONG_S = 300.0


def make(person: Someone, kind: str, supervisor: str, business: str = EXAM, **more: Any) -> Answer:
    """Ask for a job from the console."""
    return person.job(kind, supervisor, business, **more)


def made(person: Someone, kind: str, supervisor: str, **more: Any) -> str:
    """The id of a new job."""
    answer = make(person, kind, supervisor, **more)
    assert answer.status == 202, answer
    job_id: str = answer.body["job_id"]
    return job_id


def waiting() -> list[str]:
    """The bodies of the messages in the queue, taken out of it."""
    bodies = []
    queue = settings().jobs_queue_url
    while (
        messages := clients.sqs()
        .receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        .get("Messages")
    ):
        for message in messages:
            bodies.append(message["Body"])
            clients.sqs().delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def deliver(body: str, seconds: float = LONG_S) -> bool:
    """Hand one message to the function, which has this many seconds; whether it is done with it."""
    from app import jobs

    record = {"messageId": "1", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs", "attributes": {}}
    context = Context("jobs", seconds, "request", time.monotonic())
    answer: dict[str, Any] = jobs({"Records": [record]}, context)
    return not answer["batchItemFailures"]


def work_off() -> int:
    """Deliver what waits until nothing does; how many messages that were."""
    delivered = 0
    while bodies := waiting():
        for body in bodies:
            assert deliver(body)
            delivered += 1
    return delivered


def message_of(job_id: str) -> str:
    """What the queue holds of a job."""
    return json.dumps({"job_id": job_id})


def shown(person: Someone, job_id: str) -> Any:
    """The job as its maker sees it."""
    answer = person.console.get(f"/console/jobs/{job_id}")
    assert answer.status == 200, answer
    return answer.body


def outcome(person: Someone, kind: str, supervisor: str, **more: Any) -> Any:
    """A job, made and worked off."""
    job_id = made(person, kind, supervisor, **more)
    work_off()
    return shown(person, job_id)


def add_children(supervisor: str, count: int) -> list[str]:
    """This many more institutions below one; their codes in order."""
    codes = [f"{supervisor}X{number:04d}" for number in range(count)]
    for code in codes:
        add_institution(code, supervisor)
    return codes
