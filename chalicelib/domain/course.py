"""Courses, sections and enrollments (canvas-b 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

ADMIN_TYPES = ("TeacherEnrollment", "TaEnrollment", "DesignerEnrollment")
STUDENT = "StudentEnrollment"
TEACHER = "TeacherEnrollment"
STUDENT_VIEW = "StudentViewEnrollment"
"""The test student; it never counts."""
TYPES = (*ADMIN_TYPES, STUDENT, "ObserverEnrollment", STUDENT_VIEW)
DELETED = "deleted"
COURSE_STATES = ("created", "claimed", "available", "completed", DELETED)
UNPUBLISHED = ("created", "claimed")
ENROLLMENT_STATES = ("active", "invited", "creation_pending", "completed", "inactive", "rejected", DELETED)
COPIES, ASSOCIATIONS = 1, 2
TAKING_PART = ("active", "invited", "creation_pending")
"""States in which a student counts, and a teacher is found by name (canvas-b 4.3, 4.6)."""


class Enrollment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user in a section of a course.

    `account_path` is that of the course's own account, `origin_path` that of the course the section was cross-listed
    from (empty: it was not). `type` is the base type; `role` the role's name, which is the type where no custom role
    was given. `course_state` and the dates are the course's own, so that what a user's enrollments mean can be told
    from them alone.
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
        """Whether it is neither deleted, nor in a deleted course, nor the test student's."""
        return DELETED not in (self.workflow_state, self.course_state) and self.type != STUDENT_VIEW

    @property
    def administers(self) -> bool:
        """An admin enrollment (canvas-b 2): of staff, in an unpublished course, or active in a published one."""
        if self.type not in ADMIN_TYPES or self.workflow_state == DELETED:
            return False
        unpublished = self.course_state in UNPUBLISHED
        return unpublished or (self.course_state == "available" and self.workflow_state == "active")


class Seat(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One enrollment of a user within a course."""

    id: int
    section_id: int
    type: str
    role: str
    workflow_state: str = "active"
    origin_path: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    associated_user_id: int = 0
    """Of an observer: who is observed."""


class Membership(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All seats of a user in a course, with what is copied of the course. `version` 0: not stored yet."""

    user_id: int
    course_id: int
    root_account_id: int
    account_id: int
    account_path: str
    course_state: str
    start_at: datetime | None = None
    end_at: datetime | None = None
    seats: tuple[Seat, ...] = ()
    version: int = 0

    def enrollments(self) -> list[Enrollment]:
        """The seats as enrollments."""
        return [
            Enrollment(
                id=seat.id,
                root_account_id=self.root_account_id,
                user_id=self.user_id,
                course_id=self.course_id,
                section_id=seat.section_id,
                type=seat.type,
                role=seat.role,
                account_id=self.account_id,
                account_path=self.account_path,
                origin_path=seat.origin_path,
                workflow_state=seat.workflow_state,
                course_state=self.course_state,
                start_at=self.start_at,
                end_at=self.end_at,
                version=self.version,
            )
            for seat in self.seats
        ]

    def states(self, kind: str) -> tuple[str, ...]:
        """States of the seats of that type that are not deleted, each once."""
        return tuple(sorted({one.workflow_state for one in self.seats if one.type == kind} - {DELETED}))

    @property
    def studies(self) -> bool:
        """Whether the user counts among the course's students (canvas-b 4.6)."""
        return any(state in TAKING_PART for state in self.states(STUDENT))

    @property
    def paths(self) -> frozenset[str]:
        """Accounts the user is associated with by it (canvas-b 1)."""
        live = [one for one in self.enrollments() if one.counts]
        return frozenset(path for one in live for path in (one.account_path, one.origin_path) if path)


class Teacher(Struct, frozen=True, array_like=True):
    """Who teaches a course, under the names the list sorts and searches by; `states` of their seats, none deleted."""

    user_id: int
    name: str
    sortable_name: str
    states: tuple[str, ...]

    @property
    def taking_part(self) -> bool:
        """Whether a search by teacher finds them (canvas-b 4.3)."""
        return any(state in TAKING_PART for state in self.states)


class Roster(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a course knows of its seats: changed in the transactions that change them."""

    seats: Mapping[str, int] = field(default_factory=dict)
    """How many there are, by `type/state`."""
    students: int = 0
    """Distinct users."""
    teachers: tuple[Teacher, ...] = ()

    def moved(self, before: Membership, after: Membership, name: str, sortable_name: str) -> Roster:
        """The roster with a membership changed."""
        seats = dict(self.seats)
        for step, one in ((-1, before), (1, after)):
            for seat in one.seats:
                key = f"{seat.type}/{seat.workflow_state}"
                seats[key] = seats.get(key, 0) + step
        others = tuple(one for one in self.teachers if one.user_id != after.user_id)
        states = after.states(TEACHER)
        mine = (Teacher(after.user_id, name, sortable_name, states),) if states else ()
        return Roster(
            seats={key: seats[key] for key in sorted(seats) if seats[key] > 0},
            students=self.students + after.studies - before.studies,
            teachers=tuple(sorted((*others, *mine), key=lambda one: one.user_id)),
        )


class Course(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A course, with its roster. `account_path` and `account_name` are copied from its own account."""

    id: int
    root_account_id: int
    account_id: int
    account_path: str
    account_name: str
    term_id: int
    name: str
    code: str
    uuid: str
    feed_secret: str
    created_at: datetime
    workflow_state: str = "claimed"
    start_at: datetime | None = None
    conclude_at: datetime | None = None
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
    deleted_at: datetime | None = None
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
    """It has a blueprint template that is not deleted."""
    blueprint_id: int = 0
    """The blueprint course it follows; 0: none."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Account path of the origin of each section cross-listed into it, by section id."""
    lent: tuple[int, ...] = ()
    """Its sections that are cross-listed elsewhere."""
    default_section_id: int = 0
    roster: Roster = Roster()
    behind: int = 0
    """What is being brought up to date, `COPIES` in memberships or `ASSOCIATIONS` of users too; whoever finds this set
    goes on with it."""
    version: int = 0

    @property
    def account_paths(self) -> tuple[str, ...]:
        """Its own account's path, then those of the origins of cross-listed sections (canvas-b 1)."""
        return tuple(dict.fromkeys((self.account_path, *self.origins.values())))

    def member(self, user_id: int) -> Membership:
        """A user's membership without seats."""
        return self.refreshed(
            Membership(
                user_id=user_id,
                course_id=self.id,
                root_account_id=self.root_account_id,
                account_id=self.account_id,
                account_path=self.account_path,
                course_state=self.workflow_state,
            )
        )

    def refreshed(self, member: Membership) -> Membership:
        """A membership with its copies as the course is now."""
        return replace(
            member,
            account_id=self.account_id,
            account_path=self.account_path,
            course_state=self.workflow_state,
            start_at=self.start_at,
            end_at=self.conclude_at,
        )


class Section(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A section. `course_id` is where it is now, `origin_course_id` where it was cross-listed from (0: it was not)."""

    id: int
    root_account_id: int
    course_id: int
    name: str
    origin_course_id: int = 0
    origin_path: str = ""
    sis_id: str = ""
    integration_id: str = ""
    workflow_state: str = "active"
    start_at: datetime | None = None
    end_at: datetime | None = None
    leaving: int = 0
    """The course whose seats in it are still on their way; whoever finds this set goes on with it."""
    version: int = 0
