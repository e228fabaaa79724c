"""One delivery of one job in a process of its own: `python worker.py JOB SECONDS`, the function's time.

Prints the job's status afterwards, the bytes this process held before and at its peak, and how long it took.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from chalicelib.jobs.runner import Runner
from chalicelib.wiring import services


def main() -> None:
    """Run the job."""
    runner = Runner(services())
    runner.kinds()  # what a job imports is not what it holds
    before = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")
    started = time.monotonic()
    ends = started + float(sys.argv[2])
    status = runner.run(int(sys.argv[1]), lambda: ends - time.monotonic())
    told = {
        "status": None if status is None else int(status),
        "before": before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "seconds": time.monotonic() - started,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
