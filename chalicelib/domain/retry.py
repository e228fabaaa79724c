"""Work that meets another writer is done again from what is there now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.errors import ConflictError

T = TypeVar("T")

TRIES = 5


def retried(work: Callable[[], T]) -> T:
    """The result of `work`, which reads, decides and writes conditionally. Raises ConflictError after some tries."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except ConflictError:
            continue
    return work()
