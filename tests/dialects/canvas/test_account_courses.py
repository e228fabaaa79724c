"""The course list of an account, row by row of canvas-b 4."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from tests.factories import Person, Response, World
from tests.schools import load

NAMES = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "bp")
FILES = {
    "accounts": """
        account_id,parent_account_id,name,status
        arts,,Arts,active
        paint,arts,Painting 10,active
        clay,arts,painting 9,active
        sci,,Science,active
        gone,,Gone,deleted
    """,
    "users": """
        user_id,login_id,first_name,last_name,short_name,pronouns,status
        t1,t1,Zed,Abel,Zed A.,they/them,active
        t2,t2,Amy,Zorn,Amy,,active
        t3,t3,Tess,Ash,Tess,,active
        s1,s1,Sam,One,Sam,,active
        s2,s2,Sal,Two,Sal,,active
        s3,s3,Sid,Three,Sid,,active
    """,
    "terms": """
        term_id,name,status,start_date,end_date
        past,Autumn 2025,active,2025-01-01,2025-06-30
        now,Spring 2026,active,2026-01-01,2026-06-30
        later,Autumn 2026,active,2026-09-01,2026-12-31
        closed,Closed,deleted,,
    """,
    "courses": """
        course_id,short_name,long_name,account_id,term_id,status,start_date,end_date,blueprint_course_id,is_public,homeroom_course,course_format,storage_quota_mb,time_zone,syllabus_body,post_manually,storage_used_bytes,restrict_enrollments_to_course_dates
        bp,BP,Blueprint,,now,published,,,,,,,,,,,,
        c1,COL_10,Colour 10,paint,now,published,2026-01-10,,,true,,online,250,Europe/Rome,<p>Hi</p>,true,1572864,
        c2,COL_9,colour 9,paint,now,active,,,,,,,,,,,,
        c3,CLA,Clay 100%,clay,past,published,,2027-01-01,,,,,,,,,,true
        c4,APP,apple,clay,past,completed,,,,,,,,,,,,
        c5,CEL,Cells,sci,later,created,,,,,true,,,,,,,
        c6,DEA,Dead,sci,,deleted,,,,,,,,,,,,
        c7,ELA,Élan,,past,published,,,,,,,,,,,,
        c8,FOL,Follower,paint,now,published,,2026-02-01T10:00:00Z,bp,,,,,,,,,
        c9,EXF,Former follower,sci,,published,,,bp,,,,,,,,,
    """,
    "sections": """
        section_id,course_id,name,status
        one,c1,One,active
        two,c1,Two,active
        lent,c5,Lent,active
    """,
    "xlists": """
        xlist_course_id,section_id,status
        c1,lent,active
    """,
    "enrollments": """
        course_id,user_id,role,section_id,status
        c1,t1,teacher,one,active
        c1,t1,teacher,two,active
        c1,t2,teacher,one,completed
        c3,t2,teacher,,active
        c3,t1,teacher,,rejected
        c4,t3,ta,,active
        c4,t1,teacher,,deleted
        c1,s1,student,one,active
        c1,s1,student,two,active
        c1,s2,student,one,invited
        c1,s3,student,one,inactive
        c2,s3,student,,rejected
        c4,s3,student,,deleted
        c5,s2,studentview,,active
        c8,s3,observer,,completed
    """,
}
AGAIN = {
    "courses": """
        course_id,short_name,long_name,account_id,term_id,status,blueprint_course_id
        c9,EXF,Former follower,sci,,published,dissociate
    """
}


@dataclass
class School:
    """The school, its courses by name, and who asks."""

    world: World
    ids: dict[str, int]
    admin: Person
    limited: Person

    def target(self, query: str, account: str) -> str:
        """Address of a list; `{name}` in a query is a course's or user's id."""
        people = {one: self.user(one) for one in ("t1", "t2", "t3") if f"{{{one}}}" in query}
        return f"/api/v1/accounts/{account}/courses?per_page=100&{query.format(**self.ids, **people)}"

    def get(self, query: str = "", account: str = "self", person: Person | None = None) -> Response:
        """Ask for a list."""
        return (person or self.admin).client.get(self.target(query, account))

    def names(self, query: str, account: str = "self") -> list[str]:
        """The courses of a list by their names in this file, from all its pages."""
        by_id, found = {number: name for name, number in self.ids.items()}, []
        target = self.target(query, account)
        while target:
            answer = self.admin.client.get(target)
            assert answer.status == 200, answer.text
            assert all("enrollments" not in one for one in answer.json)
            found += [by_id[one["id"]] for one in answer.json]
            target = answer.links.get("next", "").removeprefix("http://127.0.0.1:8000")
        return found

    def one(self, name: str, query: str = "", person: Person | None = None) -> dict[str, Any]:
        """A course out of the root's list."""
        found = self.get(f"state[]=all&{query}", person=person).json
        return next(one for one in found if one["id"] == self.ids[name])

    def user(self, sis_id: str) -> int:
        """A user's id."""
        return self.world.services.directory.find_user(f"sis_user_id:{sis_id}").id


@pytest.fixture(scope="module")
def made(_institution: World, tmp_path_factory: pytest.TempPathFactory) -> School:
    """The school, loaded once: no test changes it."""
    world, folder = _institution, tmp_path_factory.mktemp("sis")
    for files in (FILES, AGAIN):
        report = load(world.services, world.root, folder, **files)
        assert report.errors == []
        assert report.warnings == []
    ids = world.services.courses.resolve(world.root.id, "sis_course_id", NAMES)
    return School(world, ids, world.admin(), world.admin("paint"))


@pytest.fixture
def school(made: School, world: World) -> School:
    """The school as the app sees it."""
    assert made.world is world
    return made


def sets(*rows: tuple[str, str]) -> dict[str, set[str]]:
    return {query: set(names.split()) for query, names in rows}


LIVE = set(NAMES) - {"c6"}
FILTERS = sets(
    ("", " ".join(LIVE)),
    ("state[]=all", " ".join(NAMES)),
    ("state[]=deleted", "c6"),
    ("state=completed", "c4"),
    ("state[]=claimed&state[]=created", "c2 c5"),
    ("state[]=nonsense", ""),
    ("published=true", "bp c1 c3 c7 c8 c9"),
    ("published=0", "c2 c4 c5"),
    ("published=junk", "c2 c4 c5"),
    ("published=true&state[]=completed", ""),
    ("published=false&state[]=all", "c2 c4 c5 c6"),
    ("with_enrollments=true", "c1 c2 c3 c4 c5 c8"),
    ("with_enrollments=false", "bp c7 c9"),
    ("hide_enrollmentless_courses=0", "c1 c2 c3 c4 c5 c8"),
    ("hide_enrollmentless_courses=1&with_enrollments=false", "c1 c2 c3 c4 c5 c8"),
    ("enrollment_type[]=student", "c1 c2"),
    ("enrollment_type[]=ta&enrollment_type[]=observer", "c4 c8"),
    ("enrollment_type[]=teacher", "c1 c3"),
    ("enrollment_type=student", " ".join(LIVE)),
    ("enrollment_type[]=dean", ""),
    ("enrollment_workflow_state[]=invited", "c1"),
    ("enrollment_workflow_state[]=deleted&enrollment_workflow_state[]=rejected", "c2 c3"),
    ("completed=true", "c4 c7 c8"),
    ("completed=false", "bp c1 c2 c3 c5 c9"),
    ("blueprint=true", "bp"),
    ("blueprint=false&blueprint_associated=false", " ".join(LIVE - {"bp", "c8"})),
    ("blueprint_associated=true", "c8"),
    ("public=true", "c1"),
    ("public=no", " ".join(LIVE - {"c1"})),
    ("homeroom=true", "c5"),
    ("homeroom=false", " ".join(LIVE)),
    ("by_teachers[]={t1}", "c1 c3"),
    ("by_teachers[]=sis_user_id:t2&by_teachers[]=sis_user_id:nobody", "c1 c3"),
    ("by_teachers[]={t3}", ""),
    ("by_teachers[]=junk", ""),
    ("by_teachers={t1}", " ".join(LIVE)),
    ("by_subaccounts[]=sis_account_id:paint", "c1 c2 c8"),
    ("by_subaccounts[]=sis_account_id:arts&by_subaccounts[]=sis_account_id:paint", "c1 c2 c3 c4 c8"),
    ("by_subaccounts[]=sis_account_id:sci&by_subaccounts[]=sis_account_id:clay", "c1 c3 c4 c5 c9"),
    ("by_subaccounts[]=sis_account_id:nowhere&by_subaccounts[]=x", ""),
    ("by_subaccounts[]=self", " ".join(LIVE)),
    ("by_subaccounts[]=sis_account_id:gone", ""),
    ("enrollment_term_id=sis_term_id:past", "c3 c4 c7"),
    ("enrollment_term_id=current", "bp c1 c2 c8"),
    ("enrollment_term_id=default", "c9"),
    ("starts_before=2026-01-01", "bp c1 c2 c3 c4 c7 c8 c9"),
    ("starts_before=2025-12-31T23:00:00Z", "c3 c4 c7 c9"),
    ("starts_before=soon", " ".join(LIVE)),
    ("ends_after=2026-07-01", "c3 c5 c9"),
    ("ends_after=2026-02-01", "bp c1 c2 c3 c5 c8 c9"),
    ("ends_after=2026-06-30&starts_before=2026-03-01", "bp c1 c2 c3 c8 c9"),
    ("search_term=COLOUR", "c1 c2"),
    ("search_term=col_", "c1 c2"),
    ("search_term=0%25", "c3"),
    ("search_term=_1", "c1"),
    ("search_term={c3}", "c3"),
    ("search_term=9223372036854775808", ""),
    ("search_term=c4", "c4"),
    ("search_term=app&search_by=course", "c4"),
    ("search_term=zed&search_by=teacher", "c1"),
    ("search_term=amy&search_by=teacher", "c3"),
    ("search_term=colour&search_by=teacher", ""),
    ("search_by=teacher", " ".join(LIVE)),
    ("by_teachers[]={t1}&published=true&enrollment_term_id=sis_term_id:now&search_term=colour", "c1"),
)


def test_filters(school: School) -> None:
    """Canvas-b 4.1 to 4.3, from the root: every filter, alone and with others."""
    found = {query: school.names(query) for query in FILTERS}
    assert {query: set(names) for query, names in found.items()} == FILTERS
    assert all(len(set(names)) == len(names) for names in found.values())


def test_the_base_set(school: School) -> None:
    """Canvas-b 4.1: a sub-account has its own and what is below; cross-listed from there only when asked for."""
    assert school.names("", "sis_account_id:arts") == ["c1", "c2", "c3", "c4", "c8"]
    assert school.names("", "sis_account_id:paint") == ["c1", "c2", "c8"]
    assert school.names("", "sis_account_id:sci") == ["c5", "c9"]
    assert school.names("include_crosslisted_courses=true", "sis_account_id:sci") == ["c1", "c5", "c9"]
    assert school.names("include_crosslisted_courses=true", "sis_account_id:paint") == ["c1", "c2", "c8"]
    assert school.names("by_subaccounts[]=sis_account_id:arts", "sis_account_id:paint") == ["c1", "c2", "c8"]
    assert school.names("by_subaccounts[]=sis_account_id:sci", "sis_account_id:paint") == ["c1"]


ORDERS = {
    "order=desc": "bp c1 c2 c3 c4 c5 c7 c8 c9",
    "sort=shoe_size&order=desc": "bp c1 c2 c3 c4 c5 c7 c8 c9",
    "sort=course_name": "c4 bp c5 c3 c2 c1 c7 c8 c9",
    "sort=course_name&order=desc": "c9 c8 c7 c1 c2 c3 c5 bp c4",
    "sort=sis_course_id": "bp c1 c2 c3 c4 c5 c7 c8 c9",
    "sort=sis_course_id&order=desc": "c9 c8 c7 c5 c4 c3 c2 c1 bp",
    "sort=teacher": "c1 c3 bp c2 c4 c5 c7 c8 c9",
    "sort=teacher&order=desc": "c9 c8 c7 c5 c4 c2 bp c3 c1",
    "sort=account_name": "bp c7 c3 c4 c1 c2 c8 c5 c9",
    "sort=subaccount&order=up": "bp c7 c3 c4 c1 c2 c8 c5 c9",
    "sort=account_name&order=desc": "c9 c5 c8 c2 c1 c4 c3 c7 bp",
    "sort=course_status": "c2 c5 bp c1 c3 c7 c8 c9 c4",
    "sort=course_status&order=desc&state[]=all": "c6 c4 c9 c8 c7 c3 c1 bp c5 c2",
    "sort=term": "c3 c4 c7 c5 c9 bp c1 c2 c8",
    "sort=term&order=desc": "c8 c2 c1 bp c9 c5 c7 c4 c3",
    "sort=course_name&by_teachers[]={t1}&order=desc": "c1 c3",
    "sort=term&by_teachers[]={t1}": "c3 c1",
    "sort=course_name&by_subaccounts[]=sis_account_id:sci&by_subaccounts[]=sis_account_id:clay": "c4 c5 c3 c1 c9",
}


def test_orders(school: School) -> None:
    """Canvas-b 4.4: t1 (Abel) is first in c1 and c3, where the rejected count too; missing keys are last."""
    assert {query: " ".join(school.names(query)) for query in ORDERS} == ORDERS


def test_pages(school: School) -> None:
    """Canvas-b 4.4, 0.4: links lead through every order; no `last` but where the total is asked for."""
    for query in ("", "sort=term&order=desc", "sort=teacher", "search_term=co", "published=true", "by_teachers[]={t2}"):
        whole, walked = school.names(query), []
        target = school.target(query, "self").replace("per_page=100", "per_page=2")
        while target:
            answer = school.admin.client.get(target)
            walked += [one["id"] for one in answer.json]
            target = answer.links.get("next", "").removeprefix("http://127.0.0.1:8000")
            assert "last" not in answer.links or not target
        assert walked == [school.ids[name] for name in whole], query
    counted = school.admin.client.get(school.target("include[]=ui_invoked", "self").replace("=100", "=2"))
    assert "&page=5&" in counted.links["last"]
    assert counted.json == school.get("").json[:2]
    assert counted.links["next"]
    second = school.admin.client.get(school.target("page=2", "self").replace("=100", "=2"))
    assert second.json == school.get("").json[2:4]
    assert school.get("page=7").json == []
    far = base64.urlsafe_b64encode("\x021\x01é".encode()).decode()
    assert school.get(f"published=true&cursor={far}").json == []
    long = base64.urlsafe_b64encode(("\x02" + "é" * 510).encode()).decode()
    for bad in ("page=0", "page=-1", "cursor=xx", "page=9999999", f"cursor={long}"):
        assert school.get(bad).status == 404, bad


def test_who_may(school: School) -> None:
    """Canvas-b 0.1, 4: who is nobody, who lacks the right, and what is not there."""
    world = school.world
    somebody = world.person()
    assert world.anonymous.get(school.target("", "self")).status == 401
    assert school.get(person=somebody).status == 403
    assert school.get(person=somebody, account="sis_account_id:nowhere").status == 404
    assert school.get(account="sis_account_id:gone").status == 404
    assert school.get(account="999").status == 404
    assert school.get(person=school.limited).status == 403
    assert school.get(person=school.limited, account="sis_account_id:paint").status == 200
    assert school.get("enrollment_term_id=77").status == 404
    student = world.person()
    world.services.people.save_user(replace(student.user, student_view=True, version=2), student.user)
    assert school.get(person=student).status == 403
    many = "&".join(f"by_teachers[]={number}" for number in range(101))
    for bad in ("search_term=a", many):
        assert school.get(bad, person=somebody).status == 403, "rights come before parameters"
        assert school.get(bad, account="999").status == 404
        assert school.get(bad).status == 400
    known = world.services.directory.find_account("sis_account_id:paint")
    assert school.get("search_term=ab", account=f"uuid:{known.uuid}").status == 200
    assert school.get(account=f"lti_context_id:{known.uuid}").status == 404
    assert school.get("enrollment_term_id=sis_term_id:closed").status == 404
    for short in ("", "a"):
        answer = school.get(f"search_term={short}")
        assert answer.status == 400
        assert answer.json == {
            "errors": [{"field": "search_term", "code": "invalid", "message": "2 or more characters is required"}]
        }
    other = world.services.directory.create_root_account("Other College")
    assert school.get(account=str(other.id)).status == 404


def test_the_course_object(school: School) -> None:
    """Canvas-b 4.5."""
    services, ids = school.world.services, school.ids
    find = services.directory.find_account
    one = school.one("c1")
    course = services.courses.courses([ids["c1"]])[ids["c1"]]
    now = services.terms.book(school.world.root.id).by_sis_id("now")
    assert now is not None
    assert one == {
        "id": ids["c1"],
        "name": "Colour 10",
        "course_code": "COL_10",
        "uuid": course.uuid,
        "account_id": find("sis_account_id:paint").id,
        "root_account_id": school.world.root.id,
        "enrollment_term_id": now.id,
        "workflow_state": "available",
        "start_at": "2026-01-10T00:00:00Z",
        "end_at": None,
        "created_at": course.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_public": True,
        "is_public_to_auth_users": False,
        "public_syllabus": False,
        "public_syllabus_to_auth": False,
        "default_view": "modules",
        "license": "private",
        "grading_standard_id": None,
        "grade_passback_setting": None,
        "course_color": None,
        "friendly_name": None,
        "storage_quota_mb": 250,
        "homeroom_course": False,
        "hide_final_grades": False,
        "apply_assignment_group_weights": False,
        "restrict_enrollments_to_course_dates": False,
        "time_zone": "Europe/Rome",
        "calendar": {"ics": f"http://127.0.0.1:8000/feeds/calendars/course_{course.feed_secret}.ics"},
        "blueprint": False,
        "template": False,
        "sis_course_id": "c1",
        "integration_id": None,
        "sis_import_id": course.sis_import_id,
        "course_format": "online",
    }
    assert [school.one(name)["workflow_state"] for name in ("c2", "c4", "c5", "c6")] == [
        "unpublished",
        "completed",
        "unpublished",
        "deleted",
    ]
    assert school.one("c8")["end_at"] == "2026-02-01T10:00:00Z"
    assert school.one("c2")["storage_quota_mb"] == 500
    assert school.one("c2")["time_zone"] == "America/Denver"
    assert set(school.one("bp")) - set(one) == {"blueprint_restrictions"}
    below = school.get(account="sis_account_id:paint", person=school.limited).json[0]
    assert below["sis_course_id"] == "c1"
    assert "sis_import_id" not in below  # manage_sis counts for an admin of the root only
    strings = school.admin.client.get(
        school.target("", "self"), headers={"Accept": "application/json+canvas-string-ids"}
    ).json[0]
    assert strings["id"] == str(ids[school.names("")[0]])


def test_includes(school: School) -> None:
    """Canvas-b 4.6."""
    plain = set(school.one("c1"))
    silent = "&".join(
        f"include[]={name}" for name in ("permissions", "sections", "needs_grading_count", "total_scores", "moon")
    )
    assert set(school.one("c1", silent)) == plain
    every = school.one(
        "c1",
        "&".join(
            f"include[]={name}"
            for name in (
                "syllabus_body",
                "term",
                "course_progress",
                "storage_quota_used_mb",
                "total_students",
                "account_name",
                "concluded",
                "post_manually",
                "subaccount",
            )
        ),
    )
    added = {name: every[name] for name in set(every) - plain}
    term = added.pop("term")
    assert set(term) == {
        "id",
        "name",
        "start_at",
        "end_at",
        "created_at",
        "workflow_state",
        "grading_period_group_id",
        "sis_term_id",
        "sis_import_id",
    }
    assert term["sis_import_id"] > 0
    assert (term["name"], term["start_at"], term["sis_term_id"]) == ("Spring 2026", "2026-01-01T00:00:00Z", "now")
    assert added.pop("course_progress")["error"]["message"].startswith("no progress available because")
    assert added == {
        "syllabus_body": "<p>Hi</p>",
        "storage_quota_used_mb": 1.5,
        "total_students": 2,
        "account_name": "Painting 10",
        "concluded": False,
        "post_manually": True,
        "subaccount_id": every["account_id"],
        "subaccount_name": "Painting 10",
    }
    (paint,) = school.get("include[]=account&by_teachers[]={t1}", "sis_account_id:paint").json
    assert (paint["account"]["name"], paint["account"]["sis_account_id"]) == ("Painting 10", "paint")
    concluded = {name: school.one(name, "include[]=concluded")["concluded"] for name in ("c3", "c4", "c7", "c8")}
    assert concluded == {"c3": False, "c4": True, "c7": True, "c8": False}
    students = {name: school.one(name, "include[]=total_students")["total_students"] for name in ("c2", "c4", "c5")}
    assert students == {"c2": 0, "c4": 0, "c5": 0}


def test_teachers(school: School) -> None:
    """Canvas-b 4.6: distinct teachers, the active ones, and only how many where they are too many."""
    user = school.user("t1")
    (first, second) = school.one("c1", "include[]=teachers")["teachers"]
    assert first == {
        "id": user,
        "anonymous_id": first["anonymous_id"],
        "display_name": "Zed A.",
        "avatar_image_url": "http://127.0.0.1:8000/images/messages/avatar-50.png",
        "html_url": f"http://127.0.0.1:8000/courses/{school.ids['c1']}/users/{user}",
        "pronouns": "they/them",
    }
    assert int(first["anonymous_id"], 36) == user
    assert (second["display_name"], second["pronouns"]) == ("Amy", None)
    active = school.one("c1", "include[]=active_teachers")["teachers"]
    assert [one["id"] for one in active] == [user]
    assert [one["display_name"] for one in school.one("c3", "include[]=teachers")["teachers"]] == ["Amy"]
    limited = school.one("c1", "include[]=teachers&teacher_limit=1")
    assert limited["teacher_count"] == 2
    assert "teachers" not in limited
    assert len(school.one("c1", "include[]=teachers&teacher_limit=2")["teachers"]) == 2
    assert school.one("c4", "include[]=teachers")["teachers"] == []
