"""Bulk jobs as their maker sees them: made here, worked off by `jobs.worker`, shown with their progress and outcome.

queued ──▶ running ──▶ succeeded | failed | cancelled. The message that starts one is sent after the job is written.
Where it was lost, or its worker died, the next look at the job sends another one.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from functions.grants import authority, child_store, gateways, superior_notices
from functions.grants.child_store import Skipped, SupervisorContext
from functions.grants.domain import next_job_status
from functions.grants.errors import BusinessClosed, JobOver
from functions.grants.store import require_not_closed_in
from functions.shared import audit, clock, cursors, ids
from functions.shared.clients import is_transient
from functions.shared.config import settings
from functions.shared.errors import NotFound, TooManyRequests
from functions.shared.limits import Limit, consume_in
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.grants import Job
from functions.shared.table.pages import PagePosition
from functions.shared.table.transactions import Transaction, retry_on_conflict, update_if
from functions.shared.transitions import InvalidTransition
from functions.shared.vocabulary import JobKind, JobStatus

RETENTION_S = 30 * 86_400
SKIPPED_SHOWN = 20  # with the job itself
UNDER_WAY_S = 30  # how long a message is believed to be on its way
_HOUR_S = 3_600


class JobRequest(NamedTuple):
    """What a job is to do; `institutions` are codes in order, or None for all directly below."""

    kind: JobKind
    business: str
    supervisor_code: str | None
    institutions: Sequence[str] | None = None
    file_format: str | None = None
    reason: str | None = None  # an administrator's, below the top


class Link(NamedTuple):
    """Where the file of an export is fetched from, and until when that works."""

    url: str
    expires_at: datetime


class JobDetails(NamedTuple):
    """A job, the first that it skipped, and the link to its file, None unless there is one to fetch."""

    job: Job
    skipped: list[Skipped]
    link: Link | None


@retry_on_conflict
def _create(caller_id: str, wanted: JobRequest) -> Job:
    context = child_store.supervisor_context(caller_id, wanted.business, wanted.supervisor_code)
    held = authority.over_children(context, caller_id, wanted.supervisor_code, wanted.reason)
    _require_found(context, wanted)
    tx = Transaction()
    authority.require_authority_in(tx, held, wanted.business)
    if wanted.kind == "code":
        require_not_closed_in(tx, wanted.business, BusinessClosed)
    consume_in(tx, Limit("jobs_hour", caller_id, settings().jobs_per_hour, _HOUR_S), TooManyRequests)
    job_id = ids.new_id()
    job = Job.new(
        keys.job(job_id),
        job_id=job_id,
        job_kind=wanted.kind,
        business=wanted.business,
        supervisor_code=wanted.supervisor_code,
        institutions=list(wanted.institutions) if wanted.institutions is not None else None,
        file_format=wanted.file_format,
        made_by=caller_id,
        reason=wanted.reason,
        created_at=clock.now(),
        total=len(wanted.institutions) if wanted.institutions is not None else None,
        lease_until=clock.after(UNDER_WAY_S),
        expires_at=clock.after(RETENTION_S),
        gsi1pk=keys.jobs_of(caller_id),
        gsi1sk=f"{clock.rfc3339(clock.now())}#{job_id}",
    )
    detail = {
        "kind": wanted.kind,
        "business": wanted.business,
        "supervisor": wanted.supervisor_code,
        "named": job.total,
        "format": wanted.file_format,
        **held.detail,
    }
    audit.create(tx, job, "job_created", actor=caller_id, detail=detail)
    concerned = superior_notices.passed_over(held)
    tx.commit()
    superior_notices.notify(concerned, "administrator_acted", actor=caller_id)
    return job


def create_job(caller_id: str, wanted: JobRequest) -> str:
    """The id of a new job, on its way. Two round trips and a message; an administrator's is notified once, here.

    Raises `Forbidden`, `ReasonRequired`, `NotFound` (business or supervisor), `BusinessClosed`, `TooManyRequests`.
    Where the queue does not answer the job is there all the same: its message is sent when the maker looks at it half
    a minute later. Told to come again, they would make a second one.
    """
    job = _create(caller_id, wanted)
    try:
        gateways.send_job(job.job_id)
    except (ClientError, BotoCoreError) as error:
        if not is_transient(error):
            raise
        logger.warning("job_not_sent", job_id=job.job_id, reason=type(error).__name__)
    return job.job_id


def _require_found(context: SupervisorContext, wanted: JobRequest) -> None:
    if context.business is None or (wanted.supervisor_code is not None and context.supervisor is None):
        raise NotFound


def show_job(caller_id: str, job_id: str) -> JobDetails:
    """The job, for its maker while they have the authority that it needs. Two round trips.

    A Query more for what was skipped, two more for a link to its file, one and a message where it is sent again. Each
    link to an export is an audit event of the job. Raises `NotFound` (unknown, or another maker's), `Forbidden`.
    """
    job = _own_job(caller_id, job_id)
    if job.status in {"queued", "running"} and job.lease_until <= clock.now():
        _send_again(job)
    skipped = child_store.skips(job_id, SKIPPED_SHOWN)[0] if job.skipped else []
    return JobDetails(job, skipped, _link(caller_id, job) if job.file_key is not None else None)


def list_jobs(
    caller_id: str, statuses: Collection[JobStatus] | None, limit: int, cursor: str | None
) -> tuple[list[Job], str | None]:
    """Return a page of the caller's own jobs, newest first, and the cursor of the next page. One Query.

    Raises `CursorInvalid`.
    """
    list_name = f"jobs:{caller_id}:{','.join(sorted(statuses or ()))}"
    after = PagePosition(*cursors.decode(list_name, cursor)) if cursor else None
    found, next_key = child_store.jobs_of(caller_id, statuses, limit, after)
    return found, cursors.encode(list_name, list(next_key)) if next_key is not None else None


def list_skipped(caller_id: str, job_id: str, limit: int, cursor: str | None) -> tuple[list[Skipped], str | None]:
    """Return a page of the institutions that a job skipped, by code, and the cursor of the next page.

    Raises `NotFound` (unknown, or another maker's), `Forbidden`, `CursorInvalid`.
    """
    job = _own_job(caller_id, job_id)
    list_name = f"skipped:{job_id}"
    place = cursors.decode(list_name, cursor) if cursor else None
    after = (place[0], int(place[1])) if place is not None else None
    found, next_key = child_store.skips(job_id, limit, after) if job.skipped else ([], None)
    return found, cursors.encode(list_name, [next_key[0], str(next_key[1])]) if next_key is not None else None


@retry_on_conflict
def cancel_job(caller_id: str, job_id: str) -> None:
    """End a job before its time: what it has done stays, and its worker stops. Three round trips.

    Raises `NotFound` (unknown, or another maker's), `Forbidden`, `JobOver`.
    """
    job = _own_job(caller_id, job_id)
    try:
        status = next_job_status(job.status, "cancel")
    except InvalidTransition as error:
        raise JobOver from error
    over = [Job.status.set(status), Job.finished_at.set(clock.now()), Job.lease.remove()]
    under_way = (Job.status == job.status) & (Job.chunk == job.chunk)
    tx = Transaction()
    detail = {"done": int(job.done), "skipped": int(job.skipped)}
    audit.change(tx, job, over, "job_cancelled", actor=caller_id, detail=detail, condition=under_way)
    tx.commit()


def _own_job(caller_id: str, job_id: str) -> Job:
    """The job, for its maker while they have the authority that it needs. Raises `NotFound`, `Forbidden`."""
    found = child_store.job(job_id)
    if found is None or found.made_by != caller_id:
        raise NotFound
    now, context = child_store.job_and_context(found)
    authority.require_view_of_children(context, caller_id)
    return now or found


def _send_again(job: Job) -> None:
    """No one is at work, and no message seems to be on its way: one look in thirty seconds sends another one."""
    seen = (Job.lease_until == job.lease_until) & Job.status.is_in("queued", "running")
    if update_if(Job.new(job.key), [Job.lease_until.set(clock.after(UNDER_WAY_S)), Job.lease.remove()], seen):
        logger.warning("job_sent_again", job_id=job.job_id)
        gateways.send_job(job.job_id)


@retry_on_conflict
def _link(caller_id: str, seen: Job) -> Link | None:
    job, context = child_store.job_and_context(seen)
    if job is None or job.file_until <= clock.now():
        return None
    held = authority.over_children(context, caller_id, job.supervisor_code, job.reason)
    tx = Transaction()
    authority.require_authority_in(tx, held, job.business)
    audit.change(tx, job, [], "export_link_issued", actor=caller_id)
    tx.commit()
    day = f"{job.created_at.astimezone(clock.SHANGHAI):%Y%m%d-%H%M}"
    url = gateways.export_link(str(job.file_key), f"授权码-{job.business}-{day}.{job.file_format}")
    return Link(url, clock.after(settings().export_link_s))
