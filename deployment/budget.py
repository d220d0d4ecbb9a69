"""What a package may weigh: `infra/budget.json` has the megabytes of every zip, zipped and unzipped."""

import json
from collections.abc import Mapping
from typing import Final

from deployment.chalice_project import ROOT
from deployment.errors import DeploymentFailed
from deployment.zip_writer import Sizes

PATH: Final = ROOT / "infra" / "budget.json"
LAMBDA_UNZIPPED: Final = 250_000_000  # Lambda's limit of a function with its layers


def check(sizes: Mapping[str, Sizes], code: str) -> list[str]:
    """A line for each zip. Raises `DeploymentFailed` where one is over its budget or Lambda's limit."""
    budget = json.loads(PATH.read_text(encoding="utf-8"))
    lines, over = [], []
    for name, size in sizes.items():
        if name not in budget:
            raise DeploymentFailed(f"{name} has no budget in {PATH.relative_to(ROOT)}")
        allowed = Sizes(*(int(budget[name][part] * 1e6) for part in Sizes._fields))
        line = f"{name:24} {_mb(size.zipped, allowed.zipped)} zipped, {_mb(size.unzipped, allowed.unzipped)} unzipped"
        lines.append(line)
        if size.zipped > allowed.zipped or size.unzipped > allowed.unzipped:
            over.append(f"{line}: over its budget ({PATH.relative_to(ROOT)})")
        if name != code and size.unzipped + sizes[code].unzipped > LAMBDA_UNZIPPED:
            over.append(f"{line}: over Lambda's 250 MB with the code")
    if over:
        raise DeploymentFailed("\n".join(over))
    return lines


def _mb(size: int, allowed: int) -> str:
    return f"{size / 1e6:6.1f} of {allowed / 1e6:5.1f} MB"
