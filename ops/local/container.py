"""The parent's side of a worker: start it, hand it events, kill it when its time is up, replace it when it died."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ops.local.worker import DEFAULT_APP

INIT_TIMEOUT_S = 60.0
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended; `error` is empty when the function returned."""

    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the function returned."""
        return not self.error


class Container:
    """One worker process at a time; a new one is started when the last died.

    Parameters
    ----------
    timeout_s
        How long an event may take, in seconds; the process is killed after that, as on Lambda.
    log
        Where the worker's own output goes.
    module
        The module whose functions are called.
    cwd
        Where `module` is found.
    """

    def __init__(
        self, *, timeout_s: float, log: IO[bytes] | None = None, module: str = DEFAULT_APP, cwd: Path = _ROOT
    ) -> None:
        self._timeout_s = timeout_s
        self._log = log
        self._module = module
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id of the worker that runs now."""
        return self._process.pid if self._process else None

    def start(self) -> Outcome:
        """Start a worker and wait until it imported the app. Does nothing when one runs."""
        with self._lock:
            return self._start()

    def invoke(self, handler: str, event: dict[str, Any]) -> Outcome:
        """Call a function of the app; events wait for one another."""
        with self._lock:
            started = self._start()
            if not started.ok:
                return started
            order = {"handler": handler, "event": event, "timeout_s": self._timeout_s}
            try:
                self._pipes()[0].write(json.dumps(order).encode() + b"\n")
                self._pipes()[0].flush()
            except OSError:
                return self._died("the worker had died before the event reached it")
            return self._reply(self._timeout_s, f"killed: it ran longer than {self._timeout_s:g} s")

    def stop(self, grace_s: float = 0) -> None:
        """Let the running event hand over for up to `grace_s` seconds, then kill the worker."""
        self._stopping = True
        process = self._process
        if process is None:
            return
        if grace_s and self._lock.locked():
            process.terminate()
            if self._lock.acquire(timeout=grace_s):
                self._lock.release()
        process.kill()  # what still waits for its reply hears of the death, and lets go of the lock
        with self._lock:
            self._end()

    def _start(self) -> Outcome:
        if self._stopping:
            return Outcome("stopping")
        if self._process is not None and self._process.poll() is None:
            return Outcome()
        self._end()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ops.local.worker", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=self._cwd,
            env=_environment(),
            start_new_session=True,
        )
        return self._reply(INIT_TIMEOUT_S, f"the app was not imported within {INIT_TIMEOUT_S:g} s")

    def _reply(self, timeout_s: float, too_late: str) -> Outcome:
        """Wait for the worker's next line."""
        replies, deadline, line = self._pipes()[1], time.monotonic() + timeout_s, b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([replies], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                return self._died(too_late)
            chunk = replies.read1(65536)
            if not chunk:
                return self._died("the worker died")
            line += chunk
        return Outcome(json.loads(line).get("error", ""))

    def _died(self, why: str) -> Outcome:
        self._end()
        return Outcome(why)

    def _end(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(OSError):  # an order the dead worker did not take
                    pipe.close()

    def _pipes(self) -> tuple[IO[bytes], Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("The worker was not started.")
        return process.stdin, process.stdout


def _environment() -> dict[str, str]:
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONUNBUFFERED": "1"}
