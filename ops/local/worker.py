"""A worker: imports the app once, then runs one event at a time, as a Lambda container does.

Speaks JSON lines: each line of standard input is `{"handler", "event", "timeout_s"}`; each line of standard output is
`{"ready": true}` once, then `{"ok": true}` or `{"error": text}` per event. What the app prints goes to standard error.
SIGTERM lets the running event's time be up, so that a job saves a checkpoint and hands over; the parent kills later.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any, TextIO

from ops.local.context import LambdaContext

DEFAULT_APP = "app"


def main(module_name: str = DEFAULT_APP) -> int:
    """Run events until standard input ends."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    current: list[LambdaContext] = []

    def hurry(*_: object) -> None:
        for context in current:
            context.hurry()

    signal.signal(signal.SIGTERM, hurry)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - a plain string for sys.path
    module = importlib.import_module(module_name)
    _reply(replies, ready=True)
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        context = LambdaContext(f"folioport-local-{order['handler']}", order["timeout_s"])
        current[:] = [context]
        try:
            getattr(module, order["handler"])(order["event"], context)
        except Exception as error:
            traceback.print_exc()
            _reply(replies, error=f"{type(error).__name__}: {error}")
        else:
            _reply(replies, ok=True)
        current.clear()
    return 0


def _reply(replies: TextIO, **fields: Any) -> None:
    replies.write(json.dumps(fields) + "\n")
    replies.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
