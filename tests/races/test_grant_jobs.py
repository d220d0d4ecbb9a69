"""Bulk jobs at once: with redeemers, with each other, delivered to many workers, and killed for good half-way."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import pytest

from functions.grants import face_subjects
from functions.grants.child_store import skips
from functions.grants.history import verify_chain
from functions.grants.jobs import worker as job_worker
from functions.grants.jobs.requests import JobRequest, create_job
from functions.shared import clock
from functions.shared.crockford import format_code
from functions.shared.table import keys
from functions.shared.table.grants import Grant, GrantCode, Job, Role
from functions.shared.table.transactions import get, get_many
from functions.shared.vocabulary import JobKind
from tests.races import use_cases, worker
from tests.races.builders import (
    administrator,
    business,
    institution,
    institutions_below,
    passed_face_check,
    passed_face_checks,
    verified_users,
)
from tests.races.callers import CALLERS, ROUNDS, Callers
from tests.races.trails import events_of

HALF = CALLERS // 2
CHILDREN = 8  # of a race in which every child's code is redeemed by two people
CHUNK = job_worker.per_chunk("code", top=False)
TWO_CHUNKS = CHUNK + 2
MANY = 250 * ROUNDS  # children of the job that is killed: 5,000
MORE = 512 * ROUNDS  # children of a job that is let be: 10,240
REDEEMED = 20  # of them, before it begins, and as many after each death
MAX_S = 900.0


class Superior(NamedTuple):
    """Who makes jobs over the children of one institution, in one business."""

    administrator: str
    business: str
    supervisor: str
    children: list[str]

    def job(self, kind: JobKind) -> str:
        """A new job."""
        return create_job(self.administrator, JobRequest(kind, self.business, self.supervisor, reason="races"))

    def issued(self) -> dict[str, str]:
        """Every child's new code, issued by a job."""
        job_worker.work_off(self.job("code"), _forever)
        return {code: format_code(str(grant.open_code())) for code, grant in self.grants().items()}

    def grants(self) -> dict[str, Grant]:
        """The grants of all children that ever had one."""
        found: dict[str, Grant] = {}
        for start in range(0, len(self.children), 100):
            wanted = (keys.grant(self.business, code) for code in self.children[start : start + 100])
            found |= {item.institution_code: item for item in get_many(*wanted).values() if isinstance(item, Grant)}
        return found

    def subject(self, institution_code: str) -> str:
        """What a face check for redeeming its first code is for."""
        return face_subjects.redemption_subject(self.business, institution_code, 1)

    def events(self, institution_code: str) -> Counter[str]:
        """What happened to a child's grant."""
        return events_of(Grant, keys.grant(self.business, institution_code))


@pytest.fixture(scope="module")
def maker(callers: Callers) -> Superior:
    """An administrator and a business; each round has institutions of its own."""
    return Superior(administrator(), business(), "", [])


def test_redeeming_against_revoking_all(callers: Callers, maker: Superior) -> None:
    """Each code is redeemed by one or revoked by the job, which then says what it skipped; nothing by halves.

    Redeemers come one after the other while the job runs, those of the last child when it is over or seems stuck.
    """
    ends: Counter[str] = Counter()
    for _ in range(ROUNDS):
        here = _fresh(maker, CHILDREN)
        codes = here.issued()
        people = verified_users(HALF)
        wanted = [(user_id, here.children[place % CHILDREN]) for place, user_id in enumerate(people)]
        job_id = here.job("revocation")
        redeems = []
        for user_id, child in wanted:
            late = job_id if child == here.children[-1] else None
            check = passed_face_check(user_id, here.subject(child))
            redeems.append(partial(use_cases.redeem_soon, user_id, codes[child], check, late))
        deliveries = [partial(use_cases.work_off, job_id)] * HALF
        outcomes = callers.race([call for pair in zip(redeems, deliveries, strict=True) for call in pair])
        _come_again(job_id)
        redeemed = {user_id for user_id in outcomes.values if user_id is not None}
        assert set(outcomes.refusals) <= {"GrantTaken", "GrantCodeInvalid", "JobBusy: "}
        job = _over(job_id)
        active = {code for code, grant in here.grants().items() if grant.status == "active"}
        assert {(one.institution_code, one.code) for one in skips(job_id)} == {
            (code, "GRANT_ACTIVE") for code in active
        }
        assert (job.done, job.skipped) == (CHILDREN - len(active), len(active))
        assert {grant.manager_id for grant in here.grants().values()} - {None} == redeemed
        for code in here.children:
            end = "grant_redeemed" if code in active else "grant_revoked"
            assert here.events(code) == {"grant_code_issued": 1, end: 1}
            ends[end] += 1
        _roles_are_whole(here, people)
    assert set(ends) == {"grant_redeemed", "grant_revoked"}


def test_one_worker_at_a_time(callers: Callers, maker: Superior) -> None:
    """A message delivered to everybody at once is worked off by one; every grant changes once."""
    for count in range(ROUNDS):
        here = _fresh(maker, TWO_CHUNKS)
        kinds: Sequence[JobKind] = ("code", "revocation") if count % 2 else ("code",)
        for kind in kinds:
            job_id = here.job(kind)
            outcomes = callers.race([partial(use_cases.work_off, job_id)] * CALLERS)
            assert set(outcomes.refusals) <= {"JobBusy: "}
            assert outcomes.values
            job = _over(job_id)
            assert (job.done, job.skipped) == (len(here.children), 0)
            assert events_of(Job, keys.job(job_id)) == {"job_created": 1, "job_started": 1, "job_finished": 1}
        changes = {"grant_code_issued": 1, "grant_revoked": 1} if len(kinds) > 1 else {"grant_code_issued": 1}
        assert [here.events(code) for code in here.children] == [changes] * len(here.children)
        assert {int(grant.epoch) for grant in here.grants().values()} == {len(kinds)}


def test_two_jobs_over_the_same_children(callers: Callers, maker: Superior) -> None:
    """Each grant is issued by one of them and skipped by the other."""
    for _ in range(ROUNDS):
        here = _fresh(maker, TWO_CHUNKS)
        ids = [here.job("code"), here.job("code")]
        outcomes = callers.race([partial(use_cases.work_off, job_id) for job_id in ids] * HALF)
        assert set(outcomes.refusals) <= {"JobBusy: "}
        for job_id in ids:
            _come_again(job_id)
        first, second = (_over(job_id) for job_id in ids)
        assert first.done + second.done == len(here.children)
        skipped = [one for job_id in ids for one in skips(job_id)]
        assert {one.code for one in skipped} <= {"CODE_ISSUED"}
        assert len(skipped) == len(here.children)
        assert all(here.events(code) == {"grant_code_issued": 1} for code in here.children)


def test_a_job_that_is_killed_twice(callers: Callers, maker: Superior) -> None:
    """`kill -9` at a third and at two thirds, delivered twice after each: every grant is revoked, or skipped with why.

    Some were redeemed before and some in between. A rerun changes nothing.
    """
    here = _fresh(maker, MANY)
    codes = here.issued()
    assert len(codes) == MANY
    late = MANY - 3 * REDEEMED  # those behind it are redeemed while the job lies dead
    redeemed = _redeem(here, codes, here.children[: late : late // REDEEMED])

    job_id = here.job("revocation")
    first = worker.started(job_id)
    _wait(lambda: _job(job_id).done > MANY // 3)
    first.kill()
    assert first.wait() == -9
    assert _job(job_id).status == "running"
    redeemed |= _redeem(here, codes, here.children[MANY - REDEEMED :])
    for part in (2, 3):
        _let_the_lease_run_out(job_id)
        twice = [worker.started(job_id), worker.started(job_id)]
        if part == 2:
            _wait(lambda: _job(job_id).done > MANY * 2 // 3)
            for process in twice:
                process.kill()
            assert [process.wait() for process in twice].count(-9) >= 1
            redeemed |= _redeem(here, codes, here.children[late : late + REDEEMED])
        else:
            _wait(lambda: _job(job_id).status == "succeeded")
            assert sorted(process.wait(MAX_S) for process in twice) in ([0, 0], [0, 1])

    job = _over(job_id)
    assert {one.institution_code: one.code for one in skips(job_id)} == dict.fromkeys(redeemed, "GRANT_ACTIVE")
    assert (job.total, job.done, job.skipped) == (MANY, MANY - len(redeemed), len(redeemed))
    after = here.grants()
    # The version counts the events: issued, and then revoked or redeemed, once.
    stands = Counter((grant.status, int(grant.epoch), int(grant.version)) for grant in after.values())
    assert stands == {("vacant", 2, 2): job.done, ("active", 1, 2): len(redeemed)}
    assert all((code in redeemed) == (grant.status == "active") for code, grant in after.items())
    assert events_of(Job, keys.job(job_id)) == {"job_created": 1, "job_started": 3, "job_finished": 1}
    for code in here.children[:: MANY // 100]:
        assert verify_chain(here.business, code) == (2, None)

    again = here.job("revocation")
    job_worker.work_off(again, _forever)
    assert (_over(again).done, _over(again).skipped) == (0, MANY)
    assert here.grants().keys() == after.keys()
    assert all(grant.chain_hash == after[code].chain_hash for code, grant in here.grants().items())


def test_ten_thousand_codes(callers: Callers, maker: Superior) -> None:
    """Issued by one job, each once, in as many transactions as there are chunks."""
    here = _fresh(maker, MORE)
    job_id, began = here.job("code"), time.monotonic()
    job_worker.work_off(job_id, _forever)
    took_s = time.monotonic() - began
    job = _over(job_id)
    assert (job.total, job.done, job.skipped) == (MORE, MORE, 0)
    assert int(job.chunk) == math.ceil(MORE / CHUNK)
    stands = Counter((grant.status, int(grant.version)) for grant in here.grants().values())
    assert stands == {("code_issued", 1): MORE}
    print(f"\n{MORE} codes in {took_s:.0f} s: {job.chunk} chunks, {1_000 * took_s / job.chunk:.0f} ms each")  # noqa: T201


def _fresh(maker: Superior, count: int) -> Superior:
    """Somebody else with other institutions: no one may make this many jobs in an hour."""
    supervisor = institution().institution_code
    return Superior(administrator(), maker.business, supervisor, institutions_below(supervisor, count))


def _redeem(here: Superior, codes: dict[str, str], children: Sequence[str]) -> set[str]:
    """Let somebody new redeem each child's code; the children."""
    people = verified_users(len(children))
    for user_id, child in zip(people, children, strict=True):
        use_cases.redeem(user_id, codes[child], *passed_face_checks([user_id], here.subject(child)))
    return set(children)


def _job(job_id: str) -> Job:
    job = get(Job, keys.job(job_id))
    assert job is not None
    return job


def _over(job_id: str) -> Job:
    """The job, which has succeeded and has a whole trail."""
    job = _job(job_id)
    assert (job.status, job.lease) == ("succeeded", None)
    assert events_of(Job, job.key)["job_finished"] == 1
    return job


def _come_again(job_id: str) -> None:
    """The message as it comes again where the worker gave up: a crowd on a slow machine outlasts its ten tries."""
    if _job(job_id).status != "succeeded":
        _let_the_lease_run_out(job_id)
        job_worker.work_off(job_id, _forever)


def _let_the_lease_run_out(job_id: str) -> None:
    """As if a minute and a half had passed."""
    Job.new(keys.job(job_id)).update(actions=[Job.lease_until.set(clock.now())])


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MAX_S
    while not holds():
        assert time.monotonic() < deadline, "the worker does not get there"
        time.sleep(0.05)


def _roles_are_whole(here: Superior, people: Sequence[str]) -> None:
    """Who is named by a grant has the role, and no one else; a code is there while its grant names it."""
    grants = here.grants()
    wanted = [keys.role(user_id, here.business, code) for user_id in people for code in here.children]
    held: list[Any] = [
        item for start in range(0, len(wanted), 100) for item in get_many(*wanted[start : start + 100]).values()
    ]
    assert {role.institution_code: role.pk for role in held if isinstance(role, Role)} == {
        code: keys.user_partition(grant.manager_id) for code, grant in grants.items() if grant.manager_id is not None
    }
    for grant in grants.values():
        assert (grant.code_fingerprint is None) == (grant.status == "vacant")
        if grant.code_fingerprint is not None:
            item = get(GrantCode, keys.grant_code(grant.code_fingerprint))
            assert item is not None
            assert item.redeemed_by == grant.manager_id


def _forever() -> float:
    return math.inf
