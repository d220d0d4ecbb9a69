"""Stages: where each of them runs and with which parameters, one file for each in `infra/stages`."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from deployment.chalice_project import ROOT
from deployment.errors import DeploymentFailed
from deployment.target import ARCHITECTURES, PYTHONS, Target

FOLDER: Final = ROOT / "infra" / "stages"
PRODUCTION: Final = "production"


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stage; `bucket` holds what is deployed, and is made where none is named."""

    region: str
    stack: str
    parameters: dict[str, str]
    bucket: str | None = None
    architecture: str = Target.architecture
    python: str = Target.python

    @property
    def target(self) -> Target:
        """What its functions run on."""
        return Target(self.architecture, self.python)


def read_stage(name: str, folder: Path = FOLDER) -> Stage:
    """The stage of that name. Raises `DeploymentFailed` for one that is not there or cannot be meant."""
    known = sorted(path.stem for path in folder.glob("*.json"))
    if name not in known:
        raise DeploymentFailed(f"There is no stage '{name}'. Stages in {_shown(folder)}: {', '.join(known) or 'none'}.")
    path = folder / f"{name}.json"
    try:
        stage = msgspec.json.decode(path.read_bytes(), type=Stage)
    except msgspec.DecodeError as error:
        raise DeploymentFailed(f"{_shown(path)}: {error}") from error
    if stage.architecture not in ARCHITECTURES or stage.python not in PYTHONS:
        raise DeploymentFailed(f"{_shown(path)}: {stage.architecture} with Python {stage.python} is not packaged here.")
    return stage


def check_parameters(stage: Stage, template: Mapping[str, Any]) -> None:
    """Nothing. Raises `DeploymentFailed`, naming every parameter that is missing, unknown or not of its pattern."""
    declared: Mapping[str, Mapping[str, Any]] = template["Parameters"]
    wrong = [f"{name} is not a parameter of the template" for name in stage.parameters if name not in declared]
    for name, made in declared.items():
        value = stage.parameters.get(name, made.get("Default"))
        if value is None or (value == "" and "Default" not in made):
            wrong.append(f"{name} is missing: {made['Description']}")
        elif not re.fullmatch(made.get("AllowedPattern", ".*"), value):
            wrong.append(f"{name}: '{value}' does not match {made['AllowedPattern']}")
    if wrong:
        raise DeploymentFailed("The stage's parameters:\n  " + "\n  ".join(wrong))


def refuse_uncommitted(name: str, checkout: Path = ROOT) -> None:
    """Nothing. Raises `DeploymentFailed` where production would run what no commit holds."""
    if name != PRODUCTION:
        return
    command = ["git", "-C", str(checkout), "status", "--porcelain"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DeploymentFailed(f"Whether everything is committed cannot be told: {error}") from error
    if asked.returncode:
        raise DeploymentFailed(f"Whether everything is committed cannot be told: {asked.stderr.strip()}")
    if asked.stdout:
        raise DeploymentFailed(f"Production runs commits only; commit or remove first:\n{asked.stdout.rstrip()}")


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
