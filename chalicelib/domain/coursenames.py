"""Names that courses copy, for lists to sort and search by: of their teachers, and of their accounts.

A new name is carried to the courses before it is saved where it belongs; so whoever breaks off in between finds it
changed still, and does it again.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.course import Course
from chalicelib.domain.coursechange import CourseChange
from chalicelib.domain.person import Account, User
from chalicelib.domain.retry import retried
from chalicelib.domain.schoolports import CourseStore


class CourseNames(Struct, frozen=True):
    """Keeps names in courses right."""

    courses: CourseStore

    def user(self, before: User, after: User) -> None:
        """Carry a user's name to the courses they teach, where it changes."""
        if (before.name, before.sortable_name) != (after.name, after.sortable_name):
            for course_id in sorted(self.courses.taught([after.id]).get(after.id, ())):
                retried(partial(self._teacher, course_id, after))

    def account(self, before: Account, after: Account) -> None:
        """Carry an account's name to its own courses, where it changes: some at a time."""
        last = 0
        while before.name != after.name and (found := self.courses.own_courses(after.id, last)):
            for course_id in found:
                retried(partial(self._account, course_id, after))
            last = found[-1]

    def _teacher(self, course_id: int, user: User) -> None:
        course, members, _ = self.courses.class_of(course_id, [user.id])
        if course is not None and (member := members.get(user.id)):
            roster = course.roster.moved(member, member, user.name, user.sortable_name)
            self._save(course, replace(course, roster=roster))

    def _account(self, course_id: int, account: Account) -> None:
        course = self.courses.courses([course_id]).get(course_id)
        if course is not None and course.account_id == account.id:
            self._save(course, replace(course, account_name=account.name))

    def _save(self, before: Course, after: Course) -> None:
        if after != before:
            self.courses.save(CourseChange(before=before, after=replace(after, version=before.version + 1)))
