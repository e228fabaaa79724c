"""Where the rows of SIS files go: the directory of accounts and people, and the loads of courses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.domain.courserow import CourseRow, EnrollmentRow, SectionRow, TermRow, XlistRow
from chalicelib.domain.loading import Spread, one_by_one
from chalicelib.domain.person import Account, AccountRow, AdminRow, RowOutcome, UserRow
from chalicelib.wiring import Services

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
        self._services = services
        self._spread: Spread = one_by_one if threads == 1 else Threads(threads)

    def upsert_accounts(self, root: Account, rows: Iterable[AccountRow]) -> Iterator[RowOutcome]:
        """Create or change accounts below `root`."""
        return self._services.directory.upsert_accounts(root, rows)

    def upsert_users(self, root: Account, rows: Iterable[UserRow]) -> Iterator[RowOutcome]:
        """Create or change people of `root`."""
        return self._services.directory.upsert_users(root, rows)

    def upsert_terms(self, root: Account, rows: Iterable[TermRow]) -> Iterator[RowOutcome]:
        """Create or change terms."""
        return self._services.term_load.upsert_terms(root, rows)

    def upsert_courses(self, root: Account, rows: Iterable[CourseRow]) -> Iterator[RowOutcome]:
        """Create or change courses."""
        return self._services.course_load.upsert_courses(root, rows, spread=self._spread)

    def upsert_sections(self, root: Account, rows: Iterable[SectionRow]) -> Iterator[RowOutcome]:
        """Create or change sections."""
        return self._services.section_load.upsert_sections(root, rows, spread=self._spread)

    def upsert_xlists(self, root: Account, rows: Iterable[XlistRow]) -> Iterator[RowOutcome]:
        """Cross-list sections."""
        return self._services.section_load.upsert_xlists(root, rows)

    def upsert_enrollments(self, root: Account, rows: Iterable[EnrollmentRow]) -> Iterator[RowOutcome]:
        """Enroll people."""
        return self._services.enrollment_load.upsert_enrollments(root, rows, spread=self._spread)

    def upsert_admins(self, root: Account, rows: Iterable[AdminRow]) -> Iterator[RowOutcome]:
        """Give and take roles in accounts of `root`."""
        return self._services.directory.upsert_admins(root, rows)


class Threads:
    """Spreads work over threads."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="sis")

    def __call__(self, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """The results, in the order of the items."""
        return list(self._pool.map(work, items))
