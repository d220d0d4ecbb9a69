"""What every operation costs, counted on MiniStack by `tests/call_costs` in a process of its own, once for all rows."""

import functools
import json
import subprocess
import sys
from typing import NamedTuple

from bench.timing import ROOT


class Operation(NamedTuple):
    """One row: calls by `service.Operation`, and DynamoDB's units."""

    calls: dict[str, int]
    read_units: float
    write_units: float


class Count(NamedTuple):
    """The rows, and those of them that the documentation does not have, or has otherwise."""

    rows: dict[str, Operation]
    unlike: list[str]


@functools.cache
def counted() -> Count:
    """Ten seconds. Raises `subprocess.CalledProcessError`."""
    command = [sys.executable, "-m", "tests.call_costs", "--ministack", "--json"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    return Count({name: Operation(**row) for name, row in told["rows"].items()}, told["unlike"])
