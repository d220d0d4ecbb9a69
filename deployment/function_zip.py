"""The zip of the functions' code: all functions share it, and each starts at its own handler in `app`."""

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from deployment import bytecode, pruning, wheels, zip_writer
from deployment.chalice_project import CODE, MERGED, ROOT, chalice_package
from deployment.target import Target

# Where Lambda unpacks it, which is what traces name.
PREFIX: Final = "/var/task"
# What is ours to debug: its sources go along.
_OURS: Final = ("app.py", "functions")


def build_code(output: Path, merged: Path, target: Target) -> zip_writer.Sizes:
    """Write the functions' zip, and the template as Chalice merges it. Raises `DeploymentFailed`."""
    with tempfile.TemporaryDirectory() as made:
        chalice_package(Path(made, "project"), Path(made, "chalice"))
        shutil.copy(Path(made, "chalice", MERGED), merged)
        task = Path(made, "task")
        wheels.install(ROOT / "requirements.txt", task, target)
        pruning.prune(task)
        with zipfile.ZipFile(Path(made, "chalice", CODE)) as chalice:
            chalice.extractall(task)
        bytecode.compile_tree(task, PREFIX, target, keep_sources=_OURS)
        return zip_writer.write_zip(task, output)


def build_stock(output: Path) -> zip_writer.Sizes:
    """Write the zip that `chalice package` makes of the same code, for this machine's Python, to compare with."""
    with tempfile.TemporaryDirectory() as made:
        chalice_package(Path(made, "project"), Path(made, "chalice"), requirements=ROOT / "requirements.txt")
        shutil.copy(Path(made, "chalice", CODE), output)
    with zipfile.ZipFile(output) as zipped:
        return zip_writer.Sizes(output.stat().st_size, sum(entry.file_size for entry in zipped.infolist()))
