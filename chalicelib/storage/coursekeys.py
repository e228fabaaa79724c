"""Keys of the courses table."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.course import Course

COUNT_SHARDS = 8
"""Items a count is spread over, so that many courses may change at once."""
Key = dict[str, str]


def course_key(course_id: int) -> Key:
    """Key of a course's item."""
    return {"pk": f"course#{course_id}", "sk": "course"}


def section_key(section_id: int) -> Key:
    """Key of a section's item."""
    return {"pk": f"section#{section_id}", "sk": "section"}


def member_key(user_id: int, course_id: int) -> Key:
    """Key of a user's membership in a course, among the user's."""
    return {"pk": f"user#{user_id}", "sk": f"course#{course_id:016d}"}


def roll_key(course_id: int, user_id: int) -> Key:
    """Key of the item that says, among a course's, that the user is or was a member."""
    return {"pk": f"course#{course_id}", "sk": f"user#{user_id:016d}"}


def teaches_key(user_id: int) -> Key:
    """Key of the item with the courses a user teaches."""
    return {"pk": f"user#{user_id}", "sk": "teaches"}


def name_key(root_account_id: int, scheme: str, value: str) -> Key:
    """Key of a name's item: `sis_course_id`, `sis_section_id` and their integration ids."""
    return {"pk": f"name#{root_account_id}#{scheme}#{value}", "sk": "name"}


def list_key(account_id: int, term_id: int = 0) -> str:
    """Partition of an account's course list; with a term, of its courses in that term."""
    return f"account#{account_id}#term#{term_id}" if term_id else f"account#{account_id}"


def entry_place(course_id: int) -> str:
    """Sort key of a course's entry in a list: ids in order."""
    return f"{course_id:016d}"


def count_key(account_id: int, course_id: int) -> Key:
    """Key of the part of an account's counts that a course belongs to."""
    return {"pk": f"account#{account_id}#count", "sk": str(course_id % COUNT_SHARDS)}


def accounts_on(paths: Iterable[str]) -> list[int]:
    """The accounts on those paths, each once.

    >>> accounts_on(["/1/7/", "/1/9/"])
    [1, 7, 9]
    """
    return list(dict.fromkeys(int(one) for path in paths for one in path.strip("/").split("/")))


def list_keys(course: Course | None) -> list[str]:
    """Every list partition a course has an entry in (canvas-b 1, course-account association)."""
    if course is None:
        return []
    accounts = accounts_on(course.account_paths)
    return [list_key(account, term) for account in accounts for term in (0, course.term_id)]
