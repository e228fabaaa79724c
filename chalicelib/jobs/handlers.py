"""Lambda events to the runner: the queue, the dead-letter queue, the schedule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib import observe
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import services


def run(event: Mapping[str, Any], context: Any) -> None:
    """Run the job of each message; an exception leaves the message in the queue."""
    for job_id in _job_ids(event):
        status = Runner(services()).run(job_id, _remaining(context))
        observe.logger().info("job delivery", extra={"job_id": job_id, "status": status})


def bury(event: Mapping[str, Any], context: Any) -> None:
    """Abort the jobs whose messages were delivered in vain."""
    for job_id in _job_ids(event):
        status = Runner(services()).bury(job_id, _remaining(context))
        observe.logger().error("job buried", extra={"job_id": job_id, "status": status})


def sweep(event: Any, context: Any) -> None:  # noqa: ARG001 - the schedule's event says nothing we need
    """Look after jobs that were never picked up or lost their worker."""
    count = Runner(services()).sweep()
    if count:
        observe.logger().warning("jobs announced again", extra={"jobs": count})


def _job_ids(event: Mapping[str, Any]) -> list[int]:
    found = []
    for record in event["Records"]:
        try:
            found.append(int(json.loads(record["body"])["job_id"]))
        except (ValueError, KeyError, TypeError):
            # Not one of ours; trying again would not make it one.
            observe.logger().error("message without a job", extra={"message_id": record.get("messageId")})
    return found


def _remaining(context: Any) -> Callable[[], float]:
    return lambda: float(context.get_remaining_time_in_millis()) / 1000
