"""Jobs: exports and imports, one engine (design 4, brightspace 3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct, field


class JobStatus(IntEnum):
    """JOBSTATUS (brightspace 3): 0 -> 4 -> 1, 2 or 3; a terminal value never changes."""

    QUEUED = 0
    ABORTED = 1
    COMPLETE = 2
    COMPLETE_WITH_ERRORS = 3
    PROCESSING = 4

    @property
    def terminal(self) -> bool:
        """Whether the job has ended."""
        return self in (JobStatus.ABORTED, JobStatus.COMPLETE, JobStatus.COMPLETE_WITH_ERRORS)


class JobKind(StrEnum):
    """What a job does. An id of one kind is unknown to the routes of another."""

    EXPORT = "export"
    IMPORT = "import"
    REPORT = "report"
    INSIGHTS = "insights"


class Problem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something a job left out or changed, and why. `outcome` is `left_out`, `degraded` or `aborted`."""

    outcome: str
    reason: str
    title: str = ""
    entry: str = ""


class PackageFile(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A finished package in the bucket."""

    key: str
    file_name: str
    size_bytes: int
    sha256: str = ""


class Job(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A job item.

    `attempts` counts claims since the last progress; the holder of `lease` alone may write until `lease_until`.
    `checkpoint` is what the next worker needs to go on. `problems` holds the first `PROBLEM_LIMIT`
    or, of long ones, `PROBLEM_BYTES`; `problem_count` counts all. After `expires_at` the job is absent to every reader.
    """

    id: int
    kind: JobKind
    owner_id: int
    requested_by: int
    root_account_id: int
    created_at: datetime
    expires_at: datetime
    status: JobStatus = JobStatus.QUEUED
    parameters: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    attempts: int = 0
    lease: str = ""
    lease_until: datetime | None = None
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    result: PackageFile | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    problems_key: str = ""
    """Where the bucket has all problems, one JSON object a line; empty when `problems` holds them all."""
    started_at: datetime | None = None
    ended_at: datetime | None = None


PROBLEM_LIMIT = 200
"""Problems kept on the job item; where there are more, `Job.problems_key` leads to all of them."""
PROBLEM_BYTES = 48 * 1024
"""What they may take of the item: it holds 400 kB, and the ids of an export 340."""
