"""Reports about the school: provisioning, SIS export, courses, access (canvas-a 5.4, docs/reports.md)."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.job import JobStatus
from chalicelib.domain.person import Account, AdminRow
from chalicelib.jobs import report_access, report_walks
from chalicelib.jobs.report_context import Context
from chalicelib.jobs.report_walks import Step
from chalicelib.jobs.runner import Runner
from chalicelib.storage.people import user_key
from ops.sis import Import, Report
from ops.sis_school import School
from tests.dialects.canvas.test_reports import REPORTS, content, rows, run
from tests.factories import Person, World
from tests.jobs.test_reports import looks

EVERYTHING = dict.fromkeys(
    ["users", "accounts", "terms", "courses", "sections", "enrollments", "xlist", "admins"], True
)
FILES = {
    "accounts.csv": """account_id,parent_account_id,name,status,integration_id
science,,Science,active,i-1
biology,science,"Biology, wet",active,
closed,,Closed,deleted,
""",
    "users.csv": """user_id,login_id,first_name,last_name,full_name,sortable_name,short_name,email,pronouns,status
u1,ada,Ada,Obi,,,,ada@example.edu,she/her,active
u2,bo,Bo,Ünal,Bo Ünal the Second,"Ünal, Bo",Bo,,,active
u3,'=cy,'@Cy,'-Low,,,,'+cy@example.edu,,suspended
u4,di,Di,Gone,,,,,,deleted
u5,ed,Ed,''=Two,,,,,,active
""",
    "terms.csv": """term_id,name,status,start_date,end_date
spring,Spring,active,2026-01-10T00:00:00Z,2026-06-30T00:00:00Z
old,Old,deleted,,
""",
    "courses.csv": """course_id,short_name,long_name,account_id,term_id,status,start_date,is_public,\
blueprint_course_id,storage_used_bytes
c1,BIO,Tides,biology,spring,published,2026-02-01,true,,2500000
c2,CHE,Salts,science,spring,active,,,,
c3,PHY,Waves,,,completed,,,c1,
c4,ART,Gone,science,,deleted,,,,
c5,NEW,Made,biology,,created,,,,
""",
    "sections.csv": """section_id,course_id,name,status,start_date
s1,c1,Monday,active,2026-02-02T00:00:00Z
s2,c2,Tuesday,active,
s3,c2,Gone,deleted,
""",
    "xlists.csv": """xlist_course_id,section_id,status
c1,s2,active
""",
    "enrollments.csv": """course_id,section_id,user_id,role,status,associated_user_id
c1,s1,u1,student,active,
c1,s1,u2,teacher,active,
c1,,u5,observer,active,u1
c1,s2,u5,student,invited,
c2,s2,u3,student,inactive,
c3,,u1,ta,completed,
c1,s1,u3,student,deleted,
""",
    "admins.csv": """user_id,account_id,role,status
u2,science,admin,active
u5,,AccountAdmin,active
""",
}


def load(world: World, root: Account, folder: Path) -> Report:
    return Import(School(world.services, threads=1), root).run(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("school")
    for name, text in FILES.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def school(world: World, folder: Path) -> World:
    """The institution with the files loaded, once a module."""
    if not world.services.people.resolve(world.root.id, "sis_user_id", "u1"):
        loaded = load(world, world.root, folder)
        assert loaded.errors == []
    return world


@pytest.fixture
def head(school: World) -> Person:
    """An admin the SIS does not know, who has used the service."""
    return school.admin()


def unpacked(world: World, root: Account, admin: Person, type: str, **asked: Any) -> dict[str, bytes]:
    made = admin.client.post(f"/api/v1/accounts/{root.id}/reports/{type}", json_body={"parameters": asked}).json
    world.work()
    text = content(world, root.id, made["id"], type)
    with zipfile.ZipFile(io.BytesIO(text)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def table(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode(), newline="")))


def pick(found: list[dict[str, str]], *columns: str) -> set[tuple[str, ...]]:
    return {tuple(row[one] for one in columns) for row in found}


def sis(found: dict[str, bytes]) -> dict[str, list[tuple[tuple[str, str], ...]]]:
    """The files without what differs: people the tests made, and the order of rows."""
    return {
        name: sorted(tuple(row.items()) for row in table(text) if not row.get("user_id", "").startswith("S-"))
        for name, text in found.items()
    }


def test_an_export_loads_as_it_was(school: World, head: Person, tmp_path: Path) -> None:
    first = unpacked(school, school.root, head, "sis_export_csv", **EVERYTHING, include_deleted=True)
    assert list(first) == [name.replace("xlist", "xlists") + ".csv" for name in EVERYTHING]
    for name, text in first.items():
        (tmp_path / name).write_bytes(text)
    again = load(school, school.root, tmp_path)
    assert again.errors == again.warnings == []
    assert {name: count.changed for name, count in again.files.items() if count.changed} == {}, "nothing has changed"

    twin = school.services.directory.create_root_account("Twin", domains=["twin.example.org"])
    loaded = load(school, twin, tmp_path)
    assert loaded.errors == loaded.warnings == []
    chief = school.person(root=twin)
    service = school.services
    row = AdminRow(user_sis_id=chief.user.sis_id, account_sis_id="")
    assert [one.error for one in service.directory.upsert_admins(twin, [row])] == [""]
    host = {"Host": "twin.example.org"}
    made = chief.client.post(
        "/api/v1/accounts/self/reports/sis_export_csv",
        headers=host,
        json_body={"parameters": {**EVERYTHING, "include_deleted": 1}},
    ).json
    school.work()
    text = content(school, twin.id, made["id"], "sis_export_csv")
    with zipfile.ZipFile(io.BytesIO(text)) as package:
        second = {name: package.read(name) for name in package.namelist()}
    assert sis(second) == sis(first)


def test_provisioning(school: World, head: Person) -> None:
    made = unpacked(school, school.root, head, "provisioning_csv", **EVERYTHING)
    found = {name: table(text) for name, text in made.items()}
    people = {row["user_id"]: row for row in found["users.csv"]}
    assert {"u1", "u2", "u3", "u5"} <= set(people)
    assert "u4" not in people
    assert pick([people["u3"]], "login_id", "first_name", "last_name") == {("'=cy", "'@Cy", "'-Low")}
    assert people["u5"]["last_name"] == "''=Two"
    assert people["u1"]["canvas_user_id"] == str(school.services.directory.find_user("sis_user_id:u1").id)
    assert (people["u1"]["pronouns"], people["u1"]["created_by_sis"]) == ("she/her", "true")
    assert [row["account_id"] for row in found["accounts.csv"]] == ["science", "biology"]
    assert [row["parent_account_id"] for row in found["accounts.csv"]] == ["", "science"]
    assert ("spring",) in pick(found["terms.csv"], "term_id")
    courses = {row["course_id"]: row["status"] for row in found["courses.csv"]}
    assert courses == {"c1": "published", "c2": "active", "c3": "completed", "c5": "created"}
    assert ("c3", "c1") in pick(found["courses.csv"], "course_id", "blueprint_course_id")
    assert ("c1", "biology", "spring") in pick(found["courses.csv"], "course_id", "account_id", "term_id")
    sections = pick(found["sections.csv"], "section_id", "course_id")
    assert {one for one in sections if one[0]} == {("s1", "c1"), ("s2", "c2")}
    assert pick(found["xlists.csv"], "xlist_course_id", "section_id", "nonxlist_course_id") == {("c1", "s2", "c2")}
    seats = pick(found["enrollments.csv"], "course_id", "section_id", "user_id", "role", "status")
    assert ("c1", "s1", "u1", "StudentEnrollment", "active") in seats
    assert not any(one[-1] == "deleted" for one in seats)
    assert ("ObserverEnrollment", "u1") in pick(found["enrollments.csv"], "role", "associated_user_id")
    held = pick(found["admins.csv"], "user_id", "account_id", "role")
    assert held >= {("u2", "science", "AccountAdmin"), ("u5", "", "AccountAdmin")}


def test_each_partition_is_read_once(school: World, head: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    made = school.services.reports.start(head.actor, school.root.id, "sis_export_csv", lambda: (EVERYTHING, True))
    queries: list[str] = []
    dispatch = school.services.tables.connection.dispatch

    def heard(operation: str, request: dict[str, Any]) -> Any:
        if operation == "Query" and request.get("KeyConditionExpression"):
            queries.append(str(sorted((name, str(value)) for name, value in request.items())))
        return dispatch(operation, request)

    monkeypatch.setattr(school.services.tables.connection, "dispatch", heard)
    school.work()
    walked = [one for one in queries if "roster#" in one or "section#" in one or "member#" in one]
    assert len(walked) >= 8 * 3
    assert len(set(walked)) == len(walked)
    assert {"users.csv", "admins.csv"} <= set(
        zipfile.ZipFile(io.BytesIO(content(school, school.root.id, made.id, "sis_export_csv"))).namelist()
    )


def test_provisioning_by_switches(school: World, head: Person) -> None:
    def made(**asked: Any) -> list[dict[str, str]]:
        return rows(school, head, "provisioning_csv", **asked)

    assert made(users="1")[0].keys() >= {"canvas_user_id", "user_id"}, "one file is no zip"
    assert all(row["user_id"] for row in made(users=True, created_by_sis=True))
    assert ("deleted",) in pick(made(users=True, include_deleted=True), "status")
    staff = made(enrollments=True, enrollment_filter="TeacherEnrollment,TaEnrollment")
    assert pick(staff, "role") == {("TeacherEnrollment",), ("TaEnrollment",)}
    invited = made(enrollments=True, enrollment_states=["invited"])
    assert pick(invited, "user_id", "section_id") == {("u5", "s2")}
    spring = {"enrollment_term_id": "sis_term_id:spring,77"}
    assert pick(made(courses=True, **spring), "course_id") == {("c1",), ("c2",)}
    assert ("c3",) not in pick(made(enrollments=1, **spring), "course_id")
    spring["enrollment_term_id"] = f"hex:sis_term_id:{b'spring'.hex()}"
    assert pick(made(terms=1, **spring), "term_id") == {("spring",)}
    failed = run(school, head, f"{REPORTS}/provisioning_csv", groups=True)
    assert (failed["status"], failed["progress"], failed["file_url"]) == ("error", 100, None)
    assert "users" in failed["parameters"]["extra_text"]
    biology = school.services.directory.find_account("sis_account_id:biology", school.root)
    local = school.admin("biology")
    below = unpacked(school, biology, head, "provisioning_csv", **EVERYTHING)
    assert pick(table(below["courses.csv"]), "course_id") == {("c1",), ("c5",)}
    assert pick(table(below["users.csv"]), "user_id") == {("u1",), ("u2",), ("u3",), ("u5",), (local.user.sis_id,)}
    assert pick(table(below["admins.csv"]), "user_id") == {(local.user.sis_id,)}, "who has a role and no course there"
    assert table(below["accounts.csv"]) == []


def test_courses(school: World, head: Person) -> None:
    def ids(type: str, **asked: Any) -> list[str]:
        return [row["course_id"] for row in rows(school, head, type, **asked)]

    assert ids("unpublished_courses_csv") == ["c2", "c5"]
    assert ids("public_courses_csv") == ["c1"]
    assert ids("recently_deleted_courses_csv") == ["c4"]
    assert ids("unused_courses_csv") == ["c2", "c5"]
    stored = rows(school, head, "course_storage_csv")
    assert [(row["course_id"], row["storage_used_mb"]) for row in stored][:1] == [("c1", "2.5")]
    assert pick(stored[:1], "account_name", "term_name", "status") == {("Biology, wet", "Spring", "available")}
    assert ids("unpublished_courses_csv", enrollment_term_id="default") == ["c5"]
    school.clock.advance(31 * 86400)
    assert rows(school, school.admin(), "recently_deleted_courses_csv") == []
    school.clock.advance(-31 * 86400)


def apart(context: Context, place: str) -> Iterator[Step]:
    """The members of a report, each on a page of their own."""
    found = [one for step in report_walks.members(context, "") for one in step.found]
    for number in range(int(place or 0), len(found)):
        yield Step([found[number]], str(number + 1) if number + 1 < len(found) else "", 0.0)


def test_access(school: World, head: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def who(type: str, *columns: str, **asked: Any) -> set[tuple[str, ...]]:
        return pick([one for one in rows(school, head, type, **asked) if one["user_id"][0] == "u"], *columns)

    ada = school.services.directory.find_user("sis_user_id:u1")
    at = school.clock.moment - timedelta(days=3)
    people = school.services.tables.people
    school.services.tables.person(user_key(ada.id)).update(actions=[people.used_at.set(int(at.timestamp()))])
    used = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    known = who("last_user_access_csv", "user_id", "last_access_at")
    assert known == {("u1", used), ("u2", ""), ("u3", ""), ("u5", "")}
    assert ("u4", "") in who("last_user_access_csv", "user_id", "last_access_at", include_deleted=1)
    assert who("last_user_access_csv", "user_id", course_id="sis_course_id:c3") == {("u1",)}
    assert who("last_user_access_csv", "user_id", enrollment_term_id="default") == {("u1",)}
    monkeypatch.setattr(report_access, "members", apart)
    twice = rows(school, head, "last_user_access_csv", enrollment_term_id="sis_term_id:spring,default")
    assert [row["user_id"] for row in twice].count("u1") == 1, "somebody with courses on two pages"
    asked = {"enrollment_term_id": "sis_term_id:spring,default"}
    paused = school.services.reports.start(head.actor, school.root.id, "last_user_access_csv", lambda: (asked, True))
    while Runner(school.services).run(paused.id, looks(1)) is JobStatus.PROCESSING:
        pass
    assert table(content(school, school.root.id, paused.id, "last_user_access_csv")) == twice, "put down between them"
    assert who("zero_activity_csv", "user_id", "course_id", "last_access_at") == {("u5", "c1", "")}
    later = (at + timedelta(days=1)).strftime("%Y-%m-%d")
    idle = who("zero_activity_csv", "user_id", "course_id", start_at=later)
    assert idle == {("u1", "c1"), ("u5", "c1")}
    failed = run(school, head, f"{REPORTS}/zero_activity_csv", start_at="some day")
    assert failed["status"] == "error"
    assert "some day" in failed["parameters"]["extra_text"]


def test_a_call_is_an_access(school: World, head: Person) -> None:
    found = {row["canvas_user_id"]: row["last_access_at"] for row in rows(school, head, "last_user_access_csv")}
    assert found[str(head.id)], "the admin has just called"
