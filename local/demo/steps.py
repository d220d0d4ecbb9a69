"""What the parts of the demo share: steps that are printed as they succeed, and what they look for."""

import time
from collections.abc import Callable
from typing import Any

from local.client import Unexpected

PASSPORT = {"name": "Grace Anne Harper", "number": "925076473"}


class Walk:
    """Steps that are printed as they succeed."""

    def __init__(self) -> None:
        self._number = 0

    def step(self, what: str, do: Callable[[], Any], holds: Callable[[Any], bool] = lambda _: True) -> Any:
        """Do one step. Raises `Unexpected` when it does not end as it should."""
        self._number += 1
        started = time.monotonic()
        result = do()
        took = time.monotonic() - started
        if not holds(result):
            raise Unexpected(f"step {self._number}, {what}: {result}")
        print(f"{self._number:3}. {took:6.2f} s  {what}", flush=True)
        return result

    def title(self, text: str) -> None:
        """Print what the next steps are about."""
        print(f"\n{text}", flush=True)


def accepted(scan: Any) -> bool:
    """Whether a scan was accepted."""
    return bool(scan["status"] == "accepted")


def rejected(code: str) -> Callable[[Any], bool]:
    """Whether a scan was rejected for that reason, in words."""
    return lambda scan: [reason["code"] for reason in scan["reasons"]] == [code] and bool(scan["reasons"][0]["detail"])


def passed(comparison: Any) -> bool:
    """Whether a face check passed."""
    return bool(comparison["status"] == "passed")
