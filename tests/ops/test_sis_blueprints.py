"""Blueprints that come behind the courses which follow them (docs/sis.md)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from chalicelib.domain import awaited, courseload
from tests.schools import Killed, School, changes, killed_after

HEADER = "course_id,short_name,long_name,account_id,status,blueprint_course_id,sis_import_id\n"
FAR = f"{HEADER}k1,K,Kid,arts,active,bp,\nf1,F,F,arts,active,,\nf2,F,F,arts,active,,\nbp,B,Blue,arts,published,,\n"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courseload, "CHUNK", 2)


def follows(school: School, course: str, blueprint: str = "bp") -> bool:
    """Whether a course follows a blueprint, which is one."""
    found = school.course(blueprint)
    return school.course(course).blueprint_id == found.id and found.blueprint


def test_a_blueprint_may_come_later(school: School) -> None:
    report = school.load(courses=FAR)
    assert (report.errors, changes(report)) == ([], {"courses": 4})
    assert follows(school, "k1")
    assert school.course("k1").sis_import_id == school.course("f1").sis_import_id
    report = school.load(courses=FAR)
    assert (report.errors, changes(report)) == ([], {})
    assert school.counted_right()


def test_a_blueprint_that_does_not_come(school: School) -> None:
    """Its row is told with its own line, behind the others; the course is there."""
    rows = "k1,K,Kid,arts,active,nope,\nk2,K,Kid,arts,active,bp,7\nk3,,,arts,active,,\nbp,B,Blue,arts,published,,\n"
    report = school.load(courses=HEADER + rows)
    assert [(one.line, one.message) for one in report.errors] == [
        (4, "long_name is blank"),
        (2, "There is no course 'nope'."),
    ]
    count = report.files["courses.csv"]
    assert (count.rows, count.changed, count.unchanged, count.failed) == (4, 2, 0, 2)
    assert (school.course("k1").blueprint_id, school.course("k2").sis_import_id) == (0, 7)
    assert follows(school, "k2")


def test_a_later_row_counts(school: School) -> None:
    rows = "k1,K,Kid,arts,active,bp,\nf1,F,F,arts,active,,\n{}f2,F,F,arts,active,,\nbp,B,Blue,arts,published,,\n"
    report = school.load(courses=HEADER + rows.format("k1,K,Kid,arts,active,dissociate,\n"))
    assert (report.errors, school.course("k1").blueprint_id) == ([], 0)
    report = school.load(courses=HEADER + rows.format("k1,K,Kid,arts,active,c1,\n"))
    assert report.errors == []
    assert follows(school, "k1", "c1")


def test_only_so_many_wait(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited, "LIMIT", 1)
    rows = "k1,K,Kid,arts,active,bp,\nf1,F,F,arts,active,,\nk2,K,Kid,arts,active,bp,\nf2,F,F,arts,active,,\n"
    report = school.load(courses=f"{HEADER}{rows}bp,B,Blue,arts,published,,\n")
    assert [one.line for one in report.errors] == [4]
    assert follows(school, "k1")
    assert not school.services.courses.resolve(school.root.id, "sis_course_id", ["k2"])


@pytest.mark.parametrize("writes", range(7))
def test_broken_off_and_repeated(school: School, writes: int) -> None:
    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        killed_after(writes, patch)
        school.load(courses=FAR)
    assert school.load(courses=FAR).errors == []
    assert follows(school, "k1")
    assert school.counted_right()


def test_a_refused_follower_makes_no_blueprint(school: School) -> None:
    school.load(xlists="xlist_course_id,section_id,status\nc1,s2,active\n")
    report = school.load(courses=f"{HEADER}c2,C2,Cells,arts,published,c1,\n")
    assert (report.failed, school.course("c1").blueprint) == (1, False)
