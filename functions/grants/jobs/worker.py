"""Working off bulk jobs, chunk by chunk: what a chunk changes, counts and skips is one transaction with its cursor.

So a worker may die anywhere, and a message may come twice: anyone who comes next continues where the last transaction
ended. One worker at a time holds the job's lease, which every chunk requires and prolongs. Authority is required by
every chunk again: a maker who was revoked meanwhile ends the job. An export changes nothing, so it begins again with
each worker.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from functions.grants import authority, authority_store, child_store, store
from functions.grants.authority import Authority
from functions.grants.child_store import ChildGrant, Skipped, SupervisorContext
from functions.grants.codes import issue_in, reissue_wait_s
from functions.grants.domain import SKIPS, SkipCode, is_over, next_job_status
from functions.grants.errors import BusinessClosed, ReasonRequired
from functions.grants.gateways import send_job
from functions.grants.jobs import exports as job_exports
from functions.grants.jobs.export_files import Row
from functions.grants.revocation import revoke_in
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.errors import AppError, Forbidden
from functions.shared.observability import logger
from functions.shared.table.grants import GrantCode, Job
from functions.shared.table.transactions import MAX_WRITES, Transaction, retry_on_conflict, update_if
from functions.shared.vocabulary import JobKind

# The writes of one institution: a code's item is written before; a revocation has the code to delete.
_WRITES: dict[JobKind, int] = {"code": 2, "revocation": 3}
# Besides: the job, its event, its skips, and the conditions on the caller, the business and the supervisor.
_WRITES_OF_CHUNK = 6
_READ_AT_ONCE = 50  # an export reads two items for each, 100 at once
NEEDED_S = 60  # for a chunk, whatever has to be tried again: with less time left, the rest is another worker's


class JobBusy(Exception):
    """Another worker holds the job: this message must come again, in case that one dies."""


@dataclass
class JobClaim:
    """The claim of one worker on a job, with the export rows it has gathered; both are lost if it dies."""

    job: Job
    lease: str
    cursor: str | None = None
    rows: list[Row] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def per_chunk(kind: JobKind, *, top: bool) -> int:
    """How many institutions one chunk takes; at the top there is no supervisor, so each has a condition of its own."""
    if kind == "export":
        return _READ_AT_ONCE
    return (MAX_WRITES - _WRITES_OF_CHUNK) // (_WRITES[kind] + top)


def work_off(job_id: str, seconds_left: Callable[[], float]) -> None:
    """Take a job as far as time allows, and send it on where there is more to do. Nothing where it is over.

    Raises `JobBusy`, and `Unavailable` where a chunk cannot be written.
    """
    claim = _claim(job_id)
    if claim is None:
        return
    while not _chunk(claim):
        if claim.job.job_kind != "export" and seconds_left() < NEEDED_S:
            _send_on(claim)
            return


@retry_on_conflict
def _claim(job_id: str) -> JobClaim | None:
    job = child_store.job(job_id)
    if job is None or is_over(job.status):
        return None
    if job.lease is not None and job.lease_until > clock.now():
        raise JobBusy
    lease = ids.new_id()
    actions: list[Any] = [
        Job.status.set(next_job_status(job.status, "start")),
        Job.lease.set(lease),
        Job.lease_until.set(clock.after(settings().job_lease_s)),
    ]
    if job.total is None:
        actions.append(Job.total.set(child_store.count_children(job.supervisor_code)))
    if job.job_kind == "export":
        actions.append(Job.done.set(0))
    tx = Transaction()
    free = Job.lease.does_not_exist() if job.lease is None else Job.lease == job.lease
    detail = {"chunk": int(job.chunk)}
    audit.change(tx, job, actions, "job_started", actor=job.made_by, detail=detail, condition=free)
    tx.commit()
    return JobClaim(job, lease)


def _send_on(claim: JobClaim) -> None:
    """Let go of the job and send a message for the rest; this worker's own message is still there if that fails.

    Whether it was let go is not known for sure where an answer was lost: a message too many changes nothing.
    """
    update_if(Job.new(claim.job.key), [Job.lease.remove()], Job.lease == claim.lease)
    send_job(claim.job.job_id)


@retry_on_conflict
def _chunk(claim: JobClaim) -> bool:
    """Do one chunk; whether the job is over. Raises `JobBusy` when the lease is lost."""
    job, context = child_store.job_and_context(claim.job)
    if job is not None and job.status == "cancelled":
        return True
    if job is None or job.lease != claim.lease:
        raise JobBusy
    try:
        return _gather(claim, job, context) if job.job_kind == "export" else _change(claim, job, context)
    except (Forbidden, ReasonRequired, BusinessClosed) as refusal:
        _fail(claim, job, refusal)
        return True


def _change(claim: JobClaim, job: Job, context: SupervisorContext) -> bool:
    """Issue or revoke the grants of one chunk."""
    held = authority.over_children(context, job.made_by, job.supervisor_code, job.reason)
    tx = Transaction()
    authority.require_authority_in(tx, held, job.business)
    codes, next_cursor = _next_codes(job, job.cursor)
    fitting, skipped, cut_at = _sort(job, context, held, child_store.children(job.business, codes))
    next_cursor = cut_at or next_cursor
    if context.supervisor is not None:
        authority.require_same_children_in(tx, context.supervisor)
    else:
        for child in fitting:
            authority.require_below_in(tx, child.institution_code, job.supervisor_code)
    if job.job_kind == "code":
        store.require_not_closed_in(tx, job.business, BusinessClosed)
        child_store.write_codes([_issue(tx, job, held, child) for child in fitting])
    else:
        for child in fitting:
            if child.grant is not None:
                revoke_in(tx, child.grant, actor=job.made_by, detail=held.detail, job_id=job.job_id)
    child_store.put_skips(tx, job, skipped)
    done, left_out = int(job.done) + len(fitting), int(job.skipped) + len(skipped)
    _move_on(tx, claim, job, next_cursor, done=done, skipped=left_out)
    tx.commit()
    return next_cursor is None


def _gather(claim: JobClaim, job: Job, context: SupervisorContext) -> bool:
    """Read one chunk of an export; with the last one, write its file."""
    held = authority.over_children(context, job.made_by, job.supervisor_code, job.reason)
    tx = Transaction()
    authority.require_authority_in(tx, held, job.business)
    codes, next_cursor = _next_codes(job, claim.cursor)
    fitting, left_out, _ = _sort(job, context, held, child_store.children(job.business, codes))
    business_name = context.business.name if context.business is not None else job.business
    dismissed = _dismissed(fitting)
    rows = [*claim.rows, *(job_exports.row_of(business_name, child, context.grant, dismissed) for child in fitting)]
    skipped = [*claim.skipped, *left_out]
    file: list[Any] = []
    if next_cursor is None:
        child_store.put_skips(tx, job, skipped)
        kept_until = clock.after(settings().export_kept_s)
        file = [Job.file_key.set(job_exports.write_file(job, claim.lease, rows)), Job.file_until.set(kept_until)]
    _move_on(tx, claim, job, next_cursor, done=len(rows), skipped=len(skipped), file=file)
    tx.commit()
    claim.rows, claim.skipped, claim.cursor = rows, skipped, next_cursor
    return next_cursor is None


def _move_on(  # noqa: PLR0913 - a chunk ends with these
    tx: Transaction,
    claim: JobClaim,
    job: Job,
    next_cursor: str | None,
    *,
    done: int,
    skipped: int,
    file: Sequence[Any] = (),
) -> None:
    """Add to a chunk's transaction how far the job is with it, or that the job is over."""
    actions: list[Any] = [
        Job.chunk.set(int(job.chunk) + 1),
        Job.done.set(done),
        Job.skipped.set(skipped),
        Job.lease_until.set(clock.after(settings().job_lease_s)),
        *file,
    ]
    still_ours = (Job.lease == claim.lease) & (Job.chunk == job.chunk)
    if next_cursor is not None:
        tx.update(job, [*actions, Job.cursor.set(next_cursor)], still_ours)
        return
    over = [
        Job.status.set(next_job_status(job.status, "finish")),
        Job.total.set(done + skipped),
        Job.finished_at.set(clock.now()),
        Job.lease.remove(),
    ]
    counts = {"done": done, "skipped": skipped}
    audit.change(tx, job, [*actions, *over], "job_finished", actor=job.made_by, detail=counts, condition=still_ours)


def _next_codes(job: Job, cursor: str | None) -> tuple[list[str], str | None]:
    """The institutions of the chunk after a cursor, by code, and the cursor after it unless it is the last one."""
    size = per_chunk(job.job_kind, top=job.supervisor_code is None)
    if job.institutions is None:
        return child_store.child_codes(job.supervisor_code, size, cursor)
    left = [code for code in job.institutions if cursor is None or code > cursor]
    return left[:size], left[size - 1] if len(left) > size else None


class _Sorted(NamedTuple):
    """The children of a chunk whose grants fit the job, the others, and where the chunk ends early, or None."""

    fitting: list[ChildGrant]
    skipped: list[Skipped]
    cut_at: str | None


def _sort(job: Job, context: SupervisorContext, held: Authority, children: Sequence[ChildGrant]) -> _Sorted:
    """Those whose grant fits the job, as many as one transaction takes, and the others with the reason."""
    fitting: list[ChildGrant] = []
    skipped: list[Skipped] = []
    writes_left = MAX_WRITES - _WRITES_OF_CHUNK
    before: str | None = None
    dismissed = _dismissed(children) if job.job_kind == "code" else set()
    for child in children:
        reason = _reason_to_skip(job, context, held, child, dismissed)
        if reason is None:
            writes_left -= _writes(job, child)
            if writes_left < 0:
                return _Sorted(fitting, skipped, before)
            fitting.append(child)
        else:
            skipped.append(Skipped(child.institution_code, reason))
        before = child.institution_code
    return _Sorted(fitting, skipped, None)


def _writes(job: Job, child: ChildGrant) -> int:
    """What a child takes of a chunk's transaction: one write more for a code that is issued in place of a dead one."""
    if job.job_kind == "export":
        return 0
    replaced = job.job_kind == "code" and child.grant is not None and child.grant.code_fingerprint is not None
    return _WRITES[job.job_kind] + replaced + (job.supervisor_code is None)


def _dismissed(children: Sequence[ChildGrant]) -> set[str]:
    """Who issued open codes of these as an administrator, and is none any more. At most one BatchGetItem."""
    return authority_store.dismissed(child.grant for child in children if child.grant is not None)


def _reason_to_skip(
    job: Job, context: SupervisorContext, held: Authority, child: ChildGrant, dismissed: Collection[str]
) -> SkipCode | None:
    """Why a grant is left as it is. A code whose authority has ended is issued again, as if there were none."""
    if child.institution is None or child.institution.supervisor_code != job.supervisor_code:
        return "NOT_BELOW"
    if child.grant is None:
        return SKIPS[job.job_kind].get("vacant")
    if job.job_kind == "code" and child.grant.has_dead_code(job.supervisor_code, context.grant, dismissed):
        return None
    if job.job_kind == "code" and child.grant.status == "vacant" and reissue_wait_s(child.grant, held):
        return "REISSUE_LIMIT"
    return SKIPS[job.job_kind].get(child.grant.status)


def _issue(tx: Transaction, job: Job, held: Authority, child: ChildGrant) -> GrantCode:
    grant = child.grant or store.vacant_grant(job.business, child.institution_code)
    return issue_in(tx, grant, held, job_id=job.job_id).code_item


def _fail(claim: JobClaim, job: Job, refusal: AppError) -> None:
    """End a job whose maker may not, or whose business is over: what is done stays. Raises `VersionConflict`."""
    tx = Transaction()
    over = [
        Job.status.set(next_job_status(job.status, "fail")),
        Job.failure.set(refusal.code),
        Job.finished_at.set(clock.now()),
        Job.lease.remove(),
    ]
    detail = {"code": refusal.code, "done": int(job.done), "skipped": int(job.skipped)}
    audit.change(tx, job, over, "job_failed", actor=job.made_by, detail=detail, condition=Job.lease == claim.lease)
    tx.commit()
    logger.warning("job_failed", job_id=job.job_id, code=refusal.code)
