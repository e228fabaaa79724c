"""`make run`: the whole service on one machine, until Ctrl-C."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.settings import PREFIX, Settings, SettingsError, load
from ops.local.container import Container
from ops.local.engine import EngineError, Ministack, is_free
from ops.local.gateway import Gateway
from ops.local.keys import Keys, take, write_private
from ops.local.outbox import Outbox
from ops.local.pump import Pump, Source
from ops.local.server import Server, for_threads
from ops.stage import environment_file, folder

API_PORT = 8000
WORKERS = 2
TIMEOUT_S = 900
"""The worker function's timeout, unless `FOLIO_LOCAL_TIMEOUT_S` says otherwise."""


def run() -> dict[str, Any]:
    """Start everything, say when it is ready, wait for Ctrl-C or SIGTERM, stop everything.

    Returns
    -------
    dict[str, Any]
        What was served: the base URL and the folder of its data.

    Raises
    ------
    EngineError
        The embedded AWS did not start, or ended by itself.
    SettingsError
        A variable is wrong.
    OSError
        A port is taken, or another local service uses the folder.
    """
    port = _number("PORT", API_PORT)
    if port and not is_free(port):
        raise OSError(f"Port {port} is in use; choose another: PORT={port + 1} make run")
    place = folder()
    with _until_stopped(), ExitStack() as stack:
        lock = take(place)
        stack.callback(os.close, lock)
        (place / "ready.json").unlink(missing_ok=True)  # of a run that crashed
        keys = Keys.load(place)
        engine = _engine(place, keys, lock)
        stack.callback(_quietly, engine.stop)
        settings = _environment(engine, keys)
        stack.callback(partial(environment_file().unlink, missing_ok=True))
        log = stack.enter_context((place / "service.log").open("a", encoding="utf-8", buffering=1))
        console = sys.stdout
        stack.enter_context(redirect_stdout(log))
        server, pump, users = _start(stack, settings, keys, port)
        _announce(place, server.url, keys, users, partial(print, file=console, flush=True))
        stack.callback(partial((place / "ready.json").unlink, missing_ok=True))
        with suppress(KeyboardInterrupt):
            while engine.running:
                time.sleep(0.25)
            raise EngineError(f"The local AWS ended by itself; see {engine.log}")
        print("stopping: running jobs save a checkpoint, then the data is saved", file=console, flush=True)
        server.stop()
        pump.stop()
    return {"base_url": server.url, "folder": str(place)}


def _start(stack: ExitStack, settings: Settings, keys: Keys, port: int) -> tuple[Server, Pump, dict[str, int]]:
    """Resources, people, workers and the API, in the order in which each needs the one before."""
    from chalicelib.dialects.gateway import too_large, unknown_route
    from chalicelib.wiring import wire
    from ops.local import school
    from ops.provision import apply

    apply(settings)
    users = school.furnish(wire(settings), keys)
    keys.save(folder())
    application: Any = for_threads(importlib.import_module("app").app)
    gateway = Gateway(
        application, unknown_route=unknown_route, too_large=too_large, body_limit_bytes=settings.max_body_bytes
    )
    server = Server(gateway, port)
    stack.callback(server.server_close)
    worker_log = stack.enter_context((folder() / "worker.log").open("ab"))
    timeout_s = _number("FOLIO_LOCAL_TIMEOUT_S", TIMEOUT_S)
    if timeout_s > settings.job_lease_s:
        raise SettingsError(f"FOLIO_LOCAL_TIMEOUT_S ({timeout_s}) must not exceed FOLIO_JOB_LEASE_S.")
    pump = Pump(
        jobs=Source(queue=settings.queue, handler="run_jobs"),
        dead=Source(queue=settings.dead_queue, handler="bury_jobs"),
        sweep="sweep_jobs",
        sweep_s=_number("FOLIO_LOCAL_SWEEP_S", 60),
        workers=_number("FOLIO_LOCAL_WORKERS", WORKERS),
        make_container=lambda: Container(timeout_s=timeout_s, log=worker_log),
        say=server.say,
    )
    stack.callback(pump.stop, 0)
    pump.start()
    outbox = Outbox(settings.topic_arn, f"{settings.table_prefix}-outbox", server.say)
    stack.callback(outbox.stop)
    outbox.start()
    server.start()
    return server, pump, users


def _engine(place: Path, keys: Keys, lock: int) -> Ministack:
    port = _number("FOLIO_LOCAL_ENGINE_PORT", keys.engine_port if keys.engine_port and is_free(keys.engine_port) else 0)
    engine = Ministack(place / "engine", port=port, keep_open=(lock,))
    engine.start()
    keys.engine_port = engine.port
    return engine


def _environment(engine: Ministack, keys: Keys) -> Settings:
    """Set the variables the app, its workers and the other commands need; the person's own `FOLIO_*` win."""
    from ops.local.engine import REGION

    os.environ.update(engine.environment)
    os.environ["FOLIO_STAGE"] = "local"
    os.environ.setdefault("FOLIO_SECRET_KEY", keys.secret_key)
    topic = f"arn:aws:sns:{REGION}:000000000000:{load().table_prefix}-events"
    os.environ.setdefault("FOLIO_TOPIC_ARN", topic)
    ours = {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and "_LOCAL_" not in name}
    write_private(environment_file(), {**engine.environment, **ours})
    return load()


def _announce(place: Path, url: str, keys: Keys, users: dict[str, int], say: Callable[[str], None]) -> None:
    from ops.local.school import ready_document

    write_private(place / "ready.json", ready_document(url, keys, users))
    say(f"\nFolioport is ready at {url}\n")
    width = max((len(login) for login in users), default=0)
    for login, user_id in users.items():
        say(f"  {login:<{width}}  id {user_id}  token {keys.tokens[login]}")
    if users:
        first = next(iter(users))
        say("\nTry it:")
        say(f"  curl -s -H 'Authorization: Bearer {keys.tokens[first]}' {url}/api/v1/users/self/eportfolios")
        say("  make demo")
    say(f"\nData and logs are in {place} (make reset forgets them); Ctrl-C stops.\n")


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal():
        raise SettingsError(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def _quietly(stop: Callable[[], None]) -> None:
    try:
        stop()
    except EngineError as error:
        print(error, file=sys.stderr)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """SIGTERM and a closed terminal count as Ctrl-C, also while things start; further ones do not disturb the stop."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(*_: object) -> None:
        for name in names:
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {name: signal.signal(name, interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
