"""The local AWS, with what ministack 1.5.33 has not and a deployment needs.

**Importing a REST API.** ministack answers ImportRestApi and PutRestApi with success and makes an empty API. Here both
read the definition, with the functions ministack's own CloudFormation uses. `overwrite` forgets gateway responses, as
replacing a definition does.

**Batches of SQS.** AWS checks `sqs:SendMessage` for SendMessageBatch and knows no action of that name; ministack does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.services import apigateway_v1 as gateway

from ops.local import engine_process

_handle = gateway.handle_request
_action = iam_actions._action_from_target


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


if __name__ == "__main__":
    gateway.handle_request = handle_request
    iam_actions._action_from_target = action_from_target
    engine_process.main()
