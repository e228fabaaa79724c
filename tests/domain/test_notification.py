"""Who sees a notification, and what is said of one (canvas-a 4.2, 4.3), as rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.access import Standing
from chalicelib.domain.course import Enrollment
from chalicelib.domain.errors import FieldsError
from chalicelib.domain.notification import (
    NIL,
    SURVEY,
    Notification,
    NotificationDraft,
    Reader,
    months_before,
    shown,
)
from chalicelib.domain.person import Account, AdminRole, User
from chalicelib.domain.role import Role, RoleBook

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
ROOT = Account(id=1, name="Root", path="/1/")
BOOK = RoleBook(
    root_account_id=1,
    roles=(
        Role(id=90, name="Tutor", base="TeacherEnrollment"),
        Role(id=91, name="Gone", base="AccountMembership", workflow_state="deleted"),
    ),
)
ADMIN, STUDENT, TEACHER = 1, 2, 3


def notice(**facts: Any) -> Notification:
    given: dict[str, Any] = {
        "id": 7,
        "root_account_id": 1,
        "account_id": 1,
        "account_path": "/1/",
        "subject": "s",
        "message": "m",
        "start_at": NOW - timedelta(days=1),
        "end_at": NOW + timedelta(days=1),
        "created_at": NOW,
        "updated_at": NOW,
        "author_id": 5,
    }
    return Notification(**(given | facts))


def enrolled(path: str, role: str = "StudentEnrollment", **facts: Any) -> Enrollment:
    kind = "TeacherEnrollment" if role == "Tutor" else role
    given = {"id": 1, "root_account_id": 1, "user_id": 5, "course_id": 3, "section_id": 4, "account_id": 2}
    return Enrollment(**(given | {"type": kind, "role": role, "account_path": path} | facts))


def reader(*enrollments: Enrollment, admin: tuple[str, ...] = (), root: Account = ROOT, at: datetime = NOW) -> Reader:
    roles = tuple(AdminRole(account_id=0, account_path=path) for path in admin)
    user = User(id=5, root_account_id=1, login_id="a", name="A", admin_of=roles)
    standing = Standing(user=user, root=root, roles=BOOK, accounts={1: root})
    return Reader(standing=standing, enrollments=enrollments, closed=frozenset(), now=at)


ENDED = NOW - timedelta(days=1)
SERVED = f"service.{SURVEY}"
SUB: dict[str, Any] = {"account_path": "/1/2/"}


@pytest.mark.parametrize(
    ("facts", "who", "sees"),
    [
        ({}, reader(), True),
        (SUB, reader(), False),
        (SUB, reader(enrolled("/1/2/")), True),
        (SUB, reader(enrolled("/1/2/9/")), True),
        (SUB, reader(enrolled("/1/3/")), False),
        (SUB, reader(enrolled("/1/2/", workflow_state="invited", course_state="claimed")), True),
        (SUB, reader(enrolled("/1/2/", start_at=NOW + timedelta(days=9))), True),
        (SUB, reader(enrolled("/1/2/", workflow_state="completed")), False),
        (SUB, reader(enrolled("/1/2/", workflow_state="deleted")), False),
        (SUB, reader(enrolled("/1/2/", end_at=ENDED)), False),
        (SUB, reader(enrolled("/1/2/", course_state="completed")), False),
        (SUB, reader(enrolled("/1/2/", type="StudentViewEnrollment")), False),
        (SUB, reader(admin=("/1/2/",)), True),
        (SUB, reader(admin=("/1/2/4/",)), True),
        (SUB, reader(admin=("/1/",)), False),
        ({"root_account_id": 8, "account_path": "/8/"}, reader(), False),
        ({"root_account_id": 8, "account_path": "/8/", "domain_specific": True}, reader(), False),
        ({"domain_specific": True}, reader(), True),
        ({"deleted_at": NOW}, reader(), False),
        # roles, held below the notice's account
        ({"role_ids": (TEACHER,)}, reader(enrolled("/1/2/", "TeacherEnrollment")), True),
        ({"role_ids": (TEACHER,)}, reader(enrolled("/1/2/")), False),
        ({"role_ids": (TEACHER,)}, reader(enrolled("/1/2/", "Tutor")), False),
        ({"role_ids": (90,)}, reader(enrolled("/1/2/", "Tutor")), True),
        (
            {**SUB, "role_ids": (TEACHER,)},
            reader(enrolled("/1/3/", "TeacherEnrollment"), enrolled("/1/2/")),
            False,
        ),
        ({"role_ids": (ADMIN,)}, reader(admin=("/1/2/",)), True),
        ({**SUB, "role_ids": (ADMIN,)}, reader(enrolled("/1/2/"), admin=("/1/3/",)), False),
        ({"role_ids": (NIL,)}, reader(), True),
        ({"role_ids": (NIL,)}, reader(enrolled("/1/2/")), False),
        ({"role_ids": (NIL,)}, reader(enrolled("/1/2/", workflow_state="completed")), True),
        ({"role_ids": (NIL,)}, reader(admin=("/1/",)), True),
        ({"role_ids": (ADMIN,)}, reader(admin=("/1/",)), True),
        # surveys
        ({"required_account_service": SURVEY}, reader(), False),
        (
            {"required_account_service": SURVEY},
            reader(root=replace(ROOT, settings={SERVED: "true"})),
            True,
        ),
        (
            {"required_account_service": SURVEY},
            reader(enrolled("/1/2/"), root=replace(ROOT, settings={SERVED: "true"})),
            False,
        ),
        (
            {"required_account_service": SURVEY},
            reader(
                enrolled("/1/2/"),
                enrolled("/1/2/", "TeacherEnrollment"),
                root=replace(ROOT, settings={SERVED: "true"}),
            ),
            True,
        ),
        (
            {"required_account_service": SURVEY},
            reader(
                enrolled("/1/2/"),
                root=replace(ROOT, settings={SERVED: "true", "include_students_in_global_survey": "true"}),
            ),
            True,
        ),
    ],
)
def test_who_sees_a_notice(facts: dict[str, Any], who: Reader, *, sees: bool) -> None:
    assert who.sees(notice(**facts)) is sees


@pytest.mark.parametrize("months", [1, 2, 5, 48])
def test_one_month_of_each_cycle(months: int) -> None:
    one = notice(months_in_display_cycle=months, start_at=NOW)
    turns = []
    for month in range(2 * months):
        count = NOW.month - 1 + month
        at = NOW.replace(year=NOW.year + count // 12, month=count % 12 + 1)
        turns.append(reader(at=at).sees(one))
    assert sum(turns[:months]) == 1
    assert turns[:months] == turns[months:]


def test_roles_by_name() -> None:
    one = shown(notice(role_ids=(NIL, TEACHER, 91, 90)), BOOK)
    assert (one.role_ids, one.roles) == ((None, 3, 90), ("NilEnrollment", "TeacherEnrollment", "Tutor"))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((), ()),
        ((TEACHER, "3", "TeacherEnrollment"), (3,)),
        (("Tutor", None, "NilEnrollment"), (90, NIL)),
        (("nobody", 12345, "9" * 40, "Gone", 91, "AccountAdmin"), (1,)),
    ],
)
def test_the_roles_said(said: tuple[Any, ...], kept: tuple[int, ...]) -> None:
    assert NotificationDraft(roles=said).over(notice(role_ids=(5,)), BOOK).role_ids == kept


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({}, {"subject": "blank", "message": "blank", "start_at": "blank", "end_at": "blank"}),
        ({"subject": " ", "message": "m", "start_at": NOW, "end_at": None}, {"subject": "blank", "end_at": "blank"}),
        ({"subject": "x" * 256, "message": "m", "start_at": NOW, "end_at": NOW}, {"subject": "too_long"}),
        ({"subject": "x", "message": "é" * 32769, "start_at": NOW, "end_at": NOW}, {"message": "too_long"}),
        ({"subject": "x", "message": "m", "start_at": NOW, "end_at": ENDED}, {"end_at": "invalid"}),
        (
            {"subject": "", "message": "m", "start_at": NOW, "end_at": ENDED, "months_in_display_cycle": 49},
            {"subject": "blank", "months_in_display_cycle": "inclusion", "end_at": "invalid"},
        ),
        (
            {
                "subject": "x",
                "message": "m",
                "start_at": NOW,
                "end_at": NOW,
                "required_account_service": "chess",
                "months_in_display_cycle": 0,
                "icon": "i" * 256,
            },
            {"required_account_service": "inclusion", "months_in_display_cycle": "inclusion", "icon": "too_long"},
        ),
    ],
)
def test_every_bad_field_is_named(said: dict[str, Any], codes: dict[str, str]) -> None:
    with pytest.raises(FieldsError) as caught:
        NotificationDraft(**said).missing().over(notice(), BOOK)
    assert {one.field: one.code for one in caught.value.problems} == codes


def test_an_equal_end_is_fine_and_the_icon_has_a_default() -> None:
    made = NotificationDraft(subject="x", message="m", start_at=NOW, end_at=NOW, icon="").over(notice(), BOOK)
    assert (made.icon, made.end_at) == ("warning", NOW)


@pytest.mark.parametrize(
    ("day", "months", "expected"), [("2026-06-30", 4, "2026-02-28"), ("2026-03-02", 4, "2025-11-02")]
)
def test_months_before(day: str, months: int, expected: str) -> None:
    moment = datetime.fromisoformat(f"{day}T10:00:00+00:00")
    assert months_before(moment, months) == datetime.fromisoformat(f"{expected}T00:00:00+00:00")
