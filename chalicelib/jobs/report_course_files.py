"""The files of courses, sections and enrollments in both reports of the school (docs/reports.md)."""

from __future__ import annotations

from msgspec import Struct

from chalicelib.domain.course import STUDENT_VIEW
from chalicelib.jobs.report import Rows, Table
from chalicelib.jobs.report_context import Context, time
from chalicelib.jobs.report_frame import Frame, truth
from chalicelib.jobs.report_walks import (
    DELETED,
    MemberLine,
    SeatLine,
    SectionLine,
    courses,
    members,
    sections,
)

STATES = {"created": "created", "claimed": "active", "available": "published"}
"""Words of courses.csv for states of a course; the others are their own."""


class CourseLine(Struct, frozen=True):
    """A course with all that courses.csv says of it."""

    id: int
    account_id: int
    account_path: str
    term_id: int
    name: str
    code: str
    workflow_state: str = "claimed"
    start_at: str | None = None
    conclude_at: str | None = None
    sis_id: str = ""
    integration_id: str = ""
    sis_import_id: int | None = None
    is_public: bool = False
    is_public_to_auth_users: bool = False
    public_syllabus: bool = False
    public_syllabus_to_auth: bool = False
    default_view: str = "modules"
    license: str = "private"
    grading_standard_id: int | None = None
    grade_passback_setting: str = ""
    course_color: str = ""
    friendly_name: str = ""
    storage_quota_mb: int | None = None
    storage_used_bytes: int = 0
    homeroom_course: bool = False
    hide_final_grades: bool = False
    apply_assignment_group_weights: bool = False
    restrict_enrollments_to_course_dates: bool = False
    time_zone: str = ""
    locale: str = ""
    course_format: str = ""
    syllabus_body: str = ""
    post_manually: bool = False
    template: bool = False
    blueprint: bool = False
    blueprint_id: int = 0


FACTS = (
    "integration_id",
    "course_format",
    "grade_passback_setting",
    "homeroom_course",
    "friendly_name",
    "is_public",
    "is_public_to_auth_users",
    "public_syllabus",
    "public_syllabus_to_auth",
    "default_view",
    "license",
    "grading_standard_id",
    "course_color",
    "storage_quota_mb",
    "storage_used_bytes",
    "hide_final_grades",
    "apply_assignment_group_weights",
    "restrict_enrollments_to_course_dates",
    "time_zone",
    "locale",
    "syllabus_body",
    "post_manually",
    "template",
    "blueprint",
    "sis_import_id",
)
"""Columns of courses.csv that are named like the fields they fill."""


class CourseFiles(Frame):
    """courses.csv, sections.csv, xlists.csv, enrollments.csv."""

    def courses(self, file: str) -> Table:
        """courses.csv."""
        columns = (
            *self.ours("canvas_course_id", "canvas_account_id", "canvas_term_id"),
            *("course_id", "short_name", "long_name", "account_id", "term_id", "status", "start_date", "end_date"),
            *("blueprint_course_id", *FACTS),
            *self.ours("created_by_sis"),
        )
        return self.table(file, columns, lambda context, place: courses(context, place, CourseLine), self._courses)

    def sections(self, file: str) -> Table:
        """sections.csv: each with the course it is of, cross-listed or not."""
        columns = (
            *self.ours("canvas_section_id", "canvas_course_id"),
            *("section_id", "course_id", "name", "status", "integration_id", "start_date", "end_date"),
            *self.ours("canvas_account_id", "created_by_sis"),
        )
        return self.table(file, columns, sections, self._sections)

    def xlist(self, file: str) -> Table:
        """xlists.csv."""
        columns = (
            *self.ours("canvas_xlist_course_id", "canvas_section_id", "canvas_nonxlist_course_id"),
            *("xlist_course_id", "section_id", "status"),
            *self.ours("nonxlist_course_id"),
        )
        return self.table(file, columns, sections, self._xlists)

    def enrollments(self, file: str) -> Table:
        """enrollments.csv."""
        columns = (
            *self.ours("canvas_enrollment_id", "canvas_course_id", "canvas_section_id", "canvas_user_id"),
            *("course_id", "section_id", "user_id", "role", "status", "associated_user_id", "start_date", "end_date"),
            *self.ours("canvas_associated_user_id", "base_role_type", "created_by_sis"),
        )
        return self.table(file, columns, members, self._enrollments)

    def _courses(self, found: list[CourseLine]) -> Rows:
        homes = self.known.accounts(one.account_id for one in found)
        blueprints = self.known.courses(one.blueprint_id for one in found if one.blueprint_id)
        rows: Rows = []
        for one in found:
            if not self.shown(one.workflow_state, one.sis_id):
                continue
            home, term = homes.get(one.account_id), self.context.book.term(one.term_id)
            followed = blueprints.get(one.blueprint_id)
            facts = [getattr(one, name) for name in FACTS]
            rows.append(
                (
                    *self.ours(one.id, one.account_id, one.term_id),
                    *(one.sis_id, one.code, one.name, home.sis_id if home else "", term.sis_id if term else ""),
                    STATES.get(one.workflow_state, one.workflow_state),
                    *(time(one.start_at), time(one.conclude_at), followed.sis_id if followed else ""),
                    *(truth(fact) if isinstance(fact, bool) else fact for fact in facts),
                    *self.ours(truth(bool(one.sis_id))),
                )
            )
        return rows

    def _sections(self, found: list[SectionLine]) -> Rows:
        homes = self.known.courses(one.origin_course_id or one.course_id for one in found)
        rows: Rows = []
        for one in found:
            course = homes.get(one.origin_course_id or one.course_id)
            if (
                course is None
                or not self.within(course)
                or not self.shown(one.workflow_state, one.sis_id, course.sis_id)
            ):
                continue
            if course.workflow_state == DELETED and not self.deleted:
                continue
            facts = (one.sis_id, course.sis_id, one.name, one.workflow_state, one.integration_id)
            more = self.ours(course.account_id, truth(bool(one.sis_id)))
            rows.append((*self.ours(one.id, course.id), *facts, time(one.start_at), time(one.end_at), *more))
        return rows

    def _xlists(self, found: list[SectionLine]) -> Rows:
        lent = [one for one in found if one.origin_course_id]
        homes = self.known.courses(each for one in lent for each in (one.course_id, one.origin_course_id))
        rows: Rows = []
        for one in lent:
            course, origin = homes.get(one.course_id), homes.get(one.origin_course_id)
            if course is None or origin is None or not self.within(course):
                continue
            if self.shown(one.workflow_state, one.sis_id, course.sis_id):
                ids = self.ours(course.id, one.id, origin.id)
                rows.append((*ids, course.sis_id, one.sis_id, one.workflow_state, *self.ours(origin.sis_id)))
        return rows

    def _enrollments(self, found: list[MemberLine]) -> Rows:
        seats = [(member, seat) for member in found for seat in member.seats if self._wanted(seat)]
        homes = self.known.courses(member.course_id for member, _ in seats)
        parts = self.known.sections(seat.section_id for _, seat in seats)
        ids = [each for member, seat in seats for each in (member.user_id, seat.associated_user_id) if each]
        people = self.known.people(ids)
        rows: Rows = []
        for member, seat in seats:
            course, person = homes.get(member.course_id), people.get(member.user_id)
            if course is None or person is None or not self.within(course):
                continue
            if not self.shown(course.workflow_state, course.sis_id, person.user.sis_id):
                continue
            section, watched = parts.get(seat.section_id), people.get(seat.associated_user_id)
            rows.append(
                (
                    *self.ours(seat.id, course.id, seat.section_id, member.user_id),
                    *(course.sis_id, section.sis_id if section else "", person.user.sis_id, seat.role),
                    *(seat.workflow_state, watched.user.sis_id if watched else ""),
                    *(time(seat.start_at), time(seat.end_at)),
                    *self.ours(seat.associated_user_id or "", seat.type, truth(bool(course.sis_id))),
                )
            )
        return rows

    def _wanted(self, seat: SeatLine) -> bool:
        if seat.type == STUDENT_VIEW or (seat.workflow_state == DELETED and not self.deleted):
            return False
        if not self.own:
            return True
        types, states = _words(self.context, "enrollment_filter"), _words(self.context, "enrollment_states")
        return (not types or seat.type in types or seat.role in types) and (not states or seat.workflow_state in states)


def _words(context: Context, name: str) -> frozenset[str]:
    value = (context.report.parameters or {}).get(name)
    words = value if isinstance(value, list) else str(value or "").split(",")
    return frozenset(str(one).strip() for one in words) - {"", "all"}
