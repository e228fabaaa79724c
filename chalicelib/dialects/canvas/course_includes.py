"""What `include[]` adds to a course.

Source
------
canvas-b 4.6.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from chalicelib.dialects.canvas.account_wire import account
from chalicelib.dialects.canvas.wire import moment
from chalicelib.domain.account_reach import Shown
from chalicelib.domain.courselist import CoursePage, CourseView, teaches
from chalicelib.domain.person import User
from chalicelib.domain.term import Term

MIB = 1024 * 1024
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
AVATAR = "/images/messages/avatar-50.png"
NO_PROGRESS = (
    "no progress available because this course is not module based (has modules and module completion requirements) "
    "or the user is not enrolled as a student in this course"
)


class Printing(Struct, frozen=True, kw_only=True):
    """How the courses of a page are printed; more than `teacher_limit` teachers are only counted."""

    page: CoursePage
    base_url: str
    include: frozenset[str]
    teacher_limit: int | None = None


def added(printing: Printing, view: CourseView) -> dict[str, Any]:
    """All that is to be added to a course."""
    found: dict[str, Any] = {}
    for name, add in ADDED.items():
        if name in printing.include:
            found |= add(printing, view)
    return found


def at(when: datetime | None) -> str | None:
    """A time as Canvas prints it, or null."""
    return moment(when) if when else None


def _syllabus(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - all are called alike
    return {"syllabus_body": view.course.syllabus_body or None}


def _term(printing: Printing, view: CourseView) -> dict[str, Any]:
    term = view.term
    if term is None:
        return {}
    shown = _plain_term(term)
    if printing.page.sees_root_sis:
        shown["sis_term_id"] = term.sis_id or None
    if printing.page.manages_root_sis:
        shown["sis_import_id"] = term.sis_import_id
    return {"term": shown}


def _progress(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - nobody has progress in this list
    return {"course_progress": {"error": {"message": NO_PROGRESS}}}


def _used(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - all are called alike
    return {"storage_quota_used_mb": view.course.storage_used_bytes / MIB}


def _students(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - all are called alike
    return {"total_students": view.course.roster.students}


def _teachers(printing: Printing, view: CourseView) -> dict[str, Any]:
    active = "active_teachers" in printing.include and "teachers" not in printing.include
    found = [user for user, states in view.teachers if teaches(states, active=active)]
    if printing.teacher_limit is not None and len(found) > printing.teacher_limit:
        return {"teacher_count": len(found)}
    return {"teachers": [_teacher(printing, view.course.id, user) for user in found]}


def _teacher(printing: Printing, course_id: int, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "anonymous_id": base36(user.id),
        "display_name": user.short_name or user.name,
        "avatar_image_url": printing.base_url + AVATAR,
        "html_url": f"{printing.base_url}/courses/{course_id}/users/{user.id}",
        "pronouns": user.pronouns or None,
    }


def _account_name(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - all are called alike
    return {"account_name": view.course.account_name}


def _concluded(printing: Printing, view: CourseView) -> dict[str, Any]:
    course, term = view.course, view.term
    own = course.conclude_at is not None and course.restrict_enrollments_to_course_dates
    end_at = course.conclude_at if own else term.end_at if term else None
    over = end_at is not None and end_at < printing.page.now
    return {"concluded": course.workflow_state == "completed" or over}


def _post_manually(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - all are called alike
    return {"post_manually": view.course.post_manually}


def _account(printing: Printing, view: CourseView) -> dict[str, Any]:
    standing = printing.page.standing
    if view.account is None:
        return {}
    return {"account": account(Shown(account=view.account, standing=standing, full=standing.member_of(view.account)))}


def _subaccount(printing: Printing, view: CourseView) -> dict[str, Any]:  # noqa: ARG001 - all are called alike
    return {"subaccount_id": view.course.account_id, "subaccount_name": view.course.account_name}


def base36(number: int) -> str:
    """A number to the base 36.

    >>> base36(35), base36(36)
    ('z', '10')
    """
    head, tail = divmod(number, 36)
    return (base36(head) if head else "") + DIGITS[tail]


def _plain_term(term: Term) -> dict[str, Any]:
    return {
        "id": term.id,
        "name": term.name,
        "start_at": at(term.start_at),
        "end_at": at(term.end_at),
        "created_at": at(term.created_at),
        "workflow_state": term.workflow_state,
        "grading_period_group_id": term.grading_period_group_id,
    }


ADDED: dict[str, Callable[[Printing, CourseView], dict[str, Any]]] = {
    "syllabus_body": _syllabus,
    "term": _term,
    "course_progress": _progress,
    "storage_quota_used_mb": _used,
    "total_students": _students,
    "teachers": _teachers,
    "active_teachers": _teachers,
    "account_name": _account_name,
    "concluded": _concluded,
    "post_manually": _post_manually,
    "subaccount": _subaccount,
    "account": _account,
}
"""What each value of `include[]` adds."""
