"""What courses copy of people and accounts: names, for lists to sort and search by, and who is there at all.

A change is carried to the courses before it is saved where it belongs; so whoever breaks off in between finds it
to be made still, and does it again.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.course import DELETED, Course
from chalicelib.domain.coursechange import CourseChange, MemberChange
from chalicelib.domain.person import Account, User
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.retry import retried


class CourseNames(Struct, frozen=True):
    """Keeps courses right about people and accounts."""

    courses: CourseStore

    def user(self, before: User, after: User) -> None:
        """Carry a user's new name to the courses they teach; when they are deleted, their enrollments are too."""
        if after.workflow_state == DELETED != before.workflow_state:
            self._remove(after)
        elif (before.name, before.sortable_name) != (after.name, after.sortable_name):
            for course_id in sorted(self.courses.taught([after.id]).get(after.id, ())):
                retried(partial(self._teacher, course_id, after))

    def account(self, before: Account, after: Account) -> None:
        """Carry an account's name to its own courses, where it changes: some at a time."""
        last = 0
        while before.name != after.name and (found := self.courses.own_courses(after.id, last)):
            for course_id in found:
                retried(partial(self._account, course_id, after))
            last = found[-1]

    def _remove(self, user: User) -> None:
        for member in self.courses.memberships(user.id):
            if any(seat.workflow_state != DELETED for seat in member.seats):
                retried(partial(self._unseat, member.course_id, user))
        if user.course_paths:
            self.courses.leave(user.id, user.course_paths)

    def _unseat(self, course_id: int, user: User) -> None:
        course, members, _ = self.courses.class_of(course_id, [user.id])
        before = members.get(user.id)
        if course is None or before is None:
            return
        seats = tuple(replace(seat, workflow_state=DELETED) for seat in before.seats)
        after = replace(course.refreshed(before), seats=seats, version=before.version + 1)
        roster = course.roster.moved(before, after, user.name, user.sortable_name)
        course_after = replace(course, roster=roster, version=course.version + 1)
        change = MemberChange(before=before, after=after)
        self.courses.save(CourseChange(before=course, after=course_after, members=[change]))

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
