"""The operator's import as a process of its own, on the emulator: how far it is, what it took, and its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from local.template import ROOT

MAX_S = 3_600
GONE_S = 20
_PROGRESS = re.compile(rb"(\d+)/\d+ \[")


class Import:
    """`health-talent institutions import FILE`, started."""

    def __init__(self, endpoint: str, file: Path, messages: Path) -> None:
        self._messages = messages
        command = [sys.executable, "-m", "operations", "--endpoint-url", endpoint, "institutions", "import", str(file)]
        with messages.open("wb") as errors:
            # A session of its own: what is left of it afterwards can be seen.
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )

    def done(self) -> int:
        """How many institutions its progress bar shows."""
        shown = _PROGRESS.findall(self._messages.read_bytes())
        return int(shown[-1]) if shown else 0

    def reaches(self, count: int) -> bool:
        """Wait until this many are done; whether it is still at work then."""
        while self._process.poll() is None:
            if self.done() >= count:
                return True
            time.sleep(0.01)
        return False

    def kill(self) -> None:
        """Switch it off (SIGKILL), and wait until the processes that it has started have ended by themselves."""
        self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + GONE_S
        while _of_session(self._process.pid):
            assert time.monotonic() < deadline, "a process of the import outlives it"
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Ctrl-C, which reaches all of its processes; the exit code."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(MAX_S)

    def kill_a_writer(self) -> int:
        """Switch off one of the processes that it has started; the exit code."""
        writers = [pid for pid, command in _of_session(self._process.pid) if "--multiprocessing-fork" in command]
        os.kill(int(writers[0]), signal.SIGKILL)
        return self._process.wait(MAX_S)

    def wait(self) -> int:
        """Wait until it ends; the exit code."""
        return self._process.wait(MAX_S)

    def messages(self) -> str:
        """What it said on its standard error."""
        return self._messages.read_text(encoding="utf-8")


class Work(NamedTuple):
    """What a process had to do: seconds on a core, and seconds ready for one that others had."""

    cpu_s: float
    ready_s: float

    def __sub__(self, earlier: Work) -> Work:
        return Work(self.cpu_s - earlier.cpu_s, self.ready_s - earlier.ready_s)


def child(module: str) -> int:
    """The process id of a child of ours that runs a module."""
    command = ["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (pid,) = (line.split()[0] for line in listed.splitlines() if line.endswith(f"-m {module}"))
    return int(pid)


def work_of(pid: int) -> Work:
    """What a process, its first thread, has had to do since it began (Linux tells)."""
    on_core, ready, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return Work(int(on_core) / 1e9, int(ready) / 1e9)


def _of_session(leader: int) -> list[tuple[str, str]]:
    """Process id and command of every process of a session that has not ended."""
    command = ["ps", "-A", "-ww", "-o", "sess=,stat=,pid=,args="]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line.split(maxsplit=3) for line in listed.splitlines()]
    return [(pid, args) for session, state, pid, args in lines if session == str(leader) and not state.startswith("Z")]
