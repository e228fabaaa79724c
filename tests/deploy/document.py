"""The commands of docs/deploy.md, run as they stand there.

What is only an operator's own is filled in: TOKEN (of the first user), YOURS (a bucket for code), and the address that
`chalice url` prints, which is AWS's. Stages' names are exchanged, so that what the page says of prod is done to dev.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.cloud import BIN, ROOT, Stage

PAGE = ROOT / "docs" / "deploy.md"
BLOCK_TIMEOUT_S = 300
ANSWERS = b"y\n" * 10
"""What the person types when asked; a terminal hands over a line at a time."""


@dataclass(frozen=True, slots=True)
class Printed:
    """How a block ended."""

    status: int
    text: str


def blocks(page: Path = PAGE) -> dict[str, list[str]]:
    """The shell blocks of a page by the heading they stand under."""
    found: dict[str, list[str]] = {}
    for section in re.split(r"(?m)^## ", page.read_text(encoding="utf-8"))[1:]:
        heading, _, rest = section.partition("\n")
        shells = re.findall(r"(?ms)^( *)```sh\n(.*?)^ *```$", rest)
        if shells:
            found[heading] = [re.sub(f"(?m)^{indent}", "", text) for indent, text in shells]
    return found


@dataclass
class Document:
    """The page, and which of its blocks were run."""

    left: dict[str, list[str]] = field(default_factory=blocks)

    def run(self, stage: Stage, heading: str, *, fill: Mapping[str, str] | None = None, status: int = 0) -> str:
        """Run the next block under a heading; what it printed. It must end with `status`."""
        text = self.left[heading].pop(0)
        if not self.left[heading]:
            del self.left[heading]
        return shell(stage, text, fill=fill, status=status)


def shell(stage: Stage, text: str, *, fill: Mapping[str, str] | None = None, status: int = 0) -> str:
    """Run a block on a stage, at a terminal; what it printed."""
    text = re.sub(r"\b(dev|prod)\b", stage.name, text)
    for name, value in (fill or {}).items():
        assert name in text, f"{name} is not in {text}"
        text = text.replace(name, value)
    typed, terminal = pty.openpty()
    try:
        os.write(typed, ANSWERS)
        done = subprocess.run(  # noqa: S603 - the page's commands
            ["/bin/bash", "-euo", "pipefail", "-c", text],
            cwd=stage.cloud.project,
            env=stage.cloud.clean | {"PATH": f"{BIN}:{os.environ['PATH']}"},
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            timeout=BLOCK_TIMEOUT_S,
        )
    finally:
        os.close(typed)
        os.close(terminal)
    assert done.returncode == status, f"{text}\nended with {done.returncode}:\n{done.stdout}"
    return done.stdout
