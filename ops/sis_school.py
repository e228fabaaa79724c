"""Where the rows of SIS files go: the directory of accounts and people, and the loads of courses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chalicelib.domain.courseload import CourseLoad
from chalicelib.domain.courserow import CourseRow, EnrollmentRow, SectionRow, TermRow, XlistRow
from chalicelib.domain.enrollmentload import EnrollmentLoad
from chalicelib.domain.loading import Ascending, Spread, chunks, one_by_one
from chalicelib.domain.person import Account, AccountRow, AdminRow, RoleRow, RowOutcome, UserRow
from chalicelib.domain.sectionload import SectionLoad
from chalicelib.domain.termload import TermLoad
from chalicelib.wiring import Services

CHUNK = 400
THREADS = 8
"""Writers at a time; DynamoDB takes many more, a local engine gains nothing from them."""


class School:
    """Takes rows of every kind of file.

    Parameters
    ----------
    services
        Of the stage that is loaded.
    threads
        How many courses are written at a time.
    """

    def __init__(self, services: Services, *, threads: int = THREADS) -> None:
        self._directory = services.directory
        ids, people, courses = Ascending(services.ids), services.people, services.courses
        self._terms = TermLoad(services.terms, services.clock, ids)
        self._courses = CourseLoad(people, courses, self._terms, services.clock, ids)
        self._sections = SectionLoad(courses, self._courses, ids)
        self._enrollments = EnrollmentLoad(people, courses, self._courses, ids)
        self._spread: Spread = one_by_one if threads == 1 else Threads(threads)

    def upsert_accounts(self, root: Account, rows: Iterable[AccountRow]) -> Iterator[RowOutcome]:
        """Create or change accounts below `root`."""
        return self._directory.upsert_accounts(root, rows)

    def upsert_users(self, root: Account, rows: Iterable[UserRow]) -> Iterator[RowOutcome]:
        """Create or change people of `root`."""
        for chunk in chunks(rows, CHUNK):
            spread = self._spread if _distinct(chunk) else one_by_one
            yield from spread(partial(self._user, root), chunk)

    def _user(self, root: Account, row: UserRow) -> RowOutcome:
        return next(iter(self._directory.upsert_users(root, [row])))

    def upsert_roles(self, root: Account, rows: Iterable[RoleRow]) -> Iterator[RowOutcome]:
        """Make, switch and remove roles."""
        return self._directory.upsert_roles(root, rows)

    def upsert_terms(self, root: Account, rows: Iterable[TermRow]) -> Iterator[RowOutcome]:
        """Create or change terms."""
        return self._terms.upsert_terms(root, rows)

    def upsert_courses(self, root: Account, rows: Iterable[CourseRow]) -> Iterator[RowOutcome]:
        """Create or change courses."""
        return self._courses.upsert_courses(root, rows, spread=self._spread)

    def upsert_sections(self, root: Account, rows: Iterable[SectionRow]) -> Iterator[RowOutcome]:
        """Create or change sections."""
        return self._sections.upsert_sections(root, rows, spread=self._spread)

    def upsert_xlists(self, root: Account, rows: Iterable[XlistRow]) -> Iterator[RowOutcome]:
        """Cross-list sections."""
        return self._sections.upsert_xlists(root, rows)

    def upsert_enrollments(self, root: Account, rows: Iterable[EnrollmentRow]) -> Iterator[RowOutcome]:
        """Enroll people."""
        return self._enrollments.upsert_enrollments(root, rows, spread=self._spread)

    def upsert_admins(self, root: Account, rows: Iterable[AdminRow]) -> Iterator[RowOutcome]:
        """Give and take roles in accounts of `root`."""
        return self._directory.upsert_admins(root, rows)


def _distinct(rows: Sequence[UserRow]) -> bool:
    """Whether rows are about different people, so that their order does not matter."""
    return all(len({getattr(row, name) for row in rows}) == len(rows) for name in ("sis_id", "login_id"))


class Threads:
    """Spreads work over threads."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="sis")

    def __call__(self, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """The results, in the order of the items."""
        return list(self._pool.map(work, items))
