"""Roles and settings by the command line on moto (design 7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.wiring import wire
from ops.stage import ROOT
from tests.ops.test_cli import local_stage, run

__all__ = ["local_stage"]
pytestmark = pytest.mark.usefixtures("moto_cloud", "local_stage")


def test_roles_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*tokens: str) -> None:
        run(capsys, *tokens, status=1)

    run(capsys, "provision")
    run(capsys, "account", "create-root", "Estuary College", "--domain", "a.example.edu")
    run(capsys, "sis-import", "--writers", "1", str(ROOT / "ops" / "demo_school"))
    arts = "sis_account_id:arts"

    role = run(
        capsys, "role", "create", "Helpdesk", "--base", "AccountMembership", "--account", arts,
        "--on", "read_roster", "--on", "read_sis",
    )  # fmt: skip
    assert (role["name"], role["base_role_type"], role["workflow_state"]) == ("Helpdesk", "AccountMembership", "active")
    assert {name for name, granted in role["permissions"].items() if granted} == {"read_roster", "read_sis"}
    fails("role", "create", "Helpdesk", "--base", "AccountMembership")
    fails("role", "create", "Other", "--base", "Wizard")
    fails("role", "create", "Other", "--base", "AccountMembership", "--on", "fly")

    overridden = run(capsys, "role", "override", "Helpdesk", "--account", arts, "--off", "read_sis", "--locked")
    assert {name for name, granted in overridden["permissions"].items() if granted} == {"read_roster"}
    below = run(capsys, "role", "override", "AccountAdmin", "--off", "manage_sis", "--no-self")
    assert below["permissions"]["manage_sis"] is True
    fails("role", "override", "Helpdesk", "--account", "self", "--on", "read_sis")
    fails("role", "override", "Helpdesk", "--account", arts, "--on", "read_sis", "--off", "read_sis")
    fails("role", "override", "Helpdesk", "--account", arts, "--on", "read_sis", "--no-self", "--no-descendants")

    given = run(capsys, "role", "assign", "Helpdesk", "--user", "sis_user_id:s-1001", "--account", arts)
    assert (given["workflow_state"], given["changed"]) == ("active", True)
    assert (
        run(capsys, "role", "assign", "Helpdesk", "--user", "sis_user_id:s-1001", "--account", arts)["changed"] is False
    )
    taken = run(capsys, "role", "assign", "Helpdesk", "--user", "sis_user_id:s-1001", "--account", arts, "--remove")
    assert (taken["workflow_state"], taken["changed"]) == ("deleted", True)
    fails("role", "assign", "StudentEnrollment", "--user", "sis_user_id:s-1001")
    fails("role", "assign", "Nobody", "--user", "sis_user_id:s-1001")
    assert [one["name"] for one in run(capsys, "role", "list")][-1] == "Helpdesk"

    made = run(
        capsys, "account", "set", "self", "name=Estuary", "default_time_zone=Alaska", "default_storage_quota_mb=700",
        "account_calendar_visible=yes", "account_calendar_subscription_type=auto", "domain.B.example.edu=saml",
        "enable_eportfolios=off", "service.skype=0", "open_registration=1", "house_rule=be kind",
        "terms_type=custom", "terms_content=Behave.", 'custom_help_links=[{"text":"Ask","url":"#a"}]',
    )  # fmt: skip
    settings = {
        "enable_eportfolios": False,
        "service.skype": False,
        "open_registration": True,
        "house_rule": "be kind",
        "terms_type": "custom",
        "terms_content": "Behave.",
        "custom_help_links": '[{"text":"Ask","url":"#a"}]',
        "name": "Estuary",
        "default_time_zone": "Alaska",
        "default_storage_quota_mb": 700,
        "account_calendar_visible": True,
        "account_calendar_subscription_type": "auto",
        "domain.a.example.edu": "",
        "domain.b.example.edu": "saml",
    }
    assert made | settings == made
    for bad in ("name=", "nonsense", "default_time_zone=Mars", "default_storage_quota_mb=-1", "terms_type=x", "A!=1",
                f"default_storage_quota_mb={'0' * 11}1{'0' * 30}",
                "account_calendar_visible=perhaps", "account_calendar_subscription_type=x", "open_registration=maybe",
                "custom_help_links=x", "domain.-=saml", "calendar_contexts_limit=x", f"house_rule={'x' * 20000}",
                "default_storage_quota_mb=0000000000009999999999999", "course_template_id=x",
                "manually_created_courses_account_id=1"):  # fmt: skip
        fails("account", "set", "self", bad)
    fails("account", "set", arts, "domain.c.example.edu=saml")
    again = run(
        capsys, "account", "set", "self", "house_rule=", "terms_content=", "domain.b.example.edu=-",
        "account_calendar_visible=", "account_calendar_subscription_type=",
    )  # fmt: skip
    assert (again["account_calendar_visible"], again["account_calendar_subscription_type"]) == (False, "manual")
    assert set(made) - set(again) == {"house_rule", "terms_content", "domain.b.example.edu"}
    assert run(capsys, "account", "settings", "self") == again
    assert run(capsys, "doctor", "--recount") == {"stage": "local", "ok": True, "findings": []}


def test_roles_are_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capsys, "provision")
    root = run(capsys, "account", "create-root", "Estuary College")
    (tmp_path / "accounts.csv").write_text("account_id,parent_account_id,name,status\narts,,Arts,active\n")
    (tmp_path / "users.csv").write_text("user_id,login_id,status\nu1,ada,active\n")
    (tmp_path / "roles.csv").write_text(
        "role,base_role_type,account_id,status,on,off\n"
        "Helpdesk,AccountMembership,arts,active,read_roster read_sis,\n"
        "Quiet,AccountAdmin,,active,,manage_sis\n"
        "Wrong,Wizard,,active,,\n"
        "Odd,AccountMembership,,active,fly,\n"
        "Quiet,AccountAdmin,,active,manage_sis,manage_sis\n"
        "Gone,AccountMembership,,deleted,,\n"
    )
    (tmp_path / "admins.csv").write_text(
        "user_id,account_id,role,role_id,status\nu1,arts,Helpdesk,,active\nu1,,,1,active\nu1,,Nobody,,active\n"
        f"u1,,,{'9' * 5000},active\n"
    )
    report = run(capsys, "sis-import", "--writers", "1", str(tmp_path), status=1)
    assert [(one["file"], one["line"]) for one in report["errors"]] == [
        ("roles.csv", 4),
        ("roles.csv", 5),
        ("roles.csv", 6),
        ("admins.csv", 4),
        ("admins.csv", 5),
    ]
    assert {name: count["changed"] for name, count in report["files"].items()} == {
        "accounts.csv": 1,
        "roles.csv": 2,
        "users.csv": 1,
        "admins.csv": 2,
    }
    again = run(capsys, "sis-import", "--writers", "1", str(tmp_path), status=1)
    assert sum(count["changed"] for count in again["files"].values()) == 0
    roles = {one["name"]: one for one in run(capsys, "role", "list", "--account", "sis_account_id:arts")}
    assert roles["Helpdesk"]["permissions"]["read_sis"] is True
    assert roles["Quiet"]["permissions"]["manage_sis"] is False
    services = wire()
    user = services.directory.find_user("sis_user_id:u1")
    assert {one.role for one in user.admin_of} == {"Helpdesk", "AccountAdmin"}
    assert {one.account_id for one in user.admin_of} > {root["id"]}
    (tmp_path / "roles.csv").write_text(
        "role,base_role_type,account_id,status\nHelpdesk,AccountMembership,arts,deleted\n"
    )
    assert run(capsys, "sis-import", "--writers", "1", str(tmp_path), status=1)["files"]["roles.csv"]["changed"] == 1


def test_recount_finds_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "provision")
    root = run(capsys, "account", "create-root", "Estuary College", "--domain", "a.example.edu")
    run(capsys, "sis-import", "--writers", "1", str(ROOT / "ops" / "demo_school"))
    people = wire().tables.people
    account, arts = people(f"account#{root['id']}", "account"), wire().directory.find_account("sis_account_id:arts")
    account.update(actions=[people.sub_accounts.add(1), people.visible_calendars.add(2)])
    people(f"tree#{root['id']}", arts.path).delete()
    people("domains", "a.example.edu").delete()
    people(f"name#{root['id']}#sis_account_id#arts", "name").delete()
    found = run(capsys, "doctor", "--recount", status=1)
    assert sorted(one["problem"].partition(":")[0] for one in found["findings"]) == [
        "another node",
        f"is not found by name#{root['id']}#sis_account_id#arts",
        "is not listed as its root account has it",
        "sub_account_count",
        "visible calendars",
    ]
