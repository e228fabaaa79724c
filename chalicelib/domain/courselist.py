"""The list of an account's courses (canvas-b 4).

With `by_teachers` the courses those people teach are read; else the lists that `coursedrive` chooses are walked.
Everything else is checked after reading.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from chalicelib.domain.access import Actor, Standing, holds
from chalicelib.domain.account_reach import check_user, named
from chalicelib.domain.course import DELETED, TEACHER, Course
from chalicelib.domain.coursedrive import groups_of, order_of, place_of, term_key
from chalicelib.domain.coursequery import SEARCH_LEAST, CourseQuery, Filter
from chalicelib.domain.coursewalk import BETWEEN, Page, Read, Source, fill
from chalicelib.domain.errors import DeniedError, InvalidError, NotFoundError, TooShortError
from chalicelib.domain.paging import SKIP_LIMIT, PageRequest, Slice
from chalicelib.domain.person import Account, User
from chalicelib.domain.ports import Clock
from chalicelib.domain.ports_courses import CourseListStore, Ground
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.reference import account_id, unhexed
from chalicelib.domain.referencelist import known_ids
from chalicelib.domain.role import Right
from chalicelib.domain.term import Term, TermBook
from chalicelib.domain.timezone import shown

GATHERED = 300
"""Courses of teachers that are read by id; more are looked for in the account's list."""
REFERENCES = 100
"""Teachers or sub-accounts of one request."""


class CourseView(Struct, frozen=True, kw_only=True):
    """A course as the caller may see it."""

    course: Course
    account: Account | None
    term: Term | None
    teachers: Sequence[tuple[User, Collection[str]]]
    """With the states of their seats."""
    quota_mb: int
    time_zone: str
    sees_sis: bool
    manages_sis: bool


class CoursePage(Struct, frozen=True, kw_only=True):
    """A page of the list with what is the same for all of it."""

    found: Slice[CourseView]
    standing: Standing
    account: Account
    now: datetime
    sees_root_sis: bool
    manages_root_sis: bool


class CourseListService(Struct, frozen=True):
    """Lists of courses."""

    people: PeopleStore
    lists: CourseListStore
    clock: Clock

    def page(
        self, actor: Actor, reference: str, query: CourseQuery, request: PageRequest, *, teachers: bool = False
    ) -> CoursePage:
        """A page of the courses of an account. `teachers`: with the users who teach them.

        Raises
        ------
        NotFoundError
            There is no such account or term, or no such page.
        DeniedError
            The caller does not hold `read_course_list` there, or is a test student.
        InvalidError
            The search term is too short, or there are too many ids.
        """
        wanted = account_id(self.people, actor.root_account_id, reference)
        ids = self._named(actor, query)
        ground = self.lists.ground(actor, [wanted, *ids.subaccounts], sorted(ids.teachers))
        account = self._account(actor, ground.standing, wanted, reference)
        _check(query)
        given = self._filter(query, account, ground, ids)
        walked = self._walk(given, ground, request)
        shown = self._show(ground, walked, teachers=teachers)
        total = self._total(given, request, walked) if query.counted else None
        cursor = base64.urlsafe_b64encode(walked.cursor.encode()).decode().rstrip("=") if walked.cursor else ""
        root = ground.standing.root or account
        return CoursePage(
            found=Slice(items=shown, next_cursor=cursor, total=total),
            standing=ground.standing,
            account=account,
            now=given.now,
            sees_root_sis=sees_sis(ground.standing, root.path),
            manages_root_sis=ground.standing.holds(Right.MANAGE_SIS, root),
        )

    def _named(self, actor: Actor, query: CourseQuery) -> Named:
        asked, below = (given[:REFERENCES] if given else () for given in (query.teachers, query.subaccounts))
        users, accounts = known_ids(self.people, actor.root_account_id, users=asked, accounts=below)
        users["self"], accounts["self"] = actor.user_id, actor.root_account_id
        if "default" in below:
            accounts["default"] = account_id(self.people, actor.root_account_id, "default")
        return Named(
            teachers=frozenset(users[one] for one in asked if one in users),
            subaccounts={accounts[one]: one for one in below if one in accounts},
        )

    def _account(self, actor: Actor, standing: Standing, wanted: int, reference: str) -> Account:
        account = standing.accounts.get(wanted)
        if account is None or account.root_id != actor.root_account_id or not named(account, reference):
            raise NotFoundError("There is no such account.")
        check_user(actor, standing)
        if not standing.holds(Right.READ_COURSE_LIST, account):
            raise DeniedError("Not a holder of read_course_list.")
        return account

    def _filter(self, query: CourseQuery, account: Account, ground: Ground, ids: Named) -> Filter:
        now, accounts = self.clock.now(), ground.standing.accounts
        asked = [(accounts[one], said) for one, said in ids.subaccounts.items() if one in accounts]
        there = [one for one, said in asked if named(one, said)]
        paths = sorted({one.path for one in there if one.root_id == account.root_id}, key=len)
        kept: list[str] = []
        for path in paths:
            if not any(path.startswith(above) for above in kept):
                kept.append(path)
        return Filter(
            query=query,
            account=account,
            now=now,
            terms={term.id: term for term in ground.terms.terms},
            sees_sis=sees_sis(ground.standing, account.path),
            teacher_ids=ids.teachers if query.teachers is not None else None,
            subaccount_paths=tuple(kept) if query.subaccounts is not None else None,
            term_id=_term(ground.terms, query.term, now).id if query.term else 0,
        )

    def _walk(self, given: Filter, ground: Ground, request: PageRequest) -> Page:
        if request.cursor == "" and request.offset > SKIP_LIMIT:
            raise InvalidError(f"Page {request.number} is too far to jump to; follow the links.", field="page")
        page = Page(size=request.size, skip=0 if request.cursor else request.offset)
        cursor = place_of(request.cursor)
        nobody = given.teacher_ids == frozenset() or given.subaccount_paths == ()
        if nobody or not given.query.states:
            page.whole = True
            return page
        descending = given.query.descending and bool(given.query.order)
        taught = self._taught(given, ground)
        if taught is not None:
            return self._gathered(given, page, taught, cursor, descending=descending)
        order, prefix = order_of(given.query)

        def read(source: Source, after: str, limit: int) -> Read:
            return self.lists.read(source, order, prefix=prefix, after=after, descending=descending, limit=limit)

        return fill(page, groups_of(given), read, given.answers, cursor=cursor, descending=descending)

    def _taught(self, given: Filter, ground: Ground) -> list[int] | None:
        """Courses of the teachers, when so few that they are read by id."""
        if given.teacher_ids is None:
            return None
        found = sorted({course for ids in ground.taught.values() for course in ids})
        return found if len(found) <= GATHERED else None

    def _gathered(self, given: Filter, page: Page, course_ids: Sequence[int], cursor: str, *, descending: bool) -> Page:
        """Fill a page from courses that are read by id: all of them, then put in order."""
        order, _ = order_of(given.query)
        found = self.lists.entries(given.account.id, order, course_ids) if course_ids else []
        by_term = given.query.order == "term" and not given.term_id
        keys = {term.id: term_key(term) for term in given.terms.values()} if by_term else {}
        placed = {(keys.get(one.entry.term_id, ""), one.place): one.entry for one in found if given.answers(one.entry)}
        key, _, place = cursor.partition(BETWEEN)
        ordered = sorted(placed, reverse=descending)
        if cursor:
            ordered = [one for one in ordered if (one < (key, place) if descending else one > (key, place))]
        shown = ordered[page.skip : page.skip + page.size]
        page.items = [placed[one] for one in shown]
        page.whole = len(ordered) <= page.skip + page.size
        page.passed = min(page.skip, len(ordered))
        page.cursor = "" if page.whole else BETWEEN.join(shown[-1])
        return page

    def _show(self, ground: Ground, walked: Page, *, teachers: bool) -> list[CourseView]:
        ids = [one.id for one in walked.items]
        if not ids:
            return []
        owners = {one.account_id for one in walked.items} - ground.standing.accounts.keys()
        wanted = {teacher.user_id for one in walked.items for teacher in one.teachers} if teachers else set()
        details = self.lists.details(ids, sorted(owners), sorted(wanted))
        accounts = {**ground.standing.accounts, **details.accounts}
        return [
            self._view(ground, course, accounts.get(course.account_id), details.users)
            for one in ids
            if (course := details.courses.get(one))
        ]

    def _view(self, ground: Ground, course: Course, account: Account | None, users: Mapping[int, User]) -> CourseView:
        standing, root = ground.standing, ground.standing.root
        quota = ground.standing.tree.quota_mb(course.account_path, "course")
        zones = (course.time_zone, account.default_time_zone if account else "", root.default_time_zone if root else "")
        return CourseView(
            course=course,
            account=account,
            term=ground.terms.term(course.term_id),
            teachers=[
                (user, one.states)
                for one in course.roster.teachers
                if (user := users.get(one.user_id)) and user.workflow_state != DELETED
            ],
            quota_mb=quota if course.storage_quota_mb is None else course.storage_quota_mb,
            time_zone=shown(next((zone for zone in zones if zone), "")),
            sees_sis=sees_sis(standing, course.account_path) or _teaches_with_sis(standing, course),
            manages_sis=holds(standing.user, Right.MANAGE_SIS, course.account_path, standing.roles),
        )

    def _total(self, given: Filter, request: PageRequest, walked: Page) -> int | None:
        """How many courses answer: from the counts, or because the walk has seen them all; None: not known."""
        if walked.whole and not request.cursor:
            return walked.passed + len(walked.items)
        return self.lists.total(given.account.id, given.query.states) if given.plain else None


class Named(Struct, frozen=True):
    """The ids behind a query's references; unknown ones are left out."""

    teachers: frozenset[int]
    subaccounts: Mapping[int, str]
    """As they were written."""


def _check(query: CourseQuery) -> None:
    """Raises InvalidError for what is too short or too much; parameters are looked at last (canvas-b 0.1)."""
    if query.search is not None and len(query.search) < SEARCH_LEAST:
        raise TooShortError(SEARCH_LEAST, field="search_term")
    for field_name, given in (("by_teachers", query.teachers), ("by_subaccounts", query.subaccounts)):
        if given is not None and len(given) > REFERENCES:
            raise InvalidError(f"At most {REFERENCES} ids fit a request.", field=field_name)


def sees_sis(standing: Standing, path: str) -> bool:
    """Whether the caller sees SIS ids of what belongs to the account of that path (canvas-b 4.5)."""
    return any(holds(standing.user, right, path, standing.roles) for right in (Right.READ_SIS, Right.MANAGE_SIS))


def _teaches_with_sis(standing: Standing, course: Course) -> bool:
    """Whether the caller teaches the course, and teachers read SIS data of theirs there (canvas-b 2)."""
    caller = standing.user.id if standing.user else 0
    return standing.roles.grants(TEACHER, Right.READ_SIS, course.account_path) and any(
        one.user_id == caller and teaches(one.states, active=True) for one in course.roster.teachers
    )


def _term(terms: TermBook, reference: str, now: datetime) -> Term:
    """The term a client names. Raises NotFoundError."""
    found: Term | None = None
    reference = unhexed(reference)
    if reference.isascii() and reference.isdigit():
        found = next((one for one in terms.terms if str(one.id) == reference), None)
    elif reference == "default":
        found = terms.default
    elif reference == "current":
        found = terms.current(now)
    elif reference.startswith("sis_term_id:"):
        found = terms.by_sis_id(reference.partition(":")[2])
    if found is None or found.workflow_state == DELETED:
        raise NotFoundError(f"There is no term {reference[:40]!r}.")
    return found


def teaches(states: Collection[str], *, active: bool) -> bool:
    """Whether a teacher of those states is among `teachers`, or `active_teachers` (canvas-b 4.6)."""
    gone = {"rejected", DELETED} | ({"completed", "inactive"} if active else set())
    return any(state not in gone for state in states)
