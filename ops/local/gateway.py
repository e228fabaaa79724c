"""API Gateway as the app sees it: HTTP in, Lambda proxy events out, and what the gateway answers by itself.

Differs from `chalice local` where that differs from AWS: undefined methods and paths never reach the app, bodies of
binary media types arrive encoded whatever parameters their type has, and sizes are limited.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from ops.local.context import LambdaContext

API_TIMEOUT_S = 29
"""How long API Gateway waits for an answer."""
RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024
"""Largest answer of a Lambda function."""
STAGE = "local"
ACCOUNT = "000000000000"
_HOP_HEADERS = {"connection", "content-length", "date", "server", "transfer-encoding"}
"""Headers the gateway sets by itself."""
_NO_BODY = {204, 304}

Shaped = tuple[int, Mapping[str, str], str]
"""Status, headers and body of an answer made before the app is called."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came over the wire; `target` is path and query, not decoded."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    client: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What goes back; the server adds the length."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Match:
    """A route of the app and the path's values for it, still percent-encoded."""

    route: str
    values: dict[str, str] = field(default_factory=dict)


def message(status: int, text: str) -> HttpResponse:
    """An answer of the gateway itself."""
    return HttpResponse(status, (("Content-Type", "application/json"),), json.dumps({"message": text}).encode())


class RouteTable:
    """Finds the route of a path. A fixed segment wins over a variable one, as on AWS; one final slash is ignored."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for route in routes:
            node = self._tree
            for part in _parts(route):
                node = node.setdefault("{" if part.startswith("{") else part, {})
            node["/"] = route

    def match(self, path: str) -> Match | None:
        """The route of `path`, or None."""
        found = self._find(self._tree, _parts(path))
        if found is None:
            return None
        pairs = zip(_parts(found), _parts(path), strict=True)
        return Match(found, {name[1:-1]: value for name, value in pairs if name.startswith("{")})

    def _find(self, node: dict[str, Any], parts: list[str]) -> str | None:
        if not parts:
            return node.get("/")
        for key in (parts[0], "{"):
            if key in node and parts[0] and (found := self._find(node[key], parts[1:])):
                return found
        return None


def _parts(path: str) -> list[str]:
    trimmed = path.removesuffix("/")
    return trimmed.split("/")[1:]


class Gateway:
    """Calls a Chalice app as API Gateway would.

    Parameters
    ----------
    app
        The Chalice application; called from many threads at once.
    unknown_route
        Shapes the answer to a path and method the app does not define.
    too_large
        Shapes the answer to a body over the limit, by path.
    body_limit_bytes
        Larger bodies are refused with 413.
    """

    def __init__(
        self,
        app: Any,
        *,
        unknown_route: Callable[[str, str], Shaped],
        too_large: Callable[[str], Shaped],
        body_limit_bytes: int,
    ) -> None:
        self._app = app
        self._table = RouteTable(app.routes)
        self._unknown_route = unknown_route
        self._too_large = too_large
        self.body_limit_bytes = body_limit_bytes

    def too_large(self, target: str) -> HttpResponse:
        """The answer to a body over the limit."""
        return _shaped(self._too_large(target.partition("?")[0]))

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; never raises."""
        path, _, query = request.target.partition("?")
        match = self._table.match(path)
        methods = self._app.routes[match.route] if match else {}
        if match and request.method == "OPTIONS" and "OPTIONS" not in methods and (cors := _cors(methods)):
            return cors
        if match is None or request.method not in methods:
            return _shaped(self._unknown_route(path, request.method))
        if len(request.body) > self.body_limit_bytes:
            return self.too_large(request.target)
        event = to_event(request, match, query, self._app.api.binary_types)
        context = LambdaContext("folioport-local", API_TIMEOUT_S)
        try:
            return to_response(self._app(event, context), request, self._app.api.binary_types)
        except Exception as error:
            print(f"the app failed outside its own error handling: {error!r}")
            return message(502, "Internal server error")


def _shaped(answer: Shaped) -> HttpResponse:
    status, headers, body = answer
    return HttpResponse(status, tuple(headers.items()), body.encode())


def to_event(request: HttpRequest, match: Match, query: str, binary_types: Iterable[str]) -> dict[str, Any]:
    """The event of a Lambda proxy integration, REST API format."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    host = _first(headers, "host")
    headers |= {
        "X-Amzn-Trace-Id": [f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"],
        "X-Forwarded-For": [request.client],
        "X-Forwarded-Port": [host.rpartition(":")[2] if ":" in host else "80"],
        "X-Forwarded-Proto": ["http"],
    }
    path = request.target.partition("?")[0]
    values = parse_qs(query, keep_blank_values=True)
    binary = _media_type(_first(headers, "content-type")) in set(binary_types)
    body = base64.b64encode(request.body).decode() if binary else request.body.decode("utf-8", "replace")
    return {
        "resource": match.route,
        "path": path,
        "httpMethod": request.method,
        "headers": {name: items[-1] for name, items in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: items[-1] for name, items in values.items()} or None,
        "multiValueQueryStringParameters": values or None,
        "pathParameters": match.values or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "extendedRequestId": uuid.uuid4().hex[:16],
            "httpMethod": request.method,
            "identity": {"sourceIp": request.client, "userAgent": _first(headers, "user-agent") or None},
            "path": path,
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTime": datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(time.time() * 1000),
            "resourceId": "local",
            "resourcePath": match.route,
            "stage": STAGE,
        },
        "body": body or None,
        "isBase64Encoded": bool(binary and body),
    }


def to_response(result: Any, request: HttpRequest, binary_types: Iterable[str]) -> HttpResponse:
    """What the gateway makes of a function's answer.

    A body marked as encoded is decoded only for a client whose first accepted type is a binary one, as on AWS.
    """
    body = (result.get("body") or "").encode()
    if len(body) > RESPONSE_LIMIT_BYTES:
        print(f"an answer of {len(body)} bytes is more than a Lambda function may return")
        return message(502, "Internal server error")
    headers: list[tuple[str, str]] = []
    several = result.get("multiValueHeaders") or {}
    single = {name: value for name, value in (result.get("headers") or {}).items() if name not in several}
    for name, values in [*((name, [value]) for name, value in single.items()), *several.items()]:
        if name.lower() not in _HOP_HEADERS:
            headers += [(name, str(value)) for value in values]
    names = {name.lower() for name, _ in headers}
    if body and "content-type" not in names:
        headers.append(("Content-Type", "application/json"))
    headers.append(("x-amzn-RequestId", str(uuid.uuid4())))
    if result.get("isBase64Encoded") and _accepts_binary(request, set(binary_types)):
        body = base64.b64decode(body)
    status = int(result["statusCode"])
    return HttpResponse(status, tuple(headers), b"" if status in _NO_BODY else body)


def _accepts_binary(request: HttpRequest, binary_types: set[str]) -> bool:
    accept = next((value for name, value in request.headers if name.lower() == "accept"), "")
    return _media_type(accept.partition(",")[0]) in binary_types


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _first(headers: Mapping[str, list[str]], name: str) -> str:
    return next((values[0] for key, values in headers.items() if key.lower() == name), "")


def _cors(methods: Mapping[str, Any]) -> HttpResponse | None:
    """The preflight answer API Gateway gives for routes that declare CORS; None when none does."""
    declared = {name: entry for name, entry in methods.items() if entry.cors is not None}
    if not declared:
        return None
    headers = next(iter(declared.values())).cors.get_access_control_headers()
    headers["Access-Control-Allow-Methods"] = ",".join([*sorted(declared), "OPTIONS"])
    return HttpResponse(200, tuple((name, str(value)) for name, value in headers.items()))
