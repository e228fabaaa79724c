"""The school as reports read it: everybody, accounts, courses, sections, memberships, a page at a time.

Documents are decoded as far as reports look; times stay text. What rows refer to is read in batches, and remembered up
to a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from chalicelib.domain.course import STUDENT_VIEW
from chalicelib.jobs.report_context import Context
from chalicelib.storage import census
from chalicelib.storage.coursekeys import course_key, list_key, section_key
from chalicelib.storage.people import SHARDS as ROSTER_SHARDS
from chalicelib.storage.people import account_key, roster_key
from chalicelib.storage.trees import tree_pk

KEPT = 20_000
"""Courses, sections and people a walk remembers."""
T = TypeVar("T")
DELETED = "deleted"


class Step(Struct, frozen=True):
    """Some entities, where to go on behind them (empty: the end), and what part of all has been passed."""

    found: list[Any]
    place: str
    passed: float


class AccountLine(Struct, frozen=True):
    """An account."""

    id: int
    name: str
    path: str
    parent_id: int | None = None
    sis_id: str = ""
    integration_id: str = ""
    workflow_state: str = "active"


class Held(Struct, frozen=True):
    """A role on an account."""

    account_id: int
    account_path: str
    role: str = "AccountAdmin"


class UserLine(Struct, frozen=True):
    """A person, as their document tells."""

    id: int
    login_id: str
    name: str
    short_name: str = ""
    sortable_name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    pronouns: str = ""
    sis_id: str = ""
    integration_id: str = ""
    workflow_state: str = "active"
    admin_of: tuple[Held, ...] = ()
    student_view: bool = False


class Somebody(Struct, frozen=True):
    """A person with their item."""

    user: UserLine
    item: census.Item

    def within(self, path: str) -> bool:
        """Whether the person is associated with an account of that subtree."""
        courses = self.item.get("course_paths", {}).get("SS", ())
        roles = (one.account_path for one in self.user.admin_of)
        return any(one.startswith(path) for one in (*roles, *courses))


class CourseBrief(Struct, frozen=True):
    """What rows about other things say of a course."""

    id: int
    account_id: int
    account_path: str
    term_id: int
    name: str
    code: str
    workflow_state: str = "claimed"
    sis_id: str = ""


class SectionLine(Struct, frozen=True):
    """A section."""

    id: int
    course_id: int
    name: str
    origin_course_id: int = 0
    sis_id: str = ""
    integration_id: str = ""
    workflow_state: str = "active"
    start_at: str | None = None
    end_at: str | None = None


class SeatLine(Struct, frozen=True):
    """A seat."""

    id: int
    section_id: int
    type: str
    role: str
    workflow_state: str = "active"
    start_at: str | None = None
    end_at: str | None = None
    associated_user_id: int = 0


class MemberLine(Struct, frozen=True):
    """A person's seats in a course."""

    user_id: int
    course_id: int
    account_path: str
    seats: tuple[SeatLine, ...] = ()


_account, _user = msgspec.json.Decoder(AccountLine), msgspec.json.Decoder(UserLine)
_brief, _section = msgspec.json.Decoder(CourseBrief), msgspec.json.Decoder(SectionLine)
_member = msgspec.json.Decoder(MemberLine)


def everybody(context: Context, place: str) -> Iterator[Step]:
    """People of the root account who are associated with the report's account, in no order that means anything."""
    shard, _, after = place.partition("/") if place else ("0", "", "")
    tables, everyone = context.tables, context.report.account_id == context.root_id
    for number in range(int(shard), ROSTER_SHARDS):
        pk = roster_key(context.root_id, number)["pk"]
        while True:
            page = census.partition(tables, tables.people, pk, ("user#", "user#~"), after)
            items = census.people(tables, [int(item["target"]["N"]) for item in page.items])
            found = [Somebody(_user.decode(item["document"]["S"]), item) for item in items.values()]
            kept = [one for one in found if not one.user.student_view]
            after = page.place
            going_on = f"{number}/{after}" if after else f"{number + 1}/" if number + 1 < ROSTER_SHARDS else ""
            within = [one for one in kept if everyone or one.within(context.report.account_path)]
            yield Step(within, going_on, number / ROSTER_SHARDS)
            if not after:
                break


def accounts(context: Context, place: str) -> Iterator[Step]:
    """Accounts below the report's, parents before children; deleted ones at the end, where they are asked for."""
    tables, path = context.tables, context.report.account_path
    starts = [path, DELETED + path] if context.on("include_deleted") else [path]
    number, _, after = place.partition("|") if place else ("0", "", "")
    for at in range(int(number), len(starts)):
        while True:
            span = (starts[at], starts[at] + "~")
            page = census.partition(tables, tables.people, tree_pk(context.root_id), span, after)
            ids = [int(item["sk"]["S"].rstrip("/").rsplit("/", 1)[-1]) for item in page.items]
            found = accounts_by_id(context, ids)
            after = page.place
            going_on = f"{at}|{after}" if after else f"{at + 1}|" if at + 1 < len(starts) else ""
            below = [found[one] for one in ids if one in found and one != context.report.account_id]
            yield Step(below, going_on, at / len(starts))
            if not after:
                break


def accounts_by_id(context: Context, ids: Iterable[int]) -> dict[int, AccountLine]:
    """Those accounts."""
    keys = [_pair(account_key(one)) for one in ids]
    found = census.items(context.tables, context.tables.people, keys)
    return {one.id: one for one in (_account.decode(item["document"]["S"]) for item in found)}


def courses(context: Context, place: str, kind: type[T]) -> Iterator[Step]:
    """Courses of the report's account and below, by id, in the terms asked for; as `kind` reads them."""
    tables, path, decoder = context.tables, context.report.account_path, msgspec.json.Decoder(kind)
    first = last = 0
    while True:
        page = census.partition(tables, tables.courses, list_key(context.report.account_id), ("0", "9~"), place)
        ids = [int(item["sk"]["S"]) for item in page.items]
        found: list[Any] = [decoder.decode(item["document"]["S"]) for item in courses_by_id(context, ids)]
        terms = context.terms
        kept = [one for one in found if one.account_path.startswith(path) and (terms is None or one.term_id in terms)]
        first, last = first or (ids[0] if ids else 0), ids[-1] if ids else 0
        passed = (last - first) / max(1, context.report.id - first)
        place = page.place
        yield Step(sorted(kept, key=lambda one: one.id), place, passed)
        if not place:
            return


def courses_by_id(context: Context, ids: Iterable[int]) -> list[census.Item]:
    """Items of those courses."""
    return census.items(context.tables, context.tables.courses, [_pair(course_key(one)) for one in ids])


def sections(context: Context, place: str) -> Iterator[Step]:
    """Sections of the root account, each with its course."""
    for page in census.pages(context.tables, context.tables.courses, "section", context.root_id, place):
        yield Step([_section.decode(item["document"]["S"]) for item in page.items], page.place, page.passed)


def members(context: Context, place: str) -> Iterator[Step]:
    """Memberships in courses of the report's account and below, a person's together; nobody's test student."""
    path = context.report.account_path
    for page in census.pages(context.tables, context.tables.courses, "member", context.root_id, place):
        found = [_member.decode(item["document"]["S"]) for item in page.items]
        kept = [one for one in found if one.account_path.startswith(path)]
        yield Step([one for one in kept if _real(one)], page.place, page.passed)


class Remembered:
    """Courses, sections and people that rows refer to, read in batches and remembered up to `KEPT` of each."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._courses: dict[int, CourseBrief] = {}
        self._sections: dict[int, SectionLine] = {}
        self._people: dict[int, Somebody] = {}
        self._accounts: dict[int, AccountLine] = {}

    def courses(self, ids: Iterable[int]) -> dict[int, CourseBrief]:
        """Those courses, and others."""
        return _filled(self._courses, ids, self._read_courses)

    def sections(self, ids: Iterable[int]) -> dict[int, SectionLine]:
        """Those sections, and others."""
        return _filled(self._sections, ids, self._read_sections)

    def people(self, ids: Iterable[int]) -> dict[int, Somebody]:
        """Those people, and others."""
        return _filled(self._people, ids, self._read_people)

    def accounts(self, ids: Iterable[int]) -> dict[int, AccountLine]:
        """Those accounts, and others."""
        return _filled(self._accounts, ids, lambda missing: accounts_by_id(self.context, missing))

    def _read_courses(self, ids: list[int]) -> dict[int, CourseBrief]:
        found = (_brief.decode(item["document"]["S"]) for item in courses_by_id(self.context, ids))
        return {one.id: one for one in found}

    def _read_sections(self, ids: list[int]) -> dict[int, SectionLine]:
        tables = self.context.tables
        found = census.items(tables, tables.courses, [_pair(section_key(one)) for one in ids])
        return {one.id: one for one in (_section.decode(item["document"]["S"]) for item in found)}

    def _read_people(self, ids: list[int]) -> dict[int, Somebody]:
        found = census.people(self.context.tables, ids)
        return {one: Somebody(_user.decode(item["document"]["S"]), item) for one, item in found.items()}


def _filled(known: dict[int, T], ids: Iterable[int], read: Callable[[list[int]], dict[int, T]]) -> dict[int, T]:
    wanted = dict.fromkeys(ids)
    missing = [one for one in wanted if one and one not in known]
    if missing:
        if len(known) + len(missing) > KEPT:
            kept = {one: known[one] for one in wanted if one in known}
            known.clear()
            known.update(kept)
        known.update(read(missing))
    return known


def _real(member: MemberLine) -> bool:
    return any(seat.type != STUDENT_VIEW for seat in member.seats)


def _pair(key: dict[str, str]) -> tuple[str, str]:
    return key["pk"], key["sk"]
