"""Enters a stage: the environment its functions would have, and the settings read from it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from chalicelib.settings import Settings, load

ROOT = Path(__file__).parents[1]
CHALICE = ROOT / ".chalice"
LOCAL = "local"


class StageError(RuntimeError):
    """The stage is not known here; the message says where stages are declared."""


def configuration() -> dict[str, Any]:
    """What `.chalice/config.json` says."""
    found: dict[str, Any] = json.loads((CHALICE / "config.json").read_text(encoding="utf-8"))
    return found


def folder() -> Path:
    """Where the local stage keeps everything; `FOLIO_LOCAL_DIR` overrides it."""
    return Path(os.environ.get("FOLIO_LOCAL_DIR") or ROOT / ".local")


def environment_file() -> Path:
    """Where a running local service says how to reach it."""
    return folder() / "environment.json"


def enter(stage: str) -> Settings:
    """Set the stage's variables in this process, unless they are set, and read the settings.

    A deployed stage's variables are those of `.chalice/config.json`, which its functions have too. The local stage's
    are written by `make run`.

    Raises
    ------
    StageError
        No such stage, or the local one does not run.
    SettingsError
        A variable of the stage is wrong.
    """
    variables = _local() if stage == LOCAL else _declared(stage)
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    os.environ["FOLIO_STAGE"] = stage
    return load()


def _local() -> dict[str, str]:
    path = environment_file()
    if path.exists():
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found
    if "AWS_ENDPOINT_URL" not in os.environ:
        # Without it every command would work on the person's AWS account, if there are credentials of one.
        raise StageError("The local service is not running; start it with: make run")
    return {}


def _declared(stage: str) -> dict[str, str]:
    config = configuration()
    if stage not in config["stages"]:
        known = ", ".join(sorted(config["stages"]))
        raise StageError(f"No stage {stage!r} in .chalice/config.json; there are {known}.")
    return {**config.get("environment_variables", {}), **config["stages"][stage].get("environment_variables", {})}
