"""The kinds of SIS CSV file about courses, and how their lines become rows (docs/sis.md).

Source: Canvas "SIS Import Format Documentation", terms.csv, courses.csv, sections.csv, enrollments.csv, xlists.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain import timezone
from chalicelib.domain.course import ENROLLMENT_STATES
from chalicelib.domain.courserow import CourseRow, EnrollmentRow, SectionRow, TermRow, XlistRow
from chalicelib.domain.errors import InvalidError
from ops.sis_row import Kind, RowProblemError, needed, short, status

TRUE, FALSE = frozenset({"true", "yes", "y", "t", "on", "1"}), frozenset({"false", "no", "n", "f", "off", "0"})
NUMBER_DIGITS = 16
"""Of numbers in cells; ids have no more."""
FORMATS = ("on_campus", "online", "blended")
VIEWS = ("feed", "wiki", "modules", "syllabus", "assignments")


def moment(row: Mapping[str, str], name: str) -> datetime | None:
    """A date or time as ISO 8601; without a zone it is UTC, without a time midnight."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RowProblemError(f"{name} {text!r} is no date such as 2027-01-31T12:00:00Z") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise RowProblemError(f"{name} {text!r} is out of range") from None


def whole(row: Mapping[str, str], name: str) -> int | None:
    """A whole number that is not negative."""
    text = row.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS):
        raise RowProblemError(f"{name} {text!r} is no whole number")
    return int(text)


def truth(row: Mapping[str, str], name: str) -> bool:
    """A truth value."""
    word = row.get(name, "").lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise RowProblemError(f"{name} {word!r} is neither true nor false")


def _one_of(*known: str) -> Callable[[Mapping[str, str], str], str]:
    def read(row: Mapping[str, str], name: str) -> str:
        word = row[name].lower()
        if word not in known:
            raise RowProblemError(f"{name} {row[name]!r} is none of {', '.join(known)}")
        return word

    return read


def _text(row: Mapping[str, str], name: str) -> str:
    return row[name]


def _zone(row: Mapping[str, str], name: str) -> str:
    try:
        return timezone.checked(row[name])
    except InvalidError as error:
        raise RowProblemError(str(error)) from None


Reader = Callable[[Mapping[str, str], str], Any]
CLEARABLE: dict[str, tuple[str, Reader]] = {
    "start_date": ("start_at", moment),
    "end_date": ("conclude_at", moment),
}
"""Columns of courses.csv that a blank cell empties."""
DATES: dict[str, tuple[str, Reader]] = {
    "start_date": ("start_at", moment),
    "end_date": ("end_at", moment),
}
SECTION_FACTS: dict[str, tuple[str, Reader]] = DATES | {"integration_id": ("integration_id", _text)}
TERM_FACTS: dict[str, tuple[str, Reader]] = SECTION_FACTS | {
    "grading_period_group_id": ("grading_period_group_id", whole)
}
FACTS: dict[str, tuple[str, Reader]] = {
    "integration_id": ("integration_id", _text),
    "course_format": ("course_format", _one_of(*FORMATS)),
    "grade_passback_setting": ("grade_passback_setting", _text),
    "homeroom_course": ("homeroom_course", truth),
    "friendly_name": ("friendly_name", _text),
}
"""Canvas's other columns; a blank cell changes nothing."""
MORE_FACTS: dict[str, tuple[str, Reader]] = {
    "is_public": ("is_public", truth),
    "is_public_to_auth_users": ("is_public_to_auth_users", truth),
    "public_syllabus": ("public_syllabus", truth),
    "public_syllabus_to_auth": ("public_syllabus_to_auth", truth),
    "default_view": ("default_view", _one_of(*VIEWS)),
    "license": ("license", _text),
    "grading_standard_id": ("grading_standard_id", whole),
    "course_color": ("course_color", _text),
    "storage_quota_mb": ("storage_quota_mb", whole),
    "storage_used_bytes": ("storage_used_bytes", whole),
    "hide_final_grades": ("hide_final_grades", truth),
    "apply_assignment_group_weights": ("apply_assignment_group_weights", truth),
    "restrict_enrollments_to_course_dates": ("restrict_enrollments_to_course_dates", truth),
    "time_zone": ("time_zone", _zone),
    "locale": ("locale", _text),
    "syllabus_body": ("syllabus_body", _text),
    "post_manually": ("post_manually", truth),
    "template": ("template", truth),
    "blueprint": ("blueprint", truth),
    "sis_import_id": ("sis_import_id", whole),
}
"""Columns Canvas's format lacks, for what the course object shows; a blank cell changes nothing."""
WORDS = frozenset({*ENROLLMENT_STATES, "deleted_last_completed"})


def _told(row: Mapping[str, str], columns: Mapping[str, tuple[str, Reader]]) -> dict[str, Any]:
    """The fields that columns give, empty cells too."""
    return {field: read(row, name) for name, (field, read) in columns.items() if name in row}


def _term(row: Mapping[str, str]) -> TermRow:
    if row.get("date_override_enrollment_type"):
        raise RowProblemError("dates for a type of enrollment are not supported")
    return TermRow(
        sis_id=needed(row, "term_id"),
        name=needed(row, "name"),
        status=status(row, "active", "deleted"),
        facts=_told(row, TERM_FACTS),
    )


def _course(row: Mapping[str, str]) -> CourseRow:
    facts = _told(row, CLEARABLE)
    for name, (field, read) in (FACTS | MORE_FACTS).items():
        if row.get(name):
            facts[field] = read(row, name)
    return CourseRow(
        sis_id=needed(row, "course_id"),
        name=needed(row, "long_name"),
        code=needed(row, "short_name"),
        status=status(row, "active", "deleted", "completed", "published", "created"),
        account_sis_id=row.get("account_id", ""),
        term_sis_id=row.get("term_id", ""),
        blueprint_sis_id=row.get("blueprint_course_id", ""),
        facts=facts,
    )


def _section(row: Mapping[str, str]) -> SectionRow:
    return SectionRow(
        sis_id=needed(row, "section_id"),
        course_sis_id=needed(row, "course_id"),
        name=needed(row, "name"),
        status=status(row, "active", "deleted"),
        facts=_told(row, SECTION_FACTS),
    )


def _enrollment(row: Mapping[str, str]) -> EnrollmentRow:
    if not row.get("course_id") and not row.get("section_id"):
        raise RowProblemError("course_id and section_id are both blank")
    if not row.get("user_id") and not row.get("user_integration_id"):
        raise RowProblemError("user_id is blank")
    if not row.get("role") and not row.get("role_id"):
        raise RowProblemError("role is blank")
    if row.get("root_account"):
        raise RowProblemError("root_account is not supported: import into that root account with --root")
    return EnrollmentRow(
        course_sis_id=row.get("course_id", ""),
        section_sis_id=row.get("section_id", ""),
        user_sis_id=row.get("user_id", ""),
        user_integration_id=row.get("user_integration_id", ""),
        role=row.get("role", ""),
        role_id=whole(row, "role_id"),
        status=status(row, *sorted(WORDS)),
        associated_user_sis_id=row.get("associated_user_id", ""),
        facts=_told(row, DATES),
    )


def _xlist(row: Mapping[str, str]) -> XlistRow:
    return XlistRow(
        course_sis_id=needed(row, "xlist_course_id"),
        section_sis_id=needed(row, "section_id"),
        status=status(row, "active", "deleted"),
    )


TERMS = Kind(
    "terms",
    frozenset({"term_id", "name", "status"}),
    frozenset({"date_override_enrollment_type", *TERM_FACTS}),
    short(_term),
)
COURSES = Kind(
    "courses",
    frozenset({"course_id", "short_name", "long_name", "status"}),
    frozenset({"account_id", "term_id", "blueprint_course_id", *CLEARABLE, *FACTS, *MORE_FACTS}),
    short(_course),
)
SECTIONS = Kind(
    "sections",
    frozenset({"section_id", "course_id", "name", "status"}),
    frozenset(SECTION_FACTS),
    short(_section),
)
XLISTS = Kind("xlists", frozenset({"xlist_course_id", "section_id", "status"}), frozenset(), short(_xlist))
ENROLLMENTS = Kind(
    "enrollments",
    frozenset({"course_id", "user_id", "role", "status"}),
    frozenset(
        {
            "section_id",
            "root_account",
            "user_integration_id",
            "role_id",
            "associated_user_id",
            *DATES,
            "limit_section_privileges",
            "notify",
        }
    ),
    short(_enrollment),
)
