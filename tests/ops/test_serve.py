"""`make run` whole: ready, restarted with its data, leaving nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ops.local.engine import free_port
from ops.stage import ROOT

pytestmark = pytest.mark.engine
LOGINS = {"ada", "grace", "alan", "mary", "kim", "jo"}


@contextmanager
def served(folder: Path, *, stop: signal.Signals) -> Iterator[dict[str, Any]]:
    """A running service's ready document; ended by `stop`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FOLIO_"))}
    environment = clean | {"FOLIO_LOCAL_DIR": str(folder), "PORT": str(free_port())}
    command = [sys.executable, "-m", "ops", "serve", "--json"]
    ready = folder / "ready.json"
    with (folder.parent / "out").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(  # noqa: S603 - the program under test
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + 60
            while not ready.exists():
                assert process.poll() is None, Path(out.name).read_text(encoding="utf-8")
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield json.loads(ready.read_text(encoding="utf-8"))
        finally:
            process.send_signal(stop)
            status = process.wait(60)
    if stop == signal.SIGKILL:
        ready.unlink()
    else:
        assert status == 0
        assert not ready.exists()
        last = Path(out.name).read_text(encoding="utf-8").splitlines()[-1]
        assert json.loads(last)["folder"] == str(folder)


def self_of(document: dict[str, Any], login: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {document['tokens'][login]}"}
    request = urllib.request.Request(f"{document['base_url']}/api/v1/users/self", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_ready_then_again_with_the_same_data(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    folder.mkdir()
    with served(folder, stop=signal.SIGINT) as first:
        assert set(first) == {"base_url", "tokens", "d2l", "users"}
        assert set(first["tokens"]) == set(first["users"]) == set(first["d2l"]["users"]) == LOGINS
        assert set(first["d2l"]["users"]["ada"]) == {"user_id", "user_key"}
        assert self_of(first, "ada")["id"] == first["users"]["ada"]
        assert (folder / "ready.json").stat().st_mode & 0o077 == 0
        assert (folder / "keys.json").stat().st_mode & 0o077 == 0
    with served(folder, stop=signal.SIGKILL) as second:
        assert {key: second[key] for key in ("tokens", "d2l", "users")} == {
            key: first[key] for key in ("tokens", "d2l", "users")
        }
    with served(folder, stop=signal.SIGTERM) as third:
        assert third["tokens"] == first["tokens"], "the engine saved its data when its parent was killed"
        assert self_of(third, "kim")["login_id"] == "kim"
