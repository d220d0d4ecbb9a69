"""HTTP of bulk jobs on the console: making, listing and cancelling them, and looking how far they are."""

from typing import Annotated, Literal

import msgspec

from functions.grants import errors
from functions.grants.console_parameters import TOP, Reason, business_in
from functions.grants.jobs import requests as jobs
from functions.grants.jobs import views as job_views
from functions.institutions.domain.codes import parse_institution_code
from functions.shared.admission import CONSOLE
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import FieldError, Forbidden, Invalid, NotFound, Text, TooManyRequests
from functions.shared.guards import console_session
from functions.shared.http import Request
from functions.shared.parsing import PageQuery, ShortText
from functions.shared.vocabulary import JobKind, JobStatus

routes = Blueprint("grants")

MAX_NAMED = 1_000
Institutions = Annotated[list[ShortText], msgspec.Meta(min_length=1, max_length=MAX_NAMED)]


class NewJob(msgspec.Struct):
    """Scope of a job: the supervisor (`root`: institutions at the top) and the institutions, all if none is named."""

    supervisor: ShortText
    institutions: Institutions | None = None
    reason: Reason | None = None


class NewExport(msgspec.Struct):
    """Scope and file format."""

    supervisor: ShortText
    institutions: Institutions | None = None
    format: Literal["csv", "xlsx"] = "csv"
    reason: Reason | None = None


class JobsQuery(PageQuery, kw_only=True):
    """The caller's jobs, in any of these states where some are given."""

    status: Annotated[list[JobStatus], msgspec.Meta(min_length=1, max_length=8)] | None = None


_REFUSALS = (Forbidden, NotFound, TooManyRequests, errors.ReasonRequired)


@routes.add(
    "POST",
    "/console/grants/{business}/code-jobs",
    guard=console_session,
    clients=CONSOLE,
    request_model=NewJob,
    response_model=job_views.JobTicket,
    status=202,
    errors=(*_REFUSALS, errors.BusinessClosed),
)
def issue_codes(request: Request, wanted: NewJob) -> job_views.JobTicket:
    """Issue codes for all vacant grants of the institutions directly below, or of those named."""
    return _create(request, "code", wanted)


@routes.add(
    "POST",
    "/console/grants/{business}/revocation-jobs",
    guard=console_session,
    clients=CONSOLE,
    request_model=NewJob,
    response_model=job_views.JobTicket,
    status=202,
    errors=_REFUSALS,
)
def revoke_unactivated(request: Request, wanted: NewJob) -> job_views.JobTicket:
    """Revoke all issued, not yet activated grants of the institutions directly below, or of those named."""
    return _create(request, "revocation", wanted)


@routes.add(
    "POST",
    "/console/grants/{business}/export-jobs",
    guard=console_session,
    clients=CONSOLE,
    request_model=NewExport,
    response_model=job_views.JobTicket,
    status=202,
    errors=_REFUSALS,
)
def export_grants(request: Request, wanted: NewExport) -> job_views.JobTicket:
    """Write the grants of the institutions directly below, with their codes, to a file."""
    return _create(request, "export", wanted)


@routes.add(
    "GET",
    "/console/jobs/{job_id}",
    guard=console_session,
    clients=CONSOLE,
    etag=True,
    response_model=job_views.JobView,
    errors=(Forbidden, NotFound),
)
def show_job(request: Request) -> job_views.JobView:
    """Return the progress of a job, the first skipped institutions with reasons, and the link to its file."""
    return job_views.job_view(jobs.show_job(request.user_id, request.opaque_id("job_id")), request.localize)


@routes.add(
    "DELETE",
    "/console/jobs/{job_id}",
    guard=console_session,
    clients=CONSOLE,
    status=204,
    errors=(Forbidden, NotFound, errors.JobOver),
)
def cancel_job(request: Request) -> None:
    """Cancel a running job; completed work is kept."""
    jobs.cancel_job(request.user_id, request.opaque_id("job_id"))


@routes.add(
    "GET",
    "/console/jobs",
    guard=console_session,
    clients=CONSOLE,
    request_model=JobsQuery,
    response_model=job_views.JobPage,
    errors=(CursorInvalid,),
)
def list_jobs(request: Request, wanted: JobsQuery) -> job_views.JobPage:
    """List the caller's jobs of the last 30 days, newest first."""
    found, cursor = jobs.list_jobs(request.user_id, wanted.status, wanted.limit, wanted.cursor)
    return job_views.JobPage(job_views.job_summaries(found, request.localize), cursor)


@routes.add(
    "GET",
    "/console/jobs/{job_id}/skipped",
    guard=console_session,
    clients=CONSOLE,
    request_model=PageQuery,
    response_model=job_views.SkippedPage,
    errors=(Forbidden, NotFound, CursorInvalid),
)
def list_skipped(request: Request, wanted: PageQuery) -> job_views.SkippedPage:
    """List the institutions that a job skipped, by code, each with the reason."""
    job_id = request.opaque_id("job_id")
    found, cursor = jobs.list_skipped(request.user_id, job_id, wanted.limit, wanted.cursor)
    return job_views.SkippedPage(job_views.skipped_institutions(found, request.localize), cursor)


def _create(request: Request, kind: JobKind, wanted: NewJob | NewExport) -> job_views.JobTicket:
    supervisor = None if wanted.supervisor == TOP else parse_institution_code(wanted.supervisor)
    if supervisor is None and wanted.supervisor != TOP:
        raise Forbidden
    named = _parsed(wanted.institutions) if wanted.institutions is not None else None
    file_format = wanted.format if isinstance(wanted, NewExport) else None
    described = jobs.JobRequest(kind, business_in(request), supervisor, named, file_format, wanted.reason)
    return job_views.JobTicket(jobs.create_job(request.user_id, described))


def _parsed(institutions: list[str]) -> list[str]:
    """The codes in order, each once. Raises `Invalid`, which names those that cannot be codes."""
    codes = {typed: parse_institution_code(typed) for typed in institutions}
    form = Text("机构编码格式不正确。", "This is not a valid institution code.")
    wrong = [
        FieldError(f"institutions[{place}]", "FORMAT", form)
        for place, typed in enumerate(institutions)
        if codes[typed] is None
    ]
    if wrong:
        raise Invalid(*wrong)
    return sorted({code for code in codes.values() if code is not None})
