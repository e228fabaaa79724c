"""Proof 1, on: the stage of `test_deploy.py` through what an operator does with it in later years, as the page says."""

from __future__ import annotations

import json
from typing import Any

import boto3
import requests

from bench import graph
from chalicelib.domain.tokenkeys import parse
from chalicelib.storage.secrets import read_parameter
from tests.deploy.cloud import Cloud, Stage
from tests.deploy.document import Document, shell

CHANGE = "\n# A change.\n"
PARAMETER = "/folioport/dev/secret-key"


def bearer(person: dict[str, Any]) -> dict[str, str]:
    """The header that names a person."""
    return {"Authorization": f"Bearer {person['token']}"}


def answers(stage: Stage, person: dict[str, Any]) -> int:
    """The status of a request of a person's."""
    return requests.get(f"{stage.url}/api/v1/users/self/eportfolios", headers=bearer(person)).status_code


def owned(stage: Stage, person: dict[str, Any]) -> Any:
    """What a person has, comparable."""
    return graph.normal(graph.owned(stage.services, person["id"]))


def test_two_stages_do_not_touch_each_other(cloud: Cloud, dev: Stage, people: list[dict[str, Any]]) -> None:
    """A second stage comes up beside the first, knows nobody of it, and goes without a trace in it."""
    prod = Stage(cloud, "prod")
    prod.ops("provision", "--yes")
    prod.chalice("deploy")
    prod.ops("account", "create-root", "Another College")
    assert answers(prod, people[0]) == 401
    ssm = boto3.client("ssm")
    secrets = [
        ssm.get_parameter(Name=f"/folioport/{name}/secret-key", WithDecryption=True)["Parameter"]
        for name in ("dev", "prod")
    ]
    assert secrets[0]["Value"] != secrets[1]["Value"]
    assert {one["Type"] for one in secrets} == {"SecureString"}
    prod.chalice("delete")
    assert prod.ops("destroy", "--force")["removed"]
    assert answers(dev, people[0]) == 200


def test_an_upgrade_keeps_data(cloud: Cloud, dev: Stage, people: list[dict[str, Any]], document: Document) -> None:
    before, address, code = owned(dev, people[0]), dev.url, deployed_code()
    assert before
    source = cloud.origin / "chalicelib" / "dialects" / "canvas" / "dialect.py"
    source.write_text(source.read_text(encoding="utf-8") + CHANGE, encoding="utf-8")
    cloud.git("commit", "--quiet", "--all", "-m", "A change")
    printed = document.run(dev, "Upgrade")
    assert "Updating lambda function: folioport-dev" in printed
    assert "building .venv" not in printed
    assert "✓ stage dev is well" in printed
    assert deployed_code() != code
    assert (dev.url, answers(dev, people[0]), owned(dev, people[0])) == (address, 200, before)
    assert dev.ops("provision", "--yes")["changed"] == []


def deployed_code() -> str:
    """What names the code of the API's function."""
    return str(boto3.client("lambda").get_function_configuration(FunctionName="folioport-dev")["CodeSha256"])


def test_a_roll_back_keeps_data(cloud: Cloud, dev: Stage, people: list[dict[str, Any]], document: Document) -> None:
    before, code = owned(dev, people[0]), deployed_code()
    document.run(dev, "Roll back")
    assert CHANGE not in (cloud.project / "chalicelib" / "dialects" / "canvas" / "dialect.py").read_text("utf-8")
    assert deployed_code() != code
    assert (answers(dev, people[0]), owned(dev, people[0])) == (200, before)


def test_a_restore_brings_items_and_files_back(dev: Stage, people: list[dict[str, Any]], document: Document) -> None:
    """The local engine restores the present state, whatever moment is asked for."""
    before, bucket = owned(dev, people[0]), dev.variables["FOLIO_BUCKET"]
    s3 = boto3.client("s3")
    file = s3.list_objects_v2(Bucket=bucket, Prefix="files/")["Contents"][0]["Key"]
    s3.delete_object(Bucket=bucket, Key=file)
    document.run(dev, "Restore to a point in time")
    assert boto3.client("lambda").list_functions()["Functions"] == []
    assert boto3.client("apigateway").get_rest_apis()["items"] == []
    printed = document.run(dev, "Restore to a point in time")
    assert "import Objects AWS::DynamoDB::Table" in printed
    assert "import Blobs AWS::S3::Bucket" in printed
    assert "folioport-restored-objects: point-in-time recovery turned on" in printed
    assert "✓ stage dev is well" in printed
    document.run(dev, "Restore to a point in time")
    assert s3.head_object(Bucket=bucket, Key=file)["ContentLength"]
    vars(dev).pop("services")
    assert dev.services.settings.table_prefix == "folioport-restored"
    assert (answers(dev, people[0]), owned(dev, people[0])) == (200, before)
    shell(dev, "for table in objects people; do aws dynamodb describe-table --table-name folioport-dev-$table; done")


def test_a_change_of_keys_ends_no_token(dev: Stage, people: list[dict[str, Any]], document: Document) -> None:
    first = parse(read_parameter(PARAMETER)).current
    assert "is current" in document.run(dev, "Rotate keys")
    keys = parse(read_parameter(PARAMETER))
    assert (keys.previous, keys.next) == (first, "")
    assert [answers(dev, person) for person in people] == [200, 200]
    printed = shell(dev, "python -m ops --stage dev rotate-key --finish", status=1)
    assert "1 tokens were not used since the change" in printed  # the one of the page's first look
    fresh = dev.person("u1")
    document.run(dev, "Rotate keys", fill={"--finish": "--finish --force"})
    assert parse(read_parameter(PARAMETER)).text() == keys.current
    assert [answers(dev, person) for person in (*people, fresh)] == [200, 200, 200]


def test_taking_down_asks_what_becomes_of_data(dev: Stage, people: list[dict[str, Any]], document: Document) -> None:
    before = owned(dev, people[0])
    assert "There are data in folioport-restored-objects" in document.run(dev, "Take down", status=1)
    assert boto3.client("lambda").list_functions()["Functions"] == []
    assert owned(dev, people[0]) == before
    printed = document.run(dev, "Take down")
    assert "folioport-dev-resources: deleted" in printed
    assert "folioport-dev-blobs: deleted with its objects" in printed
    left = boto3.client("dynamodb").list_tables()["TableNames"]
    assert [name for name in left if not name.startswith("folioport-dev-")] == []  # those of before the restore


def test_the_package_goes_through_cloudformation(cloud: Cloud, dev: Stage, document: Document) -> None:
    boto3.client("s3").create_bucket(Bucket="code-of-ours")
    printed = document.run(dev, "Through CloudFormation", fill={"YOURS": "code-of-ours"})
    assert "Successfully created/updated stack - folioport-dev" in printed
    dev.ops("account", "create-root", "Estuary College")
    dev.ops("sis-import", str(cloud.project / "sis"))
    person = dev.person("u1")
    outputs: Any = boto3.client("cloudformation").describe_stacks(StackName="folioport-dev")["Stacks"][0]["Outputs"]
    (api,) = [one["OutputValue"] for one in outputs if one["OutputKey"] == "RestAPIId"]
    url = f"http://{api}.execute-api.localhost:{cloud.port}/api"
    found = requests.get(f"{url}/api/v1/users/self", headers=bearer(person))
    assert (found.status_code, json.loads(found.text)["id"]) == (200, person["id"])
    shell(dev, "aws cloudformation delete-stack --stack-name folioport-dev")


def test_every_command_of_the_page_was_run(document: Document) -> None:
    assert document.left == {}
