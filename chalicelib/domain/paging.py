"""Pages of a list in its own order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")

SKIP_LIMIT = 10_000
"""Items a hand-made page number may skip over; links carry a cursor and skip nothing."""

ANSWER_BYTES = 4_000_000
"""Bytes of the items in one answer, of the 6 MB that a function may return. A page of more is cut, and its cursor leads
on behind the last item shown."""


class PageRequest(Struct, frozen=True, kw_only=True):
    """Which page: `number` from 1, of `size` items. `cursor` is the opaque place where that page starts, if known."""

    number: int = 1
    size: int = 10
    cursor: str = ""

    @property
    def offset(self) -> int:
        """Items before the page."""
        return (self.number - 1) * self.size


class Slice(Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list. `next_cursor` is empty on the last one; `total` is None where nobody counts.

    `cut`: it has fewer items than were asked for, as an answer holds no more; the cursor leads to the rest.
    """

    items: Sequence[T]
    next_cursor: str = ""
    total: int | None = None
    cut: bool = False


class Numbered(Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list that is known as a whole, so that any page of it costs the same.

    `total` counts the whole list; `counted` False: clients are not told, as where a vendor does not count.
    """

    items: Sequence[T]
    total: int
    counted: bool = True


def cut(found: Sequence[T], page: PageRequest) -> Numbered[T]:
    """A page of a whole list.

    >>> cut("abcde", PageRequest(number=3, size=2)).items, cut("abcde", PageRequest(number=9)).items
    ('e', '')
    """
    return Numbered(items=found[page.offset : page.offset + page.size], total=len(found))
