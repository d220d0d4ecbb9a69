"""The file of an export job: a row for each institution as it was read, kept under the job and its worker's lease."""

from collections.abc import Collection, Sequence

from functions.grants import gateways
from functions.grants.child_store import ChildGrant
from functions.grants.jobs import export_files
from functions.shared import clock
from functions.shared.crockford import format_code
from functions.shared.table.grants import Grant, Job
from functions.shared.vocabulary import GrantStatus


def row_of(
    business_name: str, child: ChildGrant, superior: Grant | None, dismissed: Collection[str] = ()
) -> export_files.Row:
    """An institution and its grant, as they are handed out: a code that cannot be redeemed is named, not told.

    `superior` is the grant of the institution's supervisor, `dismissed` are administrators who are none any more.
    """
    institution, grant = child.institution, child.grant
    name, category = (institution.name, institution.category) if institution is not None else ("", "")
    if grant is None:
        return export_files.Row(business_name, child.institution_code, name, category, _state("vacant"), "", "", "", "")
    code = grant.open_code()
    supervisor_code = institution.supervisor_code if institution is not None else None
    dead = grant.has_dead_code(supervisor_code, superior, dismissed)
    expired = grant.code_expires_at is not None and grant.code_expires_at <= clock.now()
    return export_files.Row(
        business_name,
        child.institution_code,
        name,
        category,
        export_files.DEAD if dead else export_files.EXPIRED if expired else _state(grant.status),
        format_code(code) if code is not None and not expired and not dead else "",
        export_files.local_time(grant.code_expires_at),
        grant.manager_name_masked or "",
        export_files.local_time(grant.activated_at),
    )


def write_file(job: Job, lease: str, rows: Sequence[export_files.Row]) -> str:
    """Write the file of one worker; its key. Writing it again is harmless."""
    file_format: export_files.FileFormat = "xlsx" if job.file_format == "xlsx" else "csv"
    key = f"exports/{job.job_id}/{lease}.{file_format}"
    gateways.write_export(key, export_files.file_of(rows, file_format), export_files.CONTENT_TYPES[file_format])
    return key


def _state(status: GrantStatus) -> str:
    return export_files.STATES[status]
