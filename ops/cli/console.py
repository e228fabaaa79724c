"""What a command hands back, and how it is printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from chalicelib.settings import Settings
from ops.stage import enter

errors = Console(stderr=True, highlight=False)


class Session:
    """What every command is given: the stage and its settings, read when they are first asked for."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    @cached_property
    def settings(self) -> Settings:
        """The stage's settings; its variables are set in this process with them."""
        return enter(self.stage)


Given = Annotated[Session, Parameter(parse=False)]
"""Annotation of a command's session: handed in by the launcher, not parsed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A command's result.

    `value` is what `--json` prints; `lines` are for a person; `ok` False makes the exit non-zero.
    """

    value: Any
    lines: Sequence[str] = ()
    ok: bool = True


def show(answer: Answer, *, as_json: bool) -> None:
    """Print an answer: one JSON value on one line, or the lines."""
    if as_json:
        print(json.dumps(answer.value, ensure_ascii=False), flush=True)
    else:
        for line in answer.lines:
            print(line, flush=True)


def complain(message: str) -> None:
    """Say an error to the person."""
    errors.print(message, style="red", markup=False, soft_wrap=True)
