"""Events of the grants area: bulk jobs that wait in their queue."""

from typing import Any

import msgspec
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.grants.job_worker import JobBusy, work_off
from functions.shared.observability import every_line, logger

# A batch that fails as a whole is answered like one that fails in part: each message comes again by itself.
_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class _Message(msgspec.Struct):
    job_id: str


def work_off_jobs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch of queue messages; those that failed are named, so that only they come again."""
    return process_partial_response(event=event, record_handler=_work_off, processor=_processor, context=context)  # type: ignore[return-value]


def _work_off(record: SQSRecord, lambda_context: Any) -> None:
    job_id = msgspec.json.decode(record.body, type=_Message).job_id
    with every_line(message_id=record.message_id):
        try:
            work_off(job_id, lambda: lambda_context.get_remaining_time_in_millis() / 1_000)
        except JobBusy:
            logger.info("job_busy", job_id=job_id)
            raise
        except Exception:
            logger.exception("job_interrupted", job_id=job_id)
            raise
