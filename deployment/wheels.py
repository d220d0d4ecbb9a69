"""Locked dependencies for Lambda's platform: wheels only, their hashes checked, nothing compiled here."""

import shutil
import subprocess
import sys
from pathlib import Path

from deployment.errors import DeploymentFailed
from deployment.target import Target


def install(requirements: Path, folder: Path, target: Target) -> None:
    """Unpack the wheels of a locked requirements file into a folder. Raises `DeploymentFailed`.

    By uv, since pip reads a requirement's conditions with the Python it runs on, not with the one it installs for.
    """
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--python-platform", target.platform, "--python-version", target.python, "--only-binary", ":all:"]
    command += [
        "--no-deps",
        "--require-hashes",
        "--no-compile-bytecode",
        "--link-mode",
        "copy",
        "-r",
        str(requirements),
    ]
    if subprocess.run(command, check=False).returncode:
        raise DeploymentFailed(
            f"{requirements}: the wheels for {target.platform} and Python {target.python} are missing"
        )
    # What an installer leaves for itself; commands and manuals have no one who would call them.
    for left in ("bin", "share", ".lock", "*.dist-info/RECORD", "*.dist-info/REQUESTED", "*.dist-info/INSTALLER"):
        for path in folder.glob(left):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
