"""What a journey leaves in the logs, from every logger, formatted as in production."""

import json
import logging
from types import TracebackType
from typing import Any, Self

from functions.shared.observability import SERVICE, logger


class LogLines(logging.Handler):
    """Collects lines of level INFO and above while entered."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._level = logging.NOTSET

    def emit(self, record: logging.LogRecord) -> None:
        """One line: JSON of the product, plain text of the libraries."""
        ours = record.name == SERVICE
        self.lines.append(logger.registered_formatter.format(record) if ours else logging.Formatter().format(record))

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.INFO)
        root.addHandler(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)

    @property
    def text(self) -> str:
        """All lines together."""
        return "\n".join(self.lines)

    def named(self, message: str) -> list[dict[str, Any]]:
        """The product's lines with this message."""
        parsed = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [line for line in parsed if line["message"] == message]
