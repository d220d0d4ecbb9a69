"""Tests of one group run in one worker: pytest-xdist renames them, which not every pytest notices (9.2 does not)."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = """
import pytest

@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("number", range(4))
def test_number(number):
    pass
"""


def test_a_group_runs_in_one_worker(tmp_path: Path) -> None:
    """Four tests of a group, two workers: one of them does all."""
    (tmp_path / "test_four.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-v", "-n", "2", "--dist", "loadgroup"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    passed = [line.split()[0] for line in done.stdout.splitlines() if "PASSED" in line]
    assert (len(passed), len(set(passed))) == (4, 1), done.stdout
