"""CPU time on a noisy machine: short rounds that alternate, and the median of the ratios of each round.

CPU time, not the clock on the wall: others may use the machine. What slows CPU time down as well (caches, frequency)
hits both sides of a round alike, so each round has its own ratio.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parent.parent
ANSWERS: Final = "BENCH_ANSWERS"  # the file descriptor on which a subject answers
Call = Callable[[], object]
Seconds = dict[str, list[float]]


def alternate(measures: Mapping[str, Callable[[], float]], rounds: int) -> Seconds:
    """What each measure gives in each round; the order within a round is drawn again, always in the same way."""
    order = random.Random(1)
    taken: Seconds = {name: [] for name in measures}
    for _ in range(rounds):
        for name in order.sample(list(measures), len(measures)):
            taken[name].append(measures[name]())
    return taken


def cpu_of(call: Call, times: int) -> Callable[[], float]:
    """The CPU seconds of this process for one call, from that many in a row."""

    def measure() -> float:
        started = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - started) / times

    return measure


def ratio(taken: Seconds, one: str, other: str) -> float:
    """How much `one` takes of what `other` takes: the median over the rounds."""
    return statistics.median(a / b for a, b in zip(taken[one], taken[other], strict=True))


def cpu_of_process(command: Sequence[str], environment: Mapping[str, str], cwd: Path = ROOT) -> float:
    """The CPU seconds of a whole process, its start included. Raises `subprocess.CalledProcessError`."""
    process = subprocess.Popen(command, env=dict(environment), cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime


def run_module(module: str, environment: Mapping[str, str], python: str = sys.executable) -> Any:
    """What a module prints as JSON, in a process of its own. Raises `subprocess.CalledProcessError`."""
    ran = subprocess.run(
        [python, "-m", module], env=dict(environment), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


class Subject:
    """A process of its own that does the same call again and again when it is told to (`obey`)."""

    def __init__(self, module: str, environment: Mapping[str, str], python: str = sys.executable) -> None:
        reading, writing = os.pipe()  # its standard output is for what it logs
        self._process = subprocess.Popen(
            [python, "-m", module],
            env={**environment, ANSWERS: str(writing)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            pass_fds=[writing],
        )
        os.close(writing)
        self._answers = os.fdopen(reading)

    def ask(self, times: int) -> dict[str, float]:
        """CPU seconds of one call (`cpu`), and the peak memory of the process so far in megabytes (`peak_mb`)."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{times}\n")
        self._process.stdin.flush()
        answer = self._answers.readline()
        if not answer:
            raise RuntimeError(f"{self._process.args!r} ended")
        told: dict[str, float] = json.loads(answer)
        return told

    def cpu(self, times: int) -> Callable[[], float]:
        """The CPU seconds of one call, from that many in a row."""
        return lambda: self.ask(times)["cpu"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate(timeout=30)
        self._answers.close()


def obey(call: Call) -> None:
    """The other end of a `Subject`: does the call as often as it is told, until there is nothing more to do."""
    with os.fdopen(int(os.environ[ANSWERS]), "w") as answers:
        for asked in sys.stdin:
            cpu = cpu_of(call, int(asked))()
            answers.write(json.dumps({"cpu": cpu, "peak_mb": peak_mb()}) + "\n")
            answers.flush()


def peak_mb() -> float:
    """The most memory this process has had so far, in megabytes."""
    for row in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if row.startswith("VmHWM"):
            return int(row.split()[1]) / 1024
    raise RuntimeError("this kernel does not tell the peak of memory")
