"""Everything that is deployed, in one folder: the functions' code, the layers, and the template that names them."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Final

from deployment import budget, template, zip_writer
from deployment.chalice_project import ROOT
from deployment.function_zip import build_code
from deployment.layers import build_layer
from deployment.target import Target, interpreter

FOLDER: Final = ROOT / "build" / "package"
TEMPLATE: Final = "template.json"


def package(folder: Path, target: Target) -> list[str]:
    """Fill a folder; returns what to report: sizes within the budget, hashes, warnings. Raises `DeploymentFailed`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as made:
        merged = Path(made, "merged.json")
        sizes = {template.CODE: build_code(folder / template.CODE, merged, target)}
        finished = template.finish(json.loads(merged.read_text(encoding="utf-8")), target)
    for path, name in template.layer_archives(finished).items():
        sizes[path] = build_layer(name, folder / path, target)
    template.write(finished, folder / TEMPLATE)
    lines = [f"Package for {target.runtime} on {target.architecture} in {folder}"]
    lines += budget.check(sizes, template.CODE)
    lines += [f"{path:24} sha256 {zip_writer.digest(folder / path)}" for path in [*sizes, TEMPLATE]]
    if interpreter(target.python) is None:
        lines.append(f"No Python {target.python} here to compile with: sources only, so cold starts take longer.")
    if target.for_rehearsal_only:
        lines.append("To rehearse with, not to deploy: the imaging layer's wheels do not fit Lambda's Python 3.11.")
    return lines
