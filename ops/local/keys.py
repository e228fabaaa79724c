"""What the local service must remember between runs: its secrets and its engine's port."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LOCK_WAIT_S = 20.0


class BusyError(OSError):
    """Another local service uses the folder."""


@dataclass(slots=True)
class Keys:
    """Secrets of the local stage, kept in one file only its owner can read.

    `tokens` holds a person's token by login; `d2l` the Brightspace application and its user keys by login.
    """

    secret_key: str = field(default_factory=lambda: secrets.token_hex(32))
    engine_port: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    app: tuple[str, str] | None = None
    user_keys: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Keys:
        """Those of earlier runs, or new ones."""
        path = folder / "keys.json"
        if not path.exists():
            return cls()
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        app = stored.pop("app", None)
        return cls(**stored, app=(app[0], app[1]) if app else None)

    def save(self, folder: Path) -> None:
        """Keep them for later runs."""
        write_private(folder / "keys.json", asdict(self))


def write_private(path: Path, value: Any) -> None:
    """Write JSON that only its owner can read, at once: a reader sees the old file or the whole new one."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - opened with its mode
        json.dump(value, file, indent=1)
        file.write("\n")
    draft.replace(path)


def take(folder: Path) -> int:
    """Lock the folder for this process and the engine it starts; returns the open lock file's descriptor.

    Raises
    ------
    BusyError
        Another service holds it, also after some seconds in which one that stops would have ended.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                os.close(lock)
                raise BusyError(f"Another `make run` uses {folder}; stop it first.") from None
            time.sleep(0.2)
        else:
            return lock
