"""Lambda's runtime API, and functions of the deployment zip under AWS's own runtime client.

A function sees what it would see on Lambda and nothing more: its folder, the runtime client, an interpreter without
site-packages; a file system it cannot write to but for a fresh `/tmp` of 512 MB; the configured memory.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

API = "/2018-06-01/runtime/"
RUNTIME = ("awslambdaric", "snapshot-restore-py", "simplejson")
MIB = 1024 * 1024
TASK, CLIENT = "/opt", "/mnt"
"""Where the sandbox shows the function's folder and the runtime client: folders every system has."""
START_TIMEOUT_S = 60.0
_MOUNT = (
    f'mount --make-rprivate / && mount --bind "$1" {TASK} && mount --bind "$2" {CLIENT} '
    f"&& mount -o remount,ro,bind {TASK} && mount -o remount,ro,bind {CLIENT} "
    "&& mount -t tmpfs -o size=512m,mode=1777 tmpfs /tmp && mount -o remount,ro,bind / && shift 2 && cd /opt"
)


@dataclass(frozen=True, slots=True)
class Returned:
    """What an invocation came to."""

    ok: bool
    value: Any
    ms: float


class RuntimeApi:
    """Hands events to one function process and takes its answers."""

    def __init__(self) -> None:
        self._events: queue.Queue[tuple[str, Any, float]] = queue.Queue()
        self._answers: queue.Queue[tuple[bool, Any]] = queue.Queue()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # one write for a reply: headers and body in one packet

            def do_GET(self) -> None:
                request_id, event, timeout_s = api._events.get()
                deadline = str(int((time.time() + timeout_s) * 1000))
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": deadline,
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:packaged",
                    "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
                }
                self._reply(200, json.dumps(event).encode(), headers)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                api._answers.put((self.path.endswith("/response"), json.loads(body or b"null")))
                self._reply(202, b"{}", {})

            def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Value of AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, event: Any, timeout_s: float) -> Returned:
        """Hand over an event and wait for the answer."""
        started = time.perf_counter()
        self._events.put((str(uuid.uuid4()), event, timeout_s))
        ok, value = self._answers.get(timeout=timeout_s + START_TIMEOUT_S)
        return Returned(ok, value, (time.perf_counter() - started) * 1000)

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class Function:
    """One container of a function.

    Parameters
    ----------
    handler
        As in Lambda's configuration: `app.run_jobs`.
    task
        The unpacked deployment zip.
    client
        Where `runtime_client` put the runtime client.
    variables
        The function's environment, credentials and endpoint included.
    memory_mb, timeout_s
        As configured.
    log
        Receives standard output and error.
    """

    def __init__(
        self,
        handler: str,
        task: Path,
        client: Path,
        variables: Mapping[str, str],
        *,
        memory_mb: int,
        timeout_s: float,
        log: Path,
    ) -> None:
        self._timeout_s = timeout_s
        self.log = log
        self._api = RuntimeApi()
        sandboxed = bool(sandbox())
        seen = (TASK, CLIENT) if sandboxed else (str(task), str(client))
        environment = {
            **variables,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": f"packaged-{handler}",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "LAMBDA_TASK_ROOT": seen[0],
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(seen),
            "_HANDLER": handler,
        }
        # -S: no site-packages, so that what the zip lacks is missing here too.
        command = [getattr(sys, "_base_executable", sys.executable), "-S", "-m", "awslambdaric", handler]
        if sandboxed:
            script = f'{_MOUNT} && exec "$@"'
            command = [*sandbox(), "sh", "-c", script, "sandbox", str(task), str(client), *command]

        def limit() -> None:
            # Memory a process writes to: what Lambda counts, were all of it touched.
            resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MIB, memory_mb * MIB))

        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - the function
                command,
                env=environment,
                cwd=task,
                stdout=out,
                stderr=out,
                preexec_fn=limit,  # noqa: PLW1509 - it does nothing that a thread could disturb
            )

    def invoke(self, event: Any) -> Returned:
        """Call the function."""
        return self._api.invoke(event, self._timeout_s)

    def mounts(self) -> list[str]:
        """The mounts the process sees, as in proc(5)."""
        return Path(f"/proc/{self._process.pid}/mountinfo").read_text(encoding="utf-8").splitlines()

    def peak_mib(self) -> float:
        """Most memory the process ever had in use."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._api.close()


@cache
def sandbox() -> tuple[str, ...]:
    """The command that gives a process mounts of its own; empty where this machine does not allow it."""
    for command in (("unshare", "-m"), ("unshare", "-Urm")):
        if shutil.which(command[0]) is None:
            continue
        probe = [
            *command,
            "sh",
            "-c",
            f"{_MOUNT} && ! touch /opt/probe /usr/probe && touch /tmp/probe",
            "x",
            "/usr",
            "/usr",
        ]
        tried = subprocess.run(probe, capture_output=True, check=False)  # noqa: S603 - fixed arguments
        if tried.returncode == 0:
            return command
    return ()


def runtime_client(target: Path) -> Path:
    """The runtime client alone, taken from the pinned requirements of this environment."""
    for name in RUNTIME:
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                copy = target / str(file)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(distribution.locate_file(file)), copy)
    return target
