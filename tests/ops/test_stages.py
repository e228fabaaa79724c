"""`.chalice/config.json` and the policies beside it agree with the settings and the template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings, load
from ops import template
from ops.stage import StageError, enter

FOLDER = Path(__file__).parents[2] / ".chalice"
CONFIG: dict[str, Any] = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
STAGES = sorted(CONFIG["stages"])


def settings_of(stage: str) -> Settings:
    return load(CONFIG["stages"][stage]["environment_variables"])


def statements(stage: str) -> list[dict[str, Any]]:
    names = [one["iam_policy_file"] for one in CONFIG["stages"][stage]["lambda_functions"].values()]
    files = [json.loads((FOLDER / name).read_text(encoding="utf-8")) for name in names]
    return [statement for file in files for statement in file["Statement"]]


@pytest.mark.parametrize("stage", STAGES)
def test_worker_ends_before_its_lease_and_its_message(stage: str) -> None:
    settings = settings_of(stage)
    timeout_s = CONFIG["lambda_functions"]["run_jobs"]["lambda_timeout"]
    assert timeout_s <= settings.job_lease_s <= int(template.parameters(settings)["VisibilityTimeout"])


@pytest.mark.parametrize("stage", STAGES)
def test_dead_letter_function_ends_before_its_message(stage: str) -> None:
    visible_s = int(template.parameters(settings_of(stage))["VisibilityTimeout"])
    assert CONFIG["lambda_functions"]["bury_jobs"]["lambda_timeout"] <= visible_s


@pytest.mark.parametrize("stage", STAGES)
def test_policy_names_the_stage_own_resources_only(stage: str) -> None:
    settings = settings_of(stage)
    allowed = {resource for statement in statements(stage) for resource in statement["Resource"]}
    wanted = {
        *(f"arn:aws:dynamodb:*:*:table/{settings.table_prefix}-{name}" for name in ("objects", "people", "jobs")),
        f"arn:aws:s3:::{settings.bucket}/files/*",
        f"arn:aws:sqs:*:*:{settings.queue}",
        f"arn:aws:sqs:*:*:{settings.dead_queue}",
        f"arn:aws:sns:*:*:{settings.table_prefix}-events",
        f"arn:aws:ssm:*:*:parameter{settings.secret_parameter}",
    }
    assert wanted <= allowed
    assert all(settings.table_prefix in item or f"/{stage}/" in item for item in allowed - {"*"})


@pytest.mark.parametrize("stage", STAGES)
def test_policy_has_no_wildcard_action_and_no_scan(stage: str) -> None:
    actions = [action for statement in statements(stage) for action in statement["Action"]]
    assert not [action for action in actions if "*" in action or action == "dynamodb:Scan"]
    for statement in statements(stage):
        assert statement["Resource"] != ["*"] or statement["Sid"] == "Traces"


def test_unset_minimum_compression_size_would_break_a_deploy_to_the_local_engine() -> None:
    assert CONFIG["minimum_compression_size"] > 0


def test_an_unknown_stage_is_named() -> None:
    with pytest.raises(StageError, match=r"'staging'.*dev, prod"):
        enter("staging")


def test_a_stage_has_the_variables_of_its_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CONFIG["stages"]["dev"]["environment_variables"]:
        monkeypatch.setenv(name, "set so that monkeypatch restores it")
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOLIO_BUCKET", "mine")
    settings = enter("dev")
    assert settings.queue == "folioport-dev-jobs"
    assert settings.bucket == "mine"
