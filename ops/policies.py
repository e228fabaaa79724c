"""The IAM policies of the functions, one each on every stage, written from `policies.yaml`.

`python -m ops.policies` writes `.chalice/policy-STAGE-FUNCTION.json`: run it after a change of `policies.yaml`, of a
stage's names in `.chalice/config.json`, or when a stage is new.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from chalicelib.settings import Settings, load
from ops.stage import CHALICE, configuration

SOURCE = Path(__file__).with_name("policies.yaml")
API = "api_handler"
TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


class PolicyError(ValueError):
    """`policies.yaml` says something this module does not know."""


def functions() -> tuple[str, ...]:
    """The functions, by their names in `.chalice/config.json`."""
    return tuple(configuration()["lambda_functions"])


def deployed_name(stage: str, function: str) -> str:
    """The name a function is deployed under."""
    return f"folioport-{stage}" if function == API else f"folioport-{stage}-{function}"


def file_name(stage: str, function: str) -> str:
    """Name of the policy file of a function."""
    return f"policy-{stage}-{function}.json"


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy file as it shall be: its name and what it says."""
    source = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    for stage, declared in configuration()["stages"].items():
        settings = load(declared["environment_variables"])
        for function in functions():
            statements = [*_statements(settings, source[function]), *_own(stage, function)]
            yield file_name(stage, function), {"Version": "2012-10-17", "Statement": statements}


def write() -> list[str]:
    """Write the files that differ, remove those nobody has any more; their names."""
    wanted = {name: json.dumps(document, indent=2) + "\n" for name, document in documents()}
    present = {path.name: path.read_text(encoding="utf-8") for path in CHALICE.glob("policy-*.json")}
    for name, text in wanted.items():
        (CHALICE / name).write_text(text, encoding="utf-8")
    for name in present.keys() - wanted.keys():
        (CHALICE / name).unlink()
    return sorted(name for name in present.keys() | wanted.keys() if present.get(name) != wanted.get(name))


def _statements(settings: Settings, allowed: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for service, resources in allowed.items():
        for resource, named in resources.items():
            actions = [f"{service}:{name}" for name in sorted(_flat(named))]
            sid = re.sub("[^A-Za-z0-9]", "", f"{service}/{resource}".title())
            yield _statement(sid, actions, [_arn(settings, service, resource)])


def _own(stage: str, function: str) -> Iterator[dict[str, Any]]:
    log = f"arn:aws:logs:*:*:log-group:/aws/lambda/{deployed_name(stage, function)}:*"
    yield _statement("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [log])
    yield _statement("Traces", TRACES, ["*"])


def _statement(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _flat(actions: list[Any]) -> Iterator[str]:
    for one in actions:
        yield from one if isinstance(one, list) else [one]


def _arn(settings: Settings, service: str, resource: str) -> str:
    table, _, index = resource.partition("/")
    match service, resource:
        case "dynamodb", _:
            return f"arn:aws:dynamodb:*:*:table/{settings.table_prefix}-{table}" + (f"/{index}" if index else "")
        case "s3", "bucket":
            return f"arn:aws:s3:::{settings.bucket}"
        case "s3", _:
            return f"arn:aws:s3:::{settings.bucket}/{resource}"
        case "sqs", "jobs":
            return f"arn:aws:sqs:*:*:{settings.queue}"
        case "sqs", "dead":
            return f"arn:aws:sqs:*:*:{settings.dead_queue}"
        case "sns", _:
            return f"arn:aws:sns:*:*:{settings.table_prefix}-{resource}"
        case "ssm", "secret-key":
            return f"arn:aws:ssm:*:*:parameter{settings.secret_parameter}"
    raise PolicyError(f"{SOURCE.name}: {service} {resource} is not known; say in ops/policies.py what its ARN is.")


if __name__ == "__main__":
    print("\n".join(write()) or "Nothing to do.")
