"""The template, and what the interpreter makes of it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import yaml
from msgspec.structs import replace

from chalicelib.settings import Settings
from ops import interpreter, template
from ops.provision import ProvisionError, apply, destroy, provision
from ops.resource.drift import Clients
from ops.template import TemplateError

TABLES = {"objects", "locators", "people", "courses", "jobs"}


def of_type(kind: str) -> list[dict[str, Any]]:
    document = yaml.safe_load(template.PATH.read_text(encoding="utf-8"))
    return [spec for spec in document["Resources"].values() if spec["Type"] == kind]


def test_tables_keep_what_people_made() -> None:
    tables = of_type("AWS::DynamoDB::Table")
    assert len(tables) == len(TABLES)
    for spec in tables:
        properties = spec["Properties"]
        assert spec["DeletionPolicy"] == spec["UpdateReplacePolicy"] == "Retain"
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert properties["SSESpecification"]["SSEEnabled"]
        assert properties["DeletionProtectionEnabled"]
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_bucket_is_private_encrypted_and_kept() -> None:
    (spec,) = of_type("AWS::S3::Bucket")
    assert spec["DeletionPolicy"] == "Retain"
    assert set(spec["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert spec["Properties"]["BucketEncryption"]


def test_lifecycle_outlasts_packages(settings: Settings) -> None:
    (spec,) = of_type("AWS::S3::Bucket")
    rules = spec["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert set(days) == {"packages/", "uploads/", "working/"}
    assert all(day * 86400 > settings.package_ttl_s for day in days.values())
    removed = {rule["Prefix"] for rule in rules if "NoncurrentVersionExpiration" in rule}
    assert removed == set(days) | {"files/", "bodies/", "verification/"}  # all that is ever put into the bucket


def test_visibility_follows_the_lease(settings: Settings) -> None:
    assert template.parameters(settings)["VisibilityTimeout"] == "960"
    assert template.parameters(replace(settings, job_lease_s=30))["VisibilityTimeout"] == "90"


def test_cloudformation_is_told_literal_names_of_what_it_may_find(settings: Settings) -> None:
    """ImportExistingResources takes over by literal names only."""
    resources = json.loads(template.body(template.parameters(settings)))["Resources"]
    kept = {name: one["Properties"] for name, one in resources.items() if one.get("DeletionPolicy") == "Retain"}
    names = [value for one in kept.values() for key, value in one.items() if key.endswith("Name")]
    assert len(names) == len(kept) > len(TABLES)
    assert {f"{settings.table_prefix}-objects", settings.bucket, "/aws/lambda/folioport-local-run_jobs"} <= set(names)


def test_a_missing_parameter_is_named(settings: Settings) -> None:
    values = template.parameters(replace(settings, bucket=""))
    with pytest.raises(TemplateError, match="BucketName"):
        template.resources(values)


@pytest.mark.usefixtures("moto_cloud")
def test_first_run_makes_everything_second_nothing(settings: Settings) -> None:
    done = apply(settings)
    made = {line.split(":")[0] for line in done if line.endswith(": created")}
    names = {f"{settings.table_prefix}-{table}" for table in TABLES}
    topics = {f"{settings.table_prefix}-events", f"{settings.table_prefix}-alarms"}
    assert made == names | topics | {settings.bucket, settings.queue, settings.dead_queue}
    assert apply(settings) == []


@pytest.mark.usefixtures("moto_cloud")
def test_keys_and_indexes_as_designed(settings: Settings) -> None:
    apply(settings)
    dynamodb = boto3.client("dynamodb")
    objects: Any = dynamodb.describe_table(TableName="folioport-local-objects")["Table"]
    assert [key["AttributeName"] for key in objects["KeySchema"]] == ["owner", "key"]
    assert {index["IndexName"] for index in objects["LocalSecondaryIndexes"]} == {"listed", "shelved"}
    jobs: Any = dynamodb.describe_table(TableName="folioport-local-jobs")["Table"]
    assert [key["AttributeName"] for key in jobs["GlobalSecondaryIndexes"][0]["KeySchema"]] == ["open", "due_at"]


@pytest.mark.usefixtures("moto_cloud")
def test_only_what_drifted_is_mended(settings: Settings) -> None:
    apply(settings)
    boto3.client("s3").delete_public_access_block(Bucket=settings.bucket)
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=settings.queue)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    assert apply(settings) == [
        f"{settings.bucket}: public access blocked",
        f"{settings.queue}: VisibilityTimeout set to 960",
    ]


@pytest.mark.usefixtures("moto_cloud")
def test_a_longer_lease_moves_both_queues(settings: Settings) -> None:
    apply(settings)
    longer = replace(settings, job_lease_s=1000)
    assert apply(longer) == [
        f"{settings.dead_queue}: VisibilityTimeout set to 1060",
        f"{settings.queue}: VisibilityTimeout set to 1060",
    ]


@pytest.mark.usefixtures("moto_cloud")
def test_a_table_with_other_keys_is_left_alone(settings: Settings) -> None:
    boto3.client("dynamodb").create_table(
        TableName=f"{settings.table_prefix}-people",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(ProvisionError, match="people has other keys"):
        apply(settings)


@pytest.mark.usefixtures("moto_cloud")
def test_plan_changes_nothing(settings: Settings) -> None:
    found = list(interpreter.plan(Clients(), template.resources(template.parameters(settings))))
    assert {drift.fact for drift in found} == {"does not exist"}
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.usefixtures("moto_cloud")
def test_destroy_keeps_data_unless_forced(settings: Settings) -> None:
    apply(settings)
    boto3.client("s3").put_object(Bucket=settings.bucket, Key="blobs/1", Body=b"work of a person")
    with pytest.raises(ProvisionError, match=f"data in {settings.bucket}. Nothing was removed"):
        destroy(settings)
    assert apply(settings) == []
    kept = destroy(settings, keep_data=True)
    assert sorted(kept) == sorted(
        f"{name}: deleted"
        for name in (
            settings.queue,
            settings.dead_queue,
            f"{settings.table_prefix}-events",
            f"{settings.table_prefix}-alarms",
        )
    )
    gone = destroy(settings, force=True)
    assert f"{settings.bucket}: deleted with its objects" in gone
    assert len(gone) == 1 + len(TABLES)
    assert destroy(settings) == []


@pytest.mark.usefixtures("moto_cloud")
def test_destroy_needs_no_force_where_nothing_is(settings: Settings) -> None:
    apply(settings)
    assert len(destroy(settings)) == len(TABLES) + 5


@pytest.mark.usefixtures("moto_cloud")
def test_a_visibility_below_the_lease_is_refused(settings: Settings) -> None:
    with pytest.raises(ProvisionError, match="below the job lease"):
        provision(settings, visibility_timeout_s=60)
