"""The one logger: JSON lines without personal data.

What may be logged: ids, codes, states, counts, times. Never: numbers, names, phones, codes people type, tokens, URLs.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec
from aws_lambda_powertools import Logger

SERVICE = "health-talent"


def _json(line: Any) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()


# Without what Powertools (3.37) would spend half a line's CPU on: the local time zone, a location (messages are unique
# words, and an exception has its trace), and the attempt to read each message as JSON.
logger = Logger(
    service=SERVICE,
    use_rfc3339=True,
    utc=True,
    location=None,
    serialize_stacktrace=False,
    log_record_order=["level", "message"],
    json_serializer=_json,
    json_deserializer=str,
)


@contextlib.contextmanager
def log_context(**keys: str) -> Iterator[None]:
    """While entered, each line of this thread has these fields: the id of the request or of the message."""
    logger.thread_safe_append_keys(**keys)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys(keys)
