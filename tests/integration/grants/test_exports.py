"""Exports over HTTP: made by the queue, fetched by their maker alone, every link on record."""

import csv
import io
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from openpyxl import load_workbook

from functions.grants.jobs import worker as job_worker
from functions.grants.jobs.export_files import HEADINGS
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.grants import Job
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get
from tests.conftest import Clock
from tests.integration.grants.builders import CITY, CLINIC, FAR, HOSPITAL, Tree, console_of
from tests.integration.grants.job_queue import add_children, deliver, made, outcome, shown, waiting, work_off
from tests.integration.grants.test_jobs import events_of
from tests.integration.shared.faults import Fault, dynamodb, dynamodb_error


def fetch(url: str) -> bytes:
    """What the link leads to: moto serves no links, so its key is read."""
    key = unquote(urlsplit(url).path).lstrip("/")
    return clients.s3().get_object(Bucket=settings().upload_bucket, Key=key)["Body"].read()


def read(content: bytes, file_format: str) -> list[dict[str, str]]:
    """The rows under their headings, without the tabs that keep codes texts."""
    if file_format == "csv":
        lines: list[Any] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    else:
        lines = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert tuple(lines[0]) == HEADINGS
    return [{name: (cell or "").rstrip("\t") for name, cell in zip(HEADINGS, line, strict=True)} for line in lines[1:]]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_export_holds_every_child(world: Tree, file_format: str) -> None:
    """Vacant, issued and active, each with what a person hands out; the names cannot do anything."""
    city = world.manager(CITY)
    add_children(CITY, 60)
    code = city.issue(HOSPITAL).body["grant_code"]
    world.manager(CLINIC)
    Institution.new(keys.institution(CLINIC)).update(actions=[Institution.name.set("=cmd|' /C calc'!A0")])
    job = outcome(city, "export", CITY, format=file_format)
    assert (job["kind"], job["status"], job["total"], job["done"]) == ("export", "succeeded", 62, 62)
    rows = {row["机构编码"]: row for row in read(fetch(job["download_url"]), file_format)}
    assert len(rows) == 62
    assert rows[HOSPITAL] == {
        "业务": "资格考试",
        "机构编码": HOSPITAL,
        "机构名称": f"机构{HOSPITAL}",
        "机构类别": "综合医院",
        "授权状态": "待激活",
        "授权码": code,
        "授权码有效期至（北京时间）": "2026-12-22 16:00",
        "业务负责人": "",
        "激活时间（北京时间）": "",
    }
    assert (rows[CLINIC]["授权状态"], rows[CLINIC]["业务负责人"], rows[CLINIC]["授权码"]) == ("已激活", "柯**", "")
    assert rows[CLINIC]["激活时间（北京时间）"] == "2026-11-22 16:00"
    assert rows[CLINIC]["机构名称"].lstrip("'") == "=cmd|' /C calc'!A0"
    assert rows[f"{CITY}X0000"]["授权状态"] == "未授权"


def test_a_link_lasts_five_minutes_and_is_on_record(world: Tree, clock: Clock) -> None:
    """Each look gives a link of its own, and an event of the job; after a day there is nothing to fetch."""
    city = world.manager(CITY)
    job_id = made(city, "export", CITY)
    work_off()
    url = shown(city, job_id)["download_url"]
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["response-content-disposition"][0].startswith("attachment; filename*=UTF-8''%E6%8E%88%E6%9D%83")
    shown(city, job_id)
    assert events_of(job_id) == [
        "job_created",
        "job_started",
        "job_finished",
        "export_link_issued",
        "export_link_issued",
    ]
    clock.forward(86_400)
    console = console_of(world.http, city.user_id)
    late = console.get(f"/console/jobs/{job_id}").body
    assert (late["status"], late["download_url"]) == ("succeeded", None)
    assert len(events_of(job_id)) == 5


def test_an_expired_code_is_not_handed_out(world: Tree, clock: Clock) -> None:
    """The row says that it has expired, and until when it was good."""
    city = world.manager(CITY)
    city.issue(HOSPITAL)
    clock.forward(30 * 86_400)
    city.console = console_of(world.http, city.user_id)
    job = outcome(city, "export", CITY, institutions=[HOSPITAL, FAR])
    (row,) = read(fetch(job["download_url"]), "csv")
    assert (row["授权状态"], row["授权码"], row["授权码有效期至（北京时间）"]) == (
        "授权码已过期",
        "",
        "2026-12-22 16:00",
    )
    assert [(one["institution_code"], one["code"]) for one in job["skipped"]] == [(FAR, "NOT_BELOW")]


def test_an_export_whose_worker_died_begins_anew(world: Tree, clock: Clock) -> None:
    """Its rows were in memory: the next worker counts from nothing and writes a file of its own."""
    city = world.manager(CITY)
    codes = add_children(CITY, 60)
    job_id = made(city, "export", CITY, institutions=[FAR, *codes])
    (body,) = waiting()
    dead = job_worker._claim(job_id)
    assert dead is not None
    assert job_worker._chunk(dead) is False
    assert shown(city, job_id)["done"] == 50
    clock.forward(settings().job_lease_s)
    assert deliver(body, seconds=1)
    job = shown(city, job_id)
    assert (job["status"], job["done"], job["total"]) == ("succeeded", 60, 61)
    assert [(one["institution_code"], one["code"]) for one in job["skipped"]] == [(FAR, "NOT_BELOW")]
    assert len(read(fetch(job["download_url"]), "csv")) == 60


def test_a_chunk_of_an_export_whose_answer_is_lost(world: Tree) -> None:
    """Written, but told to be under way still: the chunk is read again, and no row is missing or there twice."""
    city = world.manager(CITY)
    codes = add_children(CITY, 60)
    job_id = made(city, "export", CITY)
    waiting()
    run = job_worker._claim(job_id)
    assert run is not None
    left = [dynamodb_error("TransactionInProgressException")]

    def lose(http_response: Any, parsed: Any, **_: Any) -> None:
        if left:
            http_response.status_code = 400
            parsed.clear()
            parsed.update(left.pop())

    with Fault(dynamodb(), "after-call.dynamodb.TransactWriteItems", lose):
        assert job_worker._chunk(run) is False
    assert left == []
    assert job_worker._chunk(run) is True
    rows = read(fetch(shown(city, job_id)["download_url"]), "csv")
    assert [row["机构编码"] for row in rows] == sorted([HOSPITAL, CLINIC, *codes])


def test_a_maker_without_authority_has_no_file(world: Tree) -> None:
    """Revoked before the worker came: the job fails, and nothing is written to the bucket."""
    city = world.manager(CITY)
    job_id = made(city, "export", CITY)
    world.admin.revoke(CITY)
    work_off()
    job = get(Job, keys.job(job_id))
    assert job is not None
    assert (job.status, job.failure, job.file_key) == ("failed", "FORBIDDEN", None)
    listed = clients.s3().list_objects_v2(Bucket=settings().upload_bucket, Prefix="exports/")
    assert listed["KeyCount"] == 0
