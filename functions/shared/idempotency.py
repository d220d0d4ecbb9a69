"""The same call twice does its work once: an answer is kept for 24 hours under the client's `Idempotency-Key`.

Built on Powertools' persistence layer (3.37), on this table and PynamoDB's client. A record begins `INPROGRESS`, and
becomes `COMPLETED` with the answer or goes away with the refusal. Imported only by requests that carry the header.

Answers hold secrets, such as session tokens, so they are kept sealed. KMS seals 4,096 bytes at a time and no
cryptography library is packaged, so an answer is compressed and sealed piece by piece: nearly every answer is one piece
and so one round trip, and none is too large. Keys and bodies, which hold phones and numbers, are kept as keyed hashes.
"""

import base64
import functools
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from botocore.exceptions import BotoCoreError, ClientError

from functions.shared import ids
from functions.shared.clients import extended_deadline
from functions.shared.errors import AppError, Conflict, FieldError, Invalid, Text
from functions.shared.observability import logger
from functions.shared.personal_data import keyed_hash, seal, unseal
from functions.shared.table import keys
from functions.shared.table.base import Item, connection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

HEADER = "Idempotency-Key"
RETENTION_S = 24 * 3_600
IN_PROGRESS_S = 30  # beyond the 29 s after which Lambda and API Gateway give a request up: then it may run again
RETRY_AFTER_S = 2
_VISIBLE_ASCII = re.compile(r"[!-~]{1,128}")
# On a public route nothing but the key tells two callers apart, and the answer may be a session or a poll secret.
MIN_PUBLIC = 22  # characters of a UUID in base 64
_PIECE_BYTES = 4_096


class IdempotencyKeyReused(AppError):
    """The key was used for another body."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    text = Text("该 Idempotency-Key 已用于其他内容。", "This Idempotency-Key was used with other content.")


class RequestInProgress(Conflict):
    """The first call with this key has not been answered yet."""

    code = "REQUEST_IN_PROGRESS"
    text = Text("相同的请求正在处理，请稍后再试。", "The same request is being processed. Please try again shortly.")
    retry_after_s = RETRY_AFTER_S


class Call(NamedTuple):
    """One call under a key: `target` is its route with path parameters, `user_id` is empty on public routes."""

    target: Sequence[str]
    user_id: str
    idempotency_key: str
    body: bytes


def run_once(call: Call, answer: Callable[[], bytes]) -> tuple[bytes, bool]:
    """The answer to a call, and whether it is the first one again. Four round trips more than `answer` makes.

    Raises what `answer` raises, which is not kept: the next try runs again. Raises `Invalid`, `IdempotencyKeyReused`,
    `RequestInProgress`.
    """
    if not _VISIBLE_ASCII.fullmatch(call.idempotency_key):
        form = Text("应为 1 至 128 个可见 ASCII 字符。", "This must be 1 to 128 visible ASCII characters.")
        raise Invalid(FieldError(HEADER, "FORMAT", form))
    if not call.user_id and len(call.idempotency_key) < MIN_PUBLIC:
        longer = Text(
            "此处应为随机值，至少 22 个字符，例如 UUID。",
            "This must be random and have at least 22 characters, such as a UUID.",
        )
        raise Invalid(FieldError(HEADER, "TOO_SHORT", longer))
    scope = _keyed_hash("key", *call.target, call.user_id, call.idempotency_key)
    data = {"scope": scope, "body": _keyed_hash("body", call.body.decode())}
    records = _records(connection().connection.client)
    try:
        records.save_inprogress(data, remaining_time_in_millis=IN_PROGRESS_S * 1_000)
    except IdempotencyValidationError:
        raise IdempotencyKeyReused from None
    except IdempotencyItemAlreadyExistsError as error:
        return _first_answer(error.old_data_record, scope, call.user_id), True
    try:
        content = answer()
    except Exception as error:
        _try_to_keep(functools.partial(records.delete_record, data, error))
        raise
    _try_to_keep(lambda: records.save_success(data, {"sealed": _seal(content, scope, call.user_id)}))
    return content, False


def _first_answer(record: DataRecord | None, scope: str, user_id: str) -> bytes:
    kept = record.response_json_as_dict() if record else None
    if not kept:
        raise RequestInProgress
    pieces = [
        unseal(base64.b64decode(piece), purpose=_purpose(scope, place), user_id=user_id or "public")
        for place, piece in enumerate(kept["sealed"])
    ]
    return zlib.decompress(b"".join(pieces))


def _seal(content: bytes, scope: str, user_id: str) -> list[str]:
    packed = zlib.compress(content)
    pieces = [packed[start : start + _PIECE_BYTES] for start in range(0, len(packed), _PIECE_BYTES)]
    return [
        base64.b64encode(seal(piece, purpose=_purpose(scope, place), user_id=user_id or "public")).decode()
        for place, piece in enumerate(pieces)
    ]


def _purpose(scope: str, place: int) -> str:
    """What binds a piece to its record and its place there."""
    return f"idempotent_answer/{scope}/{place}"


def _try_to_keep(write: Callable[[], Any]) -> None:
    """The work is done or refused by now, and the client hears so even when the record cannot say it.

    The record then stays in progress for the rest of its 30 seconds. A slow call is what a client repeats, so its
    answer is worth keeping to the last.
    """
    try:
        with extended_deadline():
            write()
    except (ClientError, BotoCoreError) as error:
        logger.warning("idempotency_record_failed", reason=type(error).__name__)


class _Records(DynamoDBPersistenceLayer):
    """Powertools' records at keys of this table: a partition for each record, where Powertools has one for all."""

    def _get_key(self, idempotency_key: str) -> dict[str, Any]:
        key = keys.idempotent_answer(idempotency_key)
        return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


class _Client:
    """DynamoDB's client, which knows its own reservation again.

    A try that was written and whose answer was lost makes the next try fail: without a mark of its own the call would
    be refused for half a minute as one that is in progress, which is itself.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **record: Any) -> None:
        mark = {"S": ids.new_id()}
        record["Item"]["reserved_by"] = mark
        try:
            self._client.put_item(**record)
        except ClientError as error:
            there: Any = error.response.get("Item", {})
            if there.get("reserved_by") != mark:
                raise


@functools.lru_cache(maxsize=1)
def _records(client: "DynamoDBClient") -> _Records:
    marking: Any = _Client(client)
    records = _Records(
        Item.Meta.table_name, key_attr="pk", sort_key_attr="sk", expiry_attr="expires_at", boto3_client=marking
    )
    config = IdempotencyConfig(
        event_key_jmespath="scope",
        payload_validation_jmespath="body",
        expires_after_seconds=RETENTION_S,
        hash_function="sha256",
    )
    records.configure(config, key_prefix=keys.IDEMPOTENT_ANSWERS)
    return records


def _keyed_hash(kind: str, *parts: str) -> str:
    return hmac.digest(_hash_key(), msgspec.json.encode([kind, *parts]), hashlib.sha256).hex()


@functools.cache
def _hash_key() -> bytes:
    """Derived by KMS once a process, as that of the cursors."""
    return bytes.fromhex(keyed_hash("idempotency-key", "1"))
