"""What the kinds of SIS CSV file have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class RowProblemError(ValueError):
    """A line lacks something, or holds a value that is not known."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the columns that tell it, the others it may have, and how a line becomes a row."""

    name: str
    needed: frozenset[str]
    optional: frozenset[str]
    read: Callable[[Mapping[str, str]], Any]


def needed(row: Mapping[str, str], name: str) -> str:
    """The text of a cell that must not be blank. Raises RowProblemError."""
    if not row.get(name):
        raise RowProblemError(f"{name} is blank")
    return row[name]


def status(row: Mapping[str, str], *known: str) -> str:
    """The status, one of those known. Raises RowProblemError."""
    word = row.get("status", "").lower()
    if word not in known:
        raise RowProblemError(f"status {word!r} is none of {', '.join(known)}")
    return word
