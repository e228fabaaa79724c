"""A course as lists know it: the facts that filters check, and its place in every order (canvas-b 4.2 to 4.4).

An entry stands in the list of every account on the course's account chains, and is written in the transaction that
changes what it holds. It has nothing that changes by itself: terms are looked up, times are compared when asked.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from chalicelib.domain.course import DELETED, Course, Teacher
from chalicelib.domain.ordering import SEPARATOR, name_key

PUBLIC, HOMEROOM, BLUEPRINT, FOLLOWER = 1, 2, 4, 8
"""Flags of an entry; a follower is the child of a blueprint's live subscription."""
RANKS = {"created": 0, "claimed": 0, "available": 1, "completed": 2, DELETED: 3}
"""Order of states (canvas-b 4.4, course_status)."""
SUFFIX = "Enrollment"
THERE, MISSING = "0", "1"
"""What a key begins with: a missing one is last in ascending order and first in descending order."""
KEY_BYTES = 960
"""Of a sort key's 1,024; the id takes the rest."""


class Entry(Struct, frozen=True, array_like=True):
    """A course in an account's list; an array, as there are many. `account_paths`: its own, then those of origins."""

    id: int
    account_id: int
    term_id: int
    state: str
    name: str
    code: str
    sis_id: str
    account_paths: tuple[str, ...]
    start_at: datetime | None
    conclude_at: datetime | None
    flags: int
    seats: tuple[str, ...]
    """Kinds of seat there is at least one of: `Student/active`."""
    teachers: tuple[Teacher, ...]

    def has(self, flag: int) -> bool:
        """Whether a flag is set."""
        return bool(self.flags & flag)

    def seated(self, kinds: frozenset[str] | None = None) -> bool:
        """Whether it has an enrollment that is not deleted, of one of those types."""
        pairs = (pair.split("/") for pair in self.seats)
        return any(state != DELETED and (kinds is None or kind + SUFFIX in kinds) for kind, state in pairs)


def entry(course: Course) -> Entry:
    """The entry of a course."""
    flags = (
        (PUBLIC, course.is_public),
        (HOMEROOM, course.homeroom_course),
        (BLUEPRINT, course.blueprint),
        (FOLLOWER, course.blueprint_id != 0),
    )
    return Entry(
        id=course.id,
        account_id=course.account_id,
        term_id=course.term_id,
        state=course.workflow_state,
        name=course.name,
        code=course.code,
        sis_id=course.sis_id,
        account_paths=course.account_paths,
        start_at=course.start_at,
        conclude_at=course.conclude_at,
        flags=sum(flag for flag, on in flags if on),
        seats=tuple(key.replace(SUFFIX, "", 1) for key in course.roster.seats),
        teachers=course.roster.teachers,
    )


def places(course: Course) -> dict[str, str]:
    """The course's place in each order: the key, then the id, by which ties go (canvas-b 4.4)."""
    names = [name_key(one.sortable_name) for one in course.roster.teachers]
    keys = {
        "by_name": name_key(course.name),
        "by_sis_id": THERE + course.sis_id if course.sis_id else MISSING,
        "by_teacher": THERE + min(names) if names else MISSING,
        "by_account": name_key(course.account_name),
        "by_status": str(RANKS[course.workflow_state]),
    }
    return {order: f"{_short(key)}{SEPARATOR}{course.id:016d}" for order, key in keys.items()}


def _short(key: str) -> str:
    """A key that fits an index; what differs only behind that ties."""
    return key.encode()[:KEY_BYTES].decode(errors="ignore")
