"""Measuring may be broken off: what a row has started is ended with it."""

import subprocess
import sys

from local.template import ROOT

ROW = """
import sys, time, types
from bench.__main__ import main

def measure():
    try:
        print("started", flush=True)
        time.sleep(60)
        yield
    finally:
        print("ended", flush=True)

sys.modules["bench.measurements.http"] = types.SimpleNamespace(measure=measure)
sys.exit(main(["http"]))
"""


def test_a_row_that_is_broken_off_tidies_up() -> None:
    """SIGTERM, as `kill` and a job's end send it, lets rows end their servers."""
    process = subprocess.Popen([sys.executable, "-c", ROW], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["--- http\n", "started\n"]
    process.terminate()
    assert process.communicate(timeout=30) == ("ended\n", None)
    assert process.returncode == 143
