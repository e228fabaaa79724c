"""What a client may ask of a list of courses, and which courses answer it (canvas-b 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from chalicelib.domain.course import COURSE_STATES, DELETED
from chalicelib.domain.courseentry import BLUEPRINT, FOLLOWER, HOMEROOM, PUBLIC, SUFFIX, Entry
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.ordering import folded
from chalicelib.domain.person import Account
from chalicelib.domain.term import Term

LIVE = frozenset(COURSE_STATES) - {DELETED}
SEARCH_LEAST = 2
"""Characters of a search term; the documentation asks for 3, the servers for 2 (canvas-b 4.3)."""
SORTS = {
    "course_name": "by_name",
    "sis_course_id": "by_sis_id",
    "teacher": "by_teacher",
    "account_name": "by_account",
    "subaccount": "by_account",
    "course_status": "by_status",
    "term": "term",
}
"""Orders by what clients call them; `term` is worked out from the terms."""


class CourseQuery(Struct, frozen=True, kw_only=True):
    """Filters, search and order as a client gave them; None: not given. References may be `sis_…:` forms."""

    states: frozenset[str] = LIVE
    with_enrollments: bool | None = None
    enrollment_types: frozenset[str] | None = None
    enrollment_states: frozenset[str] | None = None
    completed: bool | None = None
    blueprint: bool | None = None
    blueprint_associated: bool | None = None
    public: bool | None = None
    homeroom: bool = False
    teachers: Sequence[str] | None = None
    subaccounts: Sequence[str] | None = None
    term: str = ""
    starts_before: datetime | None = None
    ends_after: datetime | None = None
    search: str | None = None
    search_teachers: bool = False
    crosslisted: bool = False
    sort: str = ""
    descending: bool = False
    counted: bool = False
    """The client wants to know how many there are."""

    @property
    def order(self) -> str:
        """The order's name, empty for the ids'."""
        return SORTS.get(self.sort, "")


class Interval(NamedTuple):
    """When a course, or its term, begins and ends."""

    start_at: datetime | None
    end_at: datetime | None


class Filter(Struct, frozen=True, kw_only=True):
    """A query whose references are looked up: says of each entry whether it answers."""

    query: CourseQuery
    account: Account
    now: datetime
    terms: Mapping[int, Term]
    sees_sis: bool
    """Whether SIS ids may be searched."""
    teacher_ids: frozenset[int] | None = None
    subaccount_paths: tuple[str, ...] | None = None
    term_id: int = 0

    @property
    def plain(self) -> bool:
        """Whether nothing but states is asked for, of which there are counts."""
        return self == Filter(
            query=CourseQuery(
                states=self.query.states,
                sort=self.query.sort,
                descending=self.query.descending,
                counted=self.query.counted,
            ),
            account=self.account,
            now=self.now,
            terms=self.terms,
            sees_sis=self.sees_sis,
        )

    def answers(self, entry: Entry) -> bool:
        """Whether a course is among those asked for."""
        return (
            entry.state in self.query.states
            and self._placed(entry)
            and self._seated(entry)
            and self._flagged(entry)
            and self._timed(entry)
            and (self.query.search is None or self._found(entry, folded(self.query.search)))
        )

    def _placed(self, entry: Entry) -> bool:
        own = entry.account_paths[0].startswith(self.account.path)
        if not own and not (self.query.crosslisted and _below(entry.account_paths, self.account.path)):
            return False
        if self.term_id and entry.term_id != self.term_id:
            return False
        paths = self.subaccount_paths
        return paths is None or any(_below(entry.account_paths, path) for path in paths)

    def _seated(self, entry: Entry) -> bool:
        query = self.query
        if query.with_enrollments is not None and entry.seated() != query.with_enrollments:
            return False
        if query.enrollment_types is not None and not entry.seated(query.enrollment_types):
            return False
        if query.enrollment_states is not None:
            states = {pair.split("/")[1] for pair in entry.seats}
            if not states & query.enrollment_states:
                return False
        wanted = self.teacher_ids
        return wanted is None or any(one.user_id in wanted for one in entry.teachers)

    def _flagged(self, entry: Entry) -> bool:
        query = self.query
        asked = (
            (query.blueprint, BLUEPRINT),
            (query.blueprint_associated, FOLLOWER),
            (query.public, PUBLIC),
            (query.homeroom or None, HOMEROOM),
        )
        return all(wanted is None or entry.has(flag) == wanted for wanted, flag in asked)

    def _timed(self, entry: Entry) -> bool:
        query, term = self.query, self._term(entry)
        if query.completed is not None:
            end_at = entry.conclude_at or term.end_at
            over = entry.state == "completed" or (end_at is not None and end_at < self.now)
            if over != query.completed:
                return False
        if (limit := query.starts_before) is not None:
            starts = [at for at in (entry.start_at, term.start_at) if at is not None]
            if starts and not any(at <= limit for at in starts):
                return False
        if (limit := query.ends_after) is not None:
            ends = [at for at in (entry.conclude_at, term.end_at) if at is not None]
            if ends and not any(at >= limit for at in ends):
                return False
        return True

    def _term(self, entry: Entry) -> Interval:
        term = self.terms.get(entry.term_id)
        return Interval(term.start_at, term.end_at) if term else Interval(None, None)

    def _found(self, entry: Entry, text: str) -> bool:
        if self.query.search_teachers:
            return any(one.taking_part and text in folded(one.name) for one in entry.teachers)
        if text in folded(entry.name) or text in folded(entry.code):
            return True
        if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) and int(text) == entry.id:
            return True
        return self.sees_sis and text in folded(entry.sis_id)


def types_of(names: Sequence[str]) -> frozenset[str]:
    """Enrollment types by what clients call them; one that is not known is no course's.

    >>> sorted(types_of(["student", "Ta", "x"]))
    ['StudentEnrollment', 'TaEnrollment']
    """
    known = {"student", "teacher", "ta", "observer", "designer"}
    return frozenset(name.capitalize() + SUFFIX for name in (one.lower() for one in names) if name in known)


def _below(paths: Sequence[str], path: str) -> bool:
    return any(one.startswith(path) for one in paths)
