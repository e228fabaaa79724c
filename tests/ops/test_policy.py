"""Proof 3: the IAM policies against the calls the code makes, in a run that takes every route and every kind of job."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

import app
from bench import calls
from chalicelib import wiring
from chalicelib.wiring import Services
from ops import provision
from ops.local.context import LambdaContext
from ops.local.engine import Ministack
from tests.factories import HandClock, World
from tests.ops.policy import Need, Policy, recorded
from tests.ops.test_stages import CONFIG, FOLDER, STAGES, settings_of

SAMPLE = Path(__file__).parents[1] / "packages" / "accept" / "mahara-1.3.zip"
PART = 9 * 1024 * 1024
"""Bytes that go to S3 in more than one part."""
LETTERS = "abcdefghijklm"
TICK: dict[str, Any] = {
    "version": "0",
    "id": "1",
    "region": "us-east-1",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "resources": [],
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
}
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
BODIES = "arn:aws:s3:::folioport-dev-blobs/bodies/*"
SELDOM = {
    "s3:AbortMultipartUpload": "only after a failure in the middle of an upload",
    "s3:ListBucket": "no call of its own: with it S3 answers 404, not 403, for an object that is not there",
}


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[Need]]:
    """What a representative run on the names of the stage dev needs."""
    folder = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as patch, Ministack(folder, snapshot_s=0) as engine:
        for name, value in engine.environment.items():
            patch.setenv(name, value)
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


class Tired(LambdaContext):
    """A function whose time is up after it has looked at the clock so often since `planned` said yes."""

    def __init__(self, looks: int, planned: Callable[[], bool] = lambda: True) -> None:
        super().__init__("run_jobs", 900)
        self.looks, self.planned = looks, planned

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= self.planned()
        return 900_000 if self.looks > 0 else 0


def deliver(school: World, handler: Callable[..., Any], context: LambdaContext) -> None:
    """Hand over one message of those that wait; the rest is gone."""
    for number, body in enumerate(list(school.messages())):
        if number == 0:
            handler({"Records": [{"body": body, "messageId": "m", "receiptHandle": "r"}]}, context)


def undone(school: World, package: bytes) -> None:
    """Imports of a package that are given up, some of them in the middle of their writes."""
    services, person = school.services, school.person()
    for looks in range(1, 7):
        (job,) = services.imports.request(person.actor, io.BytesIO(package))

        def planned(job_id: int = job.id) -> bool:
            found = services.job_store.get(job_id)
            return found is not None and found.total > 0

        deliver(school, app.run_jobs, Tired(looks, planned))
        school.clock.advance(1000)
        deliver(school, app.bury_jobs, LambdaContext("bury_jobs", 60))
        found = services.job_store.get(job.id)
        if found is None or found.status != 1:
            return


def run(school: World) -> None:
    """Every route; jobs that complete, pause, fail and are buried; the sweeper, with files to remove."""
    list(calls.costs(school))
    school.work()
    services, person = school.services, school.person()
    vars(services).pop("secret_key", None)  # as in a new container
    services.artifacts.upload(
        person.actor, io.BytesIO(bytes(PART)), file_name="large.bin", media_type="application/octet-stream"
    )
    book = school.portfolio(person)
    pages = f"/api/v1/eportfolios/{book.id}/pages"
    large = [("page[name]", "Long"), ("page[content]", f"<p>{LETTERS * 40_000}</p>")]
    page = person.client.post(pages, form=large).json["id"]
    assert person.client.put(f"{pages}/{page}", form=large[:1]).status == 200
    assert person.client.put(f"{pages}/{page}", form=[("page[content]", "short")]).status == 200
    assert person.client.post(pages, form=large).status == 200
    job = services.exports.request_all(person.actor)
    school.work()
    for context in (Tired(3), LambdaContext("run_jobs", 900)):
        job = services.exports.request_all(person.actor)
        deliver(school, app.run_jobs, context)
        school.clock.advance(1000)
        school.work()
        found = services.job_store.get(job.id)
        assert found is not None
        assert found.status == 2, found
    own = services.job_store.get(job.id)
    assert own is not None
    assert own.result is not None
    undone(school, SAMPLE.read_bytes())
    undone(school, services.blobs.get(own.result.key))
    services.exports.request_all(person.actor)
    list(school.messages())
    school.clock.advance(3 * 86400)  # files that nothing refers to any more are looked for the day after
    for _ in range(3):
        app.sweep_jobs(TICK, LambdaContext("sweep_jobs", 60))


def policy(stage: str) -> Policy:
    """The policy file of a stage."""
    return Policy(FOLDER / CONFIG["stages"][stage]["iam_policy_file"])


@pytest.mark.engine
def test_the_policy_allows_every_call_the_code_makes(needed: set[Need]) -> None:
    allowed = policy("dev")
    assert [need for need in sorted(needed) if not allowed.allows(need)] == []
    assert len({need.action for need in needed}) > 11


@pytest.mark.engine
def test_the_policy_allows_nothing_that_is_never_asked(needed: set[Need]) -> None:
    idle = {
        grant
        for grant in policy("dev").grants()
        if not any(need.action == grant.action and fnmatchcase(need.resource, grant.resource) for need in needed)
    }
    for grant in sorted(idle):
        print("allowed, not asked for:", grant.action, grant.resource)  # noqa: T201 - for who looks
    idle.discard(Need("s3:DeleteObject", BODIES))  # only when an import with a text too large for an item is undone
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
