"""The local AWS, with what ministack 1.5.33 has not and a deployment needs.

**Importing a REST API.** ministack answers ImportRestApi and PutRestApi with success and makes an empty API. Here both
read the definition, with the functions ministack's own CloudFormation uses. `overwrite` forgets gateway responses, as
replacing a definition does.

**Functions at once.** AWS takes seconds to make or change a function; waiting for the same here shows nothing.

**Buckets taken over.** A change set that imports what exists says so of a bucket too, and then fails because it exists.

**Batches of SQS.** AWS checks `sqs:SendMessage` for SendMessageBatch and knows no action of that name; ministack does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import apigateway_v1 as gateway
from ministack.services import lambda_svc
from ministack.services.cloudformation import stacks

from ops.local import engine_process

_handle = gateway.handle_request
_action = iam_actions._action_from_target
_errors = stacks._validation_errors


async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Mapping[str, Any]) -> Any:
    """Import or replace a REST API; everything else is ministack's."""
    parts = path.strip("/").split("/")
    if method == "POST" and parts == ["restapis"] and "mode" in query:
        spec = json.loads(body)
        # Asked for as parameters.endpointConfigurationTypes=REGIONAL; the engine's default is the same.
        return _answer(gateway._import_rest_api(spec, {"binaryMediaTypes": _binary(spec)}), 201)
    if method == "PUT" and len(parts) == 2 and parts[0] == "restapis":
        _replace(parts[1], json.loads(body))
        return _answer(parts[1], 200)
    return await _handle(method, path, headers, body, query)


def _replace(api_id: str, spec: Mapping[str, Any]) -> None:
    resources = gateway._resources[api_id]
    for resource_id in [key for key, one in resources.items() if one.get("path") != "/"]:
        del resources[resource_id]
    for root in resources.values():
        root["resourceMethods"] = {}
    gateway._gateway_responses[api_id] = {}
    gateway._rest_apis[api_id]["binaryMediaTypes"] = _binary(spec)
    for path, item in spec["paths"].items():
        gateway._import_path_item(api_id, path, item)


def _binary(spec: Mapping[str, Any]) -> list[str]:
    return list(spec.get("x-amazon-apigateway-binary-media-types", ()))


def _answer(api_id: str, status: int) -> Any:
    return gateway._v1_response(gateway._rest_api_view(gateway._rest_apis[api_id]), status)


def action_from_target(headers: Any) -> str | None:
    """The IAM action of a JSON-protocol call."""
    name: str | None = _action(headers)
    return name.removesuffix("Batch") if name and "AmazonSQS" in headers.get("x-amz-target", "") else name


def validation_errors(resources: Mapping[str, Any], *rest: Any) -> list[Any]:
    """What is wrong with a template; not that a retained bucket exists, which the change set takes over."""
    return [
        one
        for one in _errors(resources, *rest)
        if not ("already exists" in one[4] and resources[one[0]].get("DeletionPolicy") == "Retain")
    ]


if __name__ == "__main__":
    stacks._validation_errors = validation_errors
    gateway.handle_request = handle_request
    iam_actions._action_from_target = action_from_target
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0
    engine_process.main()
