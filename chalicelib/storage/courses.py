"""Courses, sections and memberships in DynamoDB.

A membership is an item among its user's; the course's side holds only that there is one. Whatever changes seats also
changes the course's item, conditionally on its version, so its roster, and what lists know of it, is always right.
"""

from __future__ import annotations

from msgspec import Struct

from chalicelib.domain.course import Enrollment, Membership
from chalicelib.storage import documents
from chalicelib.storage.coursekeys import member_key
from chalicelib.storage.tables import Tables


class Courses(Struct, frozen=True):
    """The store of courses (see `ports.CourseStore`)."""

    tables: Tables

    def enrollments(self, user_id: int) -> list[Enrollment]:
        """A user's enrollments, deleted ones too, by course: one Query, strongly consistent."""
        return [seat for member in self.memberships(user_id) for seat in member.enrollments()]

    def memberships(self, user_id: int) -> list[Membership]:
        """A user's memberships, by course: one Query, strongly consistent."""
        courses = self.tables.courses
        found = courses.query(member_key(user_id, 0)["pk"], courses.sk.startswith("course#"), consistent_read=True)
        return [documents.decode(record.document, Membership) for record in found]
