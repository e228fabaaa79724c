"""The context object Lambda hands to a function."""

from __future__ import annotations

import time
import uuid


class LambdaContext:
    """What a function may ask of Lambda while it runs.

    Parameters
    ----------
    function_name
        Name the function would have when deployed.
    timeout_s
        Time the function has from now, in seconds.
    memory_mb
        Reported only; nothing here limits memory.
    """

    def __init__(self, function_name: str, timeout_s: float, *, memory_mb: int = 1024) -> None:
        self.function_name = function_name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function_name}"
        self.memory_limit_in_mb = memory_mb
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "local"
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds before the function is killed."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def hurry(self) -> None:
        """Let the time be up: a job that watches it hands over now."""
        self._deadline = time.monotonic()
