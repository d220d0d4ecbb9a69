"""Events of the grants area: bulk jobs that wait in their queue, and members who are to be removed."""

from collections.abc import Callable
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.grants.gateways import send_forgetting
from functions.grants.job_worker import JobBusy, work_off
from functions.institutions.members import forget_older
from functions.shared.observability import every_line, logger

# A batch that fails as a whole is answered like one that fails in part: each message comes again by itself.
_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class _Message(msgspec.Struct):
    """A job to work off, or the institution whose members are to be removed."""

    job_id: str | None = None
    forget: str | None = None


def work_off_jobs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch of queue messages; those that failed are named, so that only they come again."""
    return process_partial_response(event=event, record_handler=_work_off, processor=_processor, context=context)  # type: ignore[return-value]


def _work_off(record: SQSRecord, lambda_context: Any) -> None:
    message = msgspec.json.decode(record.body, type=_Message)

    def seconds_left() -> float:
        left_ms: int = lambda_context.get_remaining_time_in_millis()
        return left_ms / 1_000

    with every_line(message_id=record.message_id):
        if message.job_id is not None:
            _job(message.job_id, seconds_left)
        elif message.forget is not None:
            _forget(message.forget, seconds_left)


def _forget(institution_code: str, seconds_left: Callable[[], float]) -> None:
    try:
        if not forget_older(institution_code, seconds_left):
            send_forgetting(institution_code)
    except Exception:
        logger.exception("forgetting_interrupted", institution_code=institution_code)
        raise


def _job(job_id: str, seconds_left: Callable[[], float]) -> None:
    try:
        work_off(job_id, seconds_left)
    except JobBusy:
        logger.info("job_busy", job_id=job_id)
        raise
    except Exception:
        logger.exception("job_interrupted", job_id=job_id)
        raise
