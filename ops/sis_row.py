"""What the kinds of SIS CSV file have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

CELL_LIMIT, LONG_LIMIT = 255, 100_000
LONG = frozenset({"on", "off", "syllabus_body"})
"""Columns with long texts."""


class RowProblemError(ValueError):
    """A line lacks something, or holds a value that is not known."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the columns that tell it, the others it may have, and how a line becomes a row."""

    name: str
    needed: frozenset[str]
    optional: frozenset[str]
    read: Callable[[Mapping[str, str]], Any]

    @property
    def columns(self) -> frozenset[str]:
        """The columns it may have."""
        return self.needed | self.optional


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


def short(read: Callable[[Mapping[str, str]], Any]) -> Callable[[Mapping[str, str]], Any]:
    """A reader that refuses cells which are longer than anything may be."""

    def checked(row: Mapping[str, str]) -> Any:
        for name, cell in row.items():
            limit = LONG_LIMIT if name in LONG else CELL_LIMIT
            if len(cell) > limit:
                raise RowProblemError(f"{name} has {len(cell):,} characters; at most {limit:,} are taken")
        return read(row)

    return checked
