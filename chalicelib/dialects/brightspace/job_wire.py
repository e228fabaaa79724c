"""Exports and imports in JSON; names of what the vendor has not are in its style.

Source
------
brightspace 3, 5.3.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from chalicelib.dialects.brightspace.wire import moment
from chalicelib.domain.intake import Report
from chalicelib.domain.job import Job
from chalicelib.domain.upload import Ticket


class ImportJobs(msgspec.Struct):
    """Which imports will run, and for whom none will."""

    ImportJobResultType: str
    SuccessfulJobIds: list[int]
    FailedUserIds: list[int]
    ErrorMessages: list[str]


class UploadTicket(msgspec.Struct):
    """Leave for a direct upload: post `Fields`, then the package as `file`, to `Url`; name `UploadKey` afterwards."""

    UploadKey: str
    Url: str
    Fields: dict[str, str]
    MaxBytes: int
    ExpiresDate: str


class JobProblem(msgspec.Struct):
    """Something left out or changed, and why."""

    Outcome: str
    Reason: str
    Title: str
    Entry: str


class JobDetails(msgspec.Struct):
    """How a job goes or went. `Problems` are the first of `ProblemCount`; `ProblemsUrl` leads to more, if any."""

    Id: int
    Kind: str
    Status: int
    Done: int
    Total: int
    Counts: dict[str, int]
    Problems: list[JobProblem]
    ProblemCount: int
    ProblemsUrl: str | None
    FileName: str | None
    FileSize: int | None
    CreatedDate: str
    StartedDate: str | None
    EndedDate: str | None
    ExpiresDate: str | None


def import_jobs(report: Report) -> ImportJobs:
    """The answer to an import for several users."""
    return ImportJobs(
        ImportJobResultType=report.outcome.value,
        SuccessfulJobIds=[job.id for job in report.jobs],
        FailedUserIds=list(report.refused),
        ErrorMessages=list(report.refused.values()),
    )


def upload_ticket(ticket: Ticket) -> UploadTicket:
    """Leave for a direct upload."""
    return UploadTicket(
        UploadKey=ticket.key,
        Url=ticket.form.url,
        Fields=dict(ticket.form.fields),
        MaxBytes=ticket.max_bytes,
        ExpiresDate=moment(ticket.expires_at),
    )


def job_details(job: Job, problems_url: str | None) -> JobDetails:
    """A job as its owner sees it; `problems_url` leads to all of its problems, one JSON object a line."""
    return JobDetails(
        Id=job.id,
        Kind=job.kind.value,
        Status=int(job.status),
        Done=job.done,
        Total=job.total,
        Counts=dict(job.counts),
        Problems=[JobProblem(one.outcome, one.reason, one.title, one.entry) for one in job.problems],
        ProblemCount=job.problem_count,
        ProblemsUrl=problems_url,
        FileName=job.result.file_name if job.result else None,
        FileSize=job.result.size_bytes if job.result else None,
        CreatedDate=moment(job.created_at),
        StartedDate=_moment(job.started_at),
        EndedDate=_moment(job.ended_at),
        ExpiresDate=moment(job.expires_at) if job.status.terminal else None,
    )


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at else None
