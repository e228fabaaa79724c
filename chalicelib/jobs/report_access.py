"""Reports about who used the service, and when last (docs/reports.md)."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.course import STUDENT
from chalicelib.jobs.report import Part, Rows, Table
from chalicelib.jobs.report_context import DAY, Context, moment
from chalicelib.jobs.report_walks import DELETED, MemberLine, Remembered, Somebody, everybody, members

WHO = ("canvas_user_id", "user_id", "login_id", "user_name")


def last_access(context: Context) -> list[Table]:
    """`last_user_access_csv`: people, with a term or a course those enrolled there."""
    narrow = context.terms is not None or bool(context.said("course_id"))

    def parts(place: str) -> Iterator[Part]:
        if not narrow:
            for step in everybody(context, place):
                yield Part(_lines(context, step.found), step.place, step.passed)
            return
        # Somebody's memberships come together, if need be on two pages: a place says who was the last.
        said, _, inner = place.partition("|")
        known, last = Remembered(context), int(said or 0)
        for step in members(context, inner):
            there = _there(context, known, step.found)
            people = known.people(one.user_id for one in there)
            ids = [one for one in dict.fromkeys(one.user_id for one in there) if one != last]
            last = ids[-1] if ids else last
            lines = _lines(context, [people[one] for one in ids if one in people])
            yield Part(lines, f"{last}|{step.place}" if step.place else "", step.passed)

    return [Table("last_user_access.csv", (*WHO, "status", "last_access_at"), parts)]


def zero_activity(context: Context) -> list[Table]:
    """`zero_activity_csv`: students who have not used the service at all, or not since a day."""
    since, columns = context.day("start_at"), ("canvas_course_id", "course_id", "course_name", "enrollment_status")

    def parts(place: str) -> Iterator[Part]:
        known = Remembered(context)
        for step in members(context, place):
            there = _there(context, known, step.found)
            people, homes = known.people(one.user_id for one in there), known.courses(one.course_id for one in there)
            rows: Rows = []
            for member in there:
                person, course = people.get(member.user_id), homes.get(member.course_id)
                states = [seat.workflow_state for seat in member.seats if _studies(seat.type, seat.workflow_state)]
                if person is None or course is None or not states or _active(person, since):
                    continue
                who = (person.user.id, person.user.sis_id, person.user.login_id, person.user.name)
                rows.append((*who, course.id, course.sis_id, course.name, states[0], _access(person)))
            yield Part(rows, step.place, step.passed)

    return [Table("zero_activity.csv", (*WHO, *columns, "last_access_at"), parts)]


def _lines(context: Context, found: list[Somebody]) -> Rows:
    deleted = context.on("include_deleted")
    return [
        (one.user.id, one.user.sis_id, one.user.login_id, one.user.name, one.user.workflow_state, _access(one))
        for one in found
        if deleted or one.user.workflow_state != DELETED
    ]


def _there(context: Context, known: Remembered, found: list[MemberLine]) -> list[MemberLine]:
    """Those with a live seat in the course and the terms asked for."""
    wanted, terms = context.said("course_id"), context.terms
    homes = known.courses(one.course_id for one in found)
    kept = []
    for one in found:
        course = homes.get(one.course_id)
        if course is None or course.workflow_state == DELETED or (terms is not None and course.term_id not in terms):
            continue
        if wanted and wanted not in (str(course.id), f"sis_course_id:{course.sis_id}"):
            continue
        if any(seat.workflow_state != DELETED for seat in one.seats):
            kept.append(one)
    return kept


def _studies(kind: str, state: str) -> bool:
    return kind == STUDENT and state in ("active", "invited", "creation_pending")


def _access(person: Somebody) -> str:
    return moment(person.item.get("used_at"))


def _active(person: Somebody, since: str) -> bool:
    """Whether the service was used, since that day if one is given."""
    at = _access(person)
    return bool(at) and at[:DAY] >= since
