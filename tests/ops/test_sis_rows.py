"""Rows that are refused, and files with only some of the columns (docs/sis.md)."""

from __future__ import annotations

import pytest

from tests.factories import World
from tests.schools import School, changes

ACCOUNTS = "account_id,parent_account_id,name,status,integration_id\n"
USERS = "user_id,login_id,first_name,last_name,status,integration_id\n"


@pytest.mark.parametrize("row", ["u1,U2,First1,Last1,deleted,", "u1,u1,First1,Last1,deleted,I2"])
def test_a_refused_deletion_deletes_nothing(school: School, world: World, row: str) -> None:
    """The login or the integration id is another's: enrollments and tokens stay as they are."""
    school.load(users=f"{USERS}u2,u2,First2,Last2,active,I2\n")
    token = world.token(school.user("u1"))
    report = school.load(users=f"{USERS}{row}\n")
    assert [one.message for one in report.errors] == ["A login, SIS id or integration id is in use by another."]
    assert school.user("u1").workflow_state == "active"
    assert {seat.workflow_state for seat in school.seats("u1")} == {"active"}
    assert world.services.tokens.authenticate(token, 0).actor.user_id == school.user("u1").id
    assert school.counted_right()


def test_a_refused_name_does_not_travel(school: School) -> None:
    school.load(accounts=f"{ACCOUNTS}arts,,Arts,active,I1\n")
    report = school.load(
        users=f"{USERS}u0,u2,Zoe,Adams,active,\n", accounts=f"{ACCOUNTS}paint,arts,Renamed,active,I1\n"
    )
    assert report.failed == 2
    course = school.course("c1")
    assert (course.roster.teachers[0].name, course.account_name) == (
        "First0 Last0",
        "Paint",
    )
    assert school.counted_right()


def test_own_names_are_free(school: School) -> None:
    """A login in other letters, and names another has given up."""
    report = school.load(
        users=f"{USERS}u2,u20,First2,Last2,active,\nu1,U1,First1,Last1,active,\nu3,u2,Zoe,Day,active,\n"
    )
    assert (report.errors, changes(report)) == ([], {"users": 3})
    assert [school.user(name).login_id for name in ("u1", "u2", "u3")] == ["U1", "u20", "u2"]


ALL = "user_id,login_id,first_name,last_name,full_name,sortable_name,short_name,email,pronouns,integration_id,status\n"


def test_what_a_file_of_people_does_not_mention_stays(school: School) -> None:
    school.load(users=f"{ALL}u0,u0,Ada,Byron,Countess Lovelace,,Ada,ada@x.edu,she/her,I9,active\n")
    before = school.user("u0")
    some = "user_id,login_id,status\nu0,{},active\n"
    assert changes(school.load(users=some.format("u0"))) == {}
    school.load(users=some.format("ada"))
    after = school.user("u0")
    assert (after.login_id, after.name, after.email) == ("ada", "Countess Lovelace", "ada@x.edu")
    assert (after.pronouns, after.integration_id, after.short_name) == ("she/her", "I9", "Ada")
    assert (after.first_name, after.sortable_name) == (before.first_name, "Byron, Ada")
    school.load(users="user_id,login_id,status,email,pronouns,integration_id\nu0,ada,active,,,\n")
    emptied = school.user("u0")
    assert (emptied.email, emptied.pronouns, emptied.integration_id) == ("", "", "")
    assert school.course("c1").roster.teachers[0].name == "Countess Lovelace"


@pytest.mark.parametrize(
    ("columns", "cells", "wanted"),
    [
        ("last_name", "King", ("First0 King", "First0", "King", "King, First0", "First0 King")),
        ("full_name", "Ada King", ("Ada King", "Ada", "King", "King, Ada", "Ada King")),
        ("sortable_name", "Zed", ("First0 Last0", "First0", "Last0", "Zed", "First0 Last0")),
        ("short_name", "Ada", ("First0 Last0", "First0", "Last0", "Last0, First0", "Ada")),
        ("first_name,last_name", ",", ("First0 Last0", "First0", "Last0", "Last0, First0", "First0 Last0")),
    ],
)
def test_names_that_are_not_told_follow(school: School, columns: str, cells: str, wanted: tuple[str, ...]) -> None:
    school.load(users=f"user_id,login_id,status,{columns}\nu0,u0,active,{cells}\n")
    user = school.user("u0")
    assert (user.name, user.first_name, user.last_name, user.sortable_name, user.short_name) == wanted


def test_told_names_stay_when_others_change(school: School) -> None:
    school.load(users=f"{ALL}u0,u0,Ada Mary,King Noel,Countess,A to Z,Ada,,,,active\n")
    school.load(users="user_id,login_id,status,last_name\nu0,u0,active,Byron\n")
    user = school.user("u0")
    assert (user.name, user.last_name, user.sortable_name, user.short_name) == ("Countess", "Byron", "A to Z", "Ada")
    school.load(users="user_id,login_id,status,full_name,sortable_name,short_name\nu0,u0,active,,,\n")
    user = school.user("u0")
    assert (user.name, user.sortable_name, user.short_name) == ("Ada Mary Byron", "Byron, Ada Mary", "Ada Mary Byron")
    school.load(users="user_id,login_id,status\nnew,newcomer,active\nnew,later,active\n")
    assert (school.user("new").login_id, school.user("new").name) == ("later", "newcomer")


def test_an_accounts_integration_id_stays(school: School) -> None:
    school.load(accounts=f"{ACCOUNTS}arts,,Arts,active,I1\n")
    short = "account_id,parent_account_id,name,status\narts,,Arts,active\n"
    assert changes(school.load(accounts=short)) == {}
    school.load(accounts=f"{ACCOUNTS}arts,,Arts,active,\n")
    assert school.services.directory.find_account("sis_account_id:arts", school.root).integration_id == ""


def test_a_course_role_is_of_the_account_it_was_made_in_and_below(school: School) -> None:
    roles = "role,base_role_type,account_id,status\nDean,TaEnrollment,arts,active\n"
    rows = "course_id,user_id,role,status\nc2,u5,Dean,active\nc1,u5,Dean,active\n"
    report = school.load(roles=roles, enrollments=rows)
    assert [(one.line, one.message) for one in report.errors] == [
        (2, "The role 'Dean' is none of the course's account.")
    ]
    assert [seat.role for seat in school.seats("u5")] == ["Dean"]
