"""What Lambda runs: the one place that says for which processor and which Python is packaged."""

import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Final

PYTHONS: Final = ("3.11", "3.12", "3.13")
# Lambda's names of processors, and those of Python's wheels.
_MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
ARCHITECTURES: Final = tuple(_MACHINES)


@dataclass(frozen=True)
class Target:
    """A processor (`arm64`, `x86_64`) and a Python version (`3.12`)."""

    architecture: str = "arm64"
    python: str = "3.12"

    @property
    def runtime(self) -> str:
        """Lambda's name of the runtime."""
        return f"python{self.python}"

    @property
    def platform(self) -> str:
        """The platform, in uv's words, that wheels are taken for: Amazon Linux 2023 has glibc 2.34."""
        return f"{_MACHINES[self.architecture]}-manylinux_2_34"

    @property
    def for_rehearsal_only(self) -> bool:
        """Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc 2.26 is too old for the imaging layer's wheels."""
        return self.python == "3.11"


def here() -> Target:
    """This machine's processor and this interpreter's version: what a rehearsal runs."""
    machine = os.uname().machine
    return Target(
        "arm64" if machine in {"aarch64", "arm64"} else "x86_64", f"{sys.version_info.major}.{sys.version_info.minor}"
    )


@functools.cache
def interpreter(python: str) -> Path | None:
    """An interpreter of a version (`3.12`) on this machine, which compiles bytecode for it; None without one."""
    return next((path for path in _candidates(python) if _version(str(path)) == python), None)


def _candidates(python: str) -> Iterator[Path]:
    yield Path(sys.executable)
    found = which(f"python{python}")
    if found:
        yield Path(found)
    for root in (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions", _uv_pythons()):
        yield from sorted(root.glob(f"*{python}.*/bin/python{python}"))


def _uv_pythons() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "uv" / "python"


def _version(executable: str) -> str | None:
    """What it says of itself: pyenv's stand-ins exist for versions that are not chosen."""
    command = [executable, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return None
    return asked.stdout.strip() or None if asked.returncode == 0 else None
