"""Sections and cross-listings as a student information system gives them (canvas-b 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.course import DELETED, Course, Section
from chalicelib.domain.coursechange import CourseChange, MemberChange, room
from chalicelib.domain.courseload import SCHEME as COURSE
from chalicelib.domain.courseload import CourseLoad
from chalicelib.domain.courserow import SectionRow, XlistRow
from chalicelib.domain.enrollmentload import SECTION
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.loading import Spread, chunks, one_by_one, outcome
from chalicelib.domain.person import Account, RowOutcome
from chalicelib.domain.ports import Ids
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.seatmove import SeatMove

CHUNK = 400
ORIGINS_LIMIT = 5
"""Accounts beside its own a course is found under because of cross-listings."""


class SectionLoad(Struct, frozen=True):
    """Loads sections and cross-listings. What a load before left unfinished of a section is finished first."""

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

    @property
    def _seats(self) -> SeatMove:
        return SeatMove(self.courses, self.load)

    def _row(
        self, root: Account, courses: Mapping[str, int], sections: dict[str, Section], row: SectionRow
    ) -> RowOutcome:
        return outcome(lambda: self._upsert(root, courses, sections, row))

    def _upsert(self, root: Account, courses: Mapping[str, int], sections: dict[str, Section], row: SectionRow) -> bool:
        course_id = courses.get(row.course_sis_id)
        if course_id is None:
            raise NotFoundError(f"There is no course {row.course_sis_id!r}.")
        before = sections.pop(row.sis_id, None) or self._find(root, row.sis_id)
        if before is None:
            base = Section(
                id=self.ids.new(), root_account_id=root.id, course_id=course_id, name=row.name, sis_id=row.sis_id
            )
        else:
            base = before = self._seats.follow(before)
            gone = DELETED == row.status == before.workflow_state
            if not gone and course_id not in (before.course_id, before.origin_course_id):
                raise InvalidError(f"section {row.sis_id} is of another course; cross-list it with xlists.csv.")
        after = replace(base, name=row.name, workflow_state=row.status, **row.facts)
        if after.workflow_state == DELETED and before is not None:
            after = _deleted(before, after)
        if changed := after != before:
            self._seats.follow(self._save(after, new=before is None))
        return changed

    def _xlist(self, root: Account, row: XlistRow) -> bool:
        section = self._find(root, row.section_sis_id)
        if section is None:
            raise NotFoundError(f"There is no section {row.section_sis_id!r}.")
        section = self._seats.follow(section)
        target_id = self.courses.resolve(root.id, COURSE, [row.course_sis_id]).get(row.course_sis_id, 0)
        there = section.origin_course_id != 0 and section.course_id == target_id
        if row.status == DELETED:
            if there:
                self._seats.follow(self._save(_home(section)))
            return there
        if section.workflow_state == DELETED:
            raise NotFoundError(f"There is no section {row.section_sis_id!r}.")
        if there:
            return False
        origin = self._course(section.origin_course_id or section.course_id)
        if target_id == origin.id:
            raise InvalidError(f"section {row.section_sis_id} cannot be cross-listed into its own course.")
        target = self._course(target_id) if target_id else None
        if (target or origin).workflow_state == DELETED:
            raise InvalidError(
                f"course {(target or origin).sis_id} is deleted; no section can be cross-listed into it."
            )
        self._lend(section, origin, target or self.load.create_like(origin, row.course_sis_id))
        return True

    def _lend(self, section: Section, origin: Course, target: Course) -> None:
        """Put a section of one course into another: both courses and the section at once, then the seats."""
        borrower = replace(
            target,
            origins=dict(target.origins) | {str(section.id): origin.account_path},
            version=target.version + 1,
        )
        if len(set(borrower.origins.values())) > ORIGINS_LIMIT:
            raise InvalidError(f"Sections of more than {ORIGINS_LIMIT} accounts are cross-listed into that course.")
        if room(borrower) < MemberChange.MOST:
            raise InvalidError("Sections of too many accounts, or too deep ones, are cross-listed into that course.")
        lent = tuple(sorted({*origin.lent, section.id}))
        section = replace(
            section,
            course_id=target.id,
            origin_course_id=origin.id,
            origin_path=origin.account_path,
            leaving=section.course_id,
            version=section.version + 1,
        )
        lender = None if lent == origin.lent else replace(origin, lent=lent, version=origin.version + 1)
        self.courses.save(CourseChange(before=target, after=borrower, section=section, lender=lender))
        self._seats.follow(section)

    def _save(self, section: Section, *, new: bool = False) -> Section:
        section = replace(section, version=section.version + 1)
        self.courses.save_section(section, {SECTION: section.sis_id} if new else {})
        return section

    def _find(self, root: Account, sis_id: str) -> Section | None:
        known = self.courses.resolve(root.id, SECTION, [sis_id]).get(sis_id)
        return self.courses.sections([known])[known] if known else None

    def _course(self, course_id: int) -> Course:
        return self.courses.courses([course_id])[course_id]


def _home(section: Section) -> Section:
    """A cross-listed section back in its own course; its seats are to follow."""
    home = section.origin_course_id
    return replace(section, course_id=home, origin_course_id=0, origin_path="", leaving=section.course_id)


def _deleted(before: Section, after: Section) -> Section:
    """A section that a row deletes: its seats are to go with it, and a cross-listing ends."""
    if after.origin_course_id:
        return _home(after)
    return after if before.workflow_state == DELETED else replace(after, leaving=after.course_id)
