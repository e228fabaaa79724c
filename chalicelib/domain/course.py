"""Terms, courses, sections and enrollments (canvas-b 1)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

ADMIN_TYPES = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")
STUDENT_VIEW = "StudentViewEnrollment"
"""The test student; it never counts."""
DELETED = "deleted"


class Enrollment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user in a section of a course.

    `account_path` is that of the course's own account, `origin_path` that of the course the section was cross-listed
    from (empty: it was not). `type` is the base type; `role` the role's name, which is the type where no custom role
    was given. `course_state` and the dates are the course's (and its term's, where the course says nothing), so that
    what a user's enrollments mean can be told from them alone.
    """

    id: int
    root_account_id: int
    user_id: int
    course_id: int
    section_id: int
    type: str
    role: str
    account_id: int
    account_path: str
    origin_path: str = ""
    workflow_state: str = "active"
    course_state: str = "created"
    start_at: datetime | None = None
    end_at: datetime | None = None
    version: int = 1

    @property
    def counts(self) -> bool:
        """Whether it is neither deleted nor the test student's."""
        return self.workflow_state != DELETED and self.type != STUDENT_VIEW

    @property
    def administers(self) -> bool:
        """An admin enrollment (canvas-b 2): of staff, in an unpublished course, or active in a published one."""
        if self.type not in ADMIN_TYPES or self.workflow_state == DELETED:
            return False
        unpublished = self.course_state in ("created", "claimed")
        return unpublished or (self.course_state == "available" and self.workflow_state == "active")
