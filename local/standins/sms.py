"""Text messages in the local run: SNS Publish in its own wire protocol (Query, XML), and an outbox to read them from.

moto takes such messages too but keeps no time and shows them to no one outside its process.
Source: Amazon SNS API reference, "Publish", "Common errors".
"""

import re
import threading
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs

from local.rehearsal import ministack

MAXIMUM: Final = 1_000  # messages kept
NAMESPACE: Final = "http://sns.amazonaws.com/doc/2010-03-31/"


class Outbox:
    """Every message that was sent; safe to share between threads."""

    def __init__(self) -> None:
        self._messages: deque[dict[str, str]] = deque(maxlen=MAXIMUM)
        self._lock = threading.Lock()

    def messages(self, phone: str | None = None) -> list[dict[str, str]]:
        """`{"phone", "text", "sent_at"}` of all messages or those to one phone, newest first."""
        with self._lock:
            return [message for message in self._messages if phone in {None, message["phone"]}]

    def publish(self, body: bytes) -> tuple[int, bytes]:
        """Status and XML that answer one request to SNS."""
        fields = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if fields.get("Action") != "Publish":
            return _error(400, "InvalidAction", "The local run knows Publish only")
        number, text = fields.get("PhoneNumber", ""), fields.get("Message", "")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            return _error(400, "InvalidParameter", f"Invalid parameter: PhoneNumber Reason: {number} is not valid")
        if not text or len(text.encode()) > 1600:
            return _error(400, "InvalidParameter", "Invalid parameter: Message")
        sent_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        # As people in mainland China write it.
        message = {"phone": number.removeprefix("+86"), "text": text, "sent_at": sent_at}
        with self._lock:
            self._messages.appendleft(message)
        return 200, _xml("PublishResponse", f"<PublishResult><MessageId>{uuid.uuid4()}</MessageId></PublishResult>")


class MinistackOutbox(Outbox):
    """The messages that were published to MiniStack's own SNS, as in the rehearsal; it keeps no times."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self._endpoint = endpoint

    def messages(self, phone: str | None = None) -> list[dict[str, str]]:
        """`{"phone", "text"}` of all messages or those to one phone, newest first for each phone."""
        sent = ministack.messages(self._endpoint, None if phone is None else f"+86{phone}")
        return [
            {"phone": number.removeprefix("+86"), "text": text}
            for number, texts in sent.items()
            for text in texts[::-1]
        ]


def unavailable() -> tuple[int, bytes]:
    """SNS with trouble of its own."""
    return _error(500, "InternalError", "The request processing has failed because of an unknown error")


def _error(status: int, code: str, message: str) -> tuple[int, bytes]:
    kind = "Sender" if status < 500 else "Receiver"
    return status, _xml(
        "ErrorResponse", f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    )


def _xml(root: str, inside: str) -> bytes:
    request_id = uuid.uuid4()
    inner = f"<RequestId>{request_id}</RequestId>"
    if root == "PublishResponse":
        inner = f"<ResponseMetadata>{inner}</ResponseMetadata>"
    return f'<{root} xmlns="{NAMESPACE}">{inside}{inner}</{root}>'.encode()
