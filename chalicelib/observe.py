"""What the service says of itself: one structured event a request or job, and the unexpected with where it happened.

Never logged: tokens, signatures, the query string, headers, bodies. The logger is made when something is first said.
"""

from __future__ import annotations

import traceback
from contextvars import ContextVar
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

SERVICE = "folioport"
MESSAGE_LIMIT = 300

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
