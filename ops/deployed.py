"""What is wrong with a stage's functions and jobs, as deployed by `chalice deploy`. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.settings import Settings
from chalicelib.wiring import Services
from ops import gateway_responses, policies
from ops.resource.drift import Clients, code_of
from ops.resource.queue import url_of
from ops.stage import CHALICE, StageError

LATE = timedelta(minutes=10)
"""A job overdue for so long was overlooked by several sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong with a stage."""

    resource: str
    problem: str
    mend: str
    """The command, or the step, that mends it."""


def functions(settings: Settings, clients: Clients) -> Iterator[Finding]:
    """Functions that are not there, or that outlast their queue; roles that lack what the policy file says."""
    deploy = f"chalice deploy --stage {settings.stage}"
    queues = {"run_jobs": settings.queue, "bury_jobs": settings.dead_queue}
    for function in policies.functions():
        name, queue = policies.deployed_name(settings.stage, function), queues.get(function, "")
        try:
            found: Any = boto3.client("lambda").get_function_configuration(FunctionName=name)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            yield Finding(resource=name, problem="is not deployed", mend=deploy)
            continue
        if queue:
            yield from _times(settings, clients, name, found["Timeout"], queue)
        yield from _policy(policies.file_name(settings.stage, function), found["Role"].rpartition("/")[2], deploy)


def answers(stage: str) -> Iterator[Finding]:
    """Answers of the gateway's own that no dialect would give."""
    try:
        missing = gateway_responses.missing_on(stage)
    except StageError:
        return  # its functions were not deployed either, or not from here
    if missing:
        names = ", ".join(one.type for one in missing)
        mend = f"python -m ops --stage {stage} gateway-responses"
        yield Finding(resource="API Gateway", problem=f"answers {names} in its own words", mend=mend)


def jobs(settings: Settings) -> Iterator[Finding]:
    """Jobs that nobody looks after."""
    services = Services(settings)
    now = services.clock.now()
    late = services.job_store.overdue(now - LATE)
    if not late:
        return
    oldest = min(late, key=lambda job: job.created_at)
    minutes = (now - oldest.created_at).total_seconds() / 60
    sweeper = f"folioport-{settings.stage}-sweep_jobs"
    yield Finding(
        resource=f"job {oldest.id}",
        problem=f"is stuck, {minutes:.0f} minutes old, with {len(late) - 1} more: the sweeper does not run, or fails",
        mend="make run"
        if settings.local
        else f"chalice deploy --stage {settings.stage}; if it stays: aws logs tail /aws/lambda/{sweeper} --since 1h",
    )


def _times(settings: Settings, clients: Clients, name: str, timeout_s: int, queue: str) -> Iterator[Finding]:
    url = url_of(clients, queue)
    if not url:
        return  # said by the resources' own findings
    said = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    visible_s = int(said["VisibilityTimeout"])
    if visible_s < timeout_s:
        yield Finding(
            resource=queue,
            problem=f"shows a message again after {visible_s} s, while {name} may work on it for {timeout_s} s",
            mend=f"python -m ops --stage {settings.stage} provision",
        )
    if timeout_s > settings.job_lease_s:
        yield Finding(
            resource=name,
            problem=f"may run for {timeout_s} s, longer than the lease of its job ({settings.job_lease_s} s)",
            mend="set lambda_timeout in .chalice/config.json to the lease at most, "
            f"then chalice deploy --stage {settings.stage}",
        )


def _policy(name: str, role: str, deploy: str) -> Iterator[Finding]:
    wanted = _grants(json.loads((CHALICE / name).read_text(encoding="utf-8")))
    iam, present = boto3.client("iam"), set[tuple[str, str]]()
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        present |= _grants(iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
    lacking = sorted({action for action, _ in wanted - present})
    if lacking:
        yield Finding(resource=role, problem=f"lacks what .chalice/{name} grants: {', '.join(lacking)}", mend=deploy)


def _grants(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    found = set()
    for statement in document["Statement"]:
        actions, resources = (
            [value] if isinstance(value, str) else value for value in (statement["Action"], statement["Resource"])
        )
        found |= {(action, resource) for action in actions for resource in resources}
    return found
