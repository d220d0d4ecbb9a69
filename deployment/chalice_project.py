"""Chalice's own packaging, run on a copy of the project: what is shipped and the template come from it.

A copy, because Chalice (1.34) keeps packages in `.chalice/deployments` under a key that ignores file names, and because
its dependencies are left to us: an empty requirements file makes it ship the code and its own runtime only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from deployment.errors import DeploymentFailed
from functions.shared.config import Settings

ROOT: Final = Path(__file__).resolve().parent.parent
STAGE: Final = "production"
MERGED: Final = "sam.json"
CODE: Final = "deployment.zip"
# Stands in the preflight answers that Chalice writes, until the template takes the parameter's place.
WEB_ORIGIN: Final = "https://web-origin.invalid"

_PARTS: Final = ("app.py", "chalice.json", ".chalice/config.json", "functions", "infra", "vendor")


def chalice_package(project: Path, output: Path, requirements: Path | None = None) -> None:
    """Run `chalice package` on a copy of this project made in an empty folder: `MERGED` and `CODE` in `output`.

    `requirements` are what Chalice is to fetch, None: nothing. Raises `DeploymentFailed` with what Chalice said.
    """
    for part in _PARTS:
        (project / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, project / part)
    if requirements is None:
        (project / "requirements.txt").touch()
    else:
        shutil.copy(requirements, project / "requirements.txt")
    command = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())", "package"]
    command += ["--stage", STAGE, "--merge-template", "infra/resources.json", str(output)]
    packaged = subprocess.run(
        command, cwd=project, env=_environment(), capture_output=True, text=True, check=False, timeout=600
    )
    if packaged.returncode:
        raise DeploymentFailed(f"chalice package: {packaged.stdout}{packaged.stderr}")


def _environment() -> dict[str, str]:
    """Packaging imports the app, which wants its settings; nothing of them gets into the package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    required = {field.name.upper(): "packaging" for field in msgspec.structs.fields(Settings) if field.required}
    return {
        **kept,
        **required,
        "WEB_ORIGIN": WEB_ORIGIN,
        "AWS_DEFAULT_REGION": "us-east-1",  # Chalice makes a client to look up a name that is the same everywhere
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "packaging"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
