"""A small school, loaded by the real importer, and what tests of courses ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.course import Course, Enrollment
from chalicelib.domain.person import Account, User
from chalicelib.storage.courses import Courses
from chalicelib.wiring import Services
from ops import recount, sis_school
from ops.sis import Import, Report
from tests.factories import World

PEOPLE = "user_id,login_id,first_name,last_name,status\n" + "\n".join(
    f"u{number},u{number},First{number},Last{number},active" for number in range(6)
)
BASE = {
    "accounts": """
        account_id,parent_account_id,name,status
        arts,,Arts,active
        paint,arts,Paint,active
        sci,,Science,active
    """,
    "users": PEOPLE,
    "terms": """
        term_id,name,status,start_date,end_date
        t1,Spring,active,2026-01-01,2026-06-01
    """,
    "courses": """
        course_id,short_name,long_name,account_id,term_id,status
        c1,C1,Colour,paint,t1,active
        c2,C2,Cells,sci,,published
    """,
    "sections": """
        section_id,course_id,name,status
        s1,c1,One,active
        s2,c2,Two,active
    """,
    "enrollments": """
        course_id,user_id,role,section_id,status
        c1,u0,teacher,,active
        c1,u1,student,s1,active
        c1,u2,student,s1,active
        c2,u1,student,s2,active
        c2,u3,TaEnrollment,,active
        c2,u4,observer,s2,active
    """,
}


def load(services: Services, root: Account, folder: Path, **files: str) -> Report:
    """Load files, given as their lines without indentation; a name is the kind of file."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, text in files.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Import(sis_school.School(services, threads=1), root).run(folder)


class School:
    """A root account of a test's own."""

    def __init__(self, world: World, folder: Path, name: str) -> None:
        self.services = world.services
        self.root: Account = self.services.directory.create_root_account(name)
        self.folder = folder

    def load(self, **files: str) -> Report:
        """Load files."""
        return load(self.services, self.root, self.folder, **files)

    def user(self, sis_id: str) -> User:
        """A user as stored."""
        return self.services.directory.find_user(f"sis_user_id:{sis_id}", self.root)

    def course(self, sis_id: str) -> Course:
        """A course as stored."""
        (found,) = self.services.courses.resolve(self.root.id, "sis_course_id", [sis_id]).values()
        return self.services.courses.courses([found])[found]

    def seats(self, sis_id: str) -> list[Enrollment]:
        """A user's enrollments."""
        return self.services.courses.enrollments(self.user(sis_id).id)

    def path(self, *sis_ids: str) -> str:
        """The path of an account, by the SIS id of the last one."""
        return self.services.directory.find_account(f"sis_account_id:{sis_ids[-1]}", self.root).path

    def picture(self) -> dict[str, Any]:
        """Everything there is, by names instead of ids, so that two schools compare."""
        ids = self.services.courses.resolve(self.root.id, "sis_course_id", ["c1", "c2", "x1"])
        names = {number: name for name, number in ids.items()}
        sections = self.services.courses.resolve(self.root.id, "sis_section_id", ["s1", "s2"])
        names |= {number: name for name, number in sections.items()}
        found: dict[str, Any] = {}
        for name in ids:
            one = self.course(name)
            found[name] = (
                one.name,
                one.account_name,
                one.workflow_state,
                one.roster.seats,
                one.roster.students,
                sorted(teacher.name for teacher in one.roster.teachers),
                sorted(names.get(int(section), "") for section in one.origins),
                [names.get(section, "") for section in one.lent],
                one.behind,
            )
        for number in range(6):
            name = f"u{number}"
            found[name] = sorted(
                (
                    names[seat.course_id],
                    names.get(seat.section_id, ""),
                    seat.type,
                    seat.workflow_state,
                    seat.course_state,
                    seat.account_path.count("/"),
                    seat.origin_path.count("/"),
                )
                for seat in self.seats(name)
            )
            found[f"{name} belongs"] = sorted(path.count("/") for path in self.user(name).account_paths)
        return found

    def counted_right(self) -> bool:
        """Whether every count and copy is what it should be."""
        return not list(recount.courses(self.services))


def changes(report: Report) -> dict[str, int]:
    return {name.removesuffix(".csv"): count.changed for name, count in report.files.items() if count.changed}


class Killed(BaseException):
    """The process is gone."""


def killed_after(writes: int, patch: pytest.MonkeyPatch) -> None:
    """From now on, so many writes of courses and people go through, and then none."""
    left = iter(range(writes))
    for name in ("save", "save_section", "leave", "join"):
        real = getattr(Courses, name)

        def counted(self: Courses, *given: Any, real: Any = real, **named: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return real(self, *given, **named)

        patch.setattr(Courses, name, counted)
