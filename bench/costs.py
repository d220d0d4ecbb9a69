"""What a thousand of something cost at AWS's list prices: the units that `tests/call_costs` counts, times the prices.

`prices.json` holds the prices and, as an assumption that nothing counts, how long each function runs. A price that is
not `confirmed` is the one that was known, with no page at hand that says so. No free tier, no text messages (their
price depends on country and carrier), no storage, nothing that is paid by the month.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

FOLDER: Final = Path(__file__).resolve().parent
PAGE: Final = FOLDER.parent / "docs" / "performance.md"
THOUSAND: Final = 1_000
CHUNK: Final = 47  # codes that one chunk of a job issues

# What one person does: rows of the table in `docs/operation-costs.md`, and how often.
JOURNEYS: Final[dict[str, dict[str, float]]] = {
    "users verified": {
        "POST /auth/wechat-logins (new)": 1,
        "POST /auth/phone (by WeChat)": 1,
        "GET /auth/me": 1,
        "GET /identity/consent": 1,
        "POST /identity/consent": 1,
        "PUT /identity/application": 1,
        "POST /identity/scans": 2,
        "scans: a photo accepted": 2,
        "GET /identity/scans/{scan_id}": 4,
        "POST /identity/face-checks": 1,
        "scans: a selfie": 1,
        "POST /identity/face-checks/{face_check_id}/comparison": 1,
        "POST /identity/submission": 1,
        "GET /identity": 2,
        "GET /institutions": 1,
        "PUT /institutions/work-unit": 1,
    },
    "codes redeemed": {
        "jobs: 47 codes": 1 / CHUNK,
        "POST /identity/face-checks (to redeem)": 1,
        "scans: a selfie": 1,
        "POST /identity/face-checks/{face_check_id}/comparison": 1,
        "POST /grants/redemptions": 1,
        "GET /grants/mine": 1,
    },
    "searches": {"GET /institutions": 1},
}
_SERVICES: Final = {"kms": "KMS, requests", "sqs": "SQS, requests", "rekognition": "Rekognition, images"}
_UPLOADS: Final = "S3, PUT, COPY, POST, LIST"
_READS: Final = {"s3.GetObject", "s3.HeadObject"}
_FREE: Final = {"s3.DeleteObject"}
_QUEUED: Final = 3  # requests to SQS for each event: the message comes, is received, is deleted


class Counted(Protocol):
    """One row: calls by `service.Operation`, and DynamoDB's units."""

    @property
    def calls(self) -> Mapping[str, int]: ...  # noqa: D102 - as the class says
    @property
    def read_units(self) -> float: ...  # noqa: D102
    @property
    def write_units(self) -> float: ...  # noqa: D102


def units(journey: Mapping[str, float], rows: Mapping[str, Counted]) -> dict[str, float]:
    """What one journey is billed for, by the name of the price."""
    billed: defaultdict[str, float] = defaultdict(float)
    for name, times in journey.items():
        for price, count in _of_a_row(name, rows[name]).items():
            billed[price] += count * times
    return billed


def _of_a_row(name: str, row: Counted) -> dict[str, float]:
    function = "selfie" if name == "scans: a selfie" else name.partition(":")[0] if ":" in name else "request"
    assumed = _prices()["assumed"][function]
    billed: defaultdict[str, float] = defaultdict(float)
    billed["Lambda, requests"] = 1
    billed["Lambda, arm64 GB-seconds"] = assumed["seconds"] * assumed["gigabytes"]
    billed["DynamoDB, read units on demand"] = row.read_units
    billed["DynamoDB, write units on demand"] = row.write_units
    if function == "request":
        billed["API Gateway, REST requests"] = 1
    else:
        billed["SQS, requests"] = _QUEUED
    if function in {"scans", "selfie"}:
        billed[_UPLOADS] = 1  # the upload itself
    for call, count in row.calls.items():
        service = call.partition(".")[0]
        if service in _SERVICES:
            billed[_SERVICES[service]] += count
        elif service == "s3" and call not in _FREE:
            billed["S3, GET, HEAD" if call in _READS else _UPLOADS] += count
    return billed


def _prices() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "prices.json").read_text(encoding="utf-8"))
    return read


def dollars(billed: Mapping[str, float]) -> dict[str, float]:
    """What a thousand cost, by the name of the price."""
    prices = _prices()["prices"]
    return {name: THOUSAND * billed.get(name, 0) * price["usd"] / price["per"] for name, price in prices.items()}


def lines(rows: Mapping[str, Counted]) -> list[str]:
    """The table of `docs/performance.md`: units and dollars of a thousand, a line for each price."""
    journeys = {name: units(journey, rows) for name, journey in JOURNEYS.items()}
    costs = {name: dollars(billed) for name, billed in journeys.items()}
    head = ["what is billed", *(f"1,000 {name}" for name in JOURNEYS)]
    table = [head, ["---"] * len(head)]
    for price, known in _prices()["prices"].items():
        label = f"{price}, ${_plain(known['usd'])}" + (f" / {known['per']:,}" if known["per"] > 1 else "")
        cells = [_cell(THOUSAND * journeys[name].get(price, 0), costs[name][price]) for name in JOURNEYS]
        table.append([label + ("" if known["confirmed"] else " (not confirmed)"), *cells])
    table.append(["**together**", *(f"**${sum(costs[name].values()):.3f}**" for name in JOURNEYS)])
    return ["| " + " | ".join(row) + " |" for row in table]


def _plain(usd: float) -> str:
    return f"{usd:.10f}".rstrip("0").rstrip(".")


def _cell(count: float, usd: float) -> str:
    return f"{count:,.0f} = ${usd:.3f}" if count else ""


def documented() -> list[str]:
    """The table as the page has it."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    start, end = _place(page)
    return page[start:end]


def write(rows: Mapping[str, Counted]) -> None:
    """Put the table into the page, where the old one is."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    start, end = _place(page)
    page[start:end] = lines(rows)
    PAGE.write_text("\n".join(page) + "\n", encoding="utf-8")


def _place(page: list[str]) -> tuple[int, int]:
    start = next(place for place, line in enumerate(page) if line.startswith("| what is billed |"))
    return start, next(place for place in range(start, len(page)) if not page[place].startswith("|"))
