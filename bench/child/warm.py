"""CPU seconds of requests to the service and to the bare application, by turns: `python warm.py EVENT BARE ROUNDS`.

The log goes to standard output, as on Lambda; the figures to standard error.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import app
from bench.child import bare_app

TURN = 40
"""Requests measured together."""


def main() -> None:
    """Measure."""
    ours, bare = (json.loads(Path(name).read_bytes()) for name in sys.argv[1:3])
    turns = [(_turn(app.app, ours), _turn(bare_app.app, bare)) for _ in range(int(sys.argv[3]) + 1)]
    sys.stderr.write(json.dumps(turns[1:]))


def _turn(application: Any, event: dict[str, Any]) -> float:
    gc.collect()
    started = time.process_time()
    for _ in range(TURN):
        answer = application(event, None)
        assert answer["statusCode"] == 200, answer
    return (time.process_time() - started) / TURN


if __name__ == "__main__":
    main()
