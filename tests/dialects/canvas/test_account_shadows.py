"""Accounts below deleted ones, and names of accounts in lists (canvas-b 0.2, 3.4, 3.5, 3.6, 4)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.domain.courserow import TermRow
from chalicelib.domain.role import Right
from tests.dialects.canvas.institution import Institution
from tests.factories import World


@pytest.fixture
def school(world: World, request: pytest.FixtureRequest) -> Institution:
    """An institution of the test's own."""
    return Institution(world, f"{abs(hash(request.node.name))}.shadows.example.edu")


def test_what_is_below_a_deleted_account_is_the_same_whatever_was_read_before(school: Institution) -> None:
    for name, above in (("A", "root"), ("B", "A"), ("C", "B"), ("D", "C")):
        school.add(name, above)
    admin, c = school.admin(), school.ids["C"]
    school.change("B", workflow_state="deleted")

    def seen() -> tuple[list[str], list[str], int]:
        hidden = school.names(admin, f"/accounts/{c}/account_calendars?filter=hidden")
        put = school.ask(admin, f"/accounts/{c}/account_calendars", "PUT", json_body=[{"id": c, "visible": False}])
        return school.names(admin, f"/accounts/{c}/sub_accounts"), hidden, put.status

    cold = seen()
    school.change("A", name="A again")  # what the container had read is void
    assert school.names(admin, "/accounts/self/sub_accounts?recursive=1") == ["A again"]
    assert seen() == cold == (["D"], ["C", "D"], 200)


def test_a_role_below_a_deleted_account_counts_beside_others(school: Institution) -> None:
    for name, above in (("A", "root"), ("B", "A"), ("C", "B")):
        school.add(name, above)
    school.change("B", workflow_state="deleted")
    both = school.person(("AccountAdmin", "A"), ("AccountAdmin", "C"))
    for path in ("/manageable_accounts", "/course_creation_accounts", "/accounts"):
        assert sorted(school.names(both, path)) == ["A", "C"]


def test_the_account_for_courses_made_by_hand_is_full_for_who_reads_it(school: Institution) -> None:
    teacher = school.person()
    made = school.get(teacher, "/manually_created_courses_account")
    assert "default_storage_quota_mb" not in made
    account = school.world.services.people.account(made["id"])
    assert account is not None
    school.world.services.account_store.save([replace(account, sis_id="MAN", version=account.version + 1)])
    school.ids["man"] = account.id
    school.course("m1", "man")
    school.enroll(teacher, "m1", "teacher")
    assert "default_storage_quota_mb" in school.get(teacher, "/manually_created_courses_account")


def test_deleted_accounts_leave_no_gap_in_pages_of_course_creation(school: Institution) -> None:
    school.set(students_can_create_courses="true")
    student = school.person()
    for number, name in enumerate("XY"):
        school.add(name, sis_id=name)
        school.course(f"c{number}", name)
        school.enroll(student, f"c{number}")
    school.change("X", workflow_state="deleted")
    pages = [school.names(student, f"/course_creation_accounts?per_page=1&page={n}") for n in (1, 2, 3)]
    assert pages == [["Manually-Created Courses"], ["Y"], []]


def test_teachers_see_the_sis_ids_of_their_courses(school: Institution) -> None:
    school.role("Lister", Right.READ_COURSE_LIST)
    teacher = school.person(("Lister", "root"))
    school.course("mine")
    school.course("other")
    school.enroll(teacher, "mine", "teacher")
    found = {one["name"]: "sis_course_id" in one for one in school.get(teacher, "/accounts/self/courses")}
    assert sorted(found.values()) == [False, True]


def test_sub_accounts_and_terms_by_every_form_of_id(school: Institution) -> None:
    school.add("S", sis_id="S")
    school.course("c1", "S")
    assert [one.error for one in school.loader.upsert_terms(school.root, [TermRow(sis_id="now", name="Now")])] == [""]
    admin, there = school.admin(), school.account("S")
    for said in (f"uuid:{there.uuid}", f"lti_context_id:{there.lti_guid}"):
        assert len(school.get(admin, f"/accounts/self/courses?by_subaccounts[]={said}")) == 1
    wrong = f"uuid:{there.uuid[:-1]}{'0' if there.uuid[-1] != '0' else '1'}"
    assert school.get(admin, f"/accounts/self/courses?by_subaccounts[]={wrong}") == []
    hexed = b"sis_term_id:".hex()
    assert school.ask(admin, f"/accounts/self/courses?enrollment_term_id=hex:sis_term_id:{hexed}").status == 404
