"""What the domain asks of the stores of terms and courses. `storage` implements them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct, field

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.course import Course, Enrollment, Membership, Section
from chalicelib.domain.coursechange import CourseChange
from chalicelib.domain.coursewalk import Placed, Read, Source
from chalicelib.domain.person import Account, User
from chalicelib.domain.term import TermBook


class Ground(Struct, frozen=True, kw_only=True):
    """What a request needs before it walks, from one call."""

    standing: Standing
    terms: TermBook
    taught: Mapping[int, frozenset[int]] = field(default_factory=dict)


class Details(Struct, frozen=True, kw_only=True):
    """What is shown with the courses of a page."""

    courses: Mapping[int, Course]
    accounts: Mapping[int, Account]
    users: Mapping[int, User]


class TermStore(Protocol):
    """Terms by root account."""

    def book(self, root_account_id: int) -> TermBook:
        """The terms of a root account."""

    def save(self, book: TermBook) -> None:
        """Write the terms of a root account; `version` is one more than what must be there. Raises ConflictError."""


class CourseStore(Protocol):
    """Courses, sections, memberships. Every read is strongly consistent."""

    def enrollments(self, user_id: int) -> list[Enrollment]:
        """A user's enrollments, deleted ones too, in one call."""

    def memberships(self, user_id: int) -> list[Membership]:
        """A user's memberships, in one call."""

    def courses(self, ids: Iterable[int]) -> dict[int, Course]:
        """Those courses, by id."""

    def sections(self, ids: Iterable[int]) -> dict[int, Section]:
        """Those sections, by id."""

    def resolve(self, root_account_id: int, scheme: str, values: Iterable[str]) -> dict[str, int]:
        """Ids of the courses (`sis_course_id`) or sections (`sis_section_id`) of those names."""

    def taught(self, user_ids: Iterable[int]) -> Mapping[int, frozenset[int]]:
        """Ids of the courses in which users have a teacher's seat that is not deleted."""

    def own_courses(self, account_id: int, after: int = 0) -> list[int]:
        """Ids of some of an account's own courses, from behind one, in order; empty at the end."""

    def class_of(
        self, course_id: int, user_ids: Sequence[int]
    ) -> tuple[Course | None, dict[int, Membership], dict[int, User]]:
        """A course, those users' memberships in it, and the users, in one call for up to 49 users."""

    def roll(self, course_id: int, after: int = 0) -> list[int]:
        """Ids of some users who are or were members, from behind one, in order; empty at the end."""

    def save(self, change: CourseChange) -> None:
        """Write a course with what goes with it, all or nothing.

        Raises
        ------
        ConflictError
            Something was not as it was read, or a name is taken.
        InvalidError
            It is more than can be kept, or written at once.
        """

    def save_section(self, section: Section, names: Mapping[str, str]) -> None:
        """Write a section and its new names; `version` is one more than what must be there. Raises ConflictError."""

    def leave(self, user_id: int, paths: Iterable[str]) -> None:
        """End a user's association with accounts, as far as courses make it."""

    def join(self, user_id: int, paths: Iterable[str]) -> None:
        """Begin a user's association with accounts."""


class CourseListStore(Protocol):
    """Lists of courses by account. Every read is strongly consistent."""

    def ground(self, actor: Actor, accounts: Sequence[int], teachers: Sequence[int]) -> Ground:
        """The actor's standing with those accounts, the terms, and what those users teach, in one call."""

    def read(self, source: Source, order: str, *, prefix: str, after: str, descending: bool, limit: int) -> Read:
        """Entries of a list in an order (empty: by id), from behind a place, in one call.

        `prefix`: only places that begin so, ascending.
        """

    def entries(self, account_id: int, order: str, course_ids: Sequence[int]) -> list[Placed]:
        """Entries of those courses in an account's list, with their places; one call for each 100."""

    def details(self, course_ids: Sequence[int], accounts: Sequence[int], users: Sequence[int]) -> Details:
        """What is shown of those; one call for each 100 of them together."""

    def total(self, account_id: int, states: Collection[str]) -> int:
        """How many courses of an account and those below it are in those states, in one call."""
