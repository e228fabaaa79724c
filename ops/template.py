"""The resource template of a stage, read and resolved for one set of names.

Only what `resources.yaml` uses is understood: `Ref`, `Fn::Sub` with plain names, and `Fn::GetAtt` of an ARN. Anything
else is an error, so that a template CloudFormation would take and the local stage would not is found by a test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chalicelib.settings import Settings

PATH = Path(__file__).with_name("resources.yaml")
VISIBILITY_MARGIN_S = 60
"""How much longer a message stays hidden than a worker may own its job, by default."""

STACK_ONLY = ("AWS::CloudWatch::", "AWS::Logs::")
"""Types that CloudFormation alone makes; they are not among `resources`."""

_PLACE = re.compile(r"\$\{(\w+)\}")


class TemplateError(ValueError):
    """The template says something the local interpreter does not understand."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the template, parameters filled in.

    `properties` may still hold `{"Fn::GetAtt": [logical id, "Arn"]}`, which is known once that resource exists.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    retained: bool
    """Whether it holds data that outlives the stage unless `destroy` is forced."""


def body(values: Mapping[str, str]) -> str:
    """The template as CloudFormation takes it.

    Names of what is retained are written out, for CloudFormation takes over what is there by literal names only.
    """
    document = _document()
    filled = _filled(document, values)
    for spec in document["Resources"].values():
        for name, value in spec["Properties"].items():
            if spec.get("DeletionPolicy") == "Retain" and name.endswith("Name"):
                spec["Properties"][name] = _resolve(value, filled)
    return json.dumps(document)


def _document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


def parameters(settings: Settings, visibility_timeout_s: int | None = None) -> dict[str, str]:
    """The template's parameters for a stage; `visibility_timeout_s` defaults to the job lease and a minute."""
    visible = settings.job_lease_s + VISIBILITY_MARGIN_S if visibility_timeout_s is None else visibility_timeout_s
    return {
        "Stage": settings.stage,
        "TablePrefix": settings.table_prefix,
        "BucketName": settings.bucket,
        "QueueName": settings.queue,
        "DeadQueueName": settings.dead_queue,
        "VisibilityTimeout": str(visible),
        "MaxReceiveCount": str(settings.job_attempts),
    }


def resources(values: Mapping[str, str]) -> list[Resource]:
    """The resources of every stage in the template's order, which is an order they can be made in.

    Raises
    ------
    TemplateError
        A parameter without a value, or an intrinsic function that is not known here.
    """
    document = _document()
    filled = _filled(document, values)
    return [
        Resource(
            logical_id,
            spec["Type"],
            _resolve(spec["Properties"], filled),
            spec.get("DeletionPolicy") == "Retain",
        )
        for logical_id, spec in document["Resources"].items()
        if not spec["Type"].startswith(STACK_ONLY)
    ]


def _filled(document: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    filled = {name: str(values.get(name, spec.get("Default", ""))) for name, spec in document["Parameters"].items()}
    empty = sorted(name for name, value in filled.items() if not value)
    if empty:
        raise TemplateError(f"The template's parameter {empty[0]} has no value.")
    return filled


def _resolve(value: Any, filled: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_resolve(item, filled) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return _named(value["Ref"], filled)
    if "Fn::Sub" in value:
        return _PLACE.sub(lambda match: _named(match[1], filled), value["Fn::Sub"])
    unknown = [key for key in value if key.startswith("Fn::") and key != "Fn::GetAtt"]
    if unknown:
        raise TemplateError(f"The local interpreter does not know {unknown[0]}.")
    return {key: _resolve(item, filled) for key, item in value.items()}


def _named(name: str, filled: Mapping[str, str]) -> str:
    if name not in filled:
        raise TemplateError(f"{name} is no parameter of the template.")
    return filled[name]
