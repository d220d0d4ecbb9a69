"""What every process of the local run does at its two ends: say that it is ready, and never outlive the run.

The run holds the other end of a child's standard input. When that closes, for whatever reason, the child ends; so
nothing is left behind even if the run itself is killed. Ctrl-C reaches the whole group and is the run's to handle.
"""

import os
import signal
import threading
from collections.abc import Callable

READY = "ready"
_all_ready = threading.Event()


def exit_with_parent() -> None:
    """End this process when the run ends or asks it to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

    def wait() -> None:
        # The descriptor, not `sys.stdin`: a thread blocked in that holds a lock that the interpreter wants at its end.
        while os.read(0, 1024):
            _all_ready.set()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def say_ready() -> None:
    """Tell the run that this process does its work now."""
    print(READY, flush=True)


def once_all_are_ready(work: Callable[[], None]) -> None:
    """Do something in the background that can wait until every process of the run is ready."""

    def wait() -> None:
        _all_ready.wait()
        work()

    threading.Thread(target=wait, daemon=True).start()
