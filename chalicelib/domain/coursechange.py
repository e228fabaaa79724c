"""What is written about courses, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import Struct

from chalicelib.domain.course import TEACHER, Course, Membership, Section

ROOM = 100 - 2
"""Actions of a transaction, DynamoDB's limit, without the course and a section."""


class MemberChange(Struct, frozen=True, kw_only=True):
    """A membership to write. `after.version` is one more than what must be there; 1: nothing must be."""

    before: Membership
    after: Membership
    new_paths: frozenset[str] = frozenset()
    """Accounts the user becomes associated with."""

    MOST: ClassVar[int] = 4

    @property
    def actions(self) -> int:
        """Items it writes: the membership, that there is one, what the user teaches, where they belong."""
        teaching = self.begins_teaching or self.ends_teaching
        return 1 + (self.after.version == 1) + teaching + bool(self.new_paths)

    @property
    def begins_teaching(self) -> bool:
        """Whether the user now has a teacher's seat in the course, and had none."""
        return bool(self.after.states(TEACHER)) and not self.before.states(TEACHER)

    @property
    def ends_teaching(self) -> bool:
        """Whether the user had a teacher's seat in the course, and now has none."""
        return bool(self.before.states(TEACHER)) and not self.after.states(TEACHER)


class CourseChange(Struct, frozen=True, kw_only=True):
    """A course to write, with memberships and a section of it. `after.version` is one more than what must be there."""

    before: Course | None
    after: Course
    members: Sequence[MemberChange] = ()
    section: Section | None = None
    names: Mapping[str, str] = {}
    """Names of the course that are new, by scheme."""
    lender: Course | None = None
    """The course the section is cross-listed from, with nothing changed that lists know of; `version` as of `after`."""


def room(course: Course) -> int:
    """Actions a transaction has left for members of a course, when every list with the course is written too."""
    accounts = {account for path in course.account_paths for account in path.strip("/").split("/")}
    return ROOM - 2 * len(accounts)
