"""No process of the product opens a file outside its folders, or a socket other than its services'.

The demo drives every kind of process: the API, the scan function with its text models and the jobs function (both in
the event pump), the stand-in with the face models, and AWS.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.environment import environment
from local.template import ROOT, Template
from tests.attack.tracer import STRACE, traced

traces = pytest.mark.skipif(STRACE is None, reason="strace is Linux's; on Debian: apt install strace")
OFF = "ORT_DISABLE_TELEMETRY"
# Where one of these is set, onnxruntime 1.32 takes itself to be in CI and sends nothing.
CI = (
    *("CI", "APPVEYOR", "CIRCLECI", "CODEBUILD_BUILD_ID", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL"),
    *("TEAMCITY_VERSION", "TF_BUILD", "TRAVIS"),
)
ENGINE = "import functions.identity.imaging.onnx"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@traces
def test_the_demo_touches_nothing_outside(tmp_path: Path) -> None:
    """The whole journey, in every process of a run, stays within the product's folders and services."""
    assert traced([sys.executable, "-m", "local.demo"], tmp_path, {}) == []


@traces
@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("import onnxruntime", "write {home}/.cache/Microsoft"),
        ("from pathlib import Path; Path.home().joinpath('id').touch()", "write {home}/id"),
        ("import os; os.mkdir(os.path.expanduser('~/made'))", "write {home}/made"),
        ("import socket; socket.socket().connect_ex(('127.0.0.1', 9))", "connect 127.0.0.1:9"),
        ("import socket; socket.socket(type=socket.SOCK_DGRAM)", "socket AF_INET, SOCK_DGRAM"),
        ("import socket; socket.socket().bind(('0.0.0.0', 0))", "bind 0.0.0.0:0"),
    ],
)
def test_what_is_outside_is_seen(tmp_path: Path, code: str, seen: str) -> None:
    """The tracer sees onnxruntime's telemetry where it is on, and any other file or socket outside."""
    found = traced(python(code), tmp_path, dict.fromkeys((OFF, *CI), ""))
    assert any(line.startswith(seen.format(home=tmp_path / "home")) for line in found), found


@pytest.mark.parametrize(
    ("code", "quiet"),
    [
        (ENGINE, True),
        ("import onnxruntime", False),
        ("import onnxruntime; onnxruntime.disable_telemetry_events()", False),
    ],
)
def test_only_our_import_keeps_the_home_empty(tmp_path: Path, code: str, quiet: bool) -> None:
    """The variable, set before the import, is what turns telemetry off: without it there is a device id at once.

    Fails when a release of onnxruntime does otherwise.
    """
    kept = {name: value for name, value in os.environ.items() if name not in {OFF, *CI} and not name.startswith("XDG_")}
    subprocess.run(python(code), cwd=ROOT, env={**kept, "HOME": str(tmp_path)}, check=True, timeout=60)
    assert (list(tmp_path.iterdir()) == []) is quiet


def test_every_process_inherits_the_variable() -> None:
    """It is in the environment that the template gives to the functions, the local run, the tests and the bench."""
    assert Template().environment()[OFF] == "1"
    assert environment()[OFF] == "1"
    assert os.environ[OFF] == "1"
    assert f"export {OFF} = 1" in (ROOT / "Makefile").read_text(encoding="utf-8")
