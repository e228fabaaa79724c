"""What the service says of itself: one structured event a request or job, and the unexpected with where it happened.

Metrics travel in the same lines, in CloudWatch's embedded format, so they cost no call and no import. A correlation id
goes from the gateway's request through the queue's message into every line of its job.

Never logged: tokens, signatures, the query string, headers, bodies. The logger is made when something is first said.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

SERVICE = "folioport"
MESSAGE_LIMIT = 300
NAMESPACE = "Folioport"
UNITS = {"Ms": "Milliseconds", "Seconds": "Seconds"}
"""Units of metrics by how their names end; the others count."""

_notes: ContextVar[dict[str, Any] | None] = ContextVar("notes", default=None)


@cache
def logger() -> Logger:
    """The structured logger; `POWERTOOLS_LOG_LEVEL` sets its level."""
    return Logger(service=SERVICE)


def begin(**facts: Any) -> None:
    """Start a request's or a job's event with those facts."""
    _notes.set(dict(facts))


def note(**facts: Any) -> None:
    """Add facts to the event under way; None says nothing."""
    notes = _notes.get()
    if notes is not None:
        notes.update({name: value for name, value in facts.items() if value is not None})


def end(message: str, **facts: Any) -> None:
    """Write the event under way."""
    note(**facts)
    logger().info(message, extra=_notes.get() or {})
    _notes.set(None)


def end_request(status: int, ms: float) -> None:
    """Write a request's event, with its metrics by dialect."""
    notes = _notes.get() or {}
    refused = bool(notes.pop("throttled", False)) or status == 429
    values = {"Requests": 1, "ServerErrors": int(status >= 500), "Throttled": int(refused), "LatencyMs": ms}
    by = {"Dialect": str(notes.get("dialect", "none"))}
    end("request", status=status, ms=ms, **metrics(values, by, alone=True))


def say(message: str, *, level: str = "info", **facts: Any) -> None:
    """Write a line beside the event under way, with its correlation id."""
    getattr(logger(), level)(message, extra={"correlation_id": correlation_id(), **facts})


def correlation_id() -> str:
    """Id of the request that is served, or that asked for the job; empty outside of both."""
    return str((_notes.get() or {}).get("correlation_id") or "")


def metrics(values: Mapping[str, float], by: Mapping[str, str] | None = None, *, alone: bool = False) -> dict[str, Any]:
    """Facts that make CloudWatch keep `values` by stage and the dimensions `by`; with `alone`, by stage only too.

    Nothing on the local stage, which has no CloudWatch.
    """
    stage = os.environ.get("FOLIO_STAGE", "local")
    if stage == "local":
        return {}
    dimensions = {"Stage": stage, **(by or {})}
    sets = [list(dimensions), *([["Stage"]] if alone and by else [])]
    named = [{"Name": name, "Unit": _unit(name)} for name in values]
    kept = {"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": named}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [kept]}, **dimensions, **values}


def _unit(name: str) -> str:
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "Count")


def unexpected(error: BaseException, **facts: Any) -> None:
    """Write down an exception that nobody expected: its kind, its words cut short, and where it came from."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    context = _notes.get() or {}
    logger().error(
        "unexpected exception",
        extra={
            "correlation_id": context.get("correlation_id"),
            **facts,
            "exception_type": f"{type(error).__module__}.{type(error).__qualname__}",
            "exception_message": str(error)[:MESSAGE_LIMIT],
            "frames": frames[-20:],
        },
    )
