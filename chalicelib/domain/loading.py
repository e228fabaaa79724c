"""What loads of an SIS have in common: rows in chunks, work spread over threads, one outcome a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Any, Protocol, TypeVar

from chalicelib.domain.errors import ConflictError, InvalidError, NotFoundError
from chalicelib.domain.person import RowOutcome
from chalicelib.domain.ports import Ids

T = TypeVar("T")
R = TypeVar("R")

TRIES = 8
LOST = "It is being changed by others; load it again."


class Spread(Protocol):
    """Does the same work with each item, some at a time, and answers in their order."""

    def __call__(self, work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """The results, in the order of the items."""


class Ascending:
    """Ids that ascend, and so differ, however many a moment needs; several threads may ask."""

    def __init__(self, ids: Ids) -> None:
        self._ids, self._last, self._lock = ids, 0, Lock()

    def new(self) -> int:
        """A fresh integer id."""
        with self._lock:
            self._last = max(self._ids.new(), self._last + 1)
            return self._last

    def entropy(self) -> int:
        """A random number (see `ports.Ids`)."""
        return self._ids.entropy()

    def hexadecimal(self, digits: int) -> str:
        """Random digits (see `ports.Ids`)."""
        return self._ids.hexadecimal(digits)


def one_by_one(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """A spread without threads."""
    return [work(item) for item in items]


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Rows in lists of at most that size.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


def outcome(work: Callable[[], bool]) -> RowOutcome:
    """What became of a row; one that met another writer or a taken id is worked on again."""
    for _ in range(TRIES):
        try:
            return RowOutcome(changed=work())
        except ConflictError:
            continue
        except (InvalidError, NotFoundError) as error:
            return RowOutcome(error=str(error))
    return RowOutcome(error=LOST)
