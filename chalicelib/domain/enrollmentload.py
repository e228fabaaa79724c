"""Enrollments as a student information system gives them.

Rows of a course within a chunk are one or a few transactions: they read the course, the memberships and the people
together, and write what has changed. Courses of a chunk are spread over threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.domain.course import DELETED, STUDENT_VIEW, TYPES, Course, Membership, Seat, Section
from chalicelib.domain.coursechange import CourseChange, MemberChange, room
from chalicelib.domain.courseload import SCHEME as COURSE
from chalicelib.domain.courseload import CourseLoad
from chalicelib.domain.courserow import EnrollmentRow
from chalicelib.domain.errors import ConflictError, InvalidError, NotFoundError
from chalicelib.domain.loading import LOST, TRIES, Spread, chunks, one_by_one
from chalicelib.domain.person import Account, RowOutcome, User
from chalicelib.domain.ports import Ids
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.role import Role, RoleBook

CHUNK = 2000
SECTION = "sis_section_id"
TOGETHER = 45
"""Users read with a course in one call."""
LAST_COMPLETED = "deleted_last_completed"
WORDS = {kind.removesuffix("Enrollment").lower(): kind for kind in TYPES} | {"studentview": STUDENT_VIEW}


class Wish(Struct, frozen=True, kw_only=True):
    """A row with its names looked up; `section_id` 0: the default section."""

    at: int
    user_id: int
    section: Section | None
    type: str
    role: str
    reach: str
    """Path of the account the role was made in; it is none above."""
    row: EnrollmentRow
    associated_user_id: int = 0


class Names(Struct, frozen=True):
    """What the rows of a chunk refer to."""

    users: dict[tuple[str, str], int]
    courses: dict[str, int]
    sections: dict[str, Section]
    roles: RoleBook


class EnrollmentLoad(Struct, frozen=True):
    """Loads enrollments."""

    people: PeopleStore
    courses: CourseStore
    load: CourseLoad
    ids: Ids

    def upsert_enrollments(
        self, root: Account, rows: Iterable[EnrollmentRow], *, spread: Spread = one_by_one
    ) -> Iterator[RowOutcome]:
        """Load enrollments of `root`; one outcome a row, in order."""
        for chunk in chunks(rows, CHUNK):
            names, told = self._names(root, chunk), [RowOutcome()] * len(chunk)
            wishes: dict[int, list[Wish]] = {}
            for at, row in enumerate(chunk):
                try:
                    course_id, wish = self._wish(names, at, row)
                except (InvalidError, NotFoundError) as error:
                    told[at] = RowOutcome(error=str(error))
                else:
                    wishes.setdefault(course_id, []).append(wish)
            leaving: set[int] = set()
            for done in spread(self._course, list(wishes.items())):
                leaving |= done.leaving
                for at, result in done.told.items():
                    told[at] = result
            self.load.settle(sorted(leaving))
            yield from told

    def _names(self, root: Account, rows: Sequence[EnrollmentRow]) -> Names:
        users = {("sis_user_id", name) for row in rows for name in (row.user_sis_id, row.associated_user_sis_id)}
        users |= {("sis_integration_id", row.user_integration_id) for row in rows if not row.user_sis_id}
        named = self.courses.resolve(root.id, SECTION, {row.section_sis_id for row in rows} - {""})
        sections = self.courses.sections(named.values())
        return Names(
            users=self.people.resolve_all(root.id, [one for one in sorted(users) if one[1]]),
            courses=self.courses.resolve(root.id, COURSE, {row.course_sis_id for row in rows} - {""}),
            sections={name: sections[one] for name, one in named.items() if one in sections},
            roles=self.people.role_book(root.id),
        )

    def _wish(self, names: Names, at: int, row: EnrollmentRow) -> tuple[int, Wish]:
        """The course of a row, and what it asks for. Raises NotFoundError, InvalidError."""
        section = names.sections.get(row.section_sis_id) if row.section_sis_id else None
        gone = section is None or (section.workflow_state == DELETED and row.status != DELETED)
        if row.section_sis_id and gone:
            raise NotFoundError(f"There is no section {row.section_sis_id!r}.")
        course_id = names.courses.get(row.course_sis_id, 0) if row.course_sis_id else 0
        if row.course_sis_id and not course_id:
            raise NotFoundError(f"There is no course {row.course_sis_id!r}.")
        if section is not None:
            if course_id and course_id not in (section.course_id, section.origin_course_id):
                raise InvalidError(f"section {row.section_sis_id!r} is not one of course {row.course_sis_id!r}.")
            course_id = section.course_id
        user = ("sis_user_id", row.user_sis_id) if row.user_sis_id else ("sis_integration_id", row.user_integration_id)
        if user not in names.users:
            raise NotFoundError(f"There is no user {user[1]!r}.")
        observed = names.users.get(("sis_user_id", row.associated_user_sis_id), 0)
        if row.associated_user_sis_id and not observed:
            raise NotFoundError(f"There is no user {row.associated_user_sis_id!r}.")
        role = _role(names.roles, row)
        wish = Wish(
            at=at,
            user_id=names.users[user],
            section=section,
            type=role.base,
            role=role.name,
            reach=role.account_path,
            row=row,
            associated_user_id=observed,
        )
        return course_id, wish

    def _course(self, found: tuple[int, list[Wish]]) -> Done:
        """Do what is asked for in one course, some users at a time."""
        course_id, wishes = found
        by_user: dict[int, list[Wish]] = {}
        for wish in wishes:
            by_user.setdefault(wish.user_id, []).append(wish)
        done, users = Done(), list(by_user)
        while users:
            step = self._tried(course_id, {one: by_user[one] for one in users[:TOGETHER]})
            done.told |= step.told
            done.leaving |= step.leaving
            users = [one for one in users if by_user[one][0].at not in done.told]
        return done

    def _tried(self, course_id: int, by_user: dict[int, list[Wish]]) -> Done:
        for _ in range(TRIES):
            try:
                return self._step(course_id, by_user)
            except ConflictError:
                continue
            except InvalidError as error:
                if len(by_user) == 1:
                    return Done(told={wish.at: RowOutcome(error=str(error)) for wish in next(iter(by_user.values()))})
                by_user = dict(list(by_user.items())[:1])
        return Done(told={wish.at: RowOutcome(error=LOST) for wishes in by_user.values() for wish in wishes})

    def _step(self, course_id: int, by_user: dict[int, list[Wish]]) -> Done:
        """As many of those users as fit a transaction, one at least."""
        course, members, users = self.courses.class_of(course_id, list(by_user))
        if course is None:
            raise ConflictError("The course is not there any more.")
        work = Work(self.ids, course)
        for user_id, wishes in by_user.items():
            if work.full:
                break
            work.enroll(users.get(user_id), members.get(user_id), wishes)
        if change := work.change():
            self.courses.save(change)
        return Done(told=work.told, leaving=work.leaving)


class Done(Struct):
    """What became of rows, by their place, and users whose associations may have ended."""

    told: dict[int, RowOutcome] = field(default_factory=dict)
    leaving: set[int] = field(default_factory=set)


class Work:
    """A course while enrollments of it are worked out."""

    def __init__(self, ids: Ids, course: Course) -> None:
        self.ids = ids
        self.before = self.course = course
        self.section: Section | None = None
        self.changes: list[MemberChange] = []
        self.told: dict[int, RowOutcome] = {}
        self.leaving: set[int] = set()
        self.room = room(course)

    @property
    def full(self) -> bool:
        """Whether another user may not fit the transaction."""
        return self.room < MemberChange.MOST and bool(self.told)

    def enroll(self, user: User | None, known: Membership | None, wishes: Sequence[Wish]) -> None:
        """Give one user the seats that rows ask for."""
        if user is None or user.workflow_state == DELETED:
            # Their enrollments are deleted with them, so a row that deletes one changes nothing.
            gone = {one.at: "" if one.row.status == DELETED else "The user is deleted." for one in wishes}
            self.told |= {at: RowOutcome(error=error) for at, error in gone.items()}
            return
        before = known or self.course.member(user.id)
        after = self.course.refreshed(before)
        for wish in wishes:
            if not self.course.account_path.startswith(wish.reach) and wish.row.status != DELETED:
                error = f"The role {wish.role!r} is none of the course's account."
                self.told[wish.at] = RowOutcome(error=error)
                continue
            seats = self._seated(after, wish)
            self.told[wish.at] = RowOutcome(changed=seats != after.seats)
            after = replace(after, seats=seats)
        if set(user.course_paths) & set(self.course.account_paths) - after.paths and any(
            wish.row.status in (DELETED, LAST_COMPLETED) for wish in wishes
        ):
            self.leaving.add(user.id)
        if after == before:
            return
        roster = self.course.roster.moved(before, after, user.name, user.sortable_name)
        self.course = replace(self.course, roster=roster)
        after = replace(after, version=before.version + 1)
        change = MemberChange(before=before, after=after, new_paths=after.paths - user.course_paths)
        self.changes.append(change)
        self.room -= change.actions

    def change(self) -> CourseChange | None:
        """What is to be written, if anything."""
        if not self.changes:
            return None
        after = replace(self.course, version=self.before.version + 1)
        return CourseChange(before=self.before, after=after, members=self.changes, section=self.section)

    def _seated(self, member: Membership, wish: Wish) -> tuple[Seat, ...]:
        section_id, row = wish.section.id if wish.section else self.course.default_section_id, wish.row
        same = [
            seat
            for seat in member.seats
            if (seat.section_id, seat.type, seat.role, seat.associated_user_id)
            == (section_id, wish.type, wish.role, wish.associated_user_id)
        ]
        state = row.status
        if state == LAST_COMPLETED:
            others = [one for one in member.seats if one not in same and one.workflow_state != DELETED]
            state = DELETED if others else "completed"
        if not same and state == DELETED:
            return member.seats
        seat = same[0] if same else self._new_seat(wish)
        seat = replace(seat, workflow_state=state, **row.facts)
        return tuple(seat if one in same else one for one in member.seats) if same else (*member.seats, seat)

    def _new_seat(self, wish: Wish) -> Seat:
        if wish.section is None and not self.course.default_section_id:
            course = self.course
            self.section = Section(
                id=self.ids.new(),
                root_account_id=course.root_account_id,
                course_id=course.id,
                name=course.name,
                version=1,
            )
            self.course = replace(course, default_section_id=self.section.id)
        return Seat(
            id=self.ids.new(),
            section_id=wish.section.id if wish.section else self.course.default_section_id,
            type=wish.type,
            role=wish.role,
            origin_path=wish.section.origin_path if wish.section else "",
            associated_user_id=wish.associated_user_id,
        )


def _role(book: RoleBook, row: EnrollmentRow) -> Role:
    """The role a row names. Raises InvalidError."""
    if row.role_id is not None:
        role = book.role(row.role_id)
    elif kind := WORDS.get(row.role.lower().removesuffix("enrollment")):
        return Role(id=0, name=kind, base=kind)
    else:
        role = book.named(row.role)
    if role is None or role.base not in TYPES:
        raise InvalidError(f"There is no course role {row.role or row.role_id!r}.")
    return role
