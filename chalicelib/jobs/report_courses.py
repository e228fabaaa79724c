"""Reports about courses: unpublished, public, recently deleted, unused, and what they store (docs/reports.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from msgspec import Struct, field

from chalicelib.jobs.report import Part, Rows, Table
from chalicelib.jobs.report_context import Context, time
from chalicelib.jobs.report_walks import DELETED, Remembered, courses

COLUMNS = (
    "canvas_course_id",
    "course_id",
    "short_name",
    "long_name",
    "status",
    "canvas_account_id",
    "account_id",
    "account_name",
    "canvas_term_id",
    "term_id",
    "term_name",
    "created_at",
    "start_date",
    "end_date",
)
RECENT = timedelta(days=30)
MB = 1_000_000


class _Roster(Struct, frozen=True):
    seats: Mapping[str, int] = field(default_factory=dict)


class CourseLine(Struct, frozen=True):
    """A course as these reports look at it."""

    id: int
    account_id: int
    account_path: str
    account_name: str
    term_id: int
    name: str
    code: str
    created_at: str
    workflow_state: str = "claimed"
    start_at: str | None = None
    conclude_at: str | None = None
    deleted_at: str | None = None
    sis_id: str = ""
    is_public: bool = False
    syllabus_body: str = ""
    storage_quota_mb: int | None = None
    storage_used_bytes: int = 0
    roster: _Roster = _Roster()


Chosen = Callable[[CourseLine], bool]


def unpublished(context: Context) -> list[Table]:
    """`unpublished_courses_csv`."""
    return _table(context, "unpublished_courses.csv", lambda one: one.workflow_state in ("created", "claimed"))


def public(context: Context) -> list[Table]:
    """`public_courses_csv`."""
    return _table(context, "public_courses.csv", lambda one: one.is_public and one.workflow_state != DELETED)


def recently_deleted(context: Context) -> list[Table]:
    """`recently_deleted_courses_csv`: those of the last 30 days."""
    since = (context.report.created_at - RECENT).strftime("%Y-%m-%dT%H:%M:%S")
    return _table(
        context,
        "recently_deleted_courses.csv",
        lambda one: one.workflow_state == DELETED and (one.deleted_at or "") >= since,
        ("deleted_at",),
        lambda one: (time(one.deleted_at),),
    )


def unused(context: Context) -> list[Table]:
    """`unused_courses_csv`: live ones without a live enrollment, a syllabus or a file."""

    def chosen(one: CourseLine) -> bool:
        seated = any(not seat.endswith(f"/{DELETED}") for seat in one.roster.seats)
        return one.workflow_state != DELETED and not (seated or one.syllabus_body or one.storage_used_bytes)

    return _table(context, "unused_courses.csv", chosen)


def storage(context: Context) -> list[Table]:
    """`course_storage_csv`."""
    return _table(
        context,
        "course_storage.csv",
        lambda one: one.workflow_state != DELETED,
        ("storage_quota_mb", "storage_used_bytes", "storage_used_mb"),
        lambda one: (one.storage_quota_mb, one.storage_used_bytes, round(one.storage_used_bytes / MB, 2)),
    )


def _table(
    context: Context,
    name: str,
    chosen: Chosen,
    columns: tuple[str, ...] = (),
    more: Callable[[CourseLine], tuple[object, ...]] = lambda _: (),
) -> list[Table]:
    known = Remembered(context)

    def parts(place: str) -> Iterator[Part]:
        for step in courses(context, place, CourseLine):
            found: list[CourseLine] = [one for one in step.found if chosen(one)]
            homes = known.accounts(one.account_id for one in found)
            rows: Rows = []
            for one in found:
                home, term = homes.get(one.account_id), context.book.term(one.term_id)
                rows.append(
                    (
                        *(one.id, one.sis_id, one.code, one.name, one.workflow_state),
                        *(one.account_id, home.sis_id if home else "", one.account_name),
                        *(one.term_id, term.sis_id if term else "", term.name if term else ""),
                        *(time(one.created_at), time(one.start_at), time(one.conclude_at)),
                        *more(one),
                    )
                )
            yield Part(rows, step.place, step.passed)

    return [Table(name, (*COLUMNS, *columns), parts)]
