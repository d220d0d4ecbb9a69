"""Prints what the stand-in answers while a bulk job issues codes: the same institutions for every chunk."""

import json
from datetime import UTC, datetime
from typing import Any

from functions.grants.jobs.worker import per_chunk
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import Item
from functions.shared.table.grants import Business, Job
from functions.shared.table.institutions import Institution

BUSINESS, SUPERVISOR, MAKER, JOB, LEASE = "exam-2026", "420100", "a" * 32, "b" * 32, "c" * 32
LATER = datetime(2090, 1, 1, tzinfo=UTC)

job = Job.new(
    keys.job(JOB), job_id=JOB, job_kind="code", status="running", business=BUSINESS, supervisor_code=SUPERVISOR,
    made_by=MAKER, created_at=LATER, total=10_000, lease=LEASE, lease_until=LATER, reason="manager_unreachable",
)  # fmt: skip
codes = [f"{SUPERVISOR}X{number:04d}" for number in range(per_chunk("code", top=False))]


def institution(code: str) -> Institution:
    """One of the directory."""
    return Institution.new(
        keys.institution(code), institution_code=code, name="江楚市第一人民医院", supervisor_code=SUPERVISOR,
        category="hospital", region_code="420100", credit_code="91350100M000100Y43", confirmation_code="DGHJKLMN",
        confirmation_code_rotated_at=LATER, created_at=LATER, gsi1pk=keys.children(SUPERVISOR), gsi1sk=code,
    )  # fmt: skip


days = {"opens_on": "2026-01-01", "closes_on": "2089-12-31"}
business = Business.new(
    keys.business(BUSINESS), business=BUSINESS, name="考试", entry_url="https://exam.example.cn", **days
)
maker = User.new(keys.user(MAKER), user_id=MAKER, created_at=LATER, is_administrator=True, identity_status="verified")
institutions = [institution(code) for code in codes]


def listed(one: Institution) -> dict[str, Any]:
    """What the list of children reads of one."""
    return {name: value for name, value in one.to_dynamodb_dict().items() if name == "gsi1sk"}


if __name__ == "__main__":
    last = institutions[-1].to_dynamodb_dict()
    page = {
        "Count": len(codes),
        "ScannedCount": len(codes),
        "Items": [listed(one) for one in institutions],
        "LastEvaluatedKey": {name: last[name] for name in ("pk", "sk", "gsi1pk", "gsi1sk")},
    }
    found = [item.to_dynamodb_dict() for item in (job, business, maker, institution(SUPERVISOR), *institutions)]
    answers = {
        "BatchGetItem": {"Responses": {Item.Meta.table_name: found}, "UnprocessedKeys": {}},
        "BatchWriteItem": {"UnprocessedItems": {}},
        "TransactWriteItems": {},
        "Query": page,
        "GenerateMac": {"Mac": "A" * 43 + "="},
    }
    print(json.dumps(answers))
