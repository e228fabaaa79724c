"""Cross-listings and deleted sections in SIS files: refused, given back, broken off at every write (docs/sis.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.schools import BASE, Killed, School, changes, killed_after

COURSES = "course_id,short_name,long_name,account_id,status\n"
SECTIONS = "section_id,course_id,name,status\n"
XLISTS = "xlist_course_id,section_id,status\n"
THIRD = f"{COURSES}c3,C3,Third,arts,published\n"
WRITES = 16
"""More than any of these loads needs."""


def killed(school: School, writes: int, **files: str) -> bool:
    """Load files with so many writes; whether that was too few."""
    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        killed_after(writes, patch)
        school.load(**files)
        return False
    return True


def broken_off(school: School, before: dict[str, str], files: dict[str, str]) -> Iterator[int]:
    """What is there before, then a load that breaks off: after each of its writes in turn."""
    for writes in range(WRITES):
        school.load(**before)
        going_on = killed(school, writes, **files)
        yield writes
        if not going_on:
            return
    pytest.fail("It never ended.")


def where(school: School, user: str) -> list[tuple[str, str]]:
    """The courses and states of a user's enrollments, deleted ones too."""
    names = {school.course(name).id: name for name in ("c1", "c2")}
    return sorted((names.get(seat.course_id, "another"), seat.workflow_state) for seat in school.seats(user))


def listing(school: School, borrower: str = "c1") -> tuple[int, int]:
    """How many sections are cross-listed into a course, and how many are lent by c2."""
    return len(school.course(borrower).origins), len(school.course("c2").lent)


def test_a_refused_cross_listing_leaves_the_present_one(school: School) -> None:
    accounts = "account_id,parent_account_id,name,status\n" + "".join(f"o{n},,O{n},active\n" for n in range(5))
    school.load(
        accounts=accounts,
        courses=THIRD + "".join(f"k{n},K,K,o{n},published\n" for n in range(5)),
        sections=SECTIONS + "".join(f"z{n},k{n},Z,active\n" for n in range(5)),
    )
    rows = "".join(f"c3,z{n},active\n" for n in range(5))
    assert school.load(xlists=f"{XLISTS}{rows}c1,s2,active\n").errors == []
    report = school.load(xlists=f"{XLISTS}c3,s2,active\n")
    assert (report.failed, listing(school)) == (1, (1, 1))
    assert where(school, "u4") == [("c1", "active")]
    assert school.counted_right()


def test_nothing_is_cross_listed_into_a_deleted_course(school: School) -> None:
    school.load(courses=f"{COURSES}c1,C1,Colour,paint,deleted\n")
    report = school.load(xlists=f"{XLISTS}c1,s2,active\n")
    assert [one.message for one in report.errors] == ["course c1 is deleted; no section can be cross-listed into it."]
    school.load(courses=f"{COURSES}c2,C2,Cells,sci,deleted\n")
    assert school.load(xlists=f"{XLISTS}x1,s2,active\n").failed == 1
    assert not school.services.courses.resolve(school.root.id, "sis_course_id", ["x1"])
    assert (where(school, "u4"), listing(school)) == ([("c2", "active")], (0, 0))


def test_only_the_listing_a_row_names_is_ended(school: School) -> None:
    school.load(courses=THIRD)
    files = f"{XLISTS}c3,s2,active\nc1,s2,deleted\nnope,s2,deleted\n"
    assert changes(school.load(xlists=files)) == {"xlists": 1}
    assert changes(school.load(xlists=files)) == {}
    assert listing(school, "c3") == (1, 1)
    assert changes(school.load(xlists=f"{XLISTS}c3,s2,deleted\n")) == {"xlists": 1}
    assert (where(school, "u4"), listing(school, "c3")) == ([("c2", "active")], (0, 0))


@pytest.mark.parametrize("course", ["c1", "c2"])
def test_a_deleted_section_is_given_back(school: School, course: str) -> None:
    """Under either course's name, again, and back to life: its enrollments are deleted and in its own course."""
    school.load(xlists=f"{XLISTS}c1,s2,active\n")
    gone = {"sections": f"{SECTIONS}s2,{course},Two,deleted\n", "xlists": f"{XLISTS}c1,s2,deleted\n"}
    report = school.load(**gone)
    assert (report.errors, changes(report)) == ([], {"sections": 1})
    assert (where(school, "u4"), listing(school)) == ([("c2", "deleted")], (0, 0))
    assert school.user("u4").account_paths == (school.root.path,)
    report = school.load(**gone)
    assert (report.errors, changes(report)) == ([], {})
    assert school.load(courses=f"{COURSES}c2,C2,Cells,arts,published\n").errors == []
    school.load(sections=f"{SECTIONS}s2,c2,Two,active\n", xlists=f"{XLISTS}c1,s2,active\n")
    assert where(school, "u4") == [("c1", "deleted")]
    assert school.counted_right()


def test_a_broken_move_is_repeated(school: School) -> None:
    """From one course into another, by way of neither's leaving anything behind."""
    school.load(courses=THIRD)
    third = {"xlists": f"{XLISTS}c3,s2,active\n"}
    for writes in broken_off(school, {"xlists": f"{XLISTS}c1,s2,active\n"}, third):
        school.load(**third)
        assert where(school, "u4") == [("another", "active")], writes
        assert (listing(school), listing(school, "c3")) == ((0, 1), (1, 1)), writes
        assert "ObserverEnrollment/active" not in school.course("c1").roster.seats, writes
    assert school.counted_right()


def test_a_broken_move_ends_elsewhere(school: School) -> None:
    """The section is deleted, or its cross-listing ended, by the load that comes next."""
    home = {"xlists": f"{XLISTS}c1,s2,deleted\n"}
    there = {"xlists": f"{XLISTS}c1,s2,active\n"}
    alive = {"sections": f"{SECTIONS}s2,c2,Two,active\n", "enrollments": BASE["enrollments"]}
    for writes in broken_off(school, alive | home, there):
        school.load(sections=f"{SECTIONS}s2,c2,Two,deleted\n")
        assert where(school, "u4") == [("c2", "deleted")], writes
        assert listing(school) == (0, 0), writes
    assert school.counted_right()
    for writes in broken_off(school, alive | home, there):
        school.load(**home)
        assert (where(school, "u4"), listing(school)) == ([("c2", "active")], (0, 0)), writes
    assert school.counted_right()


def test_a_broken_deletion_is_finished_first(school: School) -> None:
    """Then the section is active again; what was deleted with it stays that."""
    alive = {"sections": f"{SECTIONS}s2,c2,Two,active\n", "enrollments": BASE["enrollments"]}
    gone = {"sections": f"{SECTIONS}s2,c2,Two,deleted\n"}
    for listed in ("active", "deleted"):
        before = alive | {"xlists": f"{XLISTS}c1,s2,{listed}\n"}
        for writes in broken_off(school, before, gone):
            school.load(sections=alive["sections"])
            begun = writes > 0
            state, course = ("deleted", "c2") if begun else ("active", "c2" if listed == "deleted" else "c1")
            assert where(school, "u4") == [(course, state)], (listed, writes)
            assert listing(school) == ((0, 0) if course == "c2" else (1, 1)), (listed, writes)
    assert school.counted_right()


def test_a_course_made_for_a_section_is_whole_at_once(school: School) -> None:
    for writes, name in enumerate(("x6", "x7", "x8", "x9")):
        rows = f"{XLISTS}{name},s2,active\n"
        killed(school, writes, xlists=rows)
        made = school.services.courses.resolve(school.root.id, "sis_course_id", [name])
        assert bool(made) == (writes > 0)
        if made:
            course, own = school.course(name), school.course("c2")
            assert (course.account_name, course.workflow_state) == ("Science", "available")
            assert (course.name, course.term_id) == (own.name, own.term_id)
        assert school.load(xlists=rows).errors == []
        assert listing(school, name) == (1, 1)
    assert school.counted_right()
