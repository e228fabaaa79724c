"""Roles and settings by the command line on moto (design 7)."""

from __future__ import annotations

import pytest

from ops.stage import ROOT
from tests.ops.test_cli import local_stage, run

__all__ = ["local_stage"]
pytestmark = pytest.mark.usefixtures("moto_cloud", "local_stage")


def test_roles_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*tokens: str) -> None:
        run(capsys, *tokens, status=1)

    run(capsys, "provision")
    run(capsys, "account", "create-root", "Estuary College", "--domain", "a.example.edu")
    run(capsys, "sis-import", str(ROOT / "ops" / "demo_school"))
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
    assert made["settings"] == {
        "enable_eportfolios": "false",
        "service.skype": "false",
        "open_registration": "true",
        "house_rule": "be kind",
        "terms_type": "custom",
        "terms_content": "Behave.",
        "custom_help_links": '[{"text":"Ask","url":"#a"}]',
    }
    assert (made["name"], made["default_time_zone"], made["default_storage_quota_mb"]) == ("Estuary", "Alaska", 700)
    assert (made["account_calendar_visible"], made["account_calendar_subscription_type"]) == (True, "auto")
    assert [one["host"] for one in made["domains"]] == ["a.example.edu", "b.example.edu"]
    for bad in ("name=", "nonsense", "default_time_zone=Mars", "default_storage_quota_mb=-1", "terms_type=x", "A!=1",
                "account_calendar_visible=perhaps", "account_calendar_subscription_type=x", "open_registration=maybe",
                "custom_help_links=x", "domain.-=saml", "calendar_contexts_limit=x", f"house_rule={'x' * 20000}",
                "manually_created_courses_account_id=1"):  # fmt: skip
        fails("account", "set", "self", bad)
    fails("account", "set", arts, "domain.c.example.edu=saml")
    again = run(capsys, "account", "set", "self", "house_rule=", "terms_content=", "domain.b.example.edu=-")
    assert "house_rule" not in again["settings"]
    assert "terms_content" not in again["settings"]
    assert [one["host"] for one in again["domains"]] == ["a.example.edu"]
    assert run(capsys, "account", "settings", "self") == again
