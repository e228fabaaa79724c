"""Lambda events to the runner: the queue, the dead-letter queue, the schedule."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chalicelib import observe
from chalicelib.domain.job import JobStatus
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import services


def run(event: Mapping[str, Any], context: Any) -> None:
    """Run the job of each message; an exception leaves the message in the queue."""
    for job_id in _job_ids(event):
        observe.end("job delivery", status=_told(job_id, Runner(services()).run, context))


def bury(event: Mapping[str, Any], context: Any) -> None:
    """Abort the jobs whose messages were delivered in vain."""
    for job_id in _job_ids(event):
        status = _told(job_id, Runner(services()).bury, context)
        observe.say("job buried", level="error", job_id=job_id, status=status, **observe.metrics({"BuriedJobs": 1}))


def sweep(event: Any, context: Any) -> None:  # noqa: ARG001 - the schedule's event says nothing we need
    """Look after jobs that were never picked up or lost their worker."""
    Runner(services()).sweep()


def _told(job_id: int, work: Callable[[int, Callable[[], float]], JobStatus | None], context: Any) -> JobStatus | None:
    """The outcome of `work`; an exception is written down before it goes on."""
    try:
        return work(job_id, _remaining(context))
    except Exception as error:
        observe.unexpected(error, job_id=job_id)
        raise


def _job_ids(event: Mapping[str, Any]) -> Iterator[int]:
    """The job of each message, whose event is then under way."""
    for record in event["Records"]:
        try:
            job_id = int(json.loads(record["body"])["job_id"])
        except (ValueError, KeyError, TypeError):
            # Not one of ours; trying again would not make it one.
            observe.say("message without a job", level="error", message_id=record.get("messageId"))
            continue
        said = (record.get("messageAttributes") or {}).get("correlation_id") or {}
        observe.begin(correlation_id=said.get("stringValue") or f"job-{job_id}", job_id=job_id)
        yield job_id


def _remaining(context: Any) -> Callable[[], float]:
    return lambda: float(context.get_remaining_time_in_millis()) / 1000
