"""A fresh process that imports an application and answers one request: `python first.py MODULE EVENT`.

Imports nothing but what the application does; prints the seconds from here to the answer, those of them that were CPU
time, and the answer's status.
"""

import time

started, worked = time.perf_counter(), time.process_time()

import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

application = importlib.import_module(sys.argv[1]).app
answer = application(json.loads(Path(sys.argv[2]).read_bytes()), None)
seconds, cpu = time.perf_counter() - started, time.process_time() - worked
print()
print(json.dumps({"seconds": seconds, "cpu_s": cpu, "status": answer["statusCode"]}))
