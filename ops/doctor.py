"""Looks at every resource of a stage and says what is wrong and what mends it. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import Settings
from ops import deployed, interpreter, rotation, template
from ops.deployed import Finding
from ops.resource.drift import Clients, code_of

SKEW_S = 60
"""Clock difference from AWS that is reported; signatures fail at 300 s."""


def examine(settings: Settings) -> list[Finding]:
    """Every finding of a stage; empty when all is well."""
    clients = Clients()
    try:
        answer: Any = clients.sqs.list_queues(MaxResults=1)
    except ClientError as error:  # a clock that is wrong by minutes is refused, and the refusal says the time
        return [*_clock(_clock_offset_s(error.response))] or [_unreachable(settings, error)]
    except BotoCoreError as error:
        return [_unreachable(settings, error)]
    offset_s = _clock_offset_s(answer)
    found = [*_resources(settings, clients), *_secret(settings), *_clock(offset_s)]
    if not settings.local:
        found += [*deployed.functions(settings, clients), *deployed.answers(settings.stage)]
    if not any(finding.resource == f"{settings.table_prefix}-jobs" for finding in found):
        found += deployed.jobs(settings)
    return found


def _unreachable(settings: Settings, error: Exception) -> Finding:
    mend = "make run" if settings.local else "aws sts get-caller-identity (are credentials and region set?)"
    return Finding(resource=f"stage {settings.stage}", problem=f"cannot be reached: {error}", mend=mend)


def _resources(settings: Settings, clients: Clients) -> Iterator[Finding]:
    provision = f"python -m ops --stage {settings.stage} provision"
    for drift in interpreter.plan(clients, template.resources(template.parameters(settings))):
        mend = drift.deed if drift.mend is None else provision
        yield Finding(resource=drift.resource, problem=drift.fact, mend=mend)


def _secret(settings: Settings) -> Iterator[Finding]:
    if settings.secret_key:
        return
    if not settings.secret_parameter:
        yield Finding(
            resource="FOLIO_SECRET_KEY",
            problem="is not set, nor is FOLIO_SECRET_PARAMETER: no token can be checked",
            mend="set FOLIO_SECRET_PARAMETER to a name such as /folioport/prod/secret-key in .chalice/config.json, "
            f"then python -m ops --stage {settings.stage} provision",
        )
        return
    try:
        wrong, mend = rotation.problem(settings), "rotate-key"
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            problem, allow = f"cannot be read: {code_of(error)}", "allow ssm:GetParameter and kms:Decrypt on it"
            yield Finding(resource=settings.secret_parameter, problem=problem, mend=allow)
            return
        wrong, mend = "does not exist", "provision"
    if wrong:
        command = f"python -m ops --stage {settings.stage} {mend}"
        yield Finding(resource=settings.secret_parameter, problem=wrong, mend=command)


def _clock_offset_s(answer: Any) -> float | None:
    """How far the service's clock is ahead of this machine's, in seconds; None when it does not say."""
    stated = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    if not stated:
        return None
    return (parsedate_to_datetime(stated) - datetime.now(UTC)).total_seconds()


def _clock(offset_s: float | None) -> Iterable[Finding]:
    if offset_s is None or abs(offset_s) <= SKEW_S:
        return
    yield Finding(
        resource="this machine's clock",
        problem=f"differs from the service's by {offset_s:.0f} s: signed requests and links will be refused",
        mend="set the clock, for instance: timedatectl set-ntp true",
    )
