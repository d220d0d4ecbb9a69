"""`make attack`: every attack, and a table of what was tried, held and lost. The exit code is 1 unless every row holds.

The races have an emulator of their own, and so a test run of their own. A test counts as one attack, or as many as it
says by the property `attacks`; one that fails, or does not run, is lost.
"""

import os
import random
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from local.template import ROOT
from tests.attack.matrix import RACES, ROWS, Row

# What takes longest, much of it in waiting, begins first, so that no one waits for it alone at the end.
SLOWEST = [f"tests/attack/test_{name}.py" for name in ("storm", "faults", "fuzz", "killed", "worker_faults")]
IN_ORDER = ("--dist", "loadscope", "--no-loadscope-reorder")
REPORTS = ROOT / "build" / "attack"


class Case(NamedTuple):
    """What became of one test: how many attacks it stands for, and whether they held."""

    module: str
    attacks: int
    held: bool
    told: str = ""  # what the test has to say about itself, such as its seed


class Tally(NamedTuple):
    """One line of the table."""

    name: str
    held: int
    lost: int


def main() -> int:
    """Run everything and print the table; the exit code."""
    started = time.monotonic()
    os.environ.setdefault("STORM_SEED", str(random.randrange(1_000_000)))
    print(f"STORM_SEED={os.environ['STORM_SEED']} tries the same storm again.")  # noqa: T201
    rounds = os.environ.setdefault("ROUNDS", "3")
    REPORTS.mkdir(parents=True, exist_ok=True)
    modules = [*SLOWEST, *sorted({module for row in ROWS for module in row.modules} - set(SLOWEST))]
    cases = [
        *run("all", ["-m", "attack or not attack", "-n", "3", *IN_ORDER, *modules]),
        *run("races", ["-m", "races", *RACES.modules]),
    ]
    tallies = [tally(row, cases) for row in [*ROWS, RACES]]
    print(table(tallies, time.monotonic() - started))  # noqa: T201
    print(f"Each race was run {rounds} times (ROUNDS); `make races` runs each 20 times.")  # noqa: T201
    print("\n".join(case.told for case in cases if case.told))  # noqa: T201
    return 0 if all(holds(one) for one in tallies) else 1


def run(name: str, arguments: Sequence[str]) -> list[Case]:
    """Run pytest; what became of each test."""
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junitxml={report}", *arguments],
        cwd=ROOT,
        check=False,
    )
    return list(read(report)) if report.exists() else []


def read(report: Path) -> Iterator[Case]:
    """The cases of a report; a module that cannot be collected is a case that is lost."""
    for case in ET.parse(report).iter("testcase"):
        counted = [one.get("value", "1") for one in case.iter("property") if one.get("name") == "attacks"]
        told = [one.get("value", "") for one in case.iter("property") if one.get("name") == "told"]
        module = case.get("file") or case.get("name", "").replace(".", "/") + ".py"
        held = not any(case.find(end) is not None for end in ("failure", "error", "skipped"))
        yield Case(module, int(counted[0]) if counted else 1, held, "".join(told))


def tally(row: Row, cases: Sequence[Case]) -> Tally:
    """What held and what was lost in a row; a module of which nothing ran is lost too."""
    held = lost = 0
    for module in row.modules:
        own = [case for case in cases if case.module == module or case.module.startswith(f"{module}/")]
        held += sum(case.attacks for case in own if case.held)
        lost += sum(1 for case in own if not case.held) or (0 if own else 1)
    return Tally(row.name, held, lost)


def holds(tally: Tally) -> bool:
    """Whether everything was tried and held."""
    return tally.held > 0 and tally.lost == 0


def table(tallies: Sequence[Tally], took_s: float) -> str:
    """The table, as it is printed."""
    lines = [f"{'attack':<32}{'tried':>8}{'held':>8}{'lost':>8}"]
    whole = Tally("all", sum(one.held for one in tallies), sum(one.lost for one in tallies))
    lines += [f"{one.name:<32}{one.held + one.lost:>8}{one.held:>8}{one.lost:>8}" for one in [*tallies, whole]]
    verdict = "Every row holds" if all(holds(one) for one in tallies) else "It does not hold"
    return "\n".join(["", *lines, "", f"{verdict} ({took_s:.0f} s)."])


if __name__ == "__main__":
    sys.exit(main())
