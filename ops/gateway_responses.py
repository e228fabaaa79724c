"""What API Gateway answers by itself, in the dialects' words.

Unknown paths, oversized bodies and failures of the gateway never reach the app. Gateway responses know no path and no
logic, so one body has to serve every dialect: the dialects' own bodies laid over one another. A deployment of the API
forgets them, so they are set after each `chalice deploy`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from chalicelib.dialects import gateway
from chalicelib.dialects.http import Reply
from ops.stage import CHALICE, StageError, configuration

JSON = "application/json"
RETRY_S = 2


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """A kind of answer of the gateway's, as it shall be."""

    type: str
    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = ()

    def arguments(self) -> dict[str, Any]:
        """As API Gateway's PutGatewayResponse takes it."""
        return {
            "responseType": self.type,
            "statusCode": str(self.status),
            "responseTemplates": {JSON: self.body},
            "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in self.headers},
        }


def wanted() -> Iterator[GatewayResponse]:
    """Every response, made of what the dialects answer in the same case."""
    paths = [f"{dialect.territories[0]}/-" for dialect in gateway.dialects()]
    yield GatewayResponse("MISSING_AUTHENTICATION_TOKEN", 404, _laid(gateway.unknown_route(p, "GET")[2] for p in paths))
    yield GatewayResponse("REQUEST_TOO_LARGE", 413, _laid(gateway.too_large(path)[2] for path in paths))
    failed = _laid(_body(gateway.redressed(path, "GET", 500)) for path in paths)
    yield GatewayResponse("DEFAULT_5XX", 500, failed)
    for kind, status, title in (("INTEGRATION_FAILURE", 502, "Bad Gateway"), ("INTEGRATION_TIMEOUT", 504, "Timeout")):
        yield GatewayResponse(kind, status, json.dumps({**json.loads(failed), "status": status, "title": title}))
    slower = "Too many requests; try again in a moment."
    throttled = {"message": slower, "errors": [{"message": slower}], "status": 429, "title": "Too Many Requests"}
    yield GatewayResponse("THROTTLED", 429, json.dumps(throttled), (("Retry-After", str(RETRY_S)),))


def apply(stage: str) -> list[str]:
    """Set the responses on a deployed stage and publish them; what was changed, empty when nothing had to be.

    Raises
    ------
    StageError
        The stage was never deployed from here.
    """
    api_id, client = _api_id(stage), boto3.client("apigateway")
    changed = []
    for one in missing(client, api_id):
        client.put_gateway_response(restApiId=api_id, **one.arguments())
        changed.append(f"{one.type}: answers {one.status} in the dialects' words")
    if changed:
        client.create_deployment(restApiId=api_id, stageName=_gateway_stage(), description="gateway responses")
    return changed


def missing(client: Any, api_id: str) -> list[GatewayResponse]:
    """The responses that are not as they shall be."""
    present = {one["responseType"]: one for one in client.get_gateway_responses(restApiId=api_id)["items"]}
    return [one for one in wanted() if not _same(present.get(one.type, {}), one)]


def missing_on(stage: str) -> list[GatewayResponse]:
    """The same, by the stage's name. Raises StageError."""
    return missing(boto3.client("apigateway"), _api_id(stage))


def _same(present: Mapping[str, Any], one: GatewayResponse) -> bool:
    said = one.arguments()
    return all((present.get(key) or {}) == (said[key] or {}) for key in ("statusCode", "responseTemplates"))


def _laid(bodies: Iterator[str]) -> str:
    merged: dict[str, Any] = {}
    for body in bodies:
        merged |= json.loads(body)
    merged.pop("instance", None)  # the path, which the gateway does not fill in
    return json.dumps(merged)


def _body(reply: Reply) -> str:
    return reply.body


def _api_id(stage: str) -> str:
    path = CHALICE / "deployed" / f"{stage}.json"
    if path.exists():
        for one in json.loads(path.read_text(encoding="utf-8"))["resources"]:
            if one["resource_type"] == "rest_api":
                return str(one["rest_api_id"])
    raise StageError(f"The stage {stage} was not deployed from here; run: chalice deploy --stage {stage}")


def _gateway_stage() -> str:
    return str(configuration().get("api_gateway_stage", "api"))
