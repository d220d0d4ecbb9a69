"""The weather above AWS: one chosen call of all that are made fails, in one of five ways."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from functions.shared import clients
from functions.shared.table.base import connection
from tests.attack.fixtures import Scene

FAULTS = ("timeout", "reset", "throttled", "broken", "answer lost")


class Weather:
    """Counts the calls to AWS, and lets one of them fail."""

    def __init__(self) -> None:
        self.calls = 0
        self._strike: tuple[int, str] | None = None

    def clear(self) -> None:
        """Nothing fails from here on; the count begins again."""
        self.calls, self._strike = 0, None

    def strike(self, call: int, fault: str) -> None:
        """Let that call fail, counted from here, 0 first."""
        self.calls, self._strike = 0, (call, fault)

    def before(self, **_: Any) -> tuple[AWSResponse, Any] | None:
        """Before a call is sent."""
        self.calls += 1
        number, fault = self._strike or (-1, "")
        if number != self.calls - 1:
            return None
        if fault == "timeout":
            raise ReadTimeoutError(endpoint_url="https://aws.test")
        if fault == "reset":
            raise ConnectionClosedError(endpoint_url="https://aws.test")
        if fault in {"throttled", "broken"}:
            status, code = (400, "ThrottlingException") if fault == "throttled" else (500, "InternalServerError")
            error = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            return AWSResponse("https://aws.test", status, {}, None), error
        return None

    def after(self, **_: Any) -> None:
        """After a call was answered."""
        if self._strike == (self.calls - 1, "answer lost"):
            self._strike = None
            raise ReadTimeoutError(endpoint_url="https://aws.test")


@pytest.fixture
def weather(scene: Scene) -> Iterator[Weather]:
    """The weather above all clients of AWS."""
    made = Weather()
    everyone = [connection().connection.client]
    everyone += [clients.kms(), clients.s3(), clients.sns(), clients.sqs(), clients.rekognition()]
    for client in everyone:
        client.meta.events.register_first("before-call", made.before, unique_id="weather")
        client.meta.events.register_last("after-call", made.after, unique_id="weather-after")
    yield made
    for client in everyone:
        client.meta.events.unregister("before-call", made.before, unique_id="weather")
        client.meta.events.unregister("after-call", made.after, unique_id="weather-after")
