"""Which tables a type of report has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.domain.report import Report
from chalicelib.jobs import report_access, report_courses, report_people, report_school
from chalicelib.jobs.report import Table
from chalicelib.jobs.report_context import Context
from chalicelib.jobs.run import Aborted, Run

MAKERS: Mapping[str, Callable[[Context], list[Table]]] = {
    "course_storage_csv": report_courses.storage,
    "eportfolio_report_csv": report_people.eportfolios,
    "last_user_access_csv": report_access.last_access,
    "provisioning_csv": report_school.provisioning,
    "public_courses_csv": report_courses.public,
    "recently_deleted_courses_csv": report_courses.recently_deleted,
    "sis_export_csv": report_school.sis_export,
    "unpublished_courses_csv": report_courses.unpublished,
    "unused_courses_csv": report_courses.unused,
    "user_access_tokens_csv": report_people.tokens,
    "zero_activity_csv": report_access.zero_activity,
}


def tables(run: Run, report: Report) -> list[Table]:
    """The files of a report. Raises Aborted when nothing was asked for that could be in one."""
    maker = MAKERS.get(report.type)
    if maker is None:
        raise Aborted("This type of report is no longer made.")
    return maker(Context(run, report))
