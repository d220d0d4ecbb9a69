"""Events of the identity area: uploads that S3 announces through a queue, and what the API asks for through it."""

from typing import Any
from urllib.parse import unquote_plus

import msgspec
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.identity.erasure import erase, erase_orphaned_copies
from functions.identity.errors import FaceUnavailable
from functions.identity.portrait_recheck import recheck_portrait
from functions.identity.scan_processing import ScanBusy, process_scan
from functions.identity.selfie_processing import SelfieBusy, process_selfie
from functions.shared.observability import log_context, logger

# A batch that fails as a whole is answered like one that fails in part: each message comes again by itself.
_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
_KEY_PARTS = 4


class _Object(msgspec.Struct):
    key: str
    sequencer: str = ""
    version_id: str | None = msgspec.field(default=None, name="versionId")


class _S3(msgspec.Struct):
    object: _Object


class _Record(msgspec.Struct):
    s3: _S3


class _Message(msgspec.Struct):
    """An S3 event notification (a test event of S3 has no records), or what the API asks for.

    `erase`, `leftovers` and `recheck` are users, `selfie` is `<user>/<face check>`.
    """

    erase: str | None = None
    leftovers: str | None = None
    selfie: str | None = None
    recheck: str | None = None
    records: list[_Record] = msgspec.field(default_factory=list, name="Records")


def process_uploads(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch of queue messages; those that failed are named, so that only they come again."""
    return process_partial_response(event=event, record_handler=_process, processor=_processor, context=context)  # type: ignore[return-value]


def _process(record: SQSRecord) -> None:
    with log_context(message_id=record.message_id):
        try:
            message = msgspec.json.decode(record.body, type=_Message)
            if message.erase is not None:
                erase(message.erase)
            if message.leftovers is not None:
                erase_orphaned_copies(message.leftovers)
            if message.selfie is not None:
                user_id, _, face_check_id = message.selfie.partition("/")
                process_selfie(user_id, face_check_id)
            if message.recheck is not None:
                recheck_portrait(message.recheck)
            for notified in message.records:
                _process_upload(notified.s3.object, _deliveries(record))
        except (FaceUnavailable, ScanBusy, SelfieBusy):
            raise
        except Exception:
            logger.exception("upload_failed")
            raise


def _deliveries(record: SQSRecord) -> int:
    """How often the message has been delivered, this time included."""
    return int(record.attributes.approximate_receive_count)


def _process_upload(uploaded: _Object, deliveries: int) -> None:
    key = unquote_plus(uploaded.key)
    parts = key.split("/")
    if len(parts) != _KEY_PARTS or parts[0] != "uploads":
        logger.warning("upload_ignored", reason="key")
        return
    _, kind, user_id, thing_id = parts
    if kind == "scans":
        process_scan(user_id, thing_id, key, uploaded.version_id, uploaded.sequencer, tries=deliveries)
    elif kind == "selfies":  # announced by a bucket that an earlier release set up
        return
    else:
        logger.warning("upload_ignored", reason="kind")
