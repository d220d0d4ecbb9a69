"""Bytecode for a package: Lambda cannot write it beside the code, and compiling at a cold start takes most of its time.

Unchecked hashes (PEP 552) let Python take it without looking at the source, and make it the same file at every build.
Dependencies leave their sources behind: a trace still names file, line and function. Our own sources stay, for traces
that show the line.
"""

import subprocess
from pathlib import Path

from deployment.errors import DeploymentFailed
from deployment.target import Target, interpreter


def compile_tree(folder: Path, prefix: str, target: Target, keep_sources: tuple[str, ...] = ()) -> bool:
    """Compile every module below a folder as if it lay at `prefix`; False where this machine lacks the target's Python.

    Only the top-level names of `keep_sources` keep their sources. Without the target's Python all sources stay, and the
    package works, only more slowly at first. Raises `DeploymentFailed`.
    """
    python = interpreter(target.python)
    if python is None:
        return False
    for top in sorted(folder.iterdir()):
        stays = top.name in keep_sources
        if top.is_dir() or top.suffix == ".py":
            _compile(python, top, folder, prefix, beside=not stays)
        if not stays:
            for source in [top] if top.suffix == ".py" else sorted(top.rglob("*.py")):
                if source.with_suffix(".pyc").exists():
                    source.unlink()
    return True


def _compile(python: Path, top: Path, folder: Path, prefix: str, *, beside: bool) -> None:
    command = [str(python), "-I", "-m", "compileall", "-q", "-f", "-s", str(folder), "-p", prefix]
    command += ["--invalidation-mode", "unchecked-hash", *(["-b"] if beside else []), str(top)]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        raise DeploymentFailed(f"{top.name} could not be compiled")
