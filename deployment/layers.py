"""Lambda layers: one for each folder below `layers/` that has a `requirements.txt`, named like the folder.

A folder's `build.py`, where there is one, says what else belongs: `TRIMMED` lists what is never loaded. Where it has
`complete(root)`, that adds files beside the packages (the imaging layer's text models) or raises its `BuildFailed`.
"""

import importlib
import tempfile
from pathlib import Path
from types import ModuleType

from deployment import bytecode, pruning, wheels, zip_writer
from deployment.chalice_project import ROOT
from deployment.errors import DeploymentFailed
from deployment.target import Target

# Where Lambda unpacks layers.
PREFIX = "/opt"
_NEVER_LOADED = ("include", "*.h", "*.a", "*.pxd")


def names() -> list[str]:
    """The layers there are."""
    return sorted(path.parent.name for path in (ROOT / "layers").glob("*/requirements.txt"))


def build_layer(name: str, output: Path, target: Target) -> zip_writer.Sizes:
    """Write a layer's zip: `python/` with the packages, and what the layer adds. Raises `DeploymentFailed`."""
    own = _own_build(name)
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        packages = root / "python"
        wheels.install(ROOT / "layers" / name / "requirements.txt", packages, target)
        pruning.prune(packages)
        pruning.remove(path for pattern in _NEVER_LOADED for path in packages.rglob(pattern))
        if own:
            pruning.remove(path for pattern in own.TRIMMED for path in packages.glob(pattern))
            if hasattr(own, "complete"):
                _complete(own, root)
        bytecode.compile_tree(packages, f"{PREFIX}/python", target)
        return zip_writer.write_zip(root, output)


def _complete(own: ModuleType, root: Path) -> None:
    try:
        own.complete(root)
    except own.BuildFailed as failure:
        raise DeploymentFailed(str(failure)) from failure


def _own_build(name: str) -> ModuleType | None:
    if not (ROOT / "layers" / name / "build.py").exists():
        return None
    return importlib.import_module(f"layers.{name}.build")
