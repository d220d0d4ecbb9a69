"""Bulk jobs on the deployed platform: issued and exported by the queue, also when a worker is killed on the way."""

import csv
import io
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
import urllib3

from functions.institutions.domain.credit_code import check_character
from local.client import Client
from local.rehearsal.stack import CREDENTIALS, StackRun
from local.template import REGION, ROOT
from tests.stack.workers import function_name, kill_workers, wait_until

SUPERVISOR = "429000100001"
BELOW = 470  # ten chunks of codes, so that a worker is killed with work left
BUSINESS = "stack-exam"
PATIENCE_S = 240


@pytest.fixture(scope="module")
def console(stack: StackRun) -> Client:
    """A PC at which the demo administrator has signed in."""
    phone, pc = (Client(stack.api_url, stack.standin_url) for _ in range(2))
    phone.sign_in_by_wechat("admin")
    pc.sign_in_to_console(phone)
    return pc


@pytest.fixture(scope="module")
def institutions(stack: StackRun, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A supervisor with institutions directly below, imported by the operator's command line, as it is on AWS."""
    path = tmp_path_factory.mktemp("directory") / "institutions.csv"
    rows = [row(0, SUPERVISOR, "江滨市卫生健康委员会", "")]
    rows += [row(number, f"4290002{number:05}", f"江滨市第{number}诊所", SUPERVISOR) for number in range(1, BELOW + 1)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    operate(stack, "institutions", "import", str(path))


def row(number: int, code: str, name: str, supervisor: str) -> dict[str, str]:
    """One line of a directory file."""
    credit = f"62429000{number:09d}"
    return {
        "institution_code": code,
        "name": name,
        "supervisor_code": supervisor,
        "category": "基层医疗卫生机构",
        "region_code": "429000",
        "unified_social_credit_code": credit + check_character(credit),
    }


def operate(stack: StackRun, *arguments: str) -> str:
    """What the operator's command line prints, working on the deployed function's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, **CREDENTIALS, "AWS_ENDPOINT_URL": stack.aws_url, "AWS_DEFAULT_REGION": REGION}
    command = [sys.executable, "-m", "operations", "--function", function_name(stack, "APIHandler"), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def job(console: Client, job_id: str) -> Any:
    """How far a job is."""
    return console.expect(200, "GET", f"/console/jobs/{job_id}")


def over(console: Client, job_id: str) -> Any:
    """A job that has ended."""
    return wait_until(lambda: job(console, job_id), lambda seen: seen["status"] in {"succeeded", "failed"}, PATIENCE_S)


def make(console: Client, kind: str, **wanted: str) -> str:
    """The id of a new job on everything below the supervisor."""
    path = f"/console/grants/{BUSINESS}/{kind}-jobs"
    job_id: str = console.expect(202, "POST", path, {"supervisor": SUPERVISOR, "reason": "rehearsal", **wanted})[
        "job_id"
    ]
    return job_id


def test_a_killed_worker_issues_no_code_twice(stack: StackRun, console: Client, institutions: None) -> None:
    """Killed between two chunks, the job continues where it was: every institution has one code, of the first epoch."""
    business = {
        "business": BUSINESS,
        "name": "演练",
        "entry_url": "https://exam.example.cn",
        "opens_on": "2026-01-01",
        "closes_on": "2099-12-31",
    }
    console.expect(201, "POST", "/admin/businesses", business)
    job_id = make(console, "code")
    at_work = wait_until(lambda: job(console, job_id), lambda seen: seen["done"] > 0 or seen["status"] != "queued", 60)
    assert kill_workers(stack, "Jobs") >= 1
    assert at_work["status"] == job(console, job_id)["status"] == "running"
    done = over(console, job_id)
    assert (done["status"], done["total"], done["done"], done["skipped"]) == ("succeeded", BELOW, BELOW, [])
    exported = over(console, make(console, "export", format="csv"))
    file = urllib3.request("GET", exported["download_url"]).data.decode("utf-8-sig")
    codes = Counter(line["授权码"] for line in csv.DictReader(io.StringIO(file)))
    assert len(codes) == BELOW
    assert set(codes.values()) == {1}
    revoked = over(console, make(console, "revocation"))
    assert (revoked["status"], revoked["done"]) == ("succeeded", BELOW)
    history = console.expect(200, "GET", f"/console/grants/{BUSINESS}/429000200007/history")["items"]
    assert [(event["event"], event["epoch"]) for event in history] == [("grant_revoked", 2), ("grant_code_issued", 1)]
