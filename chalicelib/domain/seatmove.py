"""Seats that follow their section into another course, or are deleted with it: some at a time.

First into the new course, then out of the old one. The section says that they are under way (`leaving`), so whoever
meets it after a load broke off goes on with it before changing it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.course import DELETED, Seat, Section
from chalicelib.domain.coursechange import CourseChange, MemberChange, room
from chalicelib.domain.courseload import CourseLoad
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.retry import retried

How = Callable[[int, tuple[Seat, ...]], tuple[Seat, ...]]


class SeatMove(Struct, frozen=True):
    """Carries the seats of sections after them."""

    courses: CourseStore
    load: CourseLoad

    def follow(self, section: Section) -> Section:
        """Move the seats of a section to where it is, or delete them with it, if that is not done yet.

        The section as it is then.
        """
        if not section.leaving:
            return section
        after = 0
        while users := self.courses.roll(section.leaving, after):
            if section.leaving != section.course_id:
                self._seat(section, users)
            self._vacate(section, users)
            self.load.settle(users)
            after = users[-1]
        for course_id in sorted({section.leaving, section.course_id}):
            retried(partial(self._unlist, section, course_id))
        return retried(partial(self._arrived, section.id))

    def _seat(self, section: Section, user_ids: Sequence[int]) -> None:
        """Give the seats that are still in the course the section leaves to the one it is in."""
        _, members, _ = self.courses.class_of(section.leaving, user_ids)
        moving: Mapping[int, list[Seat]] = {
            user_id: [_moved(seat, section) for seat in member.seats if seat.section_id == section.id]
            for user_id, member in members.items()
        }
        users = [user_id for user_id, seats in moving.items() if seats]
        self._change(section.course_id, users, lambda user_id, seats: _merged(seats, moving[user_id]))

    def _vacate(self, section: Section, user_ids: Sequence[int]) -> None:
        def left(_: int, seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
            if section.leaving != section.course_id:
                return tuple(seat for seat in seats if seat.section_id != section.id)
            return tuple(_moved(seat, section) if seat.section_id == section.id else seat for seat in seats)

        self._change(section.leaving, user_ids, left)

    def _change(self, course_id: int, user_ids: Sequence[int], how: How) -> None:
        """Change the seats of users in a course, in as few transactions as take them."""
        while user_ids:
            user_ids = user_ids[retried(partial(self._step, course_id, user_ids, how)) :]

    def _step(self, course_id: int, user_ids: Sequence[int], how: How) -> int:
        """Change the seats of the first of those users in one transaction; how many of them that were."""
        course, members, users = self.courses.class_of(course_id, user_ids)
        if course is None:
            return len(user_ids)
        changes: list[MemberChange] = []
        roster, left, done = course.roster, room(course), 0
        for user_id in user_ids:
            if changes and left < MemberChange.MOST:
                break
            done += 1
            before = members.get(user_id) or course.member(user_id)
            after = replace(course.refreshed(before), seats=how(user_id, before.seats))
            user = users.get(user_id)
            if after.seats == before.seats or user is None:
                continue
            roster = roster.moved(before, after, user.name, user.sortable_name)
            new_paths = after.paths - user.course_paths
            after = replace(after, version=before.version + 1)
            changes.append(MemberChange(before=before, after=after, new_paths=new_paths))
            left -= changes[-1].actions
        if changes:
            after_course = replace(course, roster=roster, version=course.version + 1)
            self.courses.save(CourseChange(before=course, after=after_course, members=changes))
        return done

    def _unlist(self, section: Section, course_id: int) -> None:
        """Say at a course that a cross-listing has ended; nothing where it goes on."""
        before = self.courses.courses([course_id])[course_id]
        listed = section.course_id == course_id and section.origin_course_id
        after = replace(
            before,
            origins={one: path for one, path in before.origins.items() if listed or one != str(section.id)},
            lent=tuple(one for one in before.lent if section.origin_course_id == course_id or one != section.id),
        )
        if after != before:
            self.courses.save(CourseChange(before=before, after=replace(after, version=before.version + 1)))

    def _arrived(self, section_id: int) -> Section:
        section = self.courses.sections([section_id])[section_id]
        section = replace(section, leaving=0, version=section.version + 1)
        self.courses.save_section(section, {})
        return section


def _moved(seat: Seat, section: Section) -> Seat:
    """A seat as it is where its section is now; deleted with it."""
    state = DELETED if section.workflow_state == DELETED else seat.workflow_state
    return replace(seat, origin_path=section.origin_path, workflow_state=state)


def _merged(seats: tuple[Seat, ...], more: Sequence[Seat]) -> tuple[Seat, ...]:
    """Seats with others added; one that is there already counts as it is given now."""
    ids = {seat.id for seat in more}
    return (*(seat for seat in seats if seat.id not in ids), *more)
