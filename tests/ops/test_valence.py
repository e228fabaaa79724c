"""npm `valence`, unmodified, signs for node's fetch against `ops serve` (brightspace 7). Needs node and npm."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from ops.stage import ROOT
from tests.ops.test_serve import served

CLIENT = ROOT / "tests" / "clients" / "valence"
NODE, NPM = shutil.which("node"), shutil.which("npm")


@pytest.mark.engine
@pytest.mark.skipif(not (NODE and NPM), reason="needs node and npm")
def test_npm_valence_drives_what_it_can_reach(tmp_path: Path) -> None:
    client, folder = tmp_path / "client", tmp_path / "local"
    shutil.copytree(CLIENT, client)
    folder.mkdir()
    install = [str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=client, check=True, capture_output=True, timeout=120)  # noqa: S603 - pinned by its lock
    with served(folder, stop=signal.SIGTERM) as ready:
        command = [str(NODE), "drive.mjs"]
        done = subprocess.run(  # noqa: S603 - the client under test
            command, cwd=client, input=json.dumps(ready), text=True, capture_output=True, timeout=300, check=False
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["calls"] > 40
