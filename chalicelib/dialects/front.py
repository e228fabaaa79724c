"""Where dialects meet Chalice: blueprints, and the middleware round every request.

Views are not given Chalice's `current_request`, which belongs to the app and so to every thread of a local server;
the middleware keeps the request of its own call in a context variable.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib import observe
from chalicelib.dialects import gateway
from chalicelib.dialects.http import Incoming, Reply
from chalicelib.dialects.route import METHODS
from chalicelib.dialects.routebook import ROUTES

BINARY_TYPES = ["multipart/form-data", "multipart/mixed", "application/octet-stream", "application/zip"]
"""Bodies API Gateway must not take for text."""
ANY_TYPE = ["*/*"]
CORRELATION = re.compile(r"[A-Za-z0-9._:=-]{1,128}")

_request: ContextVar[Request] = ContextVar("request")


def blueprint(dialect: str) -> Blueprint:
    """The routes of a dialect as Chalice takes them: every method of every path, any content type."""
    made = Blueprint(f"chalicelib.dialects.{dialect}")
    for path in ROUTES[dialect]:
        name = f"{dialect} {path}"
        made.route(path, methods=list(METHODS), content_types=ANY_TYPE, name=name)(_endpoint(dialect, path))
    return made


def _endpoint(dialect: str, path: str) -> Callable[..., Response]:
    def endpoint(**_: str) -> Response:
        observe.note(dialect=dialect)
        incoming = Incoming.of(_request.get().to_original_event())
        return _response(gateway.speaker(dialect).serve(incoming, gateway.methods(dialect, path)))

    return endpoint


def middleware(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Name the request, keep it for its endpoint, log its outcome, and dress Chalice's own errors as the dialect's."""
    event: dict[str, Any] = request.to_original_event()
    correlation = _correlation(event)
    observe.begin(correlation_id=correlation, method=request.method, route=request.path)
    token, started = _request.set(request), time.perf_counter()
    try:
        response = get_response(request)
    finally:
        _request.reset(token)
    if isinstance(response.body, dict) and set(response.body) == {"Code", "Message"}:
        response = _response(gateway.redressed(request.path, request.method, response.status_code))
    response.headers["X-Request-Id"] = correlation
    observe.end_request(response.status_code, round((time.perf_counter() - started) * 1000, 1))
    return response


def _correlation(event: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    for said in (headers.get("x-request-id", ""), event["requestContext"].get("requestId") or ""):
        if CORRELATION.fullmatch(said):
            return str(said)
    return "none"


def _response(reply: Reply) -> Response:
    return Response(body=reply.body, status_code=reply.status, headers=dict(reply.headers))
