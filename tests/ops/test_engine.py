"""On the strict engine: provisioning, the doctor, snapshots, and the pump's delivery."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from chalicelib.settings import Settings
from ops import doctor, template
from ops.local.container import Container
from ops.local.engine import Ministack
from ops.local.pump import Pump, Source
from ops.provision import apply, destroy, provision
from ops.stack import Stack

pytestmark = pytest.mark.engine
KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
WALKED = 2500
"""More than `engine_process.LARGE_PARTITION`."""


def reach(engine: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ministack]:
    running = Ministack(tmp_path / "engine", snapshot_s=0)
    running.start()
    reach(running, monkeypatch)
    yield running
    running.kill()


def holds(path: Path, text: str) -> bool:
    return path.exists() and text in path.read_text(encoding="utf-8")


def until(done: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.usefixtures("engine")
def test_provision_twice_then_the_doctor_is_content(settings: Settings) -> None:
    assert doctor.examine(settings), "an empty engine is not well"
    assert provision(settings)
    assert provision(settings) == []
    assert doctor.examine(settings) == []
    destroy(settings, force=True)
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.usefixtures("engine")
def test_the_doctor_names_what_is_wrong_and_what_mends_it(settings: Settings) -> None:
    apply(settings)
    boto3.client("s3").delete_public_access_block(Bucket=settings.bucket)
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=settings.queue)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    boto3.client("dynamodb").update_time_to_live(
        TableName=f"{settings.table_prefix}-jobs",
        TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": False},
    )
    problems = {
        f"{item.resource} {item.problem.split(' (')[0]}" for item in doctor.examine(replace(settings, secret_key=""))
    }
    assert problems == {
        "folioport-local may be opened to the public",
        "folioport-local-jobs never expires items",
        "folioport-local-jobs shows a message again after other than the wanted seconds",
        "FOLIO_SECRET_KEY is not set, nor is FOLIO_SECRET_PARAMETER: no token can be checked",
    }
    assert {item.mend for item in doctor.examine(settings)} == {"python -m ops --stage local provision"}


def test_the_doctor_says_when_nothing_answers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(Ministack(Path(os.devnull)), monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    (finding,) = doctor.examine(settings)
    assert finding.mend == "make run"


@pytest.mark.usefixtures("engine")
def test_cloudformation_takes_the_same_template(settings: Settings) -> None:
    dev = replace(settings, stage="dev", table_prefix="folioport-dev", bucket="folioport-dev", queue="dev-jobs")
    dev = replace(dev, dead_queue="dev-dead", secret_parameter="/folioport/dev/secret-key", secret_key="")
    shown: list[str] = []

    def confirm(changes: list[str]) -> bool:
        shown.extend(changes)
        return True

    done = provision(dev, confirm=confirm)
    assert len(shown) == len(json.loads(template.body(template.parameters(dev)))["Resources"])
    assert done[-1] == "/folioport/dev/secret-key: secret key made"
    assert provision(dev) == []


@pytest.mark.usefixtures("engine")
def test_a_plan_that_is_refused_changes_nothing(settings: Settings) -> None:
    dev = replace(settings, stage="dev")
    assert provision(dev, confirm=lambda _: False) == []
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []
    assert Stack("dev").delete() == []


@pytest.mark.parametrize("crash", [False, True])
def test_data_outlives_a_stop_and_a_crash(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, crash: bool
) -> None:
    first = Ministack(tmp_path, snapshot_s=1)
    with first:
        reach(first, monkeypatch)
        apply(settings)
        boto3.client("dynamodb").put_item(TableName=f"{settings.table_prefix}-people", Item=KEY)
        boto3.client("s3").put_object(Bucket=settings.bucket, Key="blobs/1", Body=b"kept")
        queue = boto3.client("sqs").get_queue_url(QueueName=settings.queue)["QueueUrl"]
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="kept")
        if crash:
            for file, text in (("dynamodb.json", '"pk"'), ("sqs.json", "kept"), ("s3.json", settings.bucket)):
                until(partial(holds, tmp_path / "state" / file, text))
            first.kill()
    with Ministack(tmp_path, snapshot_s=0) as second:
        reach(second, monkeypatch)
        found = boto3.client("dynamodb").get_item(TableName=f"{settings.table_prefix}-people", Key=KEY)
        assert found["Item"] == KEY
        body = boto3.client("s3").get_object(Bucket=settings.bucket, Key="blobs/1")["Body"].read()
        assert body == b"kept"
        queue = boto3.client("sqs").get_queue_url(QueueName=settings.queue)["QueueUrl"]
        assert boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "kept"
        assert apply(settings) == []


@pytest.mark.usefixtures("engine")
def test_a_key_condition_as_pynamodb_writes_it(settings: Settings) -> None:
    apply(settings)
    dynamodb, table = boto3.client("dynamodb"), f"{settings.table_prefix}-objects"
    for name in ("page#1", "page#2", "file#1"):
        dynamodb.put_item(TableName=table, Item={"owner": {"N": "7"}, "key": {"S": name}})
    found = dynamodb.query(
        TableName=table,
        KeyConditionExpression="(#0 = :0 AND begins_with (#1, :1))",
        ExpressionAttributeNames={"#0": "owner", "#1": "key"},
        ExpressionAttributeValues={":0": {"N": "7"}, ":1": {"S": "page#"}},
    )
    assert [item["key"]["S"] for item in found["Items"]] == ["page#1", "page#2"]


def test_messages_reach_the_workers_come_back_and_are_buried(
    settings: Settings, engine: Ministack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("FAKE_APP_LOG", str(log))
    short = replace(settings, job_attempts=2, job_lease_s=1)
    apply(short, visibility_timeout_s=1)
    sqs = boto3.client("sqs")
    queue = sqs.get_queue_url(QueueName=short.queue)["QueueUrl"]
    pump = Pump(
        jobs=Source(queue=short.queue, handler="run_jobs"),
        dead=Source(queue=short.dead_queue, handler="bury_jobs"),
        sweep="sweep_jobs",
        workers=1,
        make_container=lambda: Container(timeout_s=5, module="tests.ops.fake_app"),
        say=lambda _: None,
    )
    pump.start()
    try:
        for body in ("well", "raise", "die"):
            sqs.send_message(QueueUrl=queue, MessageBody=body)
        until(lambda: {"bury raise", "bury die"} <= set(log.read_text().splitlines()))
    finally:
        pump.stop()
    lines = [line.rsplit(" ", 1)[0] if line.startswith("run") else line for line in log.read_text().splitlines()]
    assert lines.count("run well 1") == 1
    assert {"run raise 1", "run raise 2", "run die 1", "run die 2"} <= set(lines)
    assert "bury well" not in lines
    assert any(line.startswith("sweep") for line in lines)
    assert engine.running


@pytest.mark.usefixtures("engine")
def test_a_walk_through_a_large_partition_meets_each_item_once(settings: Settings) -> None:
    provision(settings)
    table = boto3.resource("dynamodb").Table(f"{settings.table_prefix}-people")
    with table.batch_writer() as batch:
        for number in range(WALKED):
            batch.put_item(Item={"pk": "large", "sk": f"{number * 7919 % 10007:05d}"})
    request: dict[str, Any] = {
        "KeyConditionExpression": "#p = :p",
        "ExpressionAttributeNames": {"#p": "pk"},
        "ExpressionAttributeValues": {":p": "large"},
        "Limit": 300,
    }
    seen: list[str] = []
    while True:
        answer = table.query(**request)
        seen += [str(item["sk"]) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert seen == sorted(f"{number * 7919 % 10007:05d}" for number in range(WALKED))


@pytest.mark.usefixtures("engine")
def test_ranges_of_an_object(settings: Settings) -> None:
    provision(settings)
    client, content = boto3.client("s3"), bytes(range(256)) * 4096
    bucket, start, end = settings.bucket, content[:10], content[-7:]
    client.put_object(Bucket=bucket, Key="ranges", Body=content)
    for asked, expected in (("bytes=0-9", start), ("bytes=999999-", content[999999:]), ("bytes=-7", end)):
        assert client.get_object(Bucket=bucket, Key="ranges", Range=asked)["Body"].read() == expected
    assert client.get_object(Bucket=bucket, Key="ranges")["Body"].read() == content
