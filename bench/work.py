"""Runs jobs to their end in worker processes, each with so much time, as Lambda would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain.job import Job, JobStatus
from chalicelib.wiring import Services

ROOT = Path(__file__).parents[1]
WORKER = Path(__file__).parent / "child" / "worker.py"
LAMBDA_S = 900.0
WORKER_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Work:
    """How a job went. `peak_bytes` is the most a worker held, `extra_bytes` the most it held above its start."""

    job: Job
    workers: int
    seconds: float
    peak_bytes: int
    extra_bytes: int
    cpu_s: float
    """Processor time of the workers, within `seconds`."""
    calls: Mapping[str, int]
    """Calls to each service."""


def finish(services: Services, job: Job, *, limit_s: float = LAMBDA_S) -> Work:
    """Run a job until it ends.

    Parameters
    ----------
    limit_s
        Time of a function, in seconds.

    Raises
    ------
    AssertionError
        It did not end well.
    """
    command = [sys.executable, str(WORKER), str(job.id), str(limit_s)]
    seconds, cpu, peak, extra, calls = 0.0, 0.0, 0, 0, Counter[str]()
    for worker in range(1, WORKER_LIMIT):
        run = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr[-2000:]
        told = json.loads(run.stdout.strip().splitlines()[-1])
        seconds += told["seconds"]
        cpu += told["cpu"]
        calls.update(told["calls"])
        peak, extra = max(peak, told["peak"]), max(extra, told["peak"] - told["before"])
        if told["status"] == JobStatus.PROCESSING:
            continue
        ended = services.job_store.get(job.id)
        assert ended is not None
        assert ended.status is JobStatus.COMPLETE, f"{ended.status!r}: {ended.problems}"
        return Work(ended, worker, seconds, peak, extra, cpu, calls)
    raise AssertionError(f"job {job.id} did not end in {WORKER_LIMIT} workers")
