"""A generated institution as SIS CSV, the same one for a seed and a size.

At 100 %: 5,000 accounts, 50,000 courses, 100,000 people, 500,000 enrollments.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ACCOUNTS, COURSES, PEOPLE, ENROLLMENTS = 5_000, 50_000, 100_000, 500_000
TERMS = 10
BRANCHES = 8
"""Accounts below one; so 5,000 are five deep."""
CLASS = 10
"""Enrollments of a course: a teacher, an assistant, students."""
FIRST = ("Ada", "Bo", "Chidi", "Dana", "Edda", "Femi", "Grace", "Hana", "Ivo", "Jun", "Kim", "Lea", "Milo", "Noor")
LAST = ("Abara", "Berg", "Castro", "Dahl", "Eze", "Falk", "Garcia", "Holm", "Ito", "Jensen", "Khan", "Lund", "Mora")
SUBJECTS = ("Algebra", "Botany", "Ceramics", "Drama", "Ethics", "French", "Geology", "History", "Jazz", "Kinetics")
STATUSES = ("published",) * 7 + ("active",) * 2 + ("completed",)
EVERY_DELETED, EVERY_BLUEPRINT, EVERY_XLIST = 40, 50, 100


@dataclass(frozen=True, slots=True)
class Size:
    """How large the institution is."""

    percent: float

    def of(self, whole: int) -> int:
        """That share of a number, at least one."""
        return max(1, round(whole * self.percent / 100))


def write(folder: Path, size: Size, *, seed: int = 4) -> int:
    """Write the institution's files; how many rows those are."""
    numbers = random.Random(seed)  # noqa: S311 - a school, not secrets
    accounts, courses, people = size.of(ACCOUNTS), size.of(COURSES), size.of(PEOPLE)
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "accounts": (("account_id", "parent_account_id", "name", "status"), _accounts(accounts)),
        "users": (("user_id", "login_id", "first_name", "last_name", "status"), _users(people, numbers)),
        "terms": (("term_id", "name", "status", "start_date", "end_date"), _terms()),
        "courses": (
            ("course_id", "short_name", "long_name", "account_id", "term_id", "status", "blueprint_course_id"),
            _courses(courses, accounts, numbers),
        ),
        "sections": (("section_id", "course_id", "name", "status"), _sections(courses)),
        "xlists": (("xlist_course_id", "section_id", "status"), _xlists(courses)),
        "enrollments": (
            ("course_id", "user_id", "role", "section_id", "status"),
            _enrollments(size.of(ENROLLMENTS), courses, people, numbers),
        ),
        "admins": (("user_id", "account_id", "role", "status"), [("U0", "", "AccountAdmin", "active")]),
    }
    return sum(_file(folder / f"{name}.csv", header, rows) for name, (header, rows) in files.items())


def _file(path: Path, header: Iterable[str], rows: Iterable[tuple[str, ...]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _accounts(count: int) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        parent = f"A{(number - 1) // BRANCHES}" if number else ""
        yield f"A{number}", parent, f"{SUBJECTS[number % len(SUBJECTS)]} {number}", "active"


def _users(count: int, numbers: random.Random) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        yield f"U{number}", f"u{number}", numbers.choice(FIRST), f"{numbers.choice(LAST)} {number}", "active"


def _terms() -> Iterator[tuple[str, ...]]:
    for number in range(TERMS):
        year, half = 2024 + number // 2, number % 2
        start, end = (f"{year}-01-15", f"{year}-06-15") if half == 0 else (f"{year}-08-15", f"{year}-12-20")
        yield f"T{number}", f"{'Autumn' if half else 'Spring'} {year}", "active", start, end


def _courses(count: int, accounts: int, numbers: random.Random) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        subject = SUBJECTS[numbers.randrange(len(SUBJECTS))]
        status = "deleted" if number % EVERY_DELETED == EVERY_DELETED - 1 else numbers.choice(STATUSES)
        blueprint = "C0" if number % EVERY_BLUEPRINT == 1 else ""
        yield (
            f"C{number}",
            f"{subject[:3].upper()}-{number}",
            f"{subject} {number}",
            f"A{numbers.randrange(accounts)}",
            f"T{number % TERMS}",
            status,
            blueprint,
        )


def _sections(courses: int) -> Iterator[tuple[str, ...]]:
    for number in range(0, courses, EVERY_XLIST):
        yield f"S{number}", f"C{number}", "Guests", "active"


def _xlists(courses: int) -> Iterator[tuple[str, ...]]:
    for number in range(0, courses - 1, EVERY_XLIST):
        yield f"C{number + 1}", f"S{number}", "active"


def _enrollments(count: int, courses: int, people: int, numbers: random.Random) -> Iterator[tuple[str, ...]]:
    for number in range(count):
        course, place = number // CLASS, number % CLASS
        role = "teacher" if place == 0 else "ta" if place == 1 else "student"
        # Some teach many courses, and most people study a few.
        user = course % max(1, people // 100) if role == "teacher" else numbers.randrange(people)
        section = f"S{course}" if place == CLASS - 1 and course % EVERY_XLIST == 0 else ""
        yield f"C{course % courses}" if not section else "", f"U{user}", role, section, "active"
