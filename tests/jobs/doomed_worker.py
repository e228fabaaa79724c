"""A worker process that is killed at a chosen AWS call: `python -m tests.jobs.doomed_worker JOB CALL [SECONDS]`.

CALL counts from 1; an odd one dies before it is sent, an even one after it has taken effect, when the answer never
arrives. 0 never dies and prints how many calls it took. SECONDS is the function's time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from botocore.client import BaseClient

from chalicelib.jobs.runner import Runner
from chalicelib.wiring import wire


def main() -> None:
    """Run one delivery of one job."""
    job_id, fatal = int(sys.argv[1]), int(sys.argv[2])
    ends = time.monotonic() + (float(sys.argv[3]) if len(sys.argv) > 3 else 900.0)
    count = 0
    clients: Any = BaseClient
    call = clients._make_api_call

    def counted(client: BaseClient, operation: str, arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == fatal and fatal % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = call(client, operation, arguments)
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    clients._make_api_call = counted
    status = Runner(wire()).run(job_id, lambda: ends - time.monotonic())
    sys.stdout.write(f"{'-' if status is None else int(status)} {count}\n")


if __name__ == "__main__":
    main()
