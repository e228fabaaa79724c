"""The embedded AWS (ministack) as a process of its own: start, wait, stop so that its state is saved."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

REGION = "us-east-1"
KEY = "test"
"""Access key and secret: the pair whose presigned links the engine checks."""
SERVICES = "dynamodb,s3,sqs,sns,ssm,cloudformation,iam,sts"
PROCESS = "ops.local.engine_process"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 120.0
SNAPSHOT_S = 20
_POLL_S = 0.05


class EngineError(RuntimeError):
    """The engine did not start, or died; the message says where its log is."""


def free_port() -> int:
    """A TCP port on the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Ministack:
    """One engine on the loopback interface, with its data in `folder`.

    Parameters
    ----------
    folder
        Holds state, objects and the log; made if need be. Two engines must not share one.
    port
        0 chooses a free one.
    snapshot_s
        Seconds between two snapshots of what changed; what a crash can lose. 0: saved on a clean stop only.
    keep_open
        File descriptors the engine shall hold until it ends, such as a lock on `folder`.
    process
        The module that runs it.
    variables
        Variables of ministack to add or replace.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        snapshot_s: int = SNAPSHOT_S,
        keep_open: tuple[int, ...] = (),
        process: str = PROCESS,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.snapshot_s = snapshot_s
        self._keep_open = keep_open
        self._module = process
        self._variables = dict(variables or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Where the engine writes what it says."""
        return self.folder / "engine.log"

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which boto3 and PynamoDB find this engine."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the engine and wait until it answers.

        Raises
        ------
        EngineError
            It ended, or did not answer within a minute.
        """
        for name in ("state", "objects", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._process_environment(),
                cwd=Path(__file__).parents[2],
                start_new_session=True,  # Ctrl-C is for the parent, which stops the engine in its turn
                pass_fds=self._keep_open,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise EngineError(f"The local AWS did not start on port {self.port}; see {self.log}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Let the engine save its state and end. A second call does nothing.

        Raises
        ------
        EngineError
            It did not end in two minutes and was killed; what changed since the last snapshot is lost.
        """
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise EngineError(f"The local AWS had to be killed; see {self.log}") from None
        finally:
            if process.stdin:
                process.stdin.close()

    def kill(self) -> None:
        """End the engine as a crash would."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _process_environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        return inherited | {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "BIND_HOST": "127.0.0.1",
            "DOCKER_HOST": "unix:///nonexistent/docker.sock",  # it would look for containers of its own to remove
            "FOLIO_LOCAL_SNAPSHOT_S": str(self.snapshot_s),
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(self.folder / "objects"),
            "S3_PERSIST": "1",
            "SERVICES": SERVICES,
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.folder / "state"),
            "TMPDIR": str(self.folder / "tmp"),
            **self._variables,
        }
