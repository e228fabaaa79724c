"""Proof 3: each function's IAM policy against the calls it makes, in a run that takes every route and kind of job.

How to extend: when your route or job calls AWS in a new way, run

    .venv/bin/python -m pytest -q -m engine tests/ops/test_policy.py

- A call that is not allowed is told as FUNCTION, action, resource: add it to that function in `ops/policies.yaml`, run
  `python -m ops.policies`, commit both.
- What is allowed and never asked for fails too: take it out of `ops/policies.yaml`, or let `run` below come by. Routes
  come by with their case in `bench/cases`; a new kind of job needs a step in `run`. What no run can come by stands in
  `SELDOM` with its reason.
- A kind of call that is new altogether is told as LookupError: say in `tests/ops/policy.py` what IAM checks for it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

import app
from bench import calls
from chalicelib import wiring
from chalicelib.domain.report import TYPES
from chalicelib.storage import jobs
from chalicelib.wiring import Services
from ops import policies, provision, rotation
from ops.local.context import LambdaContext
from ops.local.engine import Ministack
from ops.sis import Import
from ops.sis_school import School
from tests.dialects.canvas.test_school_reports import FILES
from tests.factories import HandClock, World, multipart
from tests.ops.policy import Need, Needs, Policy, recorded
from tests.ops.test_stages import CONFIG, FOLDER, STAGES, settings_of

SAMPLES = Path(__file__).parents[1] / "packages" / "accept"
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
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Lambda itself does these with the function's role: poller, log, traces."""
SELDOM = {
    "* s3:AbortMultipartUpload": "only after a failure in the middle of an upload",
    "* s3:ListBucket": "no call of its own: with it S3 answers 404, not 403, for an object that is not there",
    "api_handler s3:GetObject": "a link to an evidence image is followed by its reader, with the right of its signer",
    "bury_jobs dynamodb:BatchGetItem": "only when undoing a job fails and its lease is given back",
}
"""FUNCTION ACTION, `*` for any function, with why `run` does not come by."""
FUNCTIONS = policies.functions()


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Needs]:
    """What a representative run on the names of the stage dev needs."""
    folder = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as patch, Ministack(folder, snapshot_s=0) as engine:
        for name, value in engine.environment.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        patch.setattr(rotation, "_renew", lambda *_: None)  # nothing is deployed here, and this engine has no Lambda
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
    """Hand one message of those that wait to a new container; the rest is gone."""
    fresh(school)
    for number, body in enumerate(list(school.messages())):
        if number == 0:
            handler({"Records": [{"body": body, "messageId": "m", "receiptHandle": "r"}]}, context)


def fresh(school: World) -> None:
    """Be a new container from now on: one that knows nothing and has no clients yet."""
    wiring.use(Services(school.services.settings, clock=school.clock))


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
        # Every other one is not done by the function that buries it, and goes on in a worker.
        deliver(school, app.bury_jobs, Tired(1) if looks % 2 else LambdaContext("bury_jobs", 60))
        school.clock.advance(1000)
        school.work()
        found = services.job_store.get(job.id)
        if found is None or found.status != 1:
            return


def run(school: World) -> None:
    """Every route; jobs that complete, pause, fail and are buried; the sweeper, with files to remove."""
    list(calls.costs(school))
    fresh(school)
    school.work()
    services, person = school.services, school.person()
    rotation.rotate(services.settings)
    fresh(school)
    upload = "/d2l/api/eP/2.5/artifacts/file/upload"
    assert person.client.post(upload, **multipart(("file", os.urandom(PART), "large.bin"))).status == 200
    unused = person.client.post(upload, **multipart(("file", b"nobody's", "unused.bin"))).json["ObjectId"]
    assert person.client.delete(f"/d2l/api/eP/2.5/artifact/{unused}").status == 200
    book = school.portfolio(person)
    pages = f"/api/v1/eportfolios/{book.id}/pages"
    text = [("page[name]", "Long"), ("page[content]", f"<p>{LETTERS * 40_000}</p>")]
    page = person.client.post(pages, form=text).json["id"]
    assert person.client.put(f"{pages}/{page}", form=text[:1]).status == 200
    assert person.client.put(f"{pages}/{page}", form=[("page[content]", "short")]).status == 200
    assert person.client.post(pages, form=text).status == 200
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
    package = services.blobs.get(own.result.key)
    for content in (package, *(path.read_bytes() for path in sorted(SAMPLES.glob("*.zip")))):
        undone(school, content)
    services.imports.request(school.person().actor, io.BytesIO(content))  # its files are thereby in use again
    school.work()
    reported(school)
    services.exports.request_all(person.actor)
    list(school.messages())
    now = school.clock.now()
    notice = {"subject": "x", "message": "y", "start_at": now.isoformat(), "end_at": "2099-01-01", "send_message": True}
    body = {"account_notification": notice}
    assert school.admin().client.post("/api/v1/accounts/self/account_notifications", json_body=body).status == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "TOGETHER", 1)  # as for very many
        targets = [school.person().id for _ in range(2)]
        services.imports.request(school.admin().actor, io.BytesIO(b"x"), targets)
        list(school.messages())
    school.clock.advance(3 * 86400)  # files that nothing refers to any more are looked for the day after
    fresh(school)
    for _ in range(12):  # a hundred marks each
        app.sweep_jobs(TICK, LambdaContext("sweep_jobs", 60))


def reported(school: World) -> None:
    """Every report with all it can hold; one that is stopped when its upload has begun, and one that is buried."""
    admin, reports = school.admin(), "/api/v1/accounts/self/reports"
    with TemporaryDirectory() as folder:
        for name, text in FILES.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        assert Import(School(school.services, threads=1), school.root).run(Path(folder)).errors == []
    asked = {name: True for one in TYPES for name, parameter in one.parameters.items() if parameter.kind == "boolean"}
    for one in TYPES:
        made = admin.client.post(f"{reports}/{one.key}", json_body={"parameters": asked}).json
        school.work()
        found = admin.client.get(f"{reports}/{one.key}/{made['id']}")
        assert found.json.get("status") == "complete", (one.key, found.text[:300])
    path = f"{reports}/user_access_tokens_csv"
    made = admin.client.post(path).json
    deliver(school, app.run_jobs, Tired(3))
    assert admin.client.put(f"{path}/{made['id']}/abort").status == 200
    school.clock.advance(1000)
    school.work()
    assert admin.client.get(f"{path}/{made['id']}").json["status"] == "aborted"
    made = admin.client.post(path).json
    deliver(school, app.run_jobs, Tired(3))
    deliver(school, app.bury_jobs, LambdaContext("bury_jobs", 900))
    assert admin.client.get(f"{path}/{made['id']}").json["status"] == "error"


def policy(stage: str, function: str) -> Policy:
    """The policy file of a function."""
    name = CONFIG["stages"][stage]["lambda_functions"][function]["iam_policy_file"]
    return Policy(FOLDER / name)


@pytest.mark.engine
def test_the_policies_allow_every_call_the_functions_make(needed: Needs) -> None:
    refused = [
        (function, need.action, need.resource)
        for function in FUNCTIONS
        for need in sorted(needed[function])
        if not policy("dev", function).allows(need)
    ]
    assert refused == [], "add to ops/policies.yaml, then python -m ops.policies"
    assert set(needed) == set(FUNCTIONS)


@pytest.mark.engine
def test_the_policies_allow_nothing_that_is_never_asked(needed: Needs) -> None:
    idle = [
        (function, grant.action, grant.resource)
        for function in FUNCTIONS
        for grant in sorted(policy("dev", function).grants())
        if not any(
            need.action == grant.action and fnmatchcase(need.resource, grant.resource) for need in needed[function]
        )
    ]
    for one in idle:
        print("allowed, not asked for:", *one)  # noqa: T201 - for who looks
    found = {f"{who} {action}" for function, action, _ in idle for who in ("*", function)}
    assert [one for one in SELDOM if one not in found] == [], "take out of SELDOM"
    known = {*SELDOM, *(f"* {action}" for action in LAMBDAS_OWN)}
    left = [one for one in idle if not known & {f"* {one[1]}", f"{one[0]} {one[1]}"}]
    assert left == [], "take out of ops/policies.yaml"


def test_the_files_are_what_their_source_says() -> None:
    present = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("policy-*.json")}
    assert present == dict(policies.documents()), "run python -m ops.policies"


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_has_its_own_policy(stage: str) -> None:
    """And none may touch another stage's resources, or write another's log."""
    others = [one for one in STAGES if one != stage]
    for function in FUNCTIONS:
        declared = CONFIG["stages"][stage]["lambda_functions"][function]["iam_policy_file"]
        assert declared == policies.file_name(stage, function)
        allowed = policy(stage, function)
        for grant in allowed.grants():
            assert grant.resource == "*" or not any(f"folioport-{other}" in grant.resource for other in others)
        for log in FUNCTIONS:
            name = policies.deployed_name(stage, log)
            stream = (
                f"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/{name}:log-stream:2026/11/22/[$LATEST]abc"
            )
            assert allowed.allows(Need("logs:PutLogEvents", stream)) == (log == function)
