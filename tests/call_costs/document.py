"""The table of `docs/operation-costs.md`: written from what was counted, and read again."""

from collections.abc import Mapping
from pathlib import Path

from tests.call_costs.recorder import Cost

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operation-costs.md"
_HEAD = ("| operation | calls | which | read units | write units |", "| --- | --- | --- | --- | --- |")
_SERVICES = {"kms": "KMS", "rekognition": "Rekognition", "s3": "S3", "sns": "SNS", "sqs": "SQS", "ssm": "SSM"}


def lines(rows: Mapping[str, Cost]) -> list[str]:
    """The table, a line for each row."""
    made = []
    for name, cost in rows.items():
        units = (f"{units:g}" if units else "" for units in (cost.read_units, cost.write_units))
        cells = (f"`{name}`", str(cost.calls.total()), ", ".join(_which(cost)), *units)
        made.append("| " + " | ".join(cells) + " |")
    return [*_HEAD, *made]


def _which(cost: Cost) -> list[str]:
    """The calls in the order of the first ones; DynamoDB's without its name."""
    which = []
    for call, times in cost.calls.items():
        service, operation = call.split(".")
        name = operation if service == "dynamodb" else f"{_SERVICES[service]} {operation}"
        which.append(name if times == 1 else f"{name} × {times}")
    return which


def documented() -> list[str]:
    """The table as the page has it."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    return page[page.index(_HEAD[0]) :]


def write(rows: Mapping[str, Cost]) -> None:
    """Replace the table, which is the end of the page."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    page[page.index(_HEAD[0]) :] = lines(rows)
    PAGE.write_text("\n".join(page) + "\n", encoding="utf-8")
