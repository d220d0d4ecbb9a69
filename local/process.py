"""The processes of the local run: starting them side by side, hearing when each is ready, ending all of them.

What a process prints goes to its log file; what a person should see of it (anything that is not an ordinary log line)
is shown too.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from local.child_process import READY
from local.template import ROOT

QUIET_LEVELS = {"DEBUG", "INFO", "WARNING"}
STOP_S = 3.0


class Process:
    """One child process: `python -m <module>`."""

    def __init__(
        self, module: str, environment: Mapping[str, str], log_file: Path, changed: Callable[[], None]
    ) -> None:
        self.name = module.rpartition(".")[2]
        self.ready = False
        self.ended = False
        self._changed = changed
        self._log_file = log_file
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", module],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def tell_all_are_ready(self) -> None:
        """Let it begin what could wait."""
        if self._process.stdin:
            with contextlib.suppress(OSError):  # it has ended: the run hears of that by itself
                self._process.stdin.write("\n")
                self._process.stdin.flush()

    def ask_to_stop(self) -> None:
        """Close its standard input: it ends by itself."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._process.kill()
        self.ask_to_stop()
        self.wait_until_gone()

    def wait_until_gone(self) -> None:
        """Return when it has ended, by force if it must be."""
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(STOP_S)
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self) -> None:
        with self._log_file.open("a", encoding="utf-8") as log:
            for line in self._process.stdout or ():
                if line.strip() == READY:
                    self.ready = True
                    self._changed()
                    continue
                log.write(line)
                log.flush()
                if _is_worth_showing(line):
                    print(f"{self.name}: {line.rstrip()}", file=sys.stderr, flush=True)
        self._process.wait()
        self.ended = True
        self._changed()


def _is_worth_showing(line: str) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return bool(line.strip())
    return isinstance(entry, dict) and entry.get("level") not in QUIET_LEVELS
