"""Bulk jobs: issued, revoked and exported by the queue, whatever happens to messages and workers on the way."""

import json
from collections import Counter
from typing import Any

import pytest

from functions.grants.history import verify_chain
from functions.grants.jobs import worker as job_worker
from functions.grants.jobs.requests import JobRequest, create_job
from functions.shared import audit, clients
from functions.shared.config import settings
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.base import connection
from functions.shared.table.grants import Business, Grant, GrantCode, Job
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get
from tests.conftest import Clock
from tests.integration.grants.builders import (
    CITY,
    CLINIC,
    EXAM,
    FAR,
    HOSPITAL,
    PROVINCE,
    REVIEW,
    TOWN,
    Someone,
    Tree,
    console_of,
    grant_of,
    someone,
)
from tests.integration.grants.job_queue import (
    add_children,
    deliver,
    made,
    make,
    message_of,
    outcome,
    shown,
    waiting,
    work_off,
)
from tests.integration.shared.faults import Fault, answering, dynamodb, timing_out

LEASE_S = settings().job_lease_s


def events_of(job_id: str) -> list[str]:
    """What happened to a job, whose chain of events is whole."""
    key = keys.job(job_id)
    events = list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), consistent_read=True))
    job = get(Job, key)
    assert job is not None
    assert audit.first_invalid_version(events, job) is None
    return [event.event for event in events]


def skipped(job: Any) -> dict[str, str]:
    """Institution code → why it was left as it is."""
    return {one["institution_code"]: one["code"] for one in job["skipped"]}


def all_skipped(person: Someone, job_id: str, limit: int) -> list[Any]:
    """Everything that a job skipped, page by page, all of them full but the last."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        page = person.console.get(f"/console/jobs/{job_id}/skipped?limit={limit}{after}").body
        found += page["items"]
        cursor = page["next_cursor"]
        assert cursor is None or len(page["items"]) == limit
    return found


def statuses(codes: list[str]) -> Counter[str]:
    """How many grants are in which state."""
    return Counter(grant_of(code).status for code in codes)


# --- what their maker sees and may do ---------------------------------------------------------------------------------


def test_jobs_are_listed_for_their_maker(world: Tree, clock: Clock) -> None:
    """Newest first, by state, in full pages, with what each was about; no one else's."""
    city = world.manager(CITY)
    made_ids = []
    for kind in ("code", "export", "revocation"):
        made_ids.append(made(city, kind, CITY))
        clock.forward(1)
    (first,) = city.console.get("/console/jobs?status=queued&limit=1").body["items"]
    assert (first["job_id"], first["total"], first["kind"]) == (made_ids[2], None, "revocation")
    assert (first["finished_at"], first["poll_after_s"]) == (None, 2)
    for body in waiting():
        if made_ids[2] not in body:
            assert deliver(body)
    seen, cursor = [], ""
    while cursor is not None:
        page = city.console.get(f"/console/jobs?limit=1{f'&cursor={cursor}' if cursor else ''}").body
        seen += [(one["job_id"], one["status"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [(made_ids[2], "queued"), (made_ids[1], "succeeded"), (made_ids[0], "succeeded")]
    page = city.console.get("/console/jobs?status=succeeded,failed&limit=1").body
    assert [one["job_id"] for one in page["items"]] == [made_ids[1]]
    rest = city.console.get(f"/console/jobs?status=succeeded,failed&limit=1&cursor={page['next_cursor']}").body
    assert ([one["job_id"] for one in rest["items"]], rest["next_cursor"]) == ([made_ids[0]], None)
    job = shown(city, made_ids[1])
    assert (job["business"], job["supervisor"]["name"]) == ({"business": EXAM, "name": "资格考试"}, f"机构{CITY}")
    assert job["finished_at"] > job["created_at"]
    assert job["download_expires_at"] < job["file_kept_until"]
    assert job["poll_after_s"] is None
    other = world.admin.console.get(f"/console/jobs?limit=1&cursor={page['next_cursor']}")
    assert other.code == "CURSOR_INVALID"
    assert world.admin.console.get("/console/jobs").body["items"] == []
    assert city.console.get("/console/jobs?status=done").body["errors"][0]["field"] == "status"


def test_a_job_is_cancelled_between_two_chunks(world: Tree) -> None:
    """What is done stays, the rest is left; its worker ends, later messages are nothing; once over it stays so."""
    city = world.manager(CITY)
    codes = add_children(CITY, 60)
    job_id = made(city, "code", CITY)
    (body,) = waiting()
    run = job_worker._claim(job_id)
    assert run is not None
    assert job_worker._chunk(run) is False
    path = f"/console/jobs/{job_id}"
    assert world.admin.console.delete(path).code == "NOT_FOUND"
    assert city.console.delete(path).status == 204
    assert job_worker._chunk(run) is True
    assert deliver(body)
    job = shown(city, job_id)
    assert (job["status"], job["done"], job["failure"]) == ("cancelled", 47, None)
    assert job["finished_at"] is not None
    assert Counter(one["status"] for one in city.list(CITY, limit=100).body["items"])["code_issued"] == 47
    assert city.console.delete(path).code == "JOB_OVER"
    assert events_of(job_id) == ["job_created", "job_started", "job_cancelled"]
    queued = made(city, "revocation", CITY)
    assert city.console.delete(f"/console/jobs/{queued}").status == 204
    work_off()
    assert shown(city, queued)["status"] == "cancelled"
    assert outcome(city, "code", CITY)["done"] == 15
    assert codes


def test_cancelling_and_a_chunk_at_once(world: Tree) -> None:
    """The chunk came first: what it did is counted when the job is cancelled after all."""
    city = world.manager(CITY)
    add_children(CITY, 60)
    job_id = made(city, "code", CITY)
    run = job_worker._claim(job_id)
    assert run is not None
    with between_read_and_write(lambda: job_worker._chunk(run)):
        assert city.console.delete(f"/console/jobs/{job_id}").status == 204
    job = shown(city, job_id)
    assert (job["status"], job["done"]) == ("cancelled", 47)
    key = keys.audit_prefix(keys.job(job_id))
    *_, last = AuditEvent.query(keys.job(job_id).pk, AuditEvent.sk.startswith(key), consistent_read=True)
    assert (last.event, last.detail) == ("job_cancelled", {"done": 47, "skipped": 0})


# --- what jobs do -----------------------------------------------------------------------------------------------------


def test_codes_for_all_vacant_children(world: Tree) -> None:
    """Every vacant child has a code that can be redeemed; the others are named with why; a rerun changes none."""
    city = world.manager(CITY)
    codes = add_children(CITY, 90)
    issued = city.issue(HOSPITAL).body["grant_code"]
    world.manager(CLINIC)
    job_id = made(city, "code", CITY)
    assert shown(city, job_id)["status"] == "queued"
    assert work_off() == 1
    job = shown(city, job_id)
    assert (job["kind"], job["status"], job["total"], job["done"]) == ("code", "succeeded", 92, 90)
    assert skipped(job) == {HOSPITAL: "CODE_ISSUED", CLINIC: "GRANT_ACTIVE"}
    assert job["failure"] is job["download_url"] is None
    listed = city.list(CITY, status="code_issued", limit=100).body["items"]
    told = {one["institution"]["institution_code"]: one["grant_code"] for one in listed}
    assert told[HOSPITAL] == issued
    assert len(set(told.values())) == len(told) == 91
    assert world.person().redeem(told[codes[7]]).status == 201
    assert verify_chain(EXAM, codes[7]).first_invalid_version is None
    history = city.console.get(f"/console/grants/{EXAM}/{codes[8]}/history").body["items"]
    assert [(one["event"], one["text"]) for one in history] == [("grant_code_issued", "柯**签发了授权码。")]
    assert events_of(job_id) == ["job_created", "job_started", "job_finished"]
    again = outcome(city, "code", CITY)
    assert (again["done"], again["skipped_count"], len(again["skipped"])) == (0, 92, 20)
    assert statuses(codes) == {"code_issued": 89, "active": 1}


def test_revoking_what_was_not_activated(world: Tree) -> None:
    """Issued grants are vacant again and their codes invalid; active ones stay; a rerun changes nothing."""
    city = world.manager(CITY)
    codes = add_children(CITY, 70)
    outcome(city, "code", CITY)
    told = city.list(CITY, limit=5).body["items"][0]["grant_code"]
    keeper = world.person()
    assert keeper.redeem(city.list(CITY, limit=100).body["items"][-1]["grant_code"]).status == 201
    job = outcome(city, "revocation", CITY)
    assert (job["total"], job["done"], list(skipped(job).values())) == (72, 71, ["GRANT_ACTIVE"])
    assert statuses([*codes, HOSPITAL, CLINIC]) == {"vacant": 71, "active": 1}
    late = world.person().phone.post("/identity/face-checks", {"purpose": "grant_redemption", "grant_code": told})
    assert late.code == "GRANT_CODE_INVALID"
    assert len(keeper.phone.get("/grants/mine").body["items"]) == 1
    again = outcome(city, "revocation", CITY)
    assert again["done"] == 0
    pages = [all_skipped(city, again["job_id"], limit) for limit in (100, 7)]
    assert pages[0] == pages[1]
    assert [one["institution_code"] for one in pages[0]] == sorted([*codes, HOSPITAL, CLINIC])
    assert Counter(one["code"] for one in pages[0]) == {"GRANT_VACANT": 71, "GRANT_ACTIVE": 1}
    (active,) = [one for one in pages[0] if one["code"] == "GRANT_ACTIVE"]
    assert active["institution"]["name"] == f"机构{active['institution_code']}"
    assert active["detail"] == "该机构已有业务负责人，请先解除授权。"


def test_named_institutions_alone(world: Tree) -> None:
    """Named twice or in small letters is once; other people's, unknown ones and grandchildren are left as they are."""
    city = world.manager(CITY)
    named = [HOSPITAL, HOSPITAL.lower(), FAR, TOWN, CITY, "999999"]
    job = outcome(city, "code", CITY, institutions=named)
    assert (job["total"], job["done"]) == (5, 1)
    assert skipped(job) == dict.fromkeys([FAR, TOWN, CITY, "999999"], "NOT_BELOW")
    assert grant_of(HOSPITAL).status == "code_issued"
    assert city.list(CITY).body["items"][1]["status"] == "vacant"
    assert outcome(city, "revocation", CITY, institutions=[HOSPITAL])["done"] == 1


def test_institutions_without_a_supervisor(world: Tree) -> None:
    """Administrators issue them at `root`; no one else may, and nothing below is touched."""
    province = world.manager(PROVINCE, REVIEW)
    assert make(province, "code", "root").code == "FORBIDDEN"
    add_children("ROOT", 2)
    for code in ("ROOTX0000", "ROOTX0001"):
        Institution.new(keys.institution(code)).update(
            actions=[Institution.supervisor_code.remove(), Institution.gsi1pk.set(keys.children(None))]
        )
    job = outcome(world.admin, "code", "root")
    assert (job["total"], job["done"], job["skipped"]) == (3, 3, [])
    assert grant_of(PROVINCE).status == "code_issued"


def test_no_children_are_nothing_to_do(world: Tree) -> None:
    """The job succeeds at once."""
    job = outcome(world.admin, "code", HOSPITAL)
    assert (job["status"], job["total"], job["done"], job["skipped"]) == ("succeeded", 0, 0, [])


# --- who may ----------------------------------------------------------------------------------------------------------


def test_who_may_make_and_see_jobs(world: Tree) -> None:
    """The direct superior of the same business, from the console; a job is its maker's, while they have authority."""
    city, province = world.manager(CITY), world.manager(PROVINCE)
    helper = world.assistant(city, CITY)
    for kind in ("code", "revocation", "export"):
        for person, supervisor in ((city, PROVINCE), (city, TOWN), (province, CITY), (province, "??")):
            assert make(person, kind, supervisor).code == "FORBIDDEN"
        assert make(city, kind, CITY, REVIEW).code == "FORBIDDEN"
        assert make(world.admin, kind, CITY, "nothing").code == "NOT_FOUND"
        assert make(world.admin, kind, CITY, "x" * 50).code == "NOT_FOUND"
        assert make(world.admin, kind, "999999").code == "NOT_FOUND"
        body = {"supervisor": CITY}
        assert city.phone.post(f"/console/grants/{EXAM}/{kind}-jobs", body).code == "CONSOLE_SESSION_REQUIRED"
        assert make(helper, kind, CITY).status == 202
    job_id = made(city, "export", CITY)
    for other in (helper, province, world.admin):
        assert other.console.get(f"/console/jobs/{job_id}").code == "NOT_FOUND"
    for unknown in ("nothing", "x" * 200, "%2F"):
        assert city.console.get(f"/console/jobs/{unknown}").code == "NOT_FOUND"
    assert world.admin.revoke(CITY).status == 204
    assert city.console.get(f"/console/jobs/{job_id}").code == "PLACE_ENDED"
    for kind in ("code", "revocation", "export"):
        for stale in (city, helper):
            assert make(stale, kind, CITY).code == "FORBIDDEN"
        anybody = world.http.post(f"/console/grants/{EXAM}/{kind}-jobs", {"supervisor": CITY})
        assert anybody.code == "UNAUTHENTICATED"


def test_wishes_that_are_not_valid(world: Tree) -> None:
    """No institutions, more than a thousand, what cannot be a code, another format: each is named."""
    city = world.manager(CITY)
    for wish in ({"institutions": []}, {"institutions": ["A000"] * 1001}, {"institutions": "A000"}, {"format": "pdf"}):
        answer = make(city, "export", CITY, **wish)
        assert (answer.status, answer.code, answer.body["errors"][0]["field"]) == (422, "INVALID", next(iter(wish)))
    answer = make(city, "code", CITY, institutions=[HOSPITAL, "?", "ROOT"])
    assert [one["field"] for one in answer.body["errors"]] == ["institutions[1]", "institutions[2]"]
    assert make(city, "code", CITY, format="csv").status == 422
    assert waiting() == []


def test_jobs_of_one_hour_are_limited(world: Tree) -> None:
    """Sixty, then a pause."""
    for _ in range(60):
        assert make(world.admin, "code", CITY).status == 202
    answer = make(world.admin, "code", CITY)
    assert (answer.status, answer.code) == (429, "TOO_MANY_REQUESTS")


def test_a_maker_who_was_revoked_meanwhile_ends_the_job(world: Tree) -> None:
    """The worker asks again: nothing is issued on the word of somebody who may not any more."""
    city = world.manager(CITY)
    made(city, "code", CITY)
    assert world.admin.revoke(CITY).status == 204
    (body,) = waiting()
    assert deliver(body)
    job_id = json.loads(body)["job_id"]
    job = get(Job, keys.job(job_id))
    assert job is not None
    assert (job.status, job.failure, job.done) == ("failed", "FORBIDDEN", 0)
    assert events_of(job_id)[-1] == "job_failed"
    assert {one["status"] for one in world.admin.list(CITY).body["items"]} == {"vacant"}


def test_a_dismissed_administrator_ends_the_job(world: Tree) -> None:
    """Dismissed between one chunk and the next: what is done stays, the rest is left, and the reason is kept."""
    codes = add_children(CITY, 60)
    job_id = made(world.admin, "code", CITY)
    (body,) = waiting()
    assert deliver(body, seconds=1)
    User.new(keys.user(world.admin.user_id)).update(actions=[User.is_administrator.set(False)])
    work_off()
    job = get(Job, keys.job(job_id))
    assert job is not None
    assert (job.status, job.failure, job.done) == ("failed", "FORBIDDEN", 47)
    assert get(GrantCode, keys.grant_code("x")) is None
    User.new(keys.user(world.admin.user_id)).update(actions=[User.is_administrator.set(True)])
    assert shown(world.admin, job_id)["failure"]["code"] == "FORBIDDEN"
    assert len(world.admin.list(CITY, status="code_issued", limit=100).body["items"]) == 47
    assert codes


def test_a_business_that_closes_meanwhile_ends_the_issue_of_codes(world: Tree) -> None:
    """Before: 409. Between two chunks: the job fails with the reason. Revoking and exporting go on."""
    city = world.manager(CITY)
    add_children(CITY, 60)
    job_id = made(city, "code", CITY)
    (body,) = waiting()
    assert deliver(body, seconds=1)
    Business.new(keys.business(EXAM)).update(actions=[Business.closes_on.set("2026-11-21")])
    work_off()
    job = shown(city, job_id)
    assert (job["status"], job["failure"]["code"], job["total"], job["done"]) == ("failed", "BUSINESS_CLOSED", 62, 47)
    assert make(city, "code", CITY).code == "BUSINESS_CLOSED"
    assert outcome(city, "revocation", CITY)["done"] == 47
    assert outcome(city, "export", CITY)["status"] == "succeeded"


# --- whatever happens on the way --------------------------------------------------------------------------------------


def test_a_worker_without_time_sends_the_rest_on(world: Tree) -> None:
    """One chunk for each delivery, as often as it takes; progress shows between them."""
    city = world.manager(CITY)
    codes = add_children(CITY, 120)
    job_id = made(city, "code", CITY)
    deliveries = 0
    seen = []
    while bodies := waiting():
        (body,) = bodies
        assert deliver(body, seconds=1)
        deliveries += 1
        seen.append(shown(city, job_id)["done"])
    assert (deliveries, seen) == (3, [47, 94, 122])
    assert statuses(codes) == {"code_issued": 120}
    assert events_of(job_id).count("job_started") == 3


def test_a_message_that_comes_again_changes_nothing(world: Tree) -> None:
    """While a worker holds the job it is sent back; afterwards it is nothing; unknown jobs are nothing either."""
    city = world.manager(CITY)
    codes = add_children(CITY, 60)
    job_id = made(city, "code", CITY)
    (body,) = waiting()
    run = job_worker._claim(job_id)
    assert run is not None
    assert not deliver(body)
    assert job_worker._chunk(run) is False
    assert not deliver(body)
    assert job_worker._chunk(run) is True
    assert deliver(body)
    assert deliver(message_of("nothing"))
    assert statuses(codes) == {"code_issued": 60}
    assert {int(grant_of(code).epoch) for code in codes} == {1}


def test_a_worker_that_died_is_followed_by_another(world: Tree, clock: Clock) -> None:
    """Its lease runs out, the message comes again, and the job continues where the last transaction ended.

    The dead one, when it was only slow, is fenced off.
    """
    city = world.manager(CITY)
    codes = add_children(CITY, 60)
    job_id = made(city, "code", CITY)
    (body,) = waiting()
    slow = job_worker._claim(job_id)
    assert slow is not None
    assert job_worker._chunk(slow) is False
    clock.forward(LEASE_S)
    assert deliver(body)
    with pytest.raises(job_worker.JobBusy):
        job_worker._chunk(slow)
    job = shown(city, job_id)
    assert (job["status"], job["done"], job["total"]) == ("succeeded", 62, 62)
    assert {int(grant_of(code).epoch) for code in codes} == {1}


def test_a_chunk_whose_answer_is_lost(world: Tree) -> None:
    """Written, but no one heard: the message comes again and finds the cursor moved."""
    city = world.manager(CITY)
    codes = add_children(CITY, 60)
    job_id = made(city, "code", CITY)
    (body,) = waiting()

    def lose(**_: Any) -> None:
        raise RuntimeError("the worker is gone")

    run = job_worker._claim(job_id)
    assert run is not None
    with Fault(dynamodb(), "after-call.dynamodb.TransactWriteItems", lose), pytest.raises(RuntimeError):
        job_worker._chunk(run)
    assert shown(city, job_id)["done"] == 47
    Job.new(keys.job(job_id)).update(actions=[Job.lease.remove()])
    assert deliver(body)
    assert shown(city, job_id)["done"] == 62
    assert {int(grant_of(code).epoch) for code in codes} == {1}


def test_a_database_that_does_not_answer_sends_the_message_back(world: Tree) -> None:
    """Nothing is half-written, and the next delivery does all of it."""
    city = world.manager(CITY)
    made(city, "code", CITY)
    (body,) = waiting()
    with timing_out(dynamodb(), "dynamodb.TransactWriteItems"):
        assert not deliver(body)
    assert {one["status"] for one in city.list(CITY).body["items"]} == {"vacant"}
    assert deliver(body)
    assert {one["status"] for one in city.list(CITY).body["items"]} == {"code_issued"}


def test_a_message_that_was_lost_is_sent_again_by_a_look(world: Tree, clock: Clock) -> None:
    """Between the job and its message the maker's function died: looking at the job half a minute later sends it."""
    city = world.manager(CITY)
    job_id = made(city, "code", CITY)
    assert len(waiting()) == 1
    assert shown(city, job_id)["status"] == "queued"
    assert waiting() == []
    clock.forward(30)
    for _ in range(3):
        assert shown(city, job_id)["status"] == "queued"
    (body,) = waiting()
    assert deliver(body)
    assert shown(city, job_id)["status"] == "succeeded"
    clock.forward(3_600)
    console = console_of(world.http, city.user_id)
    assert console.get(f"/console/jobs/{job_id}").body["status"] == "succeeded"
    assert waiting() == []


def test_a_queue_that_does_not_answer_loses_no_job(world: Tree, clock: Clock) -> None:
    """The job is there and its message is sent when its maker looks half a minute later: one job, and it is done."""
    city = world.manager(CITY)
    with timing_out(clients.sqs(), "sqs.SendMessage"):
        job_id = made(city, "code", CITY)
    assert waiting() == []
    clock.forward(30)
    assert shown(city, job_id)["status"] == "queued"
    assert work_off() == 1
    assert (shown(city, job_id)["status"], shown(city, job_id)["done"]) == ("succeeded", 2)


def test_a_queue_that_is_not_there_is_told(world: Tree) -> None:
    """What waiting does not fix is our mistake, and is answered as one."""
    city = world.manager(CITY)
    missing = {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": ""}}
    with answering(clients.sqs(), "sqs.SendMessage", missing):
        assert make(city, "code", CITY).status == 500


def test_the_same_wish_twice_under_one_key_is_one_job(world: Tree) -> None:
    """The first answer again, and one message."""
    city = world.manager(CITY)
    path, body = f"/console/grants/{EXAM}/code-jobs", {"supervisor": CITY}
    first, second = (city.console.post(path, body, **{"Idempotency-Key": "once"}) for _ in range(2))
    assert first.body == second.body
    assert len(waiting()) == 1


def test_a_grant_redeemed_midway_is_skipped(world: Tree) -> None:
    """Redeemed between the chunk's read and its write: decided again, that one is left to its manager."""
    city, person = world.manager(CITY), world.person()
    outcome(city, "code", CITY)
    told = {one["institution"]["institution_code"]: one["grant_code"] for one in city.list(CITY).body["items"]}
    check = person.face_check(purpose="grant_redemption", grant_code=told[HOSPITAL])
    job_id = made(city, "revocation", CITY)
    run = job_worker._claim(job_id)
    assert run is not None
    with between_read_and_write(lambda: person.redeem(told[HOSPITAL], check)):
        assert job_worker._chunk(run) is True
    job = shown(city, job_id)
    assert (job["done"], skipped(job)) == (1, {HOSPITAL: "GRANT_ACTIVE"})
    assert grant_of(HOSPITAL).manager_id == person.user_id
    assert verify_chain(EXAM, HOSPITAL).first_invalid_version is None


def test_an_institution_that_moves_away_midway_is_left_alone(world: Tree) -> None:
    """Moved to another supervisor between the chunk's read and its write: the chunk is decided again without it."""
    city = world.manager(CITY)
    count_children()
    job_id = made(city, "code", CITY)
    run = job_worker._claim(job_id)
    assert run is not None
    with between_read_and_write(lambda: move(CLINIC, TOWN)):
        assert job_worker._chunk(run) is True
    job = shown(city, job_id)
    assert (job["done"], job["total"]) == (1, 1)
    assert (grant_of(HOSPITAL).status, world.admin.list(TOWN).body["items"][0]["status"]) == ("code_issued", "vacant")


def test_one_institution_goes_as_another_one_comes(world: Tree) -> None:
    """Each institution of a chunk must still be below its supervisor: their number alone would not tell."""
    city = world.manager(CITY)
    count_children()

    def swap() -> None:
        move(CLINIC, TOWN)
        move(FAR, CITY)

    job_id = made(city, "code", CITY)
    run = job_worker._claim(job_id)
    assert run is not None
    with between_read_and_write(swap):
        assert job_worker._chunk(run) is True
    assert shown(city, job_id)["done"] == 2
    assert [grant_of(code).status for code in (HOSPITAL, FAR)] == ["code_issued"] * 2
    assert get(Grant, keys.grant(EXAM, CLINIC)) is None


def test_who_loses_one_authority_of_two_goes_on_with_the_other(world: Tree) -> None:
    """An administrator who manages the city too is dismissed between read and write; then the other way round."""
    administrator = User.new(keys.user(world.manager(CITY).user_id))
    administrator.update(actions=[User.is_administrator.set(True)])
    maker = JobRequest("code", EXAM, CITY, reason="代市卫健委签发")

    def dismiss() -> None:
        administrator.update(actions=[User.is_administrator.set(False)])

    run = job_worker._claim(create_job(administrator.user_id, maker))
    assert run is not None
    with between_read_and_write(dismiss):
        assert job_worker._chunk(run) is True
    administrator.update(actions=[User.is_administrator.set(True)])
    run = job_worker._claim(job_id := create_job(administrator.user_id, maker._replace(kind="revocation")))
    assert run is not None
    with between_read_and_write(lambda: world.admin.revoke(CITY)):
        assert job_worker._chunk(run) is True
    job = get(Job, keys.job(job_id))
    assert job is not None
    assert (job.status, job.done) == ("succeeded", 2)


def test_no_chunk_is_larger_than_a_transaction(world: Tree) -> None:
    """A hundred writes at most, for full chunks with something skipped at their end."""
    city = world.manager(CITY)
    add_children(CITY, 62)
    sizes: list[int] = []

    def note(params: Any, **_: Any) -> None:
        sizes.append(len(json.loads(params["body"])["TransactItems"]))

    world.manager(CLINIC)
    for kind in ("code", "revocation"):
        job_id = made(city, kind, CITY)
        waiting()
        with Fault(connection().connection.client, "before-call.dynamodb.TransactWriteItems", note):
            job_worker.work_off(job_id, lambda: 300.0)
    # Each with the job, the maker and the supervisor; codes with the business too.
    fullest = {
        2 * job_worker.per_chunk("code", top=False) + 4,
        3 * job_worker.per_chunk("revocation", top=False) + 3,
    }
    assert fullest <= set(sizes)
    assert max(fullest) + 2 <= 100
    assert max(sizes) <= 100


def count_children() -> None:
    """What the directory would have counted, and claimed, when the institutions began."""
    from functions.institutions import directory
    from functions.shared.table.institutions import Claim

    counts = {CITY: [2, 0, 0, 0, 0], TOWN: [1, 0, 0, 0, 0], PROVINCE: [0, 2, 0, 0, 0]}
    for code in (*counts, CLINIC, FAR):
        Institution.new(keys.institution(code)).update(actions=[Institution.children.set(counts.get(code, [0] * 5))])
    for code in (CLINIC, FAR):
        for key in directory.claim_keys(directory.details_of(institution_of(code))):
            Claim.new(key, status="included", institution_code=code).save()


def institution_of(code: str) -> Institution:
    """An institution as it is."""
    held = get(Institution, keys.institution(code))
    assert held is not None
    return held


def move(code: str, supervisor: str) -> None:
    """Move an institution, under a name of its own."""
    from functions.institutions import details, directory

    held = institution_of(code)
    wanted = details.Details(f"机构{code}", supervisor, held.category, held.credit_code, held.region_code)
    directory.amend(code, wanted, actor="test")


def test_a_dismissed_administrators_codes_are_issued_again(world: Tree) -> None:
    """By a bulk job, and by an assistant at once, as a code of a revoked superior is; an export does not tell them."""
    city = world.manager(CITY)
    helper = world.assistant(city, CITY)
    other = someone(world.http, administrator=True)
    dead = {code: other.issue(code).body["grant_code"] for code in (HOSPITAL, CLINIC)}
    assert skipped(outcome(city, "code", CITY)) == dict.fromkeys((HOSPITAL, CLINIC), "CODE_ISSUED")
    assert helper.issue(HOSPITAL).code == "REISSUE_LIMIT"
    User.new(keys.user(other.user_id)).update(actions=[User.is_administrator.set(False)])
    assert {one["grant_code"] for one in city.list(CITY).body["items"]} == {None}
    assert helper.issue(HOSPITAL).status == 201
    job = outcome(city, "code", CITY)
    assert (job["done"], skipped(job)) == (1, {HOSPITAL: "CODE_ISSUED"})
    person = world.person()
    wanted = {"purpose": "grant_redemption", "grant_code": dead[CLINIC]}
    assert person.phone.post("/identity/face-checks", wanted).code == "GRANT_CODE_INVALID"
    codes = {one["institution"]["institution_code"]: one["grant_code"] for one in city.list(CITY).body["items"]}
    assert person.redeem(codes[CLINIC]).status == 201


def between_read_and_write(happens: Any) -> Fault:
    """Let something happen once, just before the next transaction is sent."""
    left = [happens]

    def happen(**_: Any) -> None:
        if left:
            left.pop()()

    return Fault(connection().connection.client, "before-call.dynamodb.TransactWriteItems", happen)
