"""An app for the workers: does what the message's body says."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

LOG = Path(os.environ.get("FAKE_APP_LOG", os.devnull))


def note(text: str) -> None:
    with LOG.open("a", encoding="utf-8") as file:
        file.write(text + "\n")


def run_jobs(event: dict[str, Any], context: Any) -> None:
    """Ends well, raises, overruns, dies, or works until told to hurry."""
    record = event["Records"][0]
    body = record["body"]
    note(f"run {body} {record['attributes']['ApproximateReceiveCount']} {os.getpid()}")
    print("what the app prints is no reply")  # noqa: T201
    if body == "raise":
        raise ValueError("as told")
    if body == "overrun":
        time.sleep(60)
    if body == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if body == "work":
        while context.get_remaining_time_in_millis() > 1000:
            time.sleep(0.01)
        note("handed over")


def bury_jobs(event: dict[str, Any], context: Any) -> None:
    note(f"bury {event['Records'][0]['body']}")


def sweep_jobs(event: dict[str, Any], context: Any) -> None:
    note(f"sweep {event['detail-type']} {context.function_name}")
