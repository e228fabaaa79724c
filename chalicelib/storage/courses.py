"""Courses, sections and memberships in DynamoDB.

A membership is an item among its user's; the course's side holds only that there is one. Whatever changes seats also
changes the course's item, conditionally on its version, so its roster, and what lists know of it, is always right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.course import DELETED, Course, Enrollment, Membership, Section
from chalicelib.domain.coursechange import CourseChange, MemberChange
from chalicelib.domain.courseentry import Entry, entry, places
from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.person import User
from chalicelib.storage import documents, people
from chalicelib.storage.census import shelf
from chalicelib.storage.coursekeys import (
    Key,
    accounts_on,
    count_key,
    course_key,
    entry_place,
    list_key,
    list_keys,
    member_key,
    name_key,
    roll_key,
    section_key,
    teaches_key,
)
from chalicelib.storage.tables import CourseRecord, PersonRecord, Tables, conflict, only

ROLL_PAGE = 30
"""Members whose copies are brought up to date in one step."""
LIST_PAGE = 500
ACTIONS = 100
"""Of a transaction, DynamoDB's limit."""


class Courses(Struct, frozen=True):
    """The store of courses (see `ports_courses.CourseStore`)."""

    tables: Tables

    def enrollments(self, user_id: int) -> list[Enrollment]:
        """A user's enrollments, deleted ones too, by course: one Query, strongly consistent."""
        return [seat for member in self.memberships(user_id) for seat in member.enrollments()]

    def memberships(self, user_id: int) -> list[Membership]:
        """A user's memberships, by course: one Query, strongly consistent."""
        courses = self.tables.courses
        found = courses.query(member_key(user_id, 0)["pk"], courses.sk.startswith("course#"), consistent_read=True)
        return [documents.decode(record.document or "", Membership) for record in found]

    def courses(self, ids: Iterable[int]) -> dict[int, Course]:
        """Those courses, by id."""
        found = (documents.decode(one.document or "", Course) for one in self._get(course_key(one) for one in ids))
        return {course.id: course for course in found}

    def sections(self, ids: Iterable[int]) -> dict[int, Section]:
        """Those sections, by id."""
        found = (documents.decode(one.document or "", Section) for one in self._get(section_key(one) for one in ids))
        return {section.id: section for section in found}

    def resolve(self, root_account_id: int, scheme: str, values: Iterable[str]) -> dict[str, int]:
        """What those names name."""
        keys = {name_key(root_account_id, scheme, value)["pk"]: value for value in values}
        found = self._get({"pk": key, "sk": "name"} for key in keys)
        return {keys[record.pk]: int(record.target or 0) for record in found}

    def taught(self, user_ids: Iterable[int]) -> dict[int, frozenset[int]]:
        """Ids of the courses in which users have a teacher's seat that is not deleted."""
        found = self._get(teaches_key(one) for one in user_ids)
        return {int(one.pk.partition("#")[2]): frozenset(map(int, one.teaches or ())) for one in found}

    def own_courses(self, account_id: int, after: int = 0) -> list[int]:
        """Ids of some of an account's own courses, from behind one, in order; empty at the end."""
        courses = self.tables.courses
        while True:
            condition = courses.sk > entry_place(after)
            records = list(courses.query(list_key(account_id), condition, consistent_read=True, limit=LIST_PAGE))
            entries = [documents.decode(record.document or "", Entry) for record in records]
            own = [one.id for one in entries if one.account_id == account_id]
            if own or len(records) < LIST_PAGE:
                return own
            after = entries[-1].id

    def class_of(
        self, course_id: int, user_ids: Sequence[int]
    ) -> tuple[Course | None, dict[int, Membership], dict[int, User]]:
        """A course, those users' memberships in it, and the users, in one call for up to 49 users."""
        wanted = [course_key(course_id), *(member_key(one, course_id) for one in user_ids)]
        tables = self.tables
        found = tables.batch_get(
            [(tables.courses, wanted), (tables.people, [people.user_key(one) for one in user_ids])]
        )
        users = [people.entity(record, User) for record in only(found, PersonRecord)]
        course, members = None, {}
        for record in only(found, CourseRecord):
            if record.sk == "course":
                course = documents.decode(record.document or "", Course)
            else:
                member = documents.decode(record.document or "", Membership)
                members[member.user_id] = member
        return course, members, {user.id: user for user in users}

    def roll(self, course_id: int, after: int = 0) -> list[int]:
        """Ids of users who are or were members, from behind one, at most `ROLL_PAGE`."""
        courses, key = self.tables.courses, roll_key(course_id, after)
        condition = courses.sk.between(roll_key(course_id, after + 1)["sk"], "user#~")
        found = courses.query(key["pk"], condition, consistent_read=True, limit=ROLL_PAGE, page_size=ROLL_PAGE)
        return [int(record.sk.partition("#")[2]) for record in found]

    def save(self, change: CourseChange) -> None:
        """Write a course with what goes with it: entries, counts, memberships, names.

        Raises
        ------
        ConflictError
            Something was not as it was read, or a name is taken.
        InvalidError
            It is more than an item or a transaction takes.
        """
        courses, before, after = self.tables.courses, change.before, change.after
        with self._transaction() as transaction:
            self._put_course(transaction, after)
            for scheme, value in change.names.items():
                key = name_key(after.root_account_id, scheme, value)
                free = courses.pk.does_not_exist() | (courses.target == after.id)
                transaction.save(self.tables.course(key, target=after.id), condition=free)
            if change.section is not None:
                self._put_section(transaction, change.section)
            if change.lender is not None:
                self._put_course(transaction, change.lender)
            self._list(transaction, before, after)
            self._count(transaction, before, after)
            for member in change.members:
                self._put_member(transaction, member)

    def save_section(self, section: Section, names: Mapping[str, str]) -> None:
        """Write a section; `version` is one more than what must be there. Raises ConflictError."""
        courses = self.tables.courses
        with self._transaction() as transaction:
            self._put_section(transaction, section)
            for scheme, value in names.items():
                key = name_key(section.root_account_id, scheme, value)
                free = courses.pk.does_not_exist() | (courses.target == section.id)
                transaction.save(self.tables.course(key, target=section.id), condition=free)

    def leave(self, user_id: int, paths: Iterable[str]) -> None:
        """End a user's association with accounts, as far as courses make it."""
        table = self.tables.people
        record = self.tables.person(people.user_key(user_id))
        record.update(actions=[table.course_paths.delete(set(paths))], condition=table.pk.exists())

    def join(self, user_id: int, paths: Iterable[str]) -> None:
        """Begin a user's association with accounts."""
        table = self.tables.people
        record = self.tables.person(people.user_key(user_id))
        record.update(actions=[table.course_paths.add(set(paths))], condition=table.pk.exists())

    def _list(self, transaction: TransactWrite, before: Course | None, after: Course) -> None:
        """Bring the entries in lists up to date; nothing, when no list knows of what changed."""
        old, new = list_keys(before), list_keys(after)
        facts, orders = entry(after), places(after)
        if before is not None and old == new and (entry(before), places(before)) == (facts, orders):
            return
        place, document = entry_place(after.id), documents.fitting(facts)
        for partition in new:
            key = {"pk": partition, "sk": place}
            transaction.save(self.tables.course(key, document=document, **orders))
        for partition in set(old) - set(new):
            transaction.delete(self.tables.course({"pk": partition, "sk": place}))

    def _count(self, transaction: TransactWrite, before: Course | None, after: Course) -> None:
        """Bring the counts up to date: of states along the account chain, of live courses on the account itself."""
        courses, table = self.tables.courses, self.tables.people
        for account, counts in steps(before, after, lambda one: accounts_on([one.account_path]), _state).items():
            actions: list[Action] = [getattr(courses, name).add(step) for name, step in counts.items()]
            transaction.update(self.tables.course(count_key(account, after.id)), actions=actions)
        for account, counts in steps(before, after, lambda one: [one.account_id], _live).items():
            action = table.courses.add(counts["live"])
            transaction.update(self.tables.person(people.account_key(account)), actions=[action])

    def _put_course(self, transaction: TransactWrite, course: Course) -> None:
        record = self.tables.course(course_key(course.id), document=documents.fitting(course), version=course.version)
        transaction.save(record, condition=self._fits(course.version))

    def _put_member(self, transaction: TransactWrite, change: MemberChange) -> None:
        after, courses = change.after, self.tables.courses
        key = member_key(after.user_id, after.course_id)
        census = shelf("member", after.root_account_id, after.user_id)
        record = self.tables.course(key, document=documents.fitting(after), version=after.version, census=census)
        transaction.save(record, condition=self._fits(after.version))
        if after.version == 1:
            transaction.save(self.tables.course(roll_key(after.course_id, after.user_id)))
        if change.begins_teaching or change.ends_teaching:
            step = courses.teaches.add if change.begins_teaching else courses.teaches.delete
            transaction.update(self.tables.course(teaches_key(after.user_id)), actions=[step({after.course_id})])
        if change.new_paths:
            table = self.tables.people
            transaction.update(
                self.tables.person(people.user_key(after.user_id)),
                actions=[table.course_paths.add(set(change.new_paths))],
                condition=table.pk.exists(),
            )

    def _put_section(self, transaction: TransactWrite, section: Section) -> None:
        document = documents.fitting(section)
        census, key = shelf("section", section.root_account_id, section.id), section_key(section.id)
        record = self.tables.course(key, document=document, version=section.version, census=census)
        transaction.save(record, condition=self._fits(section.version))

    def _fits(self, version: int) -> Any:
        courses = self.tables.courses
        return courses.pk.does_not_exist() if version == 1 else courses.version == version - 1

    def _get(self, keys: Iterable[Key]) -> list[CourseRecord]:
        return only(self.tables.batch_get([(self.tables.courses, list(keys))]), CourseRecord)

    def _transaction(self) -> _Transaction:
        return _Transaction(self.tables)


def steps(
    before: Course | None, after: Course, where: Callable[[Course], list[int]], what: Callable[[Course], str]
) -> dict[int, dict[str, int]]:
    """What a change adds to counts, by account and name; what comes to nothing is left out."""
    found: dict[int, dict[str, int]] = {}
    for step, course in ((-1, before), (1, after)):
        name = what(course) if course else ""
        for account in where(course) if course and name else ():
            counts = found.setdefault(account, {})
            counts[name] = counts.get(name, 0) + step
    kept = {account: {name: step for name, step in counts.items() if step} for account, counts in found.items()}
    return {account: counts for account, counts in kept.items() if counts}


def _state(course: Course) -> str:
    return course.workflow_state


def _live(course: Course) -> str:
    return "" if course.workflow_state == DELETED else "live"


class _Transaction:
    """A transaction whose failed conditions are ConflictErrors; one with too many actions is an InvalidError."""

    def __init__(self, tables: Tables) -> None:
        self.inner = TransactWrite(connection=tables.connection)

    def __enter__(self) -> TransactWrite:
        return self.inner.__enter__()

    def __exit__(self, *exc: object) -> None:
        inner = self.inner
        # PynamoDB does not tell how many there are.
        actions = len(inner._put_items) + len(inner._update_items) + len(inner._delete_items)  # noqa: SLF001
        if exc[0] is None and actions > ACTIONS:
            raise InvalidError("Too many accounts above it, or above where its sections are from, change with it.")
        try:
            self.inner.__exit__(*exc)  # type: ignore[no-untyped-call]
        except TransactWriteError as error:
            lost = conflict(error)
            if lost is None:
                raise
            raise ConflictError("The course has changed, or a name of it is in use.") from error
