"""Proof 3: the IAM policies against the calls the code makes, in a run that takes every route and every kind of job."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import app
from bench import calls
from chalicelib import wiring
from chalicelib.wiring import Services
from ops import provision
from ops.local.context import LambdaContext
from tests.factories import HandClock, World
from tests.ops.policy import Need, Policy, recorded
from tests.ops.test_stages import CONFIG, FOLDER, STAGES, settings_of

SAMPLE = Path(__file__).parents[1] / "packages" / "accept" / "mahara-22.10.zip"
PART = 9 * 1024 * 1024
"""Bytes that go to S3 in more than one part."""
LAMBDAS_OWN = {
    "sqs:ChangeMessageVisibility": "the poller hides a message longer",
    "sqs:DeleteMessage": "the poller, after success",
    "sqs:GetQueueAttributes": "the poller",
    "sqs:ReceiveMessage": "the poller",
    "logs:CreateLogStream": "the runtime",
    "logs:PutLogEvents": "the runtime",
    "xray:PutTelemetryRecords": "the runtime's tracing",
    "xray:PutTraceSegments": "the runtime's tracing",
}
"""Lambda itself does these with the function's role."""
SELDOM = {
    "s3:AbortMultipartUpload": "only after a failure in the middle of an upload",
    "s3:ListBucket": "no call of its own: with it S3 answers 404, not 403, for an object that is not there",
}


@pytest.fixture(scope="module")
def needed() -> Iterator[set[Need]]:
    """What a representative run on the names of the stage dev needs."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        settings = settings_of("dev")
        provision.apply(settings)
        provision._secret(settings)
        topic = boto3.client("sns").create_topic(Name=f"{settings.table_prefix}-events")["TopicArn"]
        clock = HandClock()
        services = Services(replace(settings, topic_arn=topic), clock=clock)
        wiring.use(services)
        school = World(services, clock, services.directory.create_root_account("Estuary College"))
        with recorded() as found:
            run(school)
        wiring.use(None)
        yield found


def run(school: World) -> None:
    """Every route; jobs that complete, pause, fail and are buried; the sweeper, with files to remove."""
    list(calls.costs(school))
    school.work()
    services, person = school.services, school.person()
    services.imports.request(person.actor, io.BytesIO(SAMPLE.read_bytes()))
    made = services.artifacts.upload(
        person.actor, io.BytesIO(bytes(PART)), file_name="large.bin", media_type="application/octet-stream"
    )
    school.work()
    job = services.exports.request_all(person.actor)
    context = LambdaContext("run_jobs", 900)
    context.hurry()
    for body in school.messages():
        app.run_jobs({"Records": [{"body": body, "messageId": "m", "receiptHandle": "r"}]}, context)
        break
    school.clock.advance(1000)
    school.work()
    found = services.job_store.get(job.id)
    assert found is not None
    assert found.status == 2, found
    services.exports.request_all(person.actor)
    for body in school.messages():
        app.bury_jobs({"Records": [{"body": body, "messageId": "m", "receiptHandle": "r"}]}, LambdaContext("bury_jobs", 60))
    assert made.id
    school.clock.advance(3 * 86400)
    tick: dict[str, Any] = {"version": "0", "id": "1", "region": "", "account": "", "time": "", "resources": []}
    tick |= {"detail": {}, "detail-type": "Scheduled Event", "source": "aws.events"}
    app.sweep_jobs(tick, LambdaContext("sweep_jobs", 60))


def policy(stage: str) -> Policy:
    """The policy file of a stage."""
    return Policy(FOLDER / CONFIG["stages"][stage]["iam_policy_file"])


def test_the_policy_allows_every_call_the_code_makes(needed: set[Need]) -> None:
    allowed = policy("dev")
    assert [need for need in sorted(needed) if not allowed.allows(need)] == []
    assert len({need.action for need in needed}) > 12


def test_the_policy_allows_nothing_that_is_never_asked(needed: set[Need]) -> None:
    idle = {
        grant
        for grant in policy("dev").grants()
        if not any(need.action == grant.action and fnmatchcase(need.resource, grant.resource) for need in needed)
    }
    for grant in sorted(idle):
        print("allowed, not asked for:", grant.action, grant.resource)
    assert {grant.action for grant in idle} <= {*LAMBDAS_OWN, *SELDOM}
    assert {grant for grant in idle if grant.action.startswith("dynamodb:")} == set()


def test_stages_differ_in_their_names_only() -> None:
    """What holds for dev holds for all; no stage may touch another's resources."""
    dev = (FOLDER / "policy-dev.json").read_text(encoding="utf-8")
    for stage in STAGES:
        text = (FOLDER / CONFIG["stages"][stage]["iam_policy_file"]).read_text(encoding="utf-8")
        assert text.replace(f"folioport-{stage}", "folioport-dev").replace(f"/{stage}/", "/dev/") == dev
        others = [one for one in STAGES if one != stage]
        for grant in policy(stage).grants():
            assert grant.resource == "*" or not any(f"folioport-{other}" in grant.resource for other in others)


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_may_write_its_own_log_and_no_other(stage: str) -> None:
    allowed = policy(stage)
    log = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/"
    for function in ("", "-run_jobs", "-bury_jobs", "-sweep_jobs"):
        stream = f"{log}folioport-{stage}{function}:log-stream:2026/11/22/[$LATEST]abc"
        assert allowed.allows(Need("logs:PutLogEvents", stream))
    assert not allowed.allows(Need("logs:PutLogEvents", f"{log}folioport-{stage}two:log-stream:x"))
