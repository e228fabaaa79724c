"""SIS files about courses, through the real stores: what they do, again, in part, and broken off (docs/sis.md)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench import house
from chalicelib.domain.coursechange import CourseChange
from chalicelib.storage import documents
from chalicelib.storage.coursekeys import course_key, list_keys
from ops import recount
from tests.factories import World
from tests.schools import BASE, Killed, School, changes, killed_after


def test_what_is_loaded(school: School) -> None:
    """Twice changes nothing; copies, associations, rosters and counts are there."""
    assert changes(school.load(**BASE)) == {}
    first = school.course("c1")
    assert first.roster.seats == {"StudentEnrollment/active": 2, "TeacherEnrollment/active": 1}
    assert (first.roster.students, [one.name for one in first.roster.teachers]) == (2, ["First0 Last0"])
    (seat,) = school.seats("u0")
    assert (seat.account_path, seat.course_state, seat.administers) == (school.path("paint"), "claimed", True)
    assert set(school.user("u1").account_paths) == {school.root.path, school.path("paint"), school.path("sci")}
    assert school.services.people.account(school.root.id) is not None
    paint = school.services.directory.find_account("sis_account_id:paint", school.root)
    assert paint.course_count == 1
    assert school.counted_right()


def test_bad_lines_are_told_and_the_rest_is_loaded(school: School) -> None:
    report = school.load(
        terms="""
            term_id,name,status,start_date,end_date,date_override_enrollment_type
            t2,Autumn,active,2026-09-01,,
            t3,Autumn,active,next week,,
            t1,,active,,,StudentEnrollment
        """,
        courses="""
            course_id,short_name,long_name,account_id,term_id,status,is_public,default_view,blueprint_course_id,time_zone
            c3,C3,Good,arts,t2,active,yes,wiki,
            c4,C4,Nowhere,nope,,active,,,
            c5,C5,No term,arts,nope,active,,,
            c6,,No code,arts,,active,,,
            c7,C7,Bad state,arts,,open,,,
            c8,C8,Bad flag,arts,,active,perhaps,,
            c9,C9,Bad view,arts,,active,,grid,
            d1,D1,Follows nobody,arts,,active,,,nope
            d2,D2,Follows itself,arts,,active,,,d2
            d3,D3,Bad zone,arts,,active,,,,Mars/Olympus
        """,
        sections="""
            section_id,course_id,name,status
            s3,c3,Good,active
            s4,nope,No course,active
            s1,c2,Elsewhere,active
        """,
        xlists="""
            xlist_course_id,section_id,status
            c1,nope,active
            c1,s1,active
        """,
        enrollments="""
            course_id,user_id,role,section_id,status,role_id,associated_user_id,user_integration_id
            c3,u1,student,,active,,,
            c3,nobody,student,,active,,,
            nope,u1,student,,active,,,
            ,u1,student,nope,active,,,
            c1,u1,student,s2,active,,,
            ,u1,student,,active,,,
            c1,u1,dean,,active,,,
            c1,u1,,,active,,,
            c1,u1,,,active,99,,
            c1,u1,observer,,active,,nobody,
            c1,u1,student,,here,,,
            c1,,student,,active,,,
            c3,u2,,,active,2,,
        """,
    )
    told = [(one.file.removesuffix(".csv"), one.line) for one in report.errors]
    assert sorted(told) == sorted(
        [("terms", 3), ("terms", 4)]
        + [("courses", line) for line in range(3, 12)]
        + [("sections", 3), ("sections", 4), ("xlists", 2), ("xlists", 3)]
        + [("enrollments", line) for line in range(3, 14)]
    )
    third = school.course("c3")
    assert (third.is_public, third.default_view, third.roster.students) == (True, "wiki", 2)
    assert {seat.course_id for seat in school.seats("u2")} == {school.course("c1").id, third.id}
    assert school.counted_right()


def test_long_texts(school: School) -> None:
    """Names of any script fit the indexes; cells that are too long are told."""
    name, long = "漢é" * 127, "x" * 300
    report = school.load(
        courses=f"course_id,short_name,long_name,status\n{name},{name},{name},active\nlong,L,{long},active\n",
        enrollments=f"course_id,user_id,role,status\n{long},u0,student,active\n{name},u0,teacher,active\n",
    )
    assert [(one.file, one.line) for one in report.errors] == [("courses.csv", 3), ("enrollments.csv", 2)]
    assert school.course(name).roster.teachers
    assert school.counted_right()


def test_courses_change(school: School) -> None:
    """States by Canvas's words, moves with all copies, deletion and return; blank facts stay."""
    header = "course_id,short_name,long_name,account_id,term_id,status,end_date,license\n"

    def state(status: str) -> str:
        school.load(courses=f"{header}c1,C1,Colour,paint,t1,{status},,")
        return school.course("c1").workflow_state

    steps = ("published", "active", "completed", "active", "created", "active", "deleted")
    assert [state(one) for one in steps] == [
        "available",
        "available",
        "completed",
        "available",
        "created",
        "claimed",
        "deleted",
    ]
    assert school.seats("u0")[0].course_state == "deleted"
    assert school.user("u0").account_paths == (school.root.path,)
    paint = school.services.directory.find_account("sis_account_id:paint", school.root)
    assert paint.course_count == 0
    assert state("active") == "claimed"
    assert school.path("paint") in school.user("u0").account_paths
    report = school.load(courses=f"{header}c1,C1,Colour,sci,,published,2027-01-01,public_domain")
    assert changes(report) == {"courses": 1}
    (seat,) = school.seats("u0")
    assert (seat.account_path, seat.course_state, seat.end_at is not None) == (school.path("sci"), "available", True)
    assert school.path("paint") not in school.user("u0").account_paths
    school.load(courses="course_id,short_name,long_name,account_id,status\nc1,C1,Colour,sci,published")
    kept = school.course("c1")
    assert (kept.license, kept.conclude_at is not None) == ("public_domain", True)
    school.load(courses=f"{header}c1,C1,Colour,sci,,published,,")
    assert school.course("c1").conclude_at is None
    assert school.counted_right()


def test_enrollments_change(school: School) -> None:
    header = "course_id,user_id,role,section_id,status\n"
    report = school.load(enrollments=f"{header}c1,u1,student,s1,deleted\nc2,u3,ta,,completed\nc2,u5,ta,,deleted\n")
    assert changes(report) == {"enrollments": 2}
    assert set(school.user("u1").account_paths) == {school.root.path, school.path("sci")}
    assert school.course("c1").roster.students == 1
    school.load(enrollments=f"{header}c1,u0,teacher,,deleted\n")
    assert school.course("c1").roster.teachers == ()
    assert school.services.courses.taught([school.user("u0").id]) in ({}, {school.user("u0").id: frozenset()})
    school.load(enrollments=f"{header}c1,u1,student,s1,active\nc1,u1,student,,active\n")
    school.load(enrollments=f"{header}c1,u1,student,,deleted_last_completed\nc1,u2,student,s1,deleted_last_completed\n")
    states = {seat.workflow_state for seat in school.seats("u1") if seat.course_id == school.course("c1").id}
    assert states == {"active", "deleted"}
    assert [seat.workflow_state for seat in school.seats("u2")] == ["completed"]
    assert school.counted_right()


def test_sections_go_elsewhere_and_come_back(school: School) -> None:
    """Cross-listing moves seats, entries and associations; its end moves them back; deleting deletes them."""
    before = school.picture()
    header = "xlist_course_id,section_id,status\n"
    assert changes(school.load(xlists=f"{header}c1,s2,active\n")) == {"xlists": 1}
    assert changes(school.load(xlists=f"{header}c1,s2,active\n", **BASE)) == {}
    target = school.course("c1")
    assert target.roster.seats["ObserverEnrollment/active"] == 1
    assert target.account_paths == (school.path("paint"), school.path("sci"))
    seats = {seat.course_id: seat for seat in school.seats("u4")}
    assert seats[target.id].origin_path == school.path("sci")
    assert set(school.user("u4").account_paths) == {school.root.path, school.path("paint"), school.path("sci")}
    moved = "course_id,short_name,long_name,account_id,status\nc2,C2,Cells,arts,published\n"
    assert "cross-listed elsewhere" in school.load(courses=moved).errors[0].message
    assert school.counted_right()
    assert changes(school.load(xlists=f"{header}x1,s2,active\n")) == {"xlists": 1}
    assert school.course("x1").account_name == "Science"
    assert changes(school.load(xlists=f"{header}x1,s2,deleted\n")) == {"xlists": 1}
    after = school.picture()
    del after["x1"]
    assert after == before
    school.load(sections="section_id,course_id,name,status\ns2,c2,Two,deleted\n")
    assert [seat.workflow_state for seat in school.seats("u4")] == ["deleted"]
    report = school.load(enrollments="course_id,user_id,role,section_id,status\n,u4,observer,s2,active\n")
    assert report.failed == 1
    assert school.counted_right()


def test_names_travel(school: School) -> None:
    """A teacher's or an account's new name is in the lists; a blueprint is one, and is left."""
    school.load(users="user_id,login_id,first_name,last_name,status\nu0,u0,Zoe,Adams,active\n")
    assert school.course("c1").roster.teachers[0].sortable_name == "Adams, Zoe"
    school.load(accounts="account_id,parent_account_id,name,status\npaint,arts,Painting,active\n")
    assert school.course("c1").account_name == "Painting"
    header = "course_id,short_name,long_name,account_id,status,blueprint_course_id\n"
    school.load(courses=f"{header}c2,C2,Cells,sci,published,c1\n")
    assert (school.course("c1").blueprint, school.course("c2").blueprint_id) == (True, school.course("c1").id)
    school.load(courses=f"{header}c2,C2,Cells,sci,published,\n")
    assert school.course("c2").blueprint_id
    school.load(courses=f"{header}c2,C2,Cells,sci,published,dissociate\n")
    assert school.course("c2").blueprint_id == 0
    assert school.counted_right()


def test_who_is_deleted_leaves_their_courses(school: School) -> None:
    """Their enrollments go with them, and do not come back with them; rows that delete those change nothing."""
    header, row = "user_id,login_id,first_name,last_name,status\n", "u1,u1,First1,Last1"
    gone = {"users": f"{header}{row},deleted\nu0,u0,First0,Last0,deleted\n"}
    assert changes(school.load(**gone)) == {"users": 2}
    assert changes(school.load(**gone)) == {}
    first = school.course("c1")
    assert first.roster.seats == {
        "StudentEnrollment/active": 1, "StudentEnrollment/deleted": 1, "TeacherEnrollment/deleted": 1
    }  # fmt: skip
    assert (first.roster.students, first.roster.teachers) == (1, ())
    rows = "course_id,user_id,role,section_id,status\nc1,u1,student,s1,{}\n"
    assert school.load(enrollments=rows.format("deleted")).errors == []
    assert school.load(enrollments=rows.format("active")).failed == 1
    school.load(users=f"{header}{row},active\n")
    assert {seat.workflow_state for seat in school.seats("u1")} == {"deleted"}
    assert school.user("u1").course_paths == frozenset()
    assert school.counted_right()


LATER = {
    "courses": """
        course_id,short_name,long_name,account_id,term_id,status
        c1,C1,Colours,arts,t1,published
        c2,C2,Cells,sci,,deleted
    """,
    "xlists": """
        xlist_course_id,section_id,status
        x1,s1,active
    """,
    "enrollments": """
        course_id,user_id,role,section_id,status
        c1,u0,teacher,,deleted
        ,u1,student,s1,active
        ,u5,student,s1,active
        c2,u3,ta,,deleted
    """,
}


@pytest.mark.engine
@pytest.mark.slow
def test_a_load_that_is_killed_and_repeated_ends_the_same(tmp_path: Path) -> None:
    """Wherever among its writes."""
    with house.world() as world:
        killed(world, tmp_path)


def killed(world: World, tmp_path: Path) -> None:
    whole = School(world, tmp_path / "whole", "Whole")
    whole.load(**BASE)
    whole.load(**LATER)
    wanted = whole.picture()
    for writes in (1, 2, 3, 5, 8, 12, 16, 20):
        school = School(world, tmp_path / str(writes), f"Killed after {writes}")
        school.load(**BASE)
        with pytest.MonkeyPatch.context() as patch:
            killed_after(writes, patch)
            with suppress(Killed):
                school.load(**LATER)
        school.load(**LATER)
        assert school.picture() == wanted, writes
        assert changes(school.load(**LATER)) == {}
    assert not list(recount.courses(world.services))


def test_recount_finds_what_is_wrong(school: School) -> None:
    """What writes keep right is checked against what it is about."""
    services, course = school.services, school.course("c1")
    key, user = course_key(course.id), school.user("u1")
    wrong = replace(course, roster=replace(course.roster, students=7), name="Other", version=course.version + 1)
    record = services.tables.course(key, document=documents.encode(wrong), version=wrong.version)
    record.save()
    services.courses.leave(user.id, [school.path("paint")])
    found = {(one.resource, one.problem.split(":")[0]) for one in recount.courses(services)}
    lists = {f"list {key}" for key in list_keys(course)}
    assert found == {
        (f"course {course.id}", "another roster"),
        (f"user {user.id}", "other accounts of courses"),
        *((one, "an entry is old") for one in lists),
    }
    services.courses.save(CourseChange(before=wrong, after=replace(course, version=wrong.version + 1)))
    services.courses.join(user.id, [school.path("paint")])
    assert school.counted_right()
