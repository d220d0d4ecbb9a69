"""What the console is answered about bulk jobs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from functions.grants import display_names
from functions.grants.child_store import Skipped
from functions.grants.domain import JobFailureCode, SkipCode, is_over
from functions.grants.errors import BusinessClosed, GrantActive, GrantVacant, ReasonRequired
from functions.grants.jobs.requests import JobDetails
from functions.institutions.summaries import Supervisor
from functions.shared.errors import Forbidden, Text
from functions.shared.parsing import Url
from functions.shared.table.grants import Job
from functions.shared.vocabulary import JobKind, JobStatus

POLL_AFTER_S = 2


class JobTicket(msgspec.Struct):
    """A bulk job that was started."""

    job_id: str


class BusinessRef(msgspec.Struct):
    """A business by its code and name."""

    business: str
    name: str


class SkippedInstitution(msgspec.Struct):
    """An institution that a job left as it was, and why."""

    institution_code: str
    institution: Supervisor
    code: SkipCode
    detail: str


class SkippedPage(msgspec.Struct):
    """A page of the institutions that a job left as they were, by code."""

    items: list[SkippedInstitution]
    next_cursor: str | None


class JobFailure(msgspec.Struct):
    """Why a job ended early; completed work is kept."""

    code: JobFailureCode
    detail: str


class JobSummary(msgspec.Struct, kw_only=True):
    """A bulk job over the institutions directly below `supervisor` (null: those at the top).

    Of `total` institutions, which is null until they are counted, `done` are dealt with and `skipped_count` left as
    they are. `poll_after_s` is null once the job is over. The file of an export is there until `file_kept_until`.
    """

    job_id: str
    kind: JobKind
    status: JobStatus
    business: BusinessRef
    supervisor: Supervisor | None
    total: int | None
    done: int
    skipped_count: int
    created_at: datetime
    finished_at: datetime | None
    failure: JobFailure | None
    file_kept_until: datetime | None
    poll_after_s: int | None


class JobView(JobSummary, kw_only=True):
    """A bulk job with the first 20 that it skipped, and a link to the file of an export."""

    skipped: list[SkippedInstitution]
    download_url: Url | None
    download_expires_at: datetime | None


class JobPage(msgspec.Struct):
    """A page of the caller's bulk jobs, newest first."""

    items: list[JobSummary]
    next_cursor: str | None


_FAILURES: Mapping[JobFailureCode, Text] = {
    "FORBIDDEN": Forbidden.text,
    "REASON_REQUIRED": ReasonRequired.text,
    "BUSINESS_CLOSED": BusinessClosed.text,
}
_SKIPS: Mapping[SkipCode, Text] = {
    "NOT_BELOW": Text("该机构不是直接下级机构。", "This institution is not directly below the supervisor."),
    "CODE_ISSUED": Text("已有有效的授权码，未重新签发。", "It already has a valid code. No new code was issued."),
    "GRANT_ACTIVE": GrantActive.text,
    "GRANT_VACANT": GrantVacant.text,
    "REISSUE_LIMIT": Text(
        "授权码签发不久，辅助管理员暂不能重新签发，请稍后再试或由业务负责人办理。",
        "Its code was issued a short time ago. Try again later, or ask the manager to issue a new one.",
    ),
}


def job_summaries(jobs: Sequence[Job], localize: Callable[[Text], str]) -> list[JobSummary]:
    """Jobs, in the caller's language. At most one read for names that are not remembered."""
    found = _names_of(jobs)
    return [JobSummary(**_common(job, found, localize)) for job in jobs]


def job_view(shown: JobDetails, localize: Callable[[Text], str]) -> JobView:
    """A job, in the caller's language. At most one read for names that are not remembered."""
    found = _names_of([shown.job], [one.institution_code for one in shown.skipped])
    return JobView(
        **_common(shown.job, found, localize),
        skipped=_skipped(shown.skipped, found, localize),
        download_url=shown.link.url if shown.link is not None else None,
        download_expires_at=shown.link.expires_at if shown.link is not None else None,
    )


def skipped_institutions(skipped: Sequence[Skipped], localize: Callable[[Text], str]) -> list[SkippedInstitution]:
    """What a job skipped, in the caller's language. At most one read for names that are not remembered."""
    return _skipped(skipped, _names_of([], [one.institution_code for one in skipped]), localize)


def _names_of(jobs: Sequence[Job], institutions: Sequence[str] = ()) -> display_names.Names:
    above = [job.supervisor_code for job in jobs if job.supervisor_code is not None]
    return display_names.find_names((job.business for job in jobs), (), [*above, *institutions])


def _common(job: Job, found: display_names.Names, localize: Callable[[Text], str]) -> dict[str, Any]:
    supervisor = _ref(job.supervisor_code, found) if job.supervisor_code is not None else None
    return {
        "job_id": job.job_id,
        "kind": job.job_kind,
        "status": job.status,
        "business": BusinessRef(job.business, found.business(job.business).name),
        "supervisor": supervisor,
        "total": int(job.total) if job.total is not None else None,
        "done": int(job.done),
        "skipped_count": int(job.skipped),
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "failure": _failure(job.failure, localize) if job.failure is not None else None,
        "file_kept_until": job.file_until,
        "poll_after_s": None if is_over(job.status) else POLL_AFTER_S,
    }


def _skipped(
    skipped: Sequence[Skipped], found: display_names.Names, localize: Callable[[Text], str]
) -> list[SkippedInstitution]:
    return [
        SkippedInstitution(
            one.institution_code, _ref(one.institution_code, found), one.code, localize(_SKIPS[one.code])
        )
        for one in skipped
    ]


def _ref(code: str, found: display_names.Names) -> Supervisor:
    return Supervisor(code, found.institution(code).name)


def _failure(stored: str, localize: Callable[[Text], str]) -> JobFailure:
    """A failure in words. Raises `KeyError` for a code that no job ends with."""
    code = cast("JobFailureCode", stored)
    return JobFailure(code, localize(_FAILURES[code]))
