"""What the doctor says of jobs, and what the service tells CloudWatch."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from chalicelib import observe
from chalicelib.domain.access import Actor
from chalicelib.domain.job import JobKind
from ops import deployed
from ops.local.pump import sqs_event
from tests.factories import Person, World


def test_a_stuck_job_is_found(world: World, ada: Person) -> None:
    services = world.services
    assert list(deployed.jobs(services.settings)) == []
    actor = Actor(user_id=ada.id, root_account_id=ada.user.root_account_id)
    job = services.jobs.draft(actor, JobKind.EXPORT, ada.id, {})
    services.job_store.create([job])
    services.job_store.postpone(job, world.clock.now() - timedelta(days=400))
    (finding,) = deployed.jobs(services.settings)
    assert finding.resource == f"job {job.id}"
    assert "is stuck" in finding.problem
    assert finding.mend == "make run"
    (finding,) = deployed.jobs(replace(services.settings, stage="dev"))
    assert finding.mend == (
        "chalice deploy --stage dev; if it stays: aws logs tail /aws/lambda/folioport-dev-sweep_jobs --since 1h"
    )
    services.job_store.postpone(job, world.clock.now() + timedelta(days=400))


def test_a_requests_line_carries_its_metrics(
    world: World, ada: Person, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLIO_STAGE", "dev")
    caplog.set_level("INFO")
    assert ada.client.get("/api/v1/eportfolios/77").status == 404
    facts: dict[str, Any] = vars(next(record for record in caplog.records if record.message == "request"))
    (kept,) = facts["_aws"]["CloudWatchMetrics"]
    assert (kept["Namespace"], kept["Dimensions"]) == ("Folioport", [["Stage", "Dialect"], ["Stage"]])
    assert {one["Name"]: facts[one["Name"]] for one in kept["Metrics"]} == {
        "Requests": 1,
        "ServerErrors": 0,
        "Throttled": 0,
        "LatencyMs": facts["ms"],
    }
    assert (facts["Stage"], facts["Dialect"]) == ("dev", "canvas")


def test_the_local_stage_has_no_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLIO_STAGE", "local")
    assert observe.metrics({"Jobs": 1}, {"Kind": "export"}) == {}


def test_a_message_names_the_request_that_sent_it(world: World, ada: Person) -> None:
    world.portfolio(ada)
    made = ada.client.post("/d2l/api/eP/2.5/export/new/all", headers={"X-Request-Id": "abc-1"})
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=world.services.settings.queue)["QueueUrl"]
    (message,) = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    (record,) = sqs_event("q", message)["Records"]
    assert json.loads(record["body"]) == {"job_id": made.json}
    assert record["messageAttributes"]["correlation_id"]["stringValue"] == "abc-1"
