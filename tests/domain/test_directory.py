"""Accounts and people, loaded and looked up (canvas-b 0.2, 1; design 7)."""

from __future__ import annotations

import pytest

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.person import AccountRow, AdminRow, User, UserRow
from chalicelib.wiring import Services
from tests.world import actor


def test_a_user_is_found_by_each_of_their_names(services: Services, ada: User) -> None:
    directory = services.directory
    for reference in (str(ada.id), "sis_user_id:u1", "sis_login_id:ADA", "hex:sis_user_id:7531"):
        assert directory.find_user(reference) == ada
    for reference in ("0", "sis_user_id:nobody", "sis_user_id:", "nothing:u1", "hex:sis_user_id:zz", "self", ""):
        with pytest.raises(NotFoundError):
            directory.find_user(reference)


def test_loading_again_changes_nothing(services: Services, ada: User) -> None:
    root = services.directory.default_root()
    users = [UserRow(sis_id="u1", login_id="ada", first_name="Ada", last_name="Obi", email="ada@example.edu")]
    accounts = [
        AccountRow(sis_id="a1", parent_sis_id="", name="Arts"),
        AccountRow(sis_id="a2", parent_sis_id="a1", name="Music"),
    ]
    assert [one.changed for one in services.directory.upsert_users(root, users)] == [False]
    assert [one.changed for one in services.directory.upsert_accounts(root, accounts)] == [True, True]
    assert [one.changed for one in services.directory.upsert_accounts(root, accounts)] == [False, False]
    music = services.directory.find_account("sis_account_id:a2")
    arts = services.directory.find_account("sis_account_id:a1")
    assert music.path == f"{root.path}{arts.id}/{music.id}/"
    assert (music.root_id, music.parent_id) == (root.id, arts.id)


def test_a_changed_login_frees_the_old_one(services: Services, ada: User) -> None:
    root, directory = services.directory.default_root(), services.directory
    renamed = [UserRow(sis_id="u1", login_id="ada2", first_name="Ada", last_name="Obi", email="ada@example.edu")]
    assert [one.changed for one in directory.upsert_users(root, renamed)] == [True]
    assert directory.find_user("sis_login_id:ada2").id == ada.id
    with pytest.raises(NotFoundError):
        directory.find_user("sis_login_id:ada")


def test_bad_rows_are_told_and_the_rest_is_loaded(services: Services, ada: User) -> None:
    root, directory = services.directory.default_root(), services.directory
    rows = [
        UserRow(sis_id="", login_id="x"),
        UserRow(sis_id="n1", login_id="ada"),
        UserRow(sis_id="n2", login_id="neu", status="lost"),
        UserRow(sis_id="n3", login_id="neu"),
        UserRow(sis_id="n4", login_id="long", full_name="x" * 300_000),
    ]
    outcomes = list(directory.upsert_users(root, rows))
    assert [bool(one.error) for one in outcomes] == [True, True, True, False, True]
    assert directory.find_user("sis_login_id:neu").sis_id == "n3"
    admins = [AdminRow(user_sis_id="nobody", account_sis_id=""), AdminRow(user_sis_id="n3", account_sis_id="a9")]
    assert all(one.error for one in directory.upsert_admins(root, admins))


def test_an_admin_sees_people_below_and_nobody_else_does(services: Services, ada: User, bo: User) -> None:
    root, directory = services.directory.default_root(), services.directory
    with pytest.raises(NotFoundError):
        directory.show(actor(bo), str(ada.id))
    assert [one.changed for one in directory.upsert_admins(root, [AdminRow(user_sis_id="u2", account_sis_id="")])] == [
        True
    ]
    assert directory.show(actor(bo), "sis_user_id:u1").sees_sis
    gone = [AdminRow(user_sis_id="u2", account_sis_id="", status="deleted")]
    assert [one.changed for one in directory.upsert_admins(root, gone)] == [True]
    with pytest.raises(NotFoundError):
        directory.show(actor(bo), str(ada.id))


@pytest.mark.parametrize("reference", ["9" * 5000, "9" * 3000, "sis_user_id:" + "x" * 3000])
def test_a_reference_too_long_to_be_one_names_nobody(services: Services, ada: User, reference: str) -> None:
    with pytest.raises(NotFoundError):
        services.directory.show(actor(ada), reference)


def test_a_row_whose_names_are_too_long_is_refused(services: Services) -> None:
    rows = [UserRow(sis_id="u" * 3000, login_id="long")]
    (outcome,) = services.directory.upsert_users(services.directory.default_root(), rows)
    assert "at most" in outcome.error
