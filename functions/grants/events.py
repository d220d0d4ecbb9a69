"""Events of the grants area: bulk jobs, members to be removed, and changes of persons that reach the grants."""

from typing import Any

import msgspec
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.grants.gateways import send_forgetting
from functions.grants.jobs.worker import JobBusy, work_off
from functions.grants.person_steps import carry_out_due, carry_out_of
from functions.institutions.members import forget_older
from functions.shared.observability import log_context, logger

# A batch that fails as a whole is answered like one that fails in part: each message comes again by itself.
_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class _Message(msgspec.Struct):
    """A job to work off, a user whose steps are to be carried out, or (hourly) everybody's steps that are due.

    `forget` is an institution whose members who joined by older codes are to be removed.
    """

    job_id: str | None = None
    forget: str | None = None
    steps_of: str | None = None
    steps_due: bool = False


def work_off_jobs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch of queue messages; those that failed are named, so that only they come again."""
    return process_partial_response(event=event, record_handler=_work_off, processor=_processor, context=context)  # type: ignore[return-value]


def _work_off(record: SQSRecord, lambda_context: Any) -> None:
    message = msgspec.json.decode(record.body, type=_Message)

    def seconds_left() -> float:
        return float(lambda_context.get_remaining_time_in_millis()) / 1_000

    with log_context(message_id=record.message_id):
        try:
            if message.job_id is not None:
                work_off(message.job_id, seconds_left)
            if message.forget is not None and not forget_older(message.forget, seconds_left):
                send_forgetting(message.forget)
            if message.steps_of is not None:
                carry_out_of(message.steps_of)
            if message.steps_due:
                carry_out_due(seconds_left)
        except JobBusy:
            logger.info("job_busy", job_id=message.job_id)
            raise
        except Exception:
            logger.exception(
                "job_interrupted", job_id=message.job_id, user_id=message.steps_of, institution_code=message.forget
            )
            raise
