"""Account reports: runs, their states, and the types there are (canvas-a 5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from chalicelib.domain.job import PackageFile


class ReportStatus(StrEnum):
    """States of a run (canvas-a 5.2)."""

    CREATED = "created"
    RUNNING = "running"
    COMPILING = "compiling"
    COMPLETE = "complete"
    ERROR = "error"
    ABORTED = "aborted"
    DELETED = "deleted"
    """Only in the answer that deletes it."""


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run. Its id is its job's and its file's; `parameters` are as they were sent.

    `account_path` is that of the account it was asked of, whose subtree its data is about.
    """

    id: int
    type: str
    account_id: int
    account_path: str
    root_account_id: int
    requested_by: int
    created_at: datetime
    expires_at: datetime
    status: ReportStatus = ReportStatus.CREATED
    parameters: dict[str, Any] | None = None
    progress: int = 0
    current_line: int | None = None
    extra_text: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    file: PackageFile | None = None

    @property
    def ended(self) -> bool:
        """Whether no worker will write to it any more."""
        return self.ended_at is not None


class Parameter(Struct, frozen=True):
    """A parameter of a type. `kind`: `term`, `boolean`, `date`, `id` or `text`."""

    description: str
    kind: str = "boolean"
    required: bool = False


class ReportType(Struct, frozen=True, kw_only=True):
    """A type of report."""

    key: str
    title: str
    description: str
    parameters: Mapping[str, Parameter]


TERM = Parameter("Id of the term to look at; all terms where there is none.", kind="term")
DELETED_TOO = Parameter("Deleted objects too.")
COURSE = Parameter("Id of the course to look at.", kind="id")
SWITCHES: Mapping[str, str] = {
    "users": "users.csv",
    "accounts": "accounts.csv",
    "terms": "terms.csv",
    "courses": "courses.csv",
    "sections": "sections.csv",
    "enrollments": "enrollments.csv",
    "xlist": "xlists.csv",
    "admins": "admins.csv",
}
"""The files of a provisioning report and an SIS export, by the parameters that ask for them."""
_FILES = {name: Parameter(f"The file {file}.") for name, file in SWITCHES.items()}
_SIS = {
    "enrollment_term_id": TERM,
    **_FILES,
    "created_by_sis": Parameter("Only what an SIS import made."),
    "include_deleted": DELETED_TOO,
}

TYPES: tuple[ReportType, ...] = (
    ReportType(
        key="course_storage_csv",
        title="Course Storage",
        description="Courses with the bytes of files they store.",
        parameters={"enrollment_term_id": TERM},
    ),
    ReportType(
        key="eportfolio_report_csv",
        title="Eportfolio Report",
        description="ePortfolios of all people of the root account, with their owners.",
        parameters={
            "no_enrollments": Parameter("Only owners without enrollments."),
            "include_deleted": Parameter("Only deleted ePortfolios, in place of active ones."),
        },
    ),
    ReportType(
        key="last_user_access_csv",
        title="Last User Access",
        description="When each person used the service last.",
        parameters={"enrollment_term_id": TERM, "course_id": COURSE, "include_deleted": DELETED_TOO},
    ),
    ReportType(
        key="provisioning_csv",
        title="Provisioning",
        description="The account's people, courses and enrollments with the service's ids and those of the SIS.",
        parameters={
            **_SIS,
            "enrollment_filter": Parameter("Types of enrollment, separated by commas.", kind="text"),
            "enrollment_states": Parameter("States of enrollment, separated by commas.", kind="text"),
        },
    ),
    ReportType(
        key="public_courses_csv",
        title="Public Courses",
        description="Courses that everybody may see.",
        parameters={"enrollment_term_id": TERM},
    ),
    ReportType(
        key="recently_deleted_courses_csv",
        title="Recently Deleted Courses",
        description="Courses that were deleted in the last 30 days.",
        parameters={"enrollment_term_id": TERM},
    ),
    ReportType(
        key="sis_export_csv",
        title="SIS Export",
        description="The account's data in the files of an SIS import, as it would load them again.",
        parameters=_SIS,
    ),
    ReportType(
        key="unpublished_courses_csv",
        title="Unpublished Courses",
        description="Courses that are not published yet.",
        parameters={"enrollment_term_id": TERM},
    ),
    ReportType(
        key="unused_courses_csv",
        title="Unused Courses",
        description="Courses without an enrollment, a syllabus or a file.",
        parameters={"enrollment_term_id": TERM},
    ),
    ReportType(
        key="user_access_tokens_csv",
        title="User Access Tokens",
        description="Access tokens of the account's people, without their secrets.",
        parameters={"include_deleted": DELETED_TOO},
    ),
    ReportType(
        key="zero_activity_csv",
        title="Zero Activity",
        description="Students who have not used the service since they were enrolled, or since a day.",
        parameters={
            "enrollment_term_id": TERM,
            "start_at": Parameter("First day that counts.", kind="date"),
            "course_id": COURSE,
        },
    ),
)
"""What can be filled from our data, by title."""
BY_KEY: Mapping[str, ReportType] = {one.key: one for one in TYPES}
