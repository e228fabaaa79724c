"""Courses in Canvas's shape.

Source
------
canvas-b 4.5.
"""

from __future__ import annotations

from typing import Any

from chalicelib.dialects.canvas.course_includes import Printing, added, at
from chalicelib.domain.course import UNPUBLISHED
from chalicelib.domain.courselist import CourseView

RESTRICTIONS = {"content": False, "points": False, "due_dates": False, "availability_dates": False}
SAME = (
    "id",
    "name",
    "course_code",
    "uuid",
    "account_id",
    "root_account_id",
    "is_public",
    "is_public_to_auth_users",
    "public_syllabus",
    "public_syllabus_to_auth",
    "default_view",
    "license",
    "grading_standard_id",
    "homeroom_course",
    "hide_final_grades",
    "apply_assignment_group_weights",
    "restrict_enrollments_to_course_dates",
    "blueprint",
    "template",
)
"""Fields that are on the wire as they are stored; `course_code` is stored as `code`."""


def course(printing: Printing, view: CourseView) -> dict[str, Any]:
    """A course with what is to be added."""
    one = view.course
    shown: dict[str, Any] = {name: getattr(one, "code" if name == "course_code" else name) for name in SAME}
    shown |= {
        "enrollment_term_id": one.term_id,
        "workflow_state": "unpublished" if one.workflow_state in UNPUBLISHED else one.workflow_state,
        "start_at": at(one.start_at),
        "end_at": at(one.conclude_at),
        "created_at": at(one.created_at),
        "grade_passback_setting": one.grade_passback_setting or None,
        "course_color": one.course_color or None,
        "friendly_name": one.friendly_name or None,
        "storage_quota_mb": view.quota_mb,
        "time_zone": view.time_zone,
        "calendar": {"ics": f"{printing.base_url}/feeds/calendars/course_{one.feed_secret}.ics"},
    }
    if one.blueprint:
        shown["blueprint_restrictions"] = RESTRICTIONS
    if view.sees_sis:
        shown |= {"sis_course_id": one.sis_id or None, "integration_id": one.integration_id or None}
    if view.manages_sis:
        shown["sis_import_id"] = one.sis_import_id
    shown |= {name: value for name in ("locale", "course_format") if (value := getattr(one, name))}
    return shown | added(printing, view)
