"""One delivery of one job in a process of its own: `python worker.py JOB SECONDS`, the function's time.

Prints the job's status afterwards, the bytes this process held before and at its peak, and how long it took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.meter import counted
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import services


def main() -> None:
    """Run the job."""
    runner = Runner(services())
    runner.kinds()  # what a job imports is not what it holds
    before = _held("VmRSS")
    started, worked = time.monotonic(), time.process_time()
    ends = started + float(sys.argv[2])
    with counted() as tally:
        status = runner.run(int(sys.argv[1]), lambda: ends - time.monotonic())
    told = {
        "status": None if status is None else int(status),
        "before": before,
        "peak": _held("VmHWM"),
        "calls": {service: tally.count(service) for service in tally.calls},
        "cpu": time.process_time() - worked,
        "seconds": time.monotonic() - started,
    }
    print(json.dumps(told))


def _held(name: str) -> int:
    """Bytes this process holds, or held at most. getrusage would count what the parent held before this one began."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
