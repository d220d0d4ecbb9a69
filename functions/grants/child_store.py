"""Reads of the grants below one institution, many at once, and of the bulk jobs over them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from functions.grants.domain import SkipCode
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import Item, connection
from functions.shared.table.grants import Business, Grant, GrantCode, Job, JobSkips
from functions.shared.table.institutions import Institution
from functions.shared.table.pages import PagePosition
from functions.shared.table.transactions import Transaction, get, get_many
from functions.shared.vocabulary import JobStatus

_FILTERED_AT_ONCE = 500  # jobs that are looked at for those in some states


class Skipped(NamedTuple):
    """An institution that a job left as it was, and why."""

    institution_code: str
    code: SkipCode


class SupervisorContext(NamedTuple):
    """What a change to the children of one institution stands on; each None when it is not there."""

    caller: User | None
    business: Business | None
    supervisor: Institution | None
    grant: Grant | None  # the supervisor's


class ChildGrant(NamedTuple):
    """An institution as it is now, wherever it belongs, and its grant, None where nothing was ever issued."""

    institution_code: str
    institution: Institution | None
    grant: Grant | None


def supervisor_context(caller_id: str, business_code: str, supervisor_code: str | None) -> SupervisorContext:
    """Read the context in one BatchGetItem."""
    return _supervisor_context(
        get_many(*_context_keys(caller_id, business_code, supervisor_code)), business_code, supervisor_code
    )


def job_and_context(job: Job) -> tuple[Job | None, SupervisorContext]:
    """The job as it is now, and what it stands on. One BatchGetItem."""
    found = get_many(job.key, *_context_keys(job.made_by, job.business, job.supervisor_code))
    now = found.pop(job.key, None)
    return now if isinstance(now, Job) else None, _supervisor_context(found, job.business, job.supervisor_code)


def _context_keys(caller_id: str, business_code: str, supervisor_code: str | None) -> list[keys.Key]:
    wanted = [keys.user(caller_id), keys.business(business_code)]
    if supervisor_code is not None:
        wanted += [keys.institution(supervisor_code), keys.grant(business_code, supervisor_code)]
    return wanted


def _supervisor_context(
    found: dict[keys.Key, Item], business_code: str, supervisor_code: str | None
) -> SupervisorContext:
    caller = next((item for item in found.values() if isinstance(item, User)), None)
    business, place = found.get(keys.business(business_code)), found.get(keys.institution(supervisor_code or ""))
    held = found.get(keys.grant(business_code, supervisor_code or ""))
    return SupervisorContext(
        caller,
        business if isinstance(business, Business) else None,
        place if isinstance(place, Institution) else None,
        held if isinstance(held, Grant) else None,
    )


def job(job_id: str) -> Job | None:
    """The job. One read."""
    return get(Job, keys.job(job_id))


def jobs_of(
    user_id: str, statuses: Collection[JobStatus] | None, limit: int, after: PagePosition | None
) -> tuple[list[Job], PagePosition | None]:
    """A page of the jobs that a user made, newest first, in any of these states, and where the next page begins.

    One Query, which reads on where few of them are in these states.
    """
    start = None
    if after is not None:
        place = {"pk": after.pk, "sk": after.sk, "gsi1pk": keys.jobs_of(user_id), "gsi1sk": after.gsi1sk}
        start = {name: {"S": value} for name, value in place.items()}
    found = Item.gsi1.query(
        keys.jobs_of(user_id),
        filter_condition=Job.status.is_in(*statuses) if statuses is not None else None,
        scan_index_forward=False,
        limit=limit,
        page_size=limit if statuses is None else _FILTERED_AT_ONCE,
        last_evaluated_key=start,
    )
    jobs = [item for item in found if isinstance(item, Job)]
    last: Any = found.last_evaluated_key
    next_key = PagePosition(last["pk"]["S"], last["sk"]["S"], last["gsi1sk"]["S"]) if last is not None else None
    return jobs, next_key


def put_skips(tx: Transaction, job: Job, skipped: Sequence[Skipped]) -> None:
    """Keep what the next chunk of a job skips, if anything, as long as the job is kept."""
    if skipped:
        key = keys.job_skips(job.job_id, int(job.chunk) + 1)
        tx.create(JobSkips.new(key, skipped=[list(one) for one in skipped], expires_at=job.expires_at))


def skips(
    job_id: str, limit: int, after: tuple[str, int] | None = None
) -> tuple[list[Skipped], tuple[str, int] | None]:
    """A page of what a job skipped, by code, and where the next one begins: a chunk's key and how many were read of it.

    One Query for each MB of chunks.
    """
    key = keys.job_skips(job_id, 0)
    chunk, offset = after if after is not None else (keys.JOB_SKIPS_PREFIX, 0)
    found = JobSkips.query(key.pk, JobSkips.sk >= chunk, consistent_read=True)
    skipped: list[Skipped] = []
    for item in found:
        begin = offset if item.sk == chunk else 0
        for place, one in enumerate(item.skipped[begin:], start=begin):
            if len(skipped) == limit:
                return skipped, (item.sk, place)
            skipped.append(Skipped(*one))
    return skipped, None


def count_children(supervisor_code: str | None) -> int:
    """How many institutions are directly below one. One Query for each MB."""
    return int(Item.gsi1.count(keys.children(supervisor_code)))


def child_codes(supervisor_code: str | None, limit: int, after: str | None) -> tuple[list[str], str | None]:
    """The codes of a page of them, in order, and the last one unless there are no more. One Query of the index."""
    below = keys.children(supervisor_code)
    start = None
    if after is not None:
        place = {**keys.institution(after)._asdict(), "gsi1pk": below, "gsi1sk": after}
        start = {name: {"S": value} for name, value in place.items()}
    page = connection().query(
        below, index_name="gsi1", limit=limit, exclusive_start_key=start, attributes_to_get=["gsi1sk"]
    )
    codes = [item["gsi1sk"]["S"] for item in page["Items"]]
    return codes, codes[-1] if "LastEvaluatedKey" in page and codes else None


def children(business_code: str, institution_codes: Sequence[str]) -> list[ChildGrant]:
    """Up to 50 institutions, in this order, with their grants, by consistent reads. At most one BatchGetItem."""
    places = {code: keys.institution(code) for code in institution_codes}
    grants = {code: keys.grant(business_code, code) for code in institution_codes}
    found = get_many(*places.values(), *grants.values()) if institution_codes else {}
    read = []
    for code in institution_codes:
        place, held = found.get(places[code]), found.get(grants[code])
        read.append(
            ChildGrant(
                code, place if isinstance(place, Institution) else None, held if isinstance(held, Grant) else None
            )
        )
    return read


def write_codes(codes: Iterable[GrantCode]) -> None:
    """Write code items that no grant names yet. One BatchWriteItem for each 25."""
    with GrantCode.batch_write() as batch:
        for code in codes:
            batch.save(code)
