"""Rows that are more than the tables take: they are told, and the rest is loaded (docs/sis.md)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from chalicelib.storage import documents
from tests.schools import BASE, School, changes

COURSES = "course_id,short_name,long_name,account_id,status\n"
SECTIONS = "section_id,course_id,name,status\n"
XLISTS = "xlist_course_id,section_id,status\n"


def branches(school: School, names: str, depth: int) -> None:
    """Branches of accounts so deep, the root not counted."""
    rows = ["account_id,parent_account_id,name,status"]
    for name in names:
        chain = ["", *(f"{name}{number}" for number in range(1, depth + 1))]
        rows += [f"{one},{above},{one},active" for above, one in pairwise(chain)]
    assert school.load(accounts="\n".join(rows)).errors == []


def test_a_course_between_deep_branches_stays(school: School) -> None:
    branches(school, "xy", 19)
    school.load(courses=f"{COURSES}d1,D,Deep,x19,published\n")
    report = school.load(courses=f"{COURSES}d1,D,Deep,y19,published\nd2,D,After,,published\n")
    assert [(one.line, "accounts" in one.message) for one in report.errors] == [(2, True)]
    assert (school.course("d1").account_name, school.course("d2").name) == ("x19", "After")
    assert school.load(courses=f"{COURSES}d1,D,Deep,y9,published\n").errors == []
    assert school.course("d1").account_name == "y9"
    assert school.counted_right()


def test_sections_of_too_many_accounts(school: School) -> None:
    """The last stays where it is; the course with the others still takes people."""
    branches(school, "abcdef", 9)
    school.load(
        courses=COURSES + "".join(f"k{one},K,K,{one}9,published\n" for one in "abcdef") + "other,O,O,f9,published\n",
        sections=SECTIONS + "".join(f"z{one},k{one},Z,active\n" for one in "bcdef"),
        enrollments="section_id,course_id,user_id,role,status\n"
        + "".join(f"z{one},k{one},u1,student,active\n" for one in "bcdef"),
    )
    school.load(xlists=f"{XLISTS}other,zf,active\n")
    report = school.load(xlists=XLISTS + "".join(f"ka,z{one},active\n" for one in "bcdef"))
    assert [one.line for one in report.errors] == [6]
    assert len(school.course("other").origins) == 1
    people = "course_id,user_id,role,status\n" + "".join(f"ka,u{one},teacher,active\n" for one in range(6))
    assert changes(school.load(enrollments=people)) == {"enrollments": 6}
    assert len(school.course("ka").roster.teachers) == 6
    assert school.load(xlists=f"{XLISTS}ka,zb,deleted\n").errors == []
    assert school.counted_right()


def test_a_book_of_terms_has_an_end(school: School) -> None:
    rows = "".join(f"{'漢' * 200}{number},{'語' * 250},active\n" for number in range(400))
    report = school.load(terms=f"term_id,name,status\n{rows}last,Short,active\nt1,Spring again,active\n")
    assert {one.message for one in report.errors} == {"All terms together have at most 390,000 bytes."}
    assert 250 < report.files["terms.csv"].changed < 300
    book = school.services.terms.book(school.root.id)
    assert len(documents.encode(book)) < 409_600
    assert {one.name for one in book.terms} >= {"Short", "Spring again", "Default Term"}


def test_a_course_too_large_for_an_item(school: School) -> None:
    rows = "course_id,short_name,long_name,status,syllabus_body\n{},C,Large,active,{}\n"
    report = school.load(courses=rows.format("c8", "\U0001f600" * 99_999) + f"c9,C,Small,active,{'é' * 99_999}\n")
    assert [one.line for one in report.errors] == [2]
    assert len(school.course("c9").syllabus_body) == 99_999


def test_who_does_not_fit_a_course(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Teachers are told by name in the course's item, students are not."""
    size = len(documents.encode(school.course("c1")))
    monkeypatch.setattr(documents, "ITEM_BYTES", size + 30)
    report = school.load(
        enrollments="""
            course_id,user_id,role,section_id,status
            c1,u3,student,s1,active
            c1,u4,teacher,s1,active
            c1,u5,student,s1,active
        """
    )
    assert [one.line for one in report.errors] == [3]
    assert (school.course("c1").roster.students, school.seats("u4")[0].type) == (4, "ObserverEnrollment")
    assert school.counted_right()


def test_dates_that_are_not_mentioned_stay(school: School) -> None:
    school.load(
        sections=f"{SECTIONS.strip()},start_date,integration_id\ns1,c1,One,active,2026-02-01,I1\n",
        enrollments="course_id,user_id,role,section_id,status,end_date\nc1,u1,student,s1,active,2026-05-01\n",
    )
    short = {
        "terms": "term_id,name,status\nt1,Spring,active\n",
        "sections": BASE["sections"],
        "enrollments": BASE["enrollments"],
    }
    assert changes(school.load(**short)) == {}
    term = school.services.terms.book(school.root.id).by_sis_id("t1")
    assert term is not None
    assert term.start_at is not None
    school.load(terms="term_id,name,status,start_date,end_date\nt1,Spring,active,,2026-07-01\n")
    term = school.services.terms.book(school.root.id).by_sis_id("t1")
    assert term is not None
    assert (term.start_at, term.end_at is not None) == (None, True)
