"""Logs, alarms, dashboard and traces of the template, against what the code says and the page explains."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import app
from chalicelib.domain.access import Actor
from chalicelib.domain.job import JobKind
from ops import policies, template
from ops.local.context import LambdaContext
from tests.factories import Person, World
from tests.ops.test_policy import TICK
from tests.ops.test_stages import CONFIG, STAGES, settings_of

PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"
OURS = "Folioport"


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The template's resources."""
    found: dict[str, Any] = yaml.safe_load(template.PATH.read_text(encoding="utf-8"))["Resources"]
    return found


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    """Properties of the resources of a type, by logical id."""
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


@pytest.fixture
def emitted(world: World, ada: Person, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The metrics that requests and jobs write down, as NAME or NAME by DIMENSIONS."""
    monkeypatch.setenv("FOLIO_STAGE", "dev")
    caplog.set_level("INFO")
    world.portfolio(ada)
    ada.client.post("/d2l/api/eP/2.5/export/new/all")
    world.work()
    actor = Actor(user_id=ada.id, root_account_id=ada.user.root_account_id)
    job = world.services.jobs.draft(actor, JobKind.EXPORT, ada.id, {})
    world.services.job_store.create([job])
    world.clock.advance(timedelta(minutes=5).total_seconds())
    app.sweep_jobs(TICK, LambdaContext("sweep_jobs", 60))
    (body,) = world.messages()
    app.bury_jobs({"Records": [{"body": body, "messageId": "m"}]}, LambdaContext("bury_jobs", 60))
    found = set()
    for record in caplog.records:
        for kept in vars(record).get("_aws", {}).get("CloudWatchMetrics", ()):
            assert kept["Namespace"] == OURS
            for metric in kept["Metrics"]:
                assert metric["Name"] in vars(record)
                found |= {f"{metric['Name']} by {', '.join(one)}" for one in kept["Dimensions"]}
    return found


def test_the_code_writes_every_metric_down_that_is_watched(emitted: set[str], resources: dict[str, Any]) -> None:
    assert emitted == {
        *(f"{name} by Stage" for name in ("Requests", "ServerErrors", "Throttled", "LatencyMs")),
        *(f"{name} by Stage, Dialect" for name in ("Requests", "ServerErrors", "Throttled", "LatencyMs")),
        *(f"{name} by Stage, Kind, Outcome" for name in ("Jobs", "JobSeconds")),
        *(f"{name} by Stage" for name in ("AnnouncedAgain", "OldestQueuedSeconds", "BuriedJobs")),
    }
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    watched = {
        f"{one['MetricName']} by {', '.join(each['Name'] for each in one['Dimensions'])}"
        for one in alarms
        if one["Namespace"] == OURS
    }
    assert watched <= emitted
    searched = re.findall(rf"{{{OURS},([\w,]+)}} MetricName=\W*(\w+)", dashboard(resources))
    assert searched
    assert {f"{name} by {by.replace(',', ', ')}" for by, name in searched} <= emitted


def dashboard(resources: dict[str, Any]) -> str:
    """The dashboard's body, which must be JSON."""
    (body,) = [one["DashboardBody"]["Fn::Sub"] for one in of_type(resources, "AWS::CloudWatch::Dashboard").values()]
    assert json.loads(body)["widgets"]
    return str(body)


def test_the_dashboard_shows_every_table_and_function(resources: dict[str, Any]) -> None:
    body = dashboard(resources)
    for one in of_type(resources, "AWS::DynamoDB::Table").values():
        assert f'"{one["TableName"]["Fn::Sub"]}"' in body
    for function in policies.functions():
        assert f'"{policies.deployed_name("${Stage}", function)}"' in body


def test_every_alarm_tells_somebody_and_is_explained(resources: dict[str, Any]) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    for one in alarms.values():
        assert one["AlarmActions"] == one["OKActions"] == [{"Ref": "Alarms"}]
        assert one["AlarmDescription"]
    explained = re.findall(r"(?m)^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE.read_text(encoding="utf-8"))
    assert set(explained) == set(alarms)
    assert {"DeadLetters", "DeadLettersWaiting", "StuckJobs", "ErrorRate"} <= set(alarms)


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_keeps_its_log_for_a_time_and_is_traced(stage: str, resources: dict[str, Any]) -> None:
    values = template.parameters(settings_of(stage))
    named = json.loads(template.body(values))["Resources"]
    kept = {one["LogGroupName"]: one["RetentionInDays"] for one in of_type(named, "AWS::Logs::LogGroup").values()}
    names = {f"/aws/lambda/{policies.deployed_name(stage, function)}" for function in policies.functions()}
    assert kept == {name: {"Ref": "LogRetentionDays"} for name in names}
    assert CONFIG["xray"] is True
    assert {one["DeletionPolicy"] for one in resources.values() if one["Type"] == "AWS::Logs::LogGroup"} == {"Retain"}
