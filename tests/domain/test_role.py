"""Roles and what they grant (canvas-b 2, canvas-a 1.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.access import holds, holds_over
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.person import AdminRole, User
from chalicelib.domain.role import ROOT_ONLY, Right, Role, RoleBook, RoleOverride
from chalicelib.wiring import Services

ROOT, FACULTY, INSTITUTE, OTHER = "/1/", "/1/2/", "/1/2/3/", "/1/4/"
CUSTOM = Role(id=50, name="Helpdesk", base="AccountMembership", account_id=1, account_path=ROOT)
RIGHT = Right.READ_REPORTS


def book(*overrides: RoleOverride) -> RoleBook:
    return RoleBook(root_account_id=1, roles=(CUSTOM,), overrides=overrides)


def override(path: str, *, role: int = CUSTOM.id, on: bool = True, **facts: bool) -> RoleOverride:
    return RoleOverride(role_id=role, right=RIGHT, account_path=path, enabled=on, **facts)


def person(*roles: tuple[str, str], paths: tuple[str, ...] = ()) -> User:
    admin_of = tuple(
        AdminRole(account_id=int(path.split("/")[-2]), account_path=path, role=role) for path, role in roles
    )
    return User(id=9, root_account_id=1, login_id="x", name="X", admin_of=admin_of, course_paths=frozenset(paths))


def test_defaults() -> None:
    assert book().grants("AccountAdmin", RIGHT, ROOT)
    assert not book().grants("AccountAdmin", Right.MANAGE_SITE_SETTINGS, ROOT)
    assert book().grants("TeacherEnrollment", Right.READ_SIS, ROOT)
    assert not any(book().grants("Helpdesk", right, ROOT) for right in Right)
    assert not book().grants("Nobody", RIGHT, ROOT)


def test_overrides_go_from_the_root_down() -> None:
    on_then_off = book(override(INSTITUTE, on=False), override(ROOT))
    assert on_then_off.grants("Helpdesk", RIGHT, FACULTY)
    assert not on_then_off.grants("Helpdesk", RIGHT, INSTITUTE)
    locked = book(override(ROOT, locked=True), override(INSTITUTE, on=False))
    assert locked.grants("Helpdesk", RIGHT, INSTITUTE)
    below = book(override(FACULTY, applies_to_self=False))
    assert not below.grants("Helpdesk", RIGHT, FACULTY)
    assert below.grants("Helpdesk", RIGHT, INSTITUTE)
    here = book(override(FACULTY, applies_to_descendants=False))
    assert here.grants("Helpdesk", RIGHT, FACULTY)
    assert not here.grants("Helpdesk", RIGHT, INSTITUTE)
    assert not here.grants("Helpdesk", RIGHT, OTHER)


def test_a_role_acts_on_its_account_and_below() -> None:
    admin = person((FACULTY, "AccountAdmin"))
    assert [holds(admin, RIGHT, path, book()) for path in (ROOT, FACULTY, INSTITUTE, OTHER)] == [
        False,
        True,
        True,
        False,
    ]
    assert holds_over(admin, person(paths=(ROOT, INSTITUTE)), RIGHT, book())
    assert not holds_over(admin, person(paths=(ROOT, OTHER)), RIGHT, book())
    assert not holds_over(admin, None, RIGHT, book())
    assert not holds(replace(admin, workflow_state="suspended"), RIGHT, FACULTY, book())


def test_a_removed_role_grants_nothing() -> None:
    gone = RoleBook(root_account_id=1, roles=(replace(CUSTOM, workflow_state="deleted"),), overrides=(override(ROOT),))
    assert not gone.grants("Helpdesk", RIGHT, ROOT)


@pytest.mark.parametrize("right", sorted(ROOT_ONLY - {Right.MANAGE_SITE_SETTINGS}))
def test_some_rights_are_the_root_admins_only(right: Right) -> None:
    assert holds(person((ROOT, "AccountAdmin")), right, INSTITUTE, book())
    assert not holds(person((FACULTY, "AccountAdmin")), right, INSTITUTE, book())


overrides = st.lists(
    st.builds(
        override,
        st.sampled_from((ROOT, FACULTY, INSTITUTE, OTHER)),
        role=st.sampled_from((1, CUSTOM.id)),
        on=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: (one.role_id, one.account_path),
)


@given(overrides, st.lists(st.tuples(st.sampled_from((ROOT, FACULTY)), st.sampled_from(("AccountAdmin", "Helpdesk")))))
def test_fewer_grants_never_allow_more(some: list[RoleOverride], roles: list[tuple[str, str]]) -> None:
    viewer, fewer = person(*roles), [replace(one, enabled=False) for one in some]
    for path in (ROOT, FACULTY, INSTITUTE, OTHER):
        assert holds(viewer, RIGHT, path, book(*some)) >= holds(viewer, RIGHT, path, book(*fewer))
        assert holds(viewer, RIGHT, path, book(*some)) >= holds(person(*roles[1:]), RIGHT, path, book(*some))


def test_the_book_is_stored_conditionally(services: Services) -> None:
    root = services.directory.default_root()
    empty = services.people.role_book(root.id)
    assert empty == RoleBook(root_account_id=root.id)
    first = replace(empty, roles=(replace(CUSTOM, account_id=root.id, account_path=root.path),), version=1)
    services.people.save_role_book(first)
    with pytest.raises(ConflictError):
        services.people.save_role_book(first)
    services.people.save_role_book(replace(first, roles=(), version=2))
    assert services.people.role_book(root.id) == RoleBook(root_account_id=root.id, version=2)
