"""The command line on moto: what it prints, where, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.cli.main import main
from ops.stage import ROOT

pytestmark = pytest.mark.usefixtures("moto_cloud", "local_stage")


@pytest.fixture
def local_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "environment.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("FOLIO_LOCAL_DIR", str(tmp_path))
    monkeypatch.setenv("FOLIO_STAGE", "local")
    monkeypatch.setenv("FOLIO_SECRET_KEY", "k" * 40)


def run(capsys: pytest.CaptureFixture[str], *tokens: str, status: int = 0) -> Any:
    """The JSON of the last line of standard output; None when a failure printed none."""
    assert main([*tokens, "--json"]) == status
    lines = capsys.readouterr().out.splitlines()
    return json.loads(lines[-1]) if lines else None


def test_from_nothing_to_a_person_with_a_token(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "provision")["changed"]
    assert run(capsys, "provision") == {"stage": "local", "changed": []}
    root = run(capsys, "account", "create-root", "Estuary College", "--sis-id", "E", "--domain", "a.example.edu")
    assert (root["name"], root["domains"]) == ("Estuary College", ["a.example.edu"])
    report = run(capsys, "--stage", "local", "sis-import", "--writers", "1", str(ROOT / "ops" / "demo_school"))
    assert (report["failed"], report["files"]["users.csv"]["changed"]) == (0, 6)
    again = run(capsys, "sis-import", "--writers", "1", str(ROOT / "ops" / "demo_school"), "--root", str(root["id"]))
    assert [count["changed"] for count in again["files"].values()] == [0, 0, 0]
    token = run(
        capsys, "token", "create", "--user", "sis_user_id:s-1001", "--purpose", "sync", "--scope", "a", "--scope", "b",
        "--expires-at", "2030-01-01T00:00:00",
    )  # fmt: skip
    assert token["scopes"] == ["a", "b"]
    assert token["expires_at"] == "2030-01-01T00:00:00Z"
    assert (len(token["visible_token"]), token["workflow_state"]) == (64, "active")
    pair = run(capsys, "idkey", "create", "--user", str(token["user_id"]))
    assert set(pair) == {"app_id", "app_key", "user_id", "user_key"}
    form = tmp_path / "form.json"
    fields = [{"label": "Goal", "value": "Swim"}, {"label": "Name", "system": "name"}]
    form.write_text(json.dumps({"name": "Goals", "template": "Year 1", "fields": fields}), encoding="utf-8")
    made = run(capsys, "form", "create", str(form), "--user", str(token["user_id"]))
    assert (made["name"], made["fields"], made["user_id"]) == ("Goals", 2, token["user_id"])
    for wrong in ("{}", "[", '{"name": "x", "fields": []}', '{"name": "x", "fields": [{"label": "", "value": "y"}]}'):
        form.write_text(wrong, encoding="utf-8")
        assert run(capsys, "form", "create", str(form), "--user", str(token["user_id"]), status=1) is None
    assert run(capsys, "doctor") == {"stage": "local", "ok": True, "findings": []}
    assert run(capsys, "destroy", "--force")["removed"]


def test_the_doctor_fails_where_something_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(capsys, "doctor", status=1)
    assert {item["mend"] for item in answer["findings"]} == {"python -m ops --stage local provision"}


def test_an_import_with_bad_lines_fails_and_tells_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capsys, "provision")
    run(capsys, "account", "create-root", "Estuary College")
    folder = tmp_path / "sis"
    folder.mkdir()
    (folder / "users.csv").write_text("user_id,login_id,status\ns1,ada,active\ns2,,active\n", encoding="utf-8")
    report = run(capsys, "sis-import", "--writers", "1", str(folder), status=1)
    assert report["errors"] == [{"file": "users.csv", "line": 3, "message": "login_id is blank"}]
    assert report["files"]["users.csv"]["changed"] == 1


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["--stage", "staging", "doctor"], "No stage 'staging'"),
        (["--stage", "dev", "serve"], "Only the local stage"),
        (["sis-import", "--writers", "1", "/nonexistent"], "/nonexistent"),
    ],
)
def test_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str], tokens: list[str], told: str) -> None:
    assert main(["provision"]) == 0
    assert main(["account", "create-root", "Estuary College"]) == 0
    capsys.readouterr()
    assert main([*tokens, "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err


def test_without_the_local_service_nothing_reaches_aws(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOLIO_LOCAL_DIR", str(tmp_path / "none"))
    assert main(["provision"]) == 1
    assert "make run" in capsys.readouterr().err
