"""Counts again what writes keep counted: reads the tables whole, for an operator, and says what differs.

`python -m ops doctor --recount` runs every check of `CHECKS`. While something is being written, a difference may be
that write half seen: run it again before believing it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.course import DELETED, TEACHER, Course, Membership, Roster
from chalicelib.domain.courseentry import entry, places
from chalicelib.domain.courseload import associations
from chalicelib.domain.person import Account, User
from chalicelib.storage import documents, people
from chalicelib.storage.coursekeys import accounts_on, entry_place, list_keys
from chalicelib.storage.tables import CourseRecord, given
from chalicelib.wiring import Services
from ops.deployed import Finding
from ops.recount_accounts import accounts

ORDERS = ("by_name", "by_sis_id", "by_teacher", "by_account", "by_status")
STATES = ("created", "claimed", "available", "completed", "deleted")
MEND = "a defect of the service: please report it, with what was loaded before"


def examine(services: Services) -> list[Finding]:
    """Every difference."""
    return [finding for check in CHECKS for finding in check(services)]


def courses(services: Services) -> Iterator[Finding]:
    """Rosters, entries in lists, counts by account, what people teach, and where they belong."""
    read = _Read(services)
    yield from _rosters(read)
    yield from _entries(read)
    yield from _counts(read)
    yield from _people(read)


CHECKS: list[Callable[[Services], Iterator[Finding]]] = [accounts, courses]


@dataclass
class _Read:
    """The tables of courses and people, as far as they are about courses."""

    services: Services
    courses: dict[int, Course] = field(default_factory=dict)
    members: dict[int, list[Membership]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    counts: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    taught: dict[int, set[int]] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read them."""
        for record in self.services.tables.courses.scan(consistent_read=True):
            self._course_item(record)
        for person in self.services.tables.people.scan(consistent_read=True):
            if person.sk == "user":
                user = people.entity(person, User)
                self.users[user.id] = user
            elif person.sk == "account":
                account = people.entity(person, Account)
                self.accounts[account.id] = account

    def _course_item(self, record: CourseRecord) -> None:
        kind, _, rest = record.pk.partition("#")
        document = given(record.document) or ""
        if kind == "course" and record.sk == "course":
            course = documents.decode(document, Course)
            self.courses[course.id] = course
        elif kind == "user" and record.sk == "teaches":
            self.taught[int(rest)] = {int(one) for one in record.teaches or ()}
        elif kind == "user":
            member = documents.decode(document, Membership)
            self.members[member.user_id].append(member)
        elif kind == "account" and rest.endswith("#count"):
            counts = {state: int(getattr(record, state) or 0) for state in STATES}
            self.counts[int(rest.partition("#")[0])].update(counts)
        elif kind == "account":
            self.entries[record.pk, record.sk] = (document, *(getattr(record, order) for order in ORDERS))


def _rosters(read: _Read) -> Iterator[Finding]:
    rosters: dict[int, Roster] = defaultdict(Roster)
    for members in read.members.values():
        for member in members:
            user, course = read.users.get(member.user_id), read.courses.get(member.course_id)
            if user is None or course is None:
                yield _finding(f"user {member.user_id}", f"a membership leads nowhere: course {member.course_id}")
                continue
            before = course.member(user.id)
            rosters[course.id] = rosters[course.id].moved(before, member, user.name, user.sortable_name)
            if course.refreshed(member) != member and not course.behind:
                yield _finding(f"user {user.id}", f"a membership has old copies: course {course.id}")
    for course in read.courses.values():
        if course.roster != rosters[course.id]:
            yield _finding(f"course {course.id}", f"another roster: {course.roster} for {rosters[course.id]}")
        if course.behind:
            yield Finding(
                resource=f"course {course.id}",
                problem="a change is not carried to all its members",
                mend="load the file with this course again",
            )


def _entries(read: _Read) -> Iterator[Finding]:
    wanted: dict[tuple[str, str], tuple[Any, ...]] = {}
    for course in read.courses.values():
        orders = places(course)
        row = (documents.encode(entry(course)), *(orders[order] for order in ORDERS))
        wanted |= {(partition, entry_place(course.id)): row for partition in list_keys(course)}
    for key in sorted(wanted.keys() | read.entries.keys()):
        if wanted.get(key) != read.entries.get(key):
            state = "missing" if key not in read.entries else "too much" if key not in wanted else "old"
            yield _finding(f"list {key[0]}", f"an entry is {state}: course {int(key[1])}")


def _counts(read: _Read) -> Iterator[Finding]:
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    own: Counter[int] = Counter()
    for course in read.courses.values():
        for account in accounts_on([course.account_path]):
            counts[account][course.workflow_state] += 1
        own[course.account_id] += course.workflow_state != DELETED
    for account in sorted(counts.keys() | read.counts.keys()):
        if +counts[account] != +read.counts[account]:
            problem = f"courses by state: {dict(+read.counts[account])} for {dict(+counts[account])}"
            yield _finding(f"account {account}", problem)
    for one in read.accounts.values():
        if one.course_count != own[one.id]:
            yield _finding(f"account {one.id}", f"course_count: {one.course_count} for {own[one.id]}")


def _people(read: _Read) -> Iterator[Finding]:
    for user in read.users.values():
        members = read.members.get(user.id, [])
        if user.course_paths != associations(members):
            yield _finding(f"user {user.id}", f"other accounts of courses: {sorted(user.course_paths)}")
        taught = {one.course_id for one in members if one.states(TEACHER)}
        if read.taught.get(user.id, set()) != taught:
            yield _finding(f"user {user.id}", f"teaches other courses: {read.taught.get(user.id)} for {taught}")


def _finding(resource: str, problem: str) -> Finding:
    return Finding(resource=resource, problem=problem, mend=MEND)
