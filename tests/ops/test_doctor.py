"""What the doctor finds in a stage on moto, one fault at a time, and the command it names.

Queue times against functions' and gaps of policies need a deployed stage: `tests/deploy/test_deploy.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from chalicelib.settings import Settings
from ops import doctor
from ops.provision import apply

PROVISION = "python -m ops --stage local provision"
pytestmark = pytest.mark.usefixtures("moto_cloud")


def found(settings: Settings) -> dict[str, str]:
    """What is wrong, with what mends it."""
    return {f"{one.resource} {one.problem}": one.mend for one in doctor.examine(settings)}


def test_a_table_that_is_missing(settings: Settings) -> None:
    apply(settings)
    client, name = boto3.client("dynamodb"), f"{settings.table_prefix}-jobs"
    client.update_table(TableName=name, DeletionProtectionEnabled=False)
    client.delete_table(TableName=name)
    assert found(settings) == {"folioport-local-jobs does not exist": PROVISION}
    apply(settings)
    assert found(settings) == {}


def test_an_index_that_is_missing(settings: Settings) -> None:
    apply(settings)
    update: Any = [{"Delete": {"IndexName": "open"}}]
    name = f"{settings.table_prefix}-jobs"
    boto3.client("dynamodb").update_table(TableName=name, GlobalSecondaryIndexUpdates=update)
    (fault,) = doctor.examine(settings)
    assert (fault.resource, fault.problem, fault.mend) == (name, "lacks the index open", PROVISION)
    apply(settings)
    assert found(settings) == {}


def test_a_queue_that_shows_messages_too_early(settings: Settings) -> None:
    apply(settings)
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=settings.queue)["QueueUrl"]
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    ((problem, mend),) = found(settings).items()
    assert problem.startswith("folioport-local-jobs shows a message again after other than the wanted seconds")
    assert mend == PROVISION


@pytest.mark.parametrize("ahead_s", [90, 600])
def test_a_clock_that_is_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch, ahead_s: int) -> None:
    """By a minute and a half the calls still succeed; by ten they are refused."""
    apply(settings)
    said: Any = {"HTTPHeaders": {"date": format_datetime(datetime.now(UTC) + timedelta(seconds=ahead_s), usegmt=True)}}
    clients: Any = BaseClient
    send = clients._make_api_call

    def answer(client: BaseClient, operation: str, arguments: Any) -> Any:
        if operation != "ListQueues":
            return send(client, operation, arguments)
        if ahead_s > 300:
            error: Any = {"Error": {"Code": "InvalidSignatureException"}, "ResponseMetadata": said}
            raise ClientError(error, operation)
        return {"ResponseMetadata": said}

    monkeypatch.setattr(clients, "_make_api_call", answer)
    (fault,) = doctor.examine(settings)
    assert fault.resource == "this machine's clock"
    assert f"differs from the service's by {ahead_s // 10}" in fault.problem.replace(str(ahead_s - 1), str(ahead_s))
    assert "timedatectl set-ntp true" in fault.mend


def test_credentials_that_are_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        error: Any = {"Error": {"Code": "InvalidClientTokenId"}, "ResponseMetadata": {}}
        raise ClientError(error, "ListQueues")

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    (fault,) = doctor.examine(settings)
    assert "cannot be reached" in fault.problem
