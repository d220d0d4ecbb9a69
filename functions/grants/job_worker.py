"""Working off bulk jobs, chunk by chunk: what a chunk changes, counts and skips is one transaction with its cursor.

So a worker may die anywhere, and a message may come twice: whoever comes next goes on where the last transaction ended.
One worker at a time holds the job's lease, which every chunk demands and prolongs. Authority is demanded by every chunk
again: a maker who was revoked meanwhile ends the job.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from functions.grants import authority, export_files, gateways, job_store, store
from functions.grants.codes import issue_in
from functions.grants.domain import SKIPS, JobKind, next_job_status
from functions.grants.errors import BusinessClosed
from functions.grants.job_store import Child, Skipped, Stand
from functions.grants.revocation import revoke_in
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.crockford import in_fours
from functions.shared.errors import AppError, Forbidden
from functions.shared.observability import logger
from functions.shared.table.grants import GrantCode, Job
from functions.shared.table.transactions import Stale, Transaction, decide_again, update_if

# Institutions of one chunk: 100 writes less those of the job, its skips, an event of it and three conditions; 2 for
# each code (its item is written before), 3 for each revocation. An export reads two items for each, 100 at once.
PER_CHUNK: dict[JobKind, int] = {"code": 47, "revocation": 31, "export": 50}
LEASE_S = 90
NEEDED_S = 60  # for a chunk, whatever has to be tried again: with less time left, the rest is another worker's


class JobBusy(Exception):
    """Another worker holds the job: this message must come again, in case that one dies."""


class Run(NamedTuple):
    """One worker's hold of a job; `rows` are an export's, which has nothing to go on from when its worker dies."""

    job: Job
    lease: str
    rows: list[export_files.Row]


def work_off(job_id: str, seconds_left: Callable[[], float]) -> None:
    """Take a job as far as time allows, and send it on where there is more to do. Nothing where it is over.

    Raises `JobBusy`, and `Unavailable` where a chunk cannot be written.
    """
    run = _claim(job_id)
    if run is None:
        return
    while not _chunk(run):
        if run.job.job_kind != "export" and seconds_left() < NEEDED_S:
            _send_on(run)
            return


@decide_again
def _claim(job_id: str) -> Run | None:
    job = job_store.job(job_id)
    if job is None or job.status in {"succeeded", "failed"}:
        return None
    if job.lease is not None and job.lease_until > clock.now():
        raise JobBusy
    lease = ids.new_id()
    actions: list[Any] = [
        Job.status.set(next_job_status(job.status, "start")),
        Job.lease.set(lease),
        Job.lease_until.set(clock.after(LEASE_S)),
    ]
    if job.total is None:
        actions.append(Job.total.set(job_store.count_children(job.supervisor_code)))
    if job.job_kind == "export":
        actions += [Job.done.set(0), Job.cursor.remove()]
    tx = Transaction()
    free = Job.lease.does_not_exist() if job.lease is None else Job.lease == job.lease
    detail = {"chunk": int(job.chunk)}
    audit.change(tx, job, actions, "job_started", actor=job.made_by, detail=detail, condition=free)
    tx.commit()
    return Run(job, lease, [])


def _send_on(run: Run) -> None:
    """Let go of the job and send a message for the rest; this worker's own message is still there if that fails."""
    if update_if(Job.new(run.job.key), [Job.lease.remove()], Job.lease == run.lease):
        gateways.send_job(run.job.job_id)


@decide_again
def _chunk(run: Run) -> bool:
    """Do one chunk; whether the job is over. Raises `JobBusy` when the lease is lost."""
    job, stand = job_store.job_and_stand(run.job)
    if job is None or job.lease != run.lease:
        raise JobBusy
    try:
        return _do_chunk(run, job, stand)
    except (Forbidden, BusinessClosed) as refusal:
        _fail(run, job, refusal)
        return True


def _do_chunk(run: Run, job: Job, stand: Stand) -> bool:
    tx = Transaction()
    authority.demand_over_children(tx, stand, job.made_by)
    if job.job_kind == "code":
        store.demand_not_closed(tx, job.business, BusinessClosed)
    codes, following = _next_codes(job)
    fitting, skipped = _sort(job, job_store.children(job.business, codes))
    rows: list[export_files.Row] = []
    if job.job_kind == "code":
        job_store.write_codes([_issue(tx, job, child) for child in fitting])
    elif job.job_kind == "revocation":
        for child in fitting:
            if child.grant is not None:
                revoke_in(tx, child.grant, actor=job.made_by, job_id=job.job_id)
    else:
        rows = [_row(stand, child) for child in fitting]
    job_store.put_skips(tx, job, skipped)
    done, left_out = int(job.done) + len(fitting), int(job.skipped) + len(skipped)
    actions: list[Any] = [
        Job.chunk.set(int(job.chunk) + 1),
        Job.done.set(done),
        Job.skipped.set(left_out),
        Job.lease_until.set(clock.after(LEASE_S)),
    ]
    still_ours = (Job.lease == run.lease) & (Job.chunk == job.chunk)
    if following is not None:
        tx.update(job, [*actions, Job.cursor.set(following)], still_ours)
    else:
        if job.job_kind == "export":
            actions += _write_file(run, [*run.rows, *rows])
        _finish(tx, job, [*actions, Job.total.set(done + left_out)], still_ours, {"done": done, "skipped": left_out})
    tx.commit()
    run.rows.extend(rows)
    return following is None


def _next_codes(job: Job) -> tuple[list[str], str | None]:
    """The institutions of the next chunk, by code, and the cursor after it unless it is the last one."""
    size = PER_CHUNK[job.job_kind]
    if job.institutions is None:
        return job_store.child_codes(job.supervisor_code, size, job.cursor)
    left = [code for code in job.institutions if job.cursor is None or code > job.cursor]
    return left[:size], left[size - 1] if len(left) > size else None


def _sort(job: Job, children: Sequence[Child]) -> tuple[list[Child], list[Skipped]]:
    """Those whose grant fits the job, and the others with the reason."""
    fitting: list[Child] = []
    skipped: list[Skipped] = []
    for child in children:
        if child.institution is None or child.institution.supervisor_code != job.supervisor_code:
            skipped.append(Skipped(child.institution_code, "NOT_BELOW"))
            continue
        reason = SKIPS[job.job_kind].get(child.grant.status if child.grant is not None else "vacant")
        if reason is None:
            fitting.append(child)
        else:
            skipped.append(Skipped(child.institution_code, reason))
    return fitting, skipped


def _issue(tx: Transaction, job: Job, child: Child) -> GrantCode:
    grant = child.grant or store.vacant_grant(job.business, child.institution_code)
    return issue_in(tx, grant, job.supervisor_code, actor=job.made_by, job_id=job.job_id).code_item


def _row(stand: Stand, child: Child) -> export_files.Row:
    institution, grant = child.institution, child.grant
    business = stand.business.name if stand.business is not None else ""
    name, category = (institution.name, institution.category) if institution is not None else ("", "")
    if grant is None:
        state = export_files.STATES["vacant"]
        return export_files.Row(business, child.institution_code, name, category, state, "", "", "", "")
    expired = grant.code_expires_at is not None and grant.code_expires_at <= clock.now()
    return export_files.Row(
        business,
        child.institution_code,
        name,
        category,
        export_files.EXPIRED if expired else export_files.STATES[grant.status],
        in_fours(grant.code) if grant.code is not None and not expired else "",
        export_files.local_time(grant.code_expires_at),
        grant.manager_name_masked or "",
        export_files.local_time(grant.activated_at),
    )


def _write_file(run: Run, rows: Sequence[export_files.Row]) -> list[Any]:
    """Write the export; what the job then says of it."""
    file_format: export_files.FileFormat = "xlsx" if run.job.file_format == "xlsx" else "csv"
    key = f"exports/{run.job.job_id}/{run.lease}.{file_format}"
    gateways.write_export(key, export_files.file_of(rows, file_format), export_files.CONTENT_TYPES[file_format])
    return [Job.file_key.set(key), Job.file_until.set(clock.after(settings().export_kept_s))]


def _finish(tx: Transaction, job: Job, actions: Sequence[Any], still_ours: Any, counts: dict[str, int]) -> None:
    over = [Job.status.set(next_job_status(job.status, "finish")), Job.lease.remove()]
    audit.change(tx, job, [*actions, *over], "job_finished", actor=job.made_by, detail=counts, condition=still_ours)


def _fail(run: Run, job: Job, refusal: AppError) -> None:
    """End a job whose maker may not, or whose business is over: what is done stays. Raises `Stale`."""
    tx = Transaction()
    over = [
        Job.status.set(next_job_status(job.status, "fail")),
        Job.failure.set(refusal.code),
        Job.lease.remove(),
    ]
    detail = {"code": refusal.code, "done": int(job.done), "skipped": int(job.skipped)}
    ours = Job.lease == run.lease
    audit.change(tx, job, over, "job_failed", actor=job.made_by, detail=detail, condition=ours, otherwise=Stale)
    tx.commit()
    logger.warning("job_failed", job_id=job.job_id, code=refusal.code)
