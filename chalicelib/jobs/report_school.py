"""`provisioning_csv` and `sis_export_csv`: the school in SIS files (docs/reports.md).

Both have the same rows; provisioning adds the service's own ids, and what was not made by an SIS. An export has the
columns `sis-import` reads, so that it loads as it was.
"""

from __future__ import annotations

from chalicelib.domain.report import SWITCHES
from chalicelib.jobs.report import Table
from chalicelib.jobs.report_context import Context
from chalicelib.jobs.report_course_files import CourseFiles
from chalicelib.jobs.report_people_files import PeopleFiles
from chalicelib.jobs.run import Aborted


class School(PeopleFiles, CourseFiles):
    """All the files."""


def provisioning(context: Context) -> list[Table]:
    """The files asked for, with the service's ids."""
    return _asked(context, School(context, own=True))


def sis_export(context: Context) -> list[Table]:
    """The files asked for, as `sis-import` reads them."""
    return _asked(context, School(context, own=False))


def _asked(context: Context, school: School) -> list[Table]:
    found = [getattr(school, name)(file) for name, file in SWITCHES.items() if context.on(name)]
    if not found:
        raise Aborted(f"Nothing was asked for: say at least one of {', '.join(SWITCHES)}.")
    return found
