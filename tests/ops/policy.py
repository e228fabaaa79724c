"""What IAM checks for a call of the AWS SDK, and whether a policy allows it.

Only the services the code uses. Sources: the service authorization reference's tables of actions, resource types and
"dependent actions"; a batch or a transaction is checked as its parts, a multipart upload as writing the object.
"""

from __future__ import annotations

import json
import threading
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

ACCOUNT, REGION = "000000000000", "us-east-1"
OBJECT_ACTIONS = {
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "CompleteMultipartUpload": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListParts": "s3:ListMultipartUploadParts",
    "PutObject": "s3:PutObject",
    "UploadPart": "s3:PutObject",
}
TRANSACTION_PARTS = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """An action on a resource."""

    action: str
    resource: str


def needs(service: str, operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
    """What a call needs. Raises LookupError for a call this table does not know."""
    match service:
        case "dynamodb":
            yield from _dynamodb(operation, arguments)
        case "s3" if operation == "DeleteObjects":
            for one in arguments["Delete"]["Objects"]:
                yield Need("s3:DeleteObject", f"arn:aws:s3:::{arguments['Bucket']}/{one['Key']}")
        case "s3" if operation in OBJECT_ACTIONS:
            yield Need(OBJECT_ACTIONS[operation], f"arn:aws:s3:::{arguments['Bucket']}/{arguments['Key']}")
        case "sqs" if operation == "GetQueueUrl":
            yield Need("sqs:GetQueueUrl", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{arguments['QueueName']}")
        case "sqs" if operation in ("SendMessage", "SendMessageBatch"):
            name = arguments["QueueUrl"].rpartition("/")[2]
            yield Need("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
        case "sns" if operation == "Publish":
            yield Need("sns:Publish", arguments["TopicArn"])
        case "ssm" if operation == "GetParameter":
            yield Need("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{arguments['Name']}")
        case _:
            raise LookupError(f"{service} {operation}: say in tests/ops/policy.py what IAM checks for it.")


def _dynamodb(operation: str, arguments: Mapping[str, Any]) -> Iterator[Need]:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in arguments["TransactItems"]:
            for kind, part in item.items():
                yield Need(TRANSACTION_PARTS[kind], table + part["TableName"])
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for name in arguments["RequestItems"]:
            yield Need(f"dynamodb:{operation}", table + name)
    elif "IndexName" in arguments:
        yield Need(f"dynamodb:{operation}", f"{table}{arguments['TableName']}/index/{arguments['IndexName']}")
    else:
        yield Need(f"dynamodb:{operation}", table + arguments["TableName"])


Needs = dict[str, set[Need]]
"""What each function needs, by its name in `.chalice/config.json`."""


@contextmanager
def recorded() -> Iterator[Needs]:
    """What each function needs until the block ends; what a test or an operator does beside them is left out."""
    found: Needs = defaultdict(set)
    clients: Any = BaseClient
    send = clients._make_api_call
    last = ""

    def recording(client: BaseClient, operation: str, arguments: Any) -> Any:
        nonlocal last
        caller = _function()
        # Threads of a transfer or an import work for the function that called last and waits for them.
        last = last if caller is None else caller
        if last:
            found[last].update(needs(client.meta.service_model.service_name, operation, arguments))
        return send(client, operation, arguments)

    clients._make_api_call = recording
    try:
        yield found
    finally:
        clients._make_api_call = send


def _function() -> str | None:
    """The function that calls AWS; empty: a test or an operator; None: a thread of one."""
    frames = [frame.f_code for frame, _ in traceback.walk_stack(None)]
    for code in frames:
        if code.co_filename.endswith("/chalicelib/jobs/handlers.py") and code.co_name in JOBS:
            return JOBS[code.co_name]
    if any("/chalicelib/dialects/" in code.co_filename for code in frames):
        return "api_handler"
    threaded = threading.current_thread() is not threading.main_thread()
    return None if threaded and not any("/tests/" in code.co_filename for code in frames) else ""


JOBS = {"run": "run_jobs", "bury": "bury_jobs", "sweep": "sweep_jobs"}
"""Functions by the handler of theirs in `chalicelib/jobs/handlers.py`."""


class Policy:
    """An IAM policy file of ours: allows only, without conditions."""

    def __init__(self, path: Path) -> None:
        self.statements: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["Statement"]
        assert all(set(one) == {"Sid", "Effect", "Action", "Resource"} for one in self.statements)
        assert {one["Effect"] for one in self.statements} == {"Allow"}

    def allows(self, need: Need) -> bool:
        """Whether some statement allows it."""
        return any(
            need.action in one["Action"] and any(fnmatchcase(need.resource, pattern) for pattern in one["Resource"])
            for one in self.statements
        )

    def grants(self) -> Iterator[Need]:
        """Every action with every resource pattern it is allowed on."""
        for one in self.statements:
            for action in one["Action"]:
                for pattern in one["Resource"]:
                    yield Need(action, pattern)
