"""The parameters of the course list (canvas-b 4.2 to 4.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import dates, params
from chalicelib.domain.course import COURSE_STATES
from chalicelib.domain.coursequery import LIVE, CourseQuery, types_of

COUNTED = "ui_invoked"
INCLUDES = frozenset(
    {
        "syllabus_body",
        "term",
        "course_progress",
        "storage_quota_used_mb",
        "total_students",
        "teachers",
        "active_teachers",
        "account_name",
        "concluded",
        "post_manually",
        "subaccount",
        "account",
        COUNTED,
    }
)


def includes(call: Call) -> frozenset[str]:
    """What is to be added; what the list does not have is left out silently."""
    return INCLUDES & frozenset(params.words(call, "include"))


def query(call: Call) -> CourseQuery:
    """Filters, search and order. Raises InvalidError when they cannot be read."""
    given = params.of(call)
    with_enrollments = _flag(given, "with_enrollments")
    if "hide_enrollmentless_courses" in given:
        with_enrollments = True
    search = given.get("search_term")
    return CourseQuery(
        states=_states(call, given),
        with_enrollments=with_enrollments,
        enrollment_types=_types(given),
        enrollment_states=_list(given, "enrollment_workflow_state"),
        completed=_flag(given, "completed"),
        blueprint=_flag(given, "blueprint"),
        blueprint_associated=_flag(given, "blueprint_associated"),
        public=_flag(given, "public"),
        homeroom=bool(_flag(given, "homeroom")),
        teachers=_references(given, "by_teachers"),
        subaccounts=_references(given, "by_subaccounts"),
        term=params.text(call, "enrollment_term_id"),
        starts_before=_moment(given.get("starts_before")),
        ends_after=_moment(given.get("ends_after")),
        search=str(search) if isinstance(search, str | int) else None,
        search_teachers=given.get("search_by") == "teacher",
        crosslisted=bool(_flag(given, "include_crosslisted_courses")),
        sort=params.text(call, "sort"),
        descending=given.get("order") == "desc",
        counted=COUNTED in params.words(call, "include"),
    )


def teacher_limit(call: Call) -> int | None:
    """More teachers than this are only counted."""
    given = params.text(call, "teacher_limit")
    return params.leading_integer(given) if given else None


def _flag(given: dict[str, Any], name: str) -> bool | None:
    return params.boolean(given[name]) if name in given else None


def _states(call: Call, given: dict[str, Any]) -> frozenset[str]:
    """The states asked for; `published` takes some away."""
    words = params.words(call, "state")
    states = frozenset(words) & frozenset(COURSE_STATES) if words else LIVE
    if "all" in words:
        states = frozenset(COURSE_STATES)
    published = _flag(given, "published")
    if published is None:
        return states
    return states - (frozenset(COURSE_STATES) - {"available"} if published else {"available"})


def _types(given: dict[str, Any]) -> frozenset[str] | None:
    found = given.get("enrollment_type")
    return types_of([one for one in found if isinstance(one, str)]) if isinstance(found, list) else None


def _list(given: dict[str, Any], name: str) -> frozenset[str] | None:
    found = given.get(name)
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else None


def _references(given: dict[str, Any], name: str) -> list[str] | None:
    """A list of ids; None when it is no list, which Canvas ignores."""
    found = given.get(name)
    if not isinstance(found, list):
        return None
    return [str(one) for one in found if isinstance(one, str | int) and not isinstance(one, bool)]


def _moment(value: Any) -> datetime | None:
    """A date, which is its midnight, or a time; UTC without a zone; what cannot be read is ignored."""
    found = dates.local(value)
    try:
        return found and (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
