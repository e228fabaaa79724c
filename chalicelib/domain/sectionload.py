"""Sections and cross-listings as a student information system gives them (canvas-b 1).

When a section goes to another course, its seats follow some at a time: first into the new course, then out of the old
one. The section says that they are under way, so a load that breaks off is taken up by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.course import DELETED, Course, Seat, Section
from chalicelib.domain.coursechange import CourseChange, MemberChange
from chalicelib.domain.courseload import SCHEME as COURSE
from chalicelib.domain.courseload import CourseLoad
from chalicelib.domain.courserow import CourseRow, SectionRow, XlistRow
from chalicelib.domain.enrollmentload import SECTION
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.loading import Spread, chunks, one_by_one, outcome
from chalicelib.domain.person import Account, RowOutcome
from chalicelib.domain.ports import Ids
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.retry import retried

CHUNK = 400
How = Callable[[int, tuple[Seat, ...]], tuple[Seat, ...]]
TOGETHER = 15
"""Members whose seats move in one step."""
ORIGINS_LIMIT = 5
"""Accounts beside its own a course is found under because of cross-listings."""


class SectionLoad(Struct, frozen=True):
    """Loads sections and cross-listings."""

    courses: CourseStore
    load: CourseLoad
    ids: Ids

    def upsert_sections(
        self, root: Account, rows: Iterable[SectionRow], *, spread: Spread = one_by_one
    ) -> Iterator[RowOutcome]:
        """Load sections of `root`; one outcome a row, in order."""
        for chunk in chunks(rows, CHUNK):
            courses = self.courses.resolve(root.id, COURSE, {row.course_sis_id for row in chunk})
            found = self.courses.resolve(root.id, SECTION, {row.sis_id for row in chunk})
            known = self.courses.sections(found.values())
            sections = {name: known[one] for name, one in found.items() if one in known}
            alone = len({row.sis_id for row in chunk}) == len(chunk)
            work = spread if alone else one_by_one
            yield from work(lambda row, c=courses, s=sections: self._row(root, c, s, row), chunk)  # type: ignore[misc]

    def upsert_xlists(
        self, root: Account, rows: Iterable[XlistRow], *, spread: Spread = one_by_one
    ) -> Iterator[RowOutcome]:
        """Load cross-listings of `root`, one after the other; one outcome a row, in order."""
        del spread
        for row in rows:
            yield outcome(lambda one=row: self._xlist(root, one))  # type: ignore[misc]

    def _row(
        self, root: Account, courses: Mapping[str, int], sections: dict[str, Section], row: SectionRow
    ) -> RowOutcome:
        return outcome(lambda: self._upsert(root, courses, sections, row))

    def _upsert(self, root: Account, courses: Mapping[str, int], sections: dict[str, Section], row: SectionRow) -> bool:
        course_id = courses.get(row.course_sis_id)
        if course_id is None:
            raise NotFoundError(f"There is no course {row.course_sis_id!r}.")
        before = sections.pop(row.sis_id, None) or self._find(root, row.sis_id)
        if before is not None and course_id not in (before.course_id, before.origin_course_id):
            raise InvalidError(f"section {row.sis_id} is of another course; cross-list it with xlists.csv.")
        base = before or Section(
            id=self.ids.new(), root_account_id=root.id, course_id=course_id, name=row.name, sis_id=row.sis_id
        )
        after = replace(
            base,
            name=row.name,
            workflow_state=row.status,
            integration_id=row.integration_id,
            start_at=row.start_at,
            end_at=row.end_at,
        )
        if before is not None and after.workflow_state == DELETED != before.workflow_state:
            after = replace(after, leaving=after.course_id)
        if changed := after != before:
            after = self._save(after, new=before is None)
        self._follow(after)
        return changed

    def _xlist(self, root: Account, row: XlistRow) -> bool:
        section = self._find(root, row.section_sis_id)
        if section is None or section.workflow_state == DELETED:
            raise NotFoundError(f"There is no section {row.section_sis_id!r}.")
        if row.status == DELETED:
            return self._end(section)
        origin = self._course(section.origin_course_id or section.course_id)
        target = self._target(root, row, origin)
        if target.id == origin.id:
            raise InvalidError(f"section {row.section_sis_id} cannot be cross-listed into its own course.")
        changed = False
        if section.course_id != target.id:
            if section.origin_course_id:
                self._end(section)
                section = self._sections(section.id)
            changed = True
        self._lend(target.id, origin, section.id)
        if changed:
            section = replace(
                section,
                course_id=target.id,
                origin_course_id=origin.id,
                origin_path=origin.account_path,
                leaving=origin.id,
            )
            section = self._save(section)
        self._follow(section)
        return changed

    def _end(self, section: Section) -> bool:
        """End a cross-listing; the seats go back."""
        if not section.origin_course_id:
            self._follow(section)
            return False
        borrower, origin = section.course_id, section.origin_course_id
        section = self._save(replace(section, course_id=origin, origin_course_id=0, origin_path="", leaving=borrower))
        self._follow(section)
        return True

    def _follow(self, section: Section) -> None:
        """Move the seats of a section to where it is, or delete them with it, if that is not done yet."""
        if not section.leaving:
            return
        after = 0
        while users := self.courses.roll(section.leaving, after):
            for start in range(0, len(users), TOGETHER):
                some = users[start : start + TOGETHER]
                if section.workflow_state != DELETED:
                    self._seat(section.course_id, self._taken(section, some))
                retried(lambda ids=some: self._vacate(section, ids))  # type: ignore[misc]
            self.load.settle(users)
            after = users[-1]
        if section.leaving != section.course_id:
            retried(lambda: self._give_back(section))
        self._save(replace(self._sections(section.id), leaving=0))

    def _taken(self, section: Section, user_ids: Sequence[int]) -> dict[int, list[Seat]]:
        """Seats of the section that are still in the course it leaves."""
        _, members, _ = self.courses.class_of(section.leaving, user_ids)
        return {
            user_id: [replace(seat, origin_path=section.origin_path) for seat in found]
            for user_id, member in members.items()
            if (found := [seat for seat in member.seats if seat.section_id == section.id])
        }

    def _seat(self, course_id: int, moving: Mapping[int, list[Seat]]) -> None:
        if moving:
            retried(lambda: self._change(course_id, list(moving), lambda user, seats: _merged(seats, moving[user])))

    def _vacate(self, section: Section, user_ids: Sequence[int]) -> None:
        def left(_: int, seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
            if section.workflow_state != DELETED:
                return tuple(seat for seat in seats if seat.section_id != section.id)
            return tuple(
                replace(seat, workflow_state=DELETED) if seat.section_id == section.id else seat for seat in seats
            )

        self._change(section.leaving, user_ids, left)

    def _change(self, course_id: int, user_ids: Sequence[int], how: How) -> None:
        """Change the seats of users in a course, in one transaction."""
        course, members, users = self.courses.class_of(course_id, user_ids)
        if course is None:
            return
        changes, roster = [], course.roster
        for user_id in user_ids:
            before = members.get(user_id) or course.member(user_id)
            after = replace(course.refreshed(before), seats=how(user_id, before.seats))
            user = users.get(user_id)
            if after.seats == before.seats or user is None:
                continue
            roster = roster.moved(before, after, user.name, user.sortable_name)
            new_paths = after.paths - user.course_paths
            after = replace(after, version=before.version + 1)
            changes.append(MemberChange(before=before, after=after, new_paths=new_paths))
        if changes:
            after_course = replace(course, roster=roster, version=course.version + 1)
            self.courses.save(CourseChange(before=course, after=after_course, members=changes))

    def _lend(self, target_id: int, origin: Course, section_id: int) -> None:
        """Say at both courses that a section is cross-listed from one into the other."""

        def borrowed() -> None:
            target = self._course(target_id)
            origins = dict(target.origins) | {str(section_id): origin.account_path}
            if len(set(origins.values())) > ORIGINS_LIMIT:
                raise InvalidError(f"Sections of more than {ORIGINS_LIMIT} accounts are cross-listed into that course.")
            self._write(target, replace(target, origins=origins))

        def lent() -> None:
            lender = self._course(origin.id)
            self._write(lender, replace(lender, lent=tuple(sorted({*lender.lent, section_id}))))

        retried(borrowed)
        retried(lent)

    def _give_back(self, section: Section) -> None:
        """Say at both courses that a cross-listing has ended; nothing where it goes on."""
        if section.origin_course_id:
            return
        for course_id in (section.leaving, section.course_id):
            course = self._course(course_id)
            origins = {one: path for one, path in course.origins.items() if one != str(section.id)}
            lent = tuple(one for one in course.lent if one != section.id)
            self._write(course, replace(course, origins=origins, lent=lent))

    def _write(self, before: Course, after: Course) -> None:
        if after != before:
            self.courses.save(CourseChange(before=before, after=replace(after, version=before.version + 1)))

    def _target(self, root: Account, row: XlistRow, origin: Course) -> Course:
        """The course of the row; one that is not there is made like the section's own, as Canvas does."""
        known = self.courses.resolve(root.id, COURSE, [row.course_sis_id]).get(row.course_sis_id)
        if known is not None:
            return self._course(known)
        made = CourseRow(sis_id=row.course_sis_id, name=origin.name, code=origin.code, status="active")
        course = self.load.create(root, made)
        after = replace(
            course,
            account_id=origin.account_id,
            account_path=origin.account_path,
            account_name=origin.account_name,
            term_id=origin.term_id,
            workflow_state=origin.workflow_state,
        )
        self._write(course, after)
        return self._course(course.id)

    def _save(self, section: Section, *, new: bool = False) -> Section:
        section = replace(section, version=section.version + 1)
        self.courses.save_section(section, {SECTION: section.sis_id} if new else {})
        return section

    def _find(self, root: Account, sis_id: str) -> Section | None:
        known = self.courses.resolve(root.id, SECTION, [sis_id]).get(sis_id)
        return self._sections(known) if known else None

    def _sections(self, section_id: int) -> Section:
        return self.courses.sections([section_id])[section_id]

    def _course(self, course_id: int) -> Course:
        return self.courses.courses([course_id])[course_id]


def _merged(seats: tuple[Seat, ...], more: Sequence[Seat]) -> tuple[Seat, ...]:
    """Seats with others added; one that is there already counts as it is given now."""
    ids = {seat.id for seat in more}
    return (*(seat for seat in seats if seat.id not in ids), *more)
