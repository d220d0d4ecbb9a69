"""One local worker (`chalice local` as `make run` serves it) under load from connections that stay open.

Requests a second depend on the machine and are only stated; memory must not grow between the 5,000th request and the
50,000th.
"""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.environment import environment
from bench.figures import Figure
from bench.timing import ROOT

CONNECTIONS = 4
WARM, ALL = 5_000, 50_000


def measure() -> Iterator[Figure]:
    """Requests a second over all of them, and the growth of the worker's memory."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.targets.server"], env=environment(), cwd=ROOT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    port = int(server.stdout.readline())
    threading.Thread(target=server.stdout.read, daemon=True).start()  # what it logs
    try:
        _load(port, WARM)
        warm = _resident_mb(server.pid)
        started = time.monotonic()
        _load(port, ALL - WARM)
        seconds = time.monotonic() - started
        after = _resident_mb(server.pid)
    finally:
        server.communicate(timeout=30)
    yield Figure("worker: requests a second", (ALL - WARM) / seconds, f"{CONNECTIONS} connections, one process", "1/s")
    note = f"{warm:.1f} MB, {after:.1f} MB"
    yield Figure("worker: memory after 50,000 requests / after 5,000", after / warm, note)


def _load(port: int, requests: int) -> None:
    failed: list[BaseException | int] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            for _ in range(requests // CONNECTIONS):
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failed.append(answer.status)
        except OSError as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"{len(failed)} requests failed, first {failed[0]!r}")


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith("VmRSS")) / 1024
